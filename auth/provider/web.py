"""The provider's addresses, all below ``/idp``: read a request, decide in a thread, answer."""

import logging
from collections.abc import Awaitable, Callable

from authlib.oauth2.rfc6749.errors import OAuth2Error
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from auth.provider import forms, grants, incoming, keys, totp
from auth.provider.authority import Authority, client_of, discovery
from auth.provider.credentials import Known
from auth.provider.deps import Deps, callback, refuse_where_it_does_not_belong
from auth.provider.forms import Form, FormExpiredError
from auth.provider.incoming import BadInputError, Incoming
from auth.provider.signin import Desk, Proved, Refused
from auth.provider.views import HERE, Pages

_log = logging.getLogger(__name__)

Handler = Callable[[Incoming], Response]


class Provider:
    """The handlers. They hold no state: a second process answers the next request as well."""

    def __init__(self, deps: Deps) -> None:
        self._authority = Authority(deps)
        self._desk = Desk(deps)
        self._pages = Pages(deps)

    # -- documents for the client --------------------------------------------------------------

    def discovery(self, request: Incoming) -> Response:
        return JSONResponse(discovery(), headers={"Cache-Control": "no-cache"})

    def jwks(self, request: Incoming) -> Response:
        return JSONResponse(keys.published(), headers={"Cache-Control": "no-cache"})

    def token(self, request: Incoming) -> Response:
        response: Response = self._authority.create_token_response(request)
        return response

    def userinfo(self, request: Incoming) -> Response:
        response: Response = self._authority.create_endpoint_response("userinfo", request)
        return response

    # -- signing in ----------------------------------------------------------------------------

    def ask(self, request: Incoming) -> Response:
        """Show the sign-in page. Always: there is no browser session that could answer for it."""
        query = request.query
        refused = self._bad_request(query)
        if refused is not None:
            return refused
        try:
            self._authority.get_consent_grant(request)
        except OAuth2Error as error:
            response: Response = self._authority.handle_error_response(request, error)
            return response
        browser = forms.browser_value(request.cookies)
        return self._pages.password(
            forms.first(query), browser, login=query.get("login_hint", "").strip()
        )

    def _bad_request(self, query: dict[str, str]) -> Response | None:
        """A page for a request whose sender cannot be told, because its address is not trusted."""
        if client_of(query.get("client_id")) is None:
            return self._pages.notice(
                400, "登录请求无效", "登录请求不是本平台发出的（应用标识不符），未作任何登录。"
            )
        if query.get("redirect_uri") != callback():
            return self._pages.notice(
                400,
                "登录请求无效",
                "登录后要返回的地址未登记，未作任何登录。请从平台首页登录，并使用平台公布的网址访问。",
            )
        if any(not value.isascii() for name, value in query.items() if name != "login_hint"):
            return self._pages.notice(
                400, "登录请求无效", "登录请求含有无法识别的字符，未作任何登录。请从平台首页登录。"
            )
        if "nonce" in query and grants.is_spent(query["nonce"]):
            return self._spent()
        return None

    def answer(self, request: Incoming) -> Response:
        """Take what was filled in, whichever step it was."""
        try:
            form = forms.unseal(request.form.get("form", ""), request.cookies)
        except FormExpiredError:
            return self._pages.notice(
                400,
                "登录页已过期",
                f"登录页停留超过 {forms.FORM_MINUTES} 分钟、不是本浏览器打开的，"
                "或浏览器未允许 Cookie，本次没有登录。请回到首页重新登录。",
            )
        if grants.is_spent(form.request.get("nonce", "")):
            return self._spent()
        steps = {"password": self._password_step, "change": self._change_step}
        return steps.get(form.stage, self._code_step)(request, form)

    def _password_step(self, request: Incoming, form: Form) -> Response:
        typed = request.form.get("login", "")
        result = self._desk.by_password(typed, request.form.get("password", ""), request.address)
        browser = forms.browser_value(request.cookies)
        if isinstance(result, Refused):
            return self._pages.password(form, browser, login=typed.strip(), refused=result)
        known = result.known
        if result.next == "done":
            done = forms.second(form, "password", login=known.login, name=known.name)
            return self._finish(request, done, known, ("pwd",))
        secret = totp.new_secret() if result.next == "enrol" else ""
        following = forms.second(
            form, result.next, login=known.login, name=known.name, secret=secret
        )
        return self._pages.code(following, browser)

    def _code_step(self, request: Incoming, form: Form) -> Response:
        code = request.form.get("code", "")
        if form.stage == "enrol":
            result = self._desk.by_enrolment(form.login, form.secret, code, request.address)
        else:
            result = self._desk.by_code(form.login, code, request.address)
        if isinstance(result, Proved):
            return self._finish(request, form, result.known, ("pwd", "otp"))
        browser = forms.browser_value(request.cookies)
        return self._pages.code(form, browser, refused=result)

    def _finish(
        self, request: Incoming, form: Form, known: Known, amr: tuple[str, ...]
    ) -> Response:
        """Back to the portal; but an initial password is changed before it opens anything."""
        if not known.must_change:
            return self._send_back(request, form, amr)
        changing = forms.second(form, "change", login=known.login, name=known.name, amr=amr)
        return self._pages.change(changing, forms.browser_value(request.cookies))

    def _change_step(self, request: Incoming, form: Form) -> Response:
        result = self._desk.by_new_password(
            form.login, request.form.get("password", ""), request.form.get("again", "")
        )
        if isinstance(result, Proved):
            return self._send_back(request, form, form.amr)
        return self._pages.change(form, forms.browser_value(request.cookies), refused=result)

    def _send_back(self, request: Incoming, form: Form, amr: tuple[str, ...]) -> Response:
        """Give the portal a code for a person who proved who they are."""
        asked = Incoming(method="GET", path="/authorize", query=form.request)
        grant = self._authority.get_consent_grant(asked)
        try:
            response: Response = self._authority.create_authorization_response(
                grant.request, grant_user=form.signed_in(amr=amr), grant=grant
            )
        except grants.RequestSpentError:
            return self._spent()
        response.status_code = 303  # the browser must not send the password on
        response.headers["Cache-Control"] = "no-store"
        return response

    def _spent(self) -> Response:
        return self._pages.notice(
            409,
            "这次登录已经完成",
            "这个登录页已经用过，不能再次提交。如果您已登录，请直接回到平台；否则请从首页重新登录。",
        )

    # -- signing out ---------------------------------------------------------------------------

    def end_session(self, request: Incoming) -> Response:
        try:
            wanted = self._authority.validate_endpoint_request("end_session", request)
        except OAuth2Error:
            return self._pages.notice(
                400, "退出请求无效", "无法确认要退出的是哪次登录，未作任何更改。请回到首页退出。"
            )
        response = self._authority.create_endpoint_response("end_session", wanted)
        if isinstance(response, Response):
            response.headers["Cache-Control"] = "no-store"
            return response
        if wanted.id_token_claims is None:
            return self._pages.notice(
                200,
                "没有需要退出的登录",
                "统一身份认证不保留浏览器登录，下次登录需要重新输入密码。",
            )
        return self._pages.notice(200, "已退出登录", "本次登录已结束，再次使用需要重新输入密码。")

    # -- trouble -------------------------------------------------------------------------------

    def malformed(self, message: str, *, is_page: bool) -> Response:
        if is_page:
            return self._pages.notice(400, "提交的内容无法处理", message)
        return JSONResponse({"error": "invalid_request", "message": message}, 400)

    def failed(self, *, is_page: bool) -> Response:
        if is_page:
            return self._pages.notice(
                500,
                "登录服务暂时不可用",
                "系统内部出现故障，已记录。您填写的内容没有保存，也没有登录。请稍后回到首页重试；"
                "持续出现请联系系统管理员。",
            )
        return JSONResponse({"error": "server_error", "message": "登录服务暂时不可用"}, 500)


