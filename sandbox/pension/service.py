"""The SOAP face of the pension system: its operations, a WSDL, faults."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from hmac import compare_digest
from pathlib import Path
from string import Template

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.distort import Clock, local
from sandbox.kit.declared import Row
from sandbox.kit.events import between
from sandbox.misbehaviour import Faults
from sandbox.pension import tasks
from sandbox.pension.envelopes import OWN, BrokenRequest, Call, answer, fault, in_utf8, read_call
from sandbox.pension.numbers import numbers
from sandbox.pension.records import Records
from sandbox.tasks import Task

PATH = "/services/CxjmylService"
LARGEST_PAGE = 500
_ID_NUMBER = re.compile(r"\d{17}[\dXx]|\d{15}")
_WSDL = Template((Path(__file__).parent / "service.wsdl").read_text(encoding="utf-8"))


def _internal() -> Response:
    return answer("QueryPerson", [("CODE", "-9"), ("MSG", "数据库连接池已满")])


FAULTS = Faults(error=_internal, wrongly=in_utf8, garbled=OWN.garbled)


class Service:
    """Answers the operations; needs a user name and password in the header."""

    def __init__(self, records: Records, username: str, password: str, clock: Clock) -> None:
        self._records = records
        self._username = username
        self._password = password
        self._clock = clock
        self.book = tasks.book(records, clock)
        self._statistics = numbers(records)
        self._counted: tuple[date, list[Row]] | None = None
        self._operations: dict[str, Callable[[Call], Response]] = {
            "QueryPerson": self._person,
            "QueryRoster": self._roster,
            "QueryNumbers": self._numbers,
            "QueryTasks": self._tasks,
            "GetTask": self._task,
            "FinishTask": self._finish,
            "Ping": self._ping,
        }

    def routes(self) -> list[Route]:
        """One path: the WSDL by GET, the operations by POST."""
        return [
            Route(PATH, self.wsdl, methods=["GET"]),
            Route(PATH, self.call, methods=["POST"]),
        ]

    async def wsdl(self, request: Request) -> Response:
        """The contract, with the address under which it was asked for."""
        if "wsdl" not in {name.lower() for name in request.query_params}:
            return Response("?wsdl", status_code=404, media_type="text/plain")
        address = str(request.url.replace(query=""))
        return Response(_WSDL.substitute(ADDRESS=address), media_type="text/xml; charset=utf-8")

    async def call(self, request: Request) -> Response:
        """One operation."""
        try:
            call = read_call(await request.body())
        except BrokenRequest:
            return fault("soapenv:Client", "请求报文不符合约定", "REQUEST")
        if not self._knows(call):
            return fault("wsse:FailedAuthentication", "用户名或口令错误", "AUTH")
        operation = self._operations.get(call.operation)
        if operation is None:
            return fault("soapenv:Client", "请求报文不符合约定", "REQUEST")
        return await run_in_threadpool(operation, call)

    def _knows(self, call: Call) -> bool:
        given = f"{call.username}\n{call.password}".encode()
        return compare_digest(given, f"{self._username}\n{self._password}".encode())

    def _person(self, call: Call) -> Response:
        number = call.arguments.get("AAC002", "").strip()
        if not _ID_NUMBER.fullmatch(number):
            return self._said("QueryPerson", "-1", "AAC002格式错误")
        person = self._records.find(number)
        if person is None:
            return self._said("QueryPerson", "0", "未查询到该人员信息")
        return answer("QueryPerson", self._good(), [self._records.full(person)])

    def _roster(self, call: Call) -> Response:
        try:
            first = int(call.arguments.get("STARTROW", ""))
            count = int(call.arguments.get("ROWCOUNT", ""))
        except ValueError:
            return self._said("QueryRoster", "-1", "STARTROW、ROWCOUNT格式错误")
        if first < 1 or not 1 <= count <= LARGEST_PAGE:
            return self._said("QueryRoster", "-1", f"ROWCOUNT应在1至{LARGEST_PAGE}之间")
        members = self._records.register.members
        rows = [self._records.brief(person) for person in members[first - 1 : first - 1 + count]]
        return answer("QueryRoster", [*self._good(), ("TOTAL", str(len(members)))], rows)

    def _numbers(self, call: Call) -> Response:
        given = call.arguments
        try:
            first, count = int(given.get("STARTROW", "")), int(given.get("ROWCOUNT", ""))
            days = {"from": given.get("KSRQ", ""), "to": given.get("JSRQ", "")}
            found = between(self._rows_of_today(), days)
        except ValueError:
            return self._said("QueryNumbers", "-1", "STARTROW、ROWCOUNT、KSRQ、JSRQ格式错误")
        if first < 1 or not 1 <= count <= LARGEST_PAGE:
            return self._said("QueryNumbers", "-1", f"ROWCOUNT应在1至{LARGEST_PAGE}之间")
        head = [*self._now("查询成功"), ("TOTAL", str(len(found)))]
        rows = [
            {name: one.get(name) for name in self._statistics.columns}
            for one in found[first - 1 : first - 1 + count]
        ]
        return answer("QueryNumbers", head, rows, element="NUM")

    def _rows_of_today(self) -> list[Row]:
        today = local(self._clock()).date()
        if self._counted is None or self._counted[0] != today:
            self._counted = (today, list(self._statistics.rows(self._records.register, today)))
        return self._counted[1]

    def _tasks(self, call: Call) -> Response:
        try:
            first = int(call.arguments.get("STARTROW", ""))
            count = int(call.arguments.get("ROWCOUNT", ""))
            found = self.book.since(tasks.read_since(call.arguments.get("BAZ006", "")))
        except ValueError:
            return self._said("QueryTasks", "-1", "STARTROW、ROWCOUNT、BAZ006格式错误")
        if first < 1 or not 1 <= count <= LARGEST_PAGE:
            return self._said("QueryTasks", "-1", f"ROWCOUNT应在1至{LARGEST_PAGE}之间")
        head = [*self._now("查询成功"), ("TOTAL", str(len(found)))]
        return self._rows("QueryTasks", head, found[first - 1 : first - 1 + count])

    def _task(self, call: Call) -> Response:
        found = self.book.get(call.arguments.get("BAZ001", ""))
        if found is None:
            return answer("GetTask", self._now("未查询到该任务", "0"))
        return self._rows("GetTask", self._now("查询成功"), [found])

    def _finish(self, call: Call) -> Response:
        given = call.arguments
        if not given.get("YWLSH") or given.get("CZLX") != "RZ":
            return answer("FinishTask", self._now("YWLSH、CZLX格式错误", "-1"))
        done = self.book.act(
            key=given["YWLSH"],
            task_id=given.get("BAZ001", ""),
            by=given.get("AAE011", ""),
            outcome=given.get("BAZ005", ""),
            note=given.get("AAE013", ""),
        )
        code, words = tasks.said(done)
        return answer("FinishTask", self._now(words, code))

    def _rows(self, operation: str, head: list[tuple[str, str]], found: list[Task]) -> Response:
        retired = self._records.register.world.region.retired
        rows = [tasks.row(one, retired(one.region)) for one in found]
        return answer(operation, head, rows, element="TASK")

    def _now(self, words: str, code: str = "1") -> list[tuple[str, str]]:
        moment = f"{local(self._clock()):%Y/%m/%d %H:%M:%S}"
        return [("CODE", code), ("MSG", words), ("SJSJ", moment)]

    def _ping(self, call: Call) -> Response:
        now = local(self._clock())
        values = [("CODE", "1"), ("MSG", "服务正常"), ("SJSJ", f"{now:%Y/%m/%d %H:%M:%S}")]
        return answer("Ping", values)

    def _good(self) -> list[tuple[str, str]]:
        return [("CODE", "1"), ("MSG", "查询成功"), ("SJSJ", self._as_of())]

    def _said(self, operation: str, code: str, message: str) -> Response:
        return answer(operation, [("CODE", code), ("MSG", message), ("SJSJ", self._as_of())])

    def _as_of(self) -> str:
        """The end of the last closed month."""
        first = local(self._clock()).replace(day=1, hour=0, minute=0, second=0)
        return f"{first - timedelta(seconds=1):%Y/%m/%d %H:%M:%S}"
