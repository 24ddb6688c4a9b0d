"""Whatever fails inside is said in Chinese, without a traceback and without the server's words."""

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.shield import replies

_log = structlog.get_logger(__name__)

_SIGN_IN_PATHS = frozenset({"/auth/login", "/auth/logout", "/oauth2callback"})
_SIGN_IN_FAILED = (
    "统一身份认证服务暂时没有回应，登录没有完成，您的账号不受影响。"
    "请过一两分钟再试；仍不能登录时，请联系本单位管理员。"
)


class Errors:
    """Replaces plain-text errors and unhandled faults by answers a cadre can read."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        watch = _Watch(send)
        try:
            await self.app(scope, receive, watch.send)
        except Exception:
            _log.exception("request_failed", path=scope["path"], method=scope["method"])
            if watch.started:
                raise
            watch.replaced = 500
        if watch.replaced is not None:
            await self._reply(scope, receive, send, watch.replaced)

    async def _reply(self, scope: Scope, receive: Receive, send: Send, status: int) -> None:
        if scope["path"] in _SIGN_IN_PATHS:
            title, message = "暂时无法登录", _SIGN_IN_FAILED
        else:
            title, message = "没有完成这个操作", replies.words(status)[1]
        response = replies.fitting(scope, status, title=title, message=message)
        await response(scope, receive, send)


class _Watch:
    """Lets an answer through, unless it is an error in the server's own plain words."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False
        self.replaced: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_plain_error(message):
            self.replaced = message["status"]
        if self.replaced is not None:
            return
        self.started = True
        await self._send(message)


def _is_plain_error(start: Message) -> bool:
    kind = Headers(raw=start.get("headers", [])).get("content-type", "")
    return start["status"] >= 400 and (not kind or kind.startswith("text/plain"))
