"""``/api/v1/reports/<report>.xlsx``: a report as a file, for who may see it and nobody else."""

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
from portal.functions.reports import NoSuchReport, Reports, export, xlsx

Identify = Callable[[Mapping[str, str]], LiveSession | None]
PATH = "/api/v1/reports/{template:str}.xlsx"
SIGNED_OUT = "尚未登录，或登录已失效。请重新登录后再下载。"


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


def disposition(name: str) -> str:
    """A download under a Chinese name (RFC 5987), with a plain one for old programs."""
    return f"attachment; filename=\"report.xlsx\"; filename*=UTF-8''{quote(name, safe='')}"


def routes(reports: Callable[[], Reports], identify: Identify) -> list[BaseRoute]:
    """The addresses; ``identify`` finds the live session behind a request's cookies."""

    def answer(cookies: Mapping[str, str], template: str, region: str, period: str) -> Response:
        who = _who(identify, cookies)
        if who is None:
            return _error(401, "not_signed_in", SIGNED_OUT)
        try:
            report = reports().build(who, template, region, period)
        except Denied as refusal:
            return _error(403, "forbidden", refusal.message)
        except NoSuchReport as missing:
            return _error(404, "not_found", missing.message)
        content = xlsx.write(report)
        export(who, report, "xlsx")
        headers = {"Content-Disposition": disposition(xlsx.file_name(report))}
        return Response(content, media_type=xlsx.MEDIA_TYPE, headers=headers)

    async def download(request: Request) -> Response:
        asked = request.query_params
        return await to_thread.run_sync(
            answer,
            dict(request.cookies),
            request.path_params["template"],
            asked.get("region", ""),
            asked.get("period", ""),
        )

    return [Route(PATH, download, methods=["GET"])]
