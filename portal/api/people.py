"""``/api/v1/people/*.xlsx``: template, current list and permission matrix as files."""

from collections.abc import Callable, Mapping
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from auth import posts
from auth.permissions import Denied
from auth.principal import Principal
from auth.sessions import LiveSession
from portal.functions import trail
from portal.functions.people import listing, matrix
from portal.functions.people.book import MEDIA_TYPE

Identify = Callable[[Mapping[str, str]], LiveSession | None]
PATH = "/api/v1/people/{name:str}.xlsx"
SIGNED_OUT = "尚未登录，或登录已失效。请重新登录后再下载。"

FILES: dict[str, tuple[str, Callable[[Principal], bytes]]] = {
    "template": ("人员岗位导入模板", listing.template),
    "current": ("单位岗位人员现状", listing.export),
    "matrix": ("权限矩阵", matrix.file),
    "audit": ("审计记录", trail.file),
}


def _error(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)


def _who(identify: Identify, cookies: Mapping[str, str]) -> Principal | None:
    live = identify(cookies)
    if live is None:
        return None
    return posts.principal_for(
        account_id=live.account_id,
        post_id=live.post_id,
        session_id=live.id,
        factors=live.factors,
    )


def routes(identify: Identify) -> list[BaseRoute]:
    """The addresses; ``identify`` finds the live session behind a request's cookies."""

    def answer(cookies: Mapping[str, str], name: str) -> Response:
        who = _who(identify, cookies)
        if who is None:
            return _error(401, "not_signed_in", SIGNED_OUT)
        if name not in FILES:
            return _error(404, "not_found", "没有这个文件。")
        title, make = FILES[name]
        try:
            content = make(who)
        except Denied as refusal:
            return _error(403, "forbidden", refusal.message)
        told = quote(f"{who.unit.name}{title}.xlsx", safe="")
        wanted = f"attachment; filename=\"{name}.xlsx\"; filename*=UTF-8''{told}"
        return Response(content, media_type=MEDIA_TYPE, headers={"Content-Disposition": wanted})

    async def download(request: Request) -> Response:
        return await to_thread.run_sync(answer, dict(request.cookies), request.path_params["name"])

    return [Route(PATH, download, methods=["GET"])]
