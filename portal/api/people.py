"""``/api/v1/people/*.xlsx``: template, current list, permission matrix and audit as files.

They are what the pages offer for download, so a browser's cookie opens them and no token does.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from auth.principal import Principal
from portal.api import access, errors
from portal.api.access import Identify
from portal.api.reports import disposition
from portal.functions import trail
from portal.functions.people import accounts, listing, matrix
from portal.store.workbooks import MEDIA_TYPE

Who = Annotated[Principal, Depends(access.caller)]


class Book(StrEnum):
    """The files there are."""

    TEMPLATE = "template"
    CURRENT = "current"
    MATRIX = "matrix"
    AUDIT = "audit"
    ACCOUNTS = "accounts"


FILES: dict[Book, tuple[str, Callable[[Principal], bytes]]] = {
    Book.TEMPLATE: ("人员岗位导入模板", listing.template),
    Book.CURRENT: ("单位岗位人员现状", listing.export),
    Book.MATRIX: ("权限矩阵", matrix.file),
    Book.AUDIT: ("审计记录", trail.file),
    Book.ACCOUNTS: ("业务系统账号", accounts.file),
}


def router(identify: Identify) -> APIRouter:
    """The addresses; ``identify`` finds the live session behind a browser's cookies."""
    made = APIRouter(
        prefix="/people",
        tags=["人员与岗位"],
        route_class=access.guarded(lambda request: access.by_cookie(identify, request.cookies)),
        responses=errors.responses(401, 403, 404, 422, 500),
    )

    @made.get(
        "/{name}.xlsx",
        summary="下载人员与岗位的文件",
        response_class=Response,
        responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
    )
    def download(name: Book, who: Who) -> Any:
        """只供已登录的浏览器下载；内容按当前岗位的管辖范围。"""
        title, make = FILES[name]
        headers = {"Content-Disposition": disposition(f"{who.unit.name}{title}.xlsx")}
        return Response(make(who), media_type=MEDIA_TYPE, headers=headers)

    return made
