"""``/api/v1/bulletins``: 快报、周报、月报 as files, for a page's download and for programs."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Security
from starlette.responses import Response

from auth.principal import Principal
from portal.affairs.dispatch import offer as dispatching
from portal.affairs.rates import bulletin, paperwork, spans
from portal.affairs.rates.paperwork import Bulletin
from portal.api import access, errors
from portal.api.access import Identify
from portal.api.reports import disposition
from portal.store import papers, workbooks

Who = Annotated[Principal, Depends(access.caller)]
Span = Annotated[
    str, Path(pattern=r"^[0-9W-]{7,10}$", max_length=10, description="统计期，例如 2026-11")
]
Region = Annotated[str, Query(max_length=64, description="区划代码")]
Write = Callable[[Bulletin], bytes]


def _send(who: Principal, span: str, region: str, form: str, write: Write, kind: str) -> Response:
    made = bulletin.build(who, region, spans.parse(span), lambda _: dispatching.class_names(who))
    content = write(made)
    bulletin.export(who, made, form)
    headers = {"Content-Disposition": disposition(paperwork.file_name(made, f".{form}"))}
    return Response(content, media_type=kind, headers=headers)


def _file(kind: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {kind: {"schema": {"type": "string"}}}}}


def router(identify: Identify) -> APIRouter:
    """The addresses; ``identify`` finds the live session behind a browser's cookies."""

    def person_or_program(request: Request) -> Principal:
        if "authorization" in request.headers:
            return access.program(request)
        return access.by_cookie(identify, request.cookies)

    made = APIRouter(
        prefix="/bulletins",
        tags=["诉求通报"],
        route_class=access.guarded(person_or_program),
        dependencies=[Security(access.BEARER)],
        responses=errors.responses(401, 403, 404, 422, 429, 500),
    )

    @made.get(
        "/{span}.docx",
        summary="下载通报（文字处理文件）",
        response_class=Response,
        responses=_file(papers.MEDIA_TYPE),
    )
    def docx(span: Span, who: Who, region: Region = "") -> Any:
        """日（2026-11-23）、周（2026-W48）、月（2026-11）通报；每次下载都记入审计。"""
        return _send(who, span, region, "docx", paperwork.docx, papers.MEDIA_TYPE)

    @made.get(
        "/{span}.xlsx",
        summary="下载通报（电子表格）",
        response_class=Response,
        responses=_file(workbooks.MEDIA_TYPE),
    )
    def xlsx(span: Span, who: Who, region: Region = "") -> Any:
        """与文字处理文件同一份内容；每次下载都记入审计。"""
        return _send(who, span, region, "xlsx", paperwork.xlsx, workbooks.MEDIA_TYPE)

    return made
