"""``/api/v1/verify/*.xlsx``: the template and the results of 查询核验 as files.

They are what a page offers for download, so a browser's cookie opens them and no token does.
"""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from auth.principal import Principal
from portal.api import access, errors
from portal.api.access import Identify
from portal.api.reports import disposition
from portal.functions.verify import Verify
from portal.store.workbooks import MEDIA_TYPE

Who = Annotated[Principal, Depends(access.caller)]
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}
}


def _file(name: str, content: bytes) -> Response:
    headers = {"Content-Disposition": disposition(name)}
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


def router(verify: Callable[[], Verify], identify: Identify) -> APIRouter:
    """The addresses; ``identify`` finds the live session behind a browser's cookies."""
    made = APIRouter(
        prefix="/verify",
        tags=["查询核验"],
        route_class=access.guarded(lambda request: access.by_cookie(identify, request.cookies)),
        responses=errors.responses(401, 403, 404, 422, 500),
    )

    @made.get("/template.xlsx", summary="下载核验模板", response_class=Response, responses=_FILE)
    def template(who: Who) -> Any:
        """只供已登录的浏览器下载。"""
        return _file("查询核验模板.xlsx", verify().template(who))

    @made.get("/{job}.xlsx", summary="下载核验结果", response_class=Response, responses=_FILE)
    def result(job: UUID, who: Who) -> Any:
        """只供提出人本人下载；每次下载都记入审计。"""
        return _file(*verify().result(who, str(job)))

    return made
