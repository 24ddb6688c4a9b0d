"""``/api/v1/reports``: which reports there are, one of them as JSON, and one as a file.

The file is also what a page offers for download, so it alone takes a browser's cookie.
"""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request, Security
from starlette.responses import Response

from auth.principal import Principal
from portal.api import access, errors, models
from portal.api.access import Identify
from portal.functions.reports import Reports, docx, export, xlsx
from portal.functions.reports.model import View

Who = Annotated[Principal, Depends(access.caller)]
Template = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,63}$", max_length=64)]
Region = Annotated[str, Query(max_length=64, description="区划代码")]
Period = Annotated[str, Query(max_length=64, description="统计期，例如 2026-11 或 2026")]

By = Annotated[View, Query(description="then：按当时区划；now：按现区划")]


def disposition(name: str) -> str:
    """A download under a Chinese name (RFC 5987), with a plain one for old programs."""
    return f"attachment; filename=\"report.xlsx\"; filename*=UTF-8''{quote(name, safe='')}"


def _router(who: Callable[[Request], Principal]) -> APIRouter:
    return APIRouter(
        prefix="/reports",
        tags=["统一报表"],
        route_class=access.guarded(who),
        dependencies=[Security(access.BEARER)],
        responses=errors.responses(401, 403, 404, 422, 429, 500),
    )


def _download(reports: Callable[[], Reports], identify: Identify) -> APIRouter:
    def person_or_program(request: Request) -> Principal:
        if "authorization" in request.headers:
            return access.program(request)
        return access.by_cookie(identify, request.cookies)

    made = _router(person_or_program)

    @made.get(
        "/{template}.xlsx",
        summary="下载报表文件",
        response_class=Response,
        responses={200: {"content": {xlsx.MEDIA_TYPE: {"schema": {"type": "string"}}}}},
    )
    def download(
        template: Template, who: Who, region: Region = "", period: Period = "", view: By = "then"
    ) -> Any:
        """电子表格；每次下载都记入审计。"""
        report = reports().build(who, template, region, period, view=view)
        content = xlsx.write(report)
        export(who, report, "xlsx")
        headers = {"Content-Disposition": disposition(xlsx.file_name(report))}
        return Response(content, media_type=xlsx.MEDIA_TYPE, headers=headers)

    @made.get(
        "/{template}.docx",
        summary="下载报表文字稿",
        response_class=Response,
        responses={200: {"content": {docx.MEDIA_TYPE: {"schema": {"type": "string"}}}}},
    )
    def paper(
        template: Template, who: Who, region: Region = "", period: Period = "", view: By = "then"
    ) -> Any:
        """可以签字存档的文字稿；每次下载都记入审计。"""
        report = reports().build(who, template, region, period, view=view)
        content = docx.write(report)
        export(who, report, "docx")
        headers = {"Content-Disposition": disposition(docx.name_of(report))}
        return Response(content, media_type=docx.MEDIA_TYPE, headers=headers)

    return made


def router(reports: Callable[[], Reports], identify: Identify) -> APIRouter:
    """The addresses; ``identify`` finds the live session behind a browser's cookies."""
    made = _router(access.program)

    @made.get("", response_model=models.ReportChoices, summary="可用的报表和统计期")
    def choices(who: Who) -> Any:
        """本市的报表，以及有数据的月份，最近的在前。"""
        function = reports()
        found = [models.ReportChoice.model_validate(one) for one in function.templates(who)]
        return models.ReportChoices(reports=found, periods=list(function.periods(who)))

    @made.get("/{template}", response_model=models.ReportAnswer, summary="生成报表")
    def build(
        template: Template, who: Who, region: Region = "", period: Period = "", view: By = "then"
    ) -> Any:
        """与页面同一张表：同样的范围、同样的保密规则，缺哪些系统如实列出。"""
        report = reports().build(who, template, region, period, view=view)
        return models.ReportAnswer.model_validate(report)

    whole = APIRouter()
    # First, so that "population.xlsx" is a file and not a template of that name.
    whole.include_router(_download(reports, identify))
    whole.include_router(made)
    return whole
