"""The HTTP face of the subsistence system: an envelope for everything, errors included."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date, timedelta
from hmac import compare_digest
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.distort import Clock, local
from sandbox.kit.declared import Row
from sandbox.kit.events import between
from sandbox.misbehaviour import Faults, json_response
from sandbox.subsistence import tasks
from sandbox.subsistence.applications import IntakeBook
from sandbox.subsistence.numbers import NUMBERS
from sandbox.subsistence.records import Records

LARGEST_PAGE = 200
_ID_NUMBER = re.compile(r"\d{17}[\dXx]")
_HOUSEHOLD = re.compile(r"DB\d{12,}")


def _answer(code: str, message: str, result: dict[str, Any] | None = None) -> Response:
    return json_response({"code": code, "message": message, "result": result})


def busy() -> Response:
    """What the system says on a bad day."""
    return _answer("9999", "系统繁忙，请稍后重试")


FAULTS = Faults(error=busy)


class Service:
    """Answers the calls; holds nothing but the records, a key and a clock."""

    def __init__(self, records: Records, app_key: str, clock: Clock) -> None:
        self._records = records
        self._app_key = app_key
        self.book = tasks.book(records, clock)
        self.intake = IntakeBook(clock)
        self._clock = clock
        self._counted: tuple[date, list[Row]] | None = None

    def routes(self) -> list[Route]:
        """The endpoints."""
        return [
            Route("/api/dbdx/query", self.query, methods=["POST"]),
            Route("/api/dbdx/list", self.roster, methods=["GET"]),
            Route("/api/tjfx/list", self.numbers, methods=["GET"]),
            Route("/api/rwzx/list", self.tasks, methods=["GET"]),
            Route("/api/rwzx/submit", self.submit, methods=["POST"]),
            Route("/api/sqsl/submit", self.apply, methods=["POST"]),
            Route("/api/sqsl/query", self.progress, methods=["GET"]),
            Route("/api/ping", self.ping, methods=["GET"]),
        ]

    async def query(self, request: Request) -> Response:
        """One person by identity number, or one household."""
        if not self._known(request):
            return _answer("0003", "应用标识无效或未授权")
        try:
            body = json.loads(await request.body())
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return _answer("0001", "请求报文格式不正确")
        if "jtbh" in body:
            return self._household(str(body["jtbh"]))
        number = str(body.get("sfzh", ""))
        if not _ID_NUMBER.fullmatch(number):
            return _answer("0001", "身份证号格式不正确")
        person = self._records.register.find(number)
        found = [] if person is None else [self._records.full(person)]
        return self._page(found, len(found), size=1, current=1)

    async def roster(self, request: Request) -> Response:
        """A page of everyone in the system."""
        if not self._known(request):
            return _answer("0003", "应用标识无效或未授权")
        try:
            current = int(request.query_params.get("pageNumber", "1"))
            size = int(request.query_params.get("pageSize", "20"))
        except ValueError:
            return _answer("0001", "pageNumber、pageSize应为整数")
        if current < 1 or not 1 <= size <= LARGEST_PAGE:
            return _answer("0001", f"pageNumber应不小于1，pageSize应在1至{LARGEST_PAGE}之间")
        members = self._records.register.members
        page = members[(current - 1) * size : current * size]
        rows = [self._records.brief(person) for person in page]
        return self._page(rows, len(members), size=size, current=current)

    async def numbers(self, request: Request) -> Response:
        """A page of the numbers per community and month, of the months that some days touch."""
        if not self._known(request):
            return _answer("0003", "应用标识无效或未授权")
        given = request.query_params
        try:
            current, size = int(given.get("pageNumber", "1")), int(given.get("pageSize", "20"))
            days = {"from": given.get("ksrq", ""), "to": given.get("jsrq", "")}
            found = between(self._rows_of_today(), days)
        except ValueError:
            return _answer("0001", "pageNumber、pageSize应为整数，ksrq、jsrq应为日期")
        if current < 1 or not 1 <= size <= LARGEST_PAGE:
            return _answer("0001", f"pageNumber应不小于1，pageSize应在1至{LARGEST_PAGE}之间")
        rows = [
            {name: one[name] for name in NUMBERS.columns}
            for one in found[(current - 1) * size : current * size]
        ]
        return self._page(rows, len(found), size=size, current=current)

    def _rows_of_today(self) -> list[Row]:
        today = local(self._clock()).date()
        if self._counted is None or self._counted[0] != today:
            self._counted = (today, list(NUMBERS.rows(self._records.register, today)))
        return self._counted[1]

    async def tasks(self, request: Request) -> Response:
        """A page of the tasks that changed since a moment, or one of them."""
        if not self._known(request):
            return _answer("0003", "应用标识无效或未授权")
        given = request.query_params
        try:
            current, size = int(given.get("pageNumber", "1")), int(given.get("pageSize", "20"))
            found = self.book.since(tasks.read_since(given.get("gxsj", "")))
        except ValueError:
            return _answer("0001", "pageNumber、pageSize应为整数，gxsj应为14位时间")
        if current < 1 or not 1 <= size <= LARGEST_PAGE:
            return _answer("0001", f"pageNumber应不小于1，pageSize应在1至{LARGEST_PAGE}之间")
        if "rwbh" in given:
            found = [one for one in found if one.id == given["rwbh"]]
        rows = [tasks.row(one) for one in found[(current - 1) * size : current * size]]
        page = {"records": rows, "total": len(found), "size": size, "current": current}
        now = f"{local(self._clock()):%Y%m%d%H%M%S}"
        return _answer("0000", "查询成功", {"sjsj": now, "pageData": page})

    async def submit(self, request: Request) -> Response:
        """A command about one task."""
        if not self._known(request):
            return _answer("0003", "应用标识无效或未授权")
        return _answer(*await tasks.submit(request, self.book))

    async def apply(self, request: Request) -> Response:
        """An application for one resident."""
        if not self._known(request):
            return _answer("0003", "应用标识无效或未授权")
        return _answer(*await self.intake.submit(request))

    async def progress(self, request: Request) -> Response:
        """How far an application is."""
        if not self._known(request):
            return _answer("0003", "应用标识无效或未授权")
        found = self.intake.find(request.query_params.get("slbh", ""))
        page = {"records": found, "total": len(found), "size": 1, "current": 1}
        now = f"{local(self._clock()):%Y%m%d%H%M%S}"
        return _answer("0000", "查询成功", {"sjsj": now, "pageData": page})

    async def ping(self, request: Request) -> Response:
        """Whether the system and the application key are well."""
        if not self._known(request):
            return _answer("0003", "应用标识无效或未授权")
        now = local(self._clock())
        return _answer("0000", "服务正常", {"xtsj": f"{now:%Y%m%d%H%M%S}"})

    def _household(self, number: str) -> Response:
        if not _HOUSEHOLD.fullmatch(number):
            return _answer("0001", "家庭编号格式不正确")
        rows = [self._records.full(person) for person in self._records.household(number)]
        return self._page(rows, len(rows), size=max(1, len(rows)), current=1)

    def _page(
        self, records: Sequence[dict[str, Any]], total: int, *, size: int, current: int
    ) -> Response:
        page = {"records": records, "total": total, "size": size, "current": current}
        return _answer("0000", "查询成功", {"sjsj": self._as_of(), "pageData": page})

    def _as_of(self) -> str:
        """The nightly batch ran at two."""
        now = local(self._clock())
        batch = now.replace(hour=2, minute=0, second=0)
        if batch > now:
            batch -= timedelta(days=1)
        return f"{batch:%Y%m%d%H%M%S}"

    def _known(self, request: Request) -> bool:
        return compare_digest(request.headers.get("X-App-Key", "").encode(), self._app_key.encode())