def _endpoint(
    provider: Provider, handlers: dict[str, Handler], *, is_page: bool
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            read = await incoming.read(request)
        except BadInputError as error:
            return provider.malformed(str(error), is_page=is_page)
        handler = handlers["POST" if request.method == "POST" else "GET"]
        try:
            return await run_in_threadpool(handler, read)
        except Exception:
            # The request itself is not logged: it may hold a password.
            _log.exception("identity provider failed at %s", request.url.path)
            return provider.failed(is_page=is_page)

    return endpoint


def routes(deps: Deps) -> list[BaseRoute]:
    """Everything the provider serves; raises where it must not run."""
    refuse_where_it_does_not_belong(deps.demo)
    # At debug level the protocol library writes tokens into the log.
    logging.getLogger("authlib").setLevel(logging.INFO)
    made = Provider(deps)

    def route(path: str, *, page: bool = False, **handlers: Handler) -> Route:
        by_method = {name.upper(): handler for name, handler in handlers.items()}
        endpoint = _endpoint(made, by_method, is_page=page)
        return Route(f"/idp{path}", endpoint, methods=list(by_method))

    return [
        route("/.well-known/openid-configuration", get=made.discovery),
        route("/jwks", get=made.jwks),
        route("/authorize", page=True, get=made.ask, post=made.answer),
        route("/token", post=made.token),
        route("/userinfo", get=made.userinfo, post=made.userinfo),
        route("/end_session", page=True, get=made.end_session, post=made.end_session),
        Mount("/idp/static", StaticFiles(directory=HERE / "static")),
    ]
