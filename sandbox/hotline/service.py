"""The HTTP face of the hotline platform: every request signed, errors as HTTP 200 but for that."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.distort import LOCAL_TIME, Clock, local
from sandbox.hotline.operations import LATER, REPLY, RETURN, SIGN, Asked, Operations
from sandbox.hotline.records import DONE, KEPT_DAYS, SENT_BACK, Records
from sandbox.kit.signatures import Signatures
from sandbox.misbehaviour import Faults, json_response

LARGEST_PAGE = 200
PLAIN_FILTERS = {"gdzt": "gdzt", "bldlx": "bldlx", "jjcd": "jjcd", "name": "cbdw"}


def _answer(
    code: str, message: str, result: dict[str, Any] | None = None, status: int = 200
) -> Response:
    return json_response({"code": code, "message": message, "result": result}, status)


def busy() -> Response:
    """What the platform says on a bad day."""
    return _answer("9999", "系统繁忙，请稍后重试")


FAULTS = Faults(error=busy)


_CODES = {"unknown": "1004", "finished": "1009", "refused": "1022"}
_NEEDED = ("lsh", "gdbh", "czlx", "czr")


def _asked(body: bytes) -> Asked | None:
    """The command in a body, or nothing."""
    try:
        told = json.loads(body)
    except ValueError:
        return None
    if not isinstance(told, dict) or not all(str(told.get(name) or "") for name in _NEEDED):
        return None
    if told["czlx"] not in {SIGN, REPLY, RETURN, LATER}:
        return None
    return Asked(
        key=str(told["lsh"]),
        number=str(told["gdbh"]),
        what=str(told["czlx"]),
        by=str(told["czr"]),
        words=str(told.get("nr") or "").strip(),
        days=str(told.get("yqts") or ""),
    )


class Service:
    """Answers the calls."""

    def __init__(
        self, records: Records, signatures: Signatures, clock: Clock, operations: Operations
    ) -> None:
        self._records = records
        self._operations = operations
        self._signatures = signatures
        self._clock = clock

    def routes(self) -> list[Route]:
        """The endpoints."""
        return [
            Route("/api/workSheetInfo/list", self.list, methods=["GET"]),
            Route("/api/workSheetReply/save", self.save, methods=["POST"]),
            Route("/api/workSheetInfo/changed", self.changed, methods=["GET"]),
            Route("/api/workSheetInfo/get", self.one, methods=["GET"]),
            Route("/api/workSheetOperate/submit", self.submit, methods=["POST"]),
            Route("/api/ping", self.ping, methods=["GET"]),
        ]

    async def list(self, request: Request) -> Response:
        """A page of work orders."""
        if refused := await self._refused(request):
            return refused
        given = request.query_params
        try:
            current, size = int(given.get("pageNumber", "1")), int(given.get("pageSize", "20"))
        except ValueError:
            current = size = 0
        if current < 1 or not 1 <= size <= LARGEST_PAGE:
            return _answer("0001", "pageNumber、pageSize应为正整数")
        now = self._clock()
        try:
            last = date.fromisoformat(given.get("endTime") or f"{local(now):%Y-%m-%d}")
            first = date.fromisoformat(
                given.get("startTime") or f"{last - timedelta(days=KEPT_DAYS)}"
            )
        except ValueError:
            return _answer("0001", "startTime、endTime应为yyyy-MM-dd")
        found = [
            one
            for one in self._records.between(first, last, now)
            if all(
                one[field] == given[name] for name, field in PLAIN_FILTERS.items() if name in given
            )
        ]
        page = found[(current - 1) * size : current * size]
        data = {"records": page, "total": len(found), "size": size, "current": current}
        return _answer("0000", "查询成功", {"sjsj": self._now(), "pageData": data})

    async def save(self, request: Request) -> Response:
        """Write a reply: finish an order, or send it back."""
        if refused := await self._refused(request):
            return refused
        try:
            body = json.loads(await request.body())
        except ValueError:
            body = None
        if not isinstance(body, dict) or body.get("status") not in {DONE, SENT_BACK}:
            return _answer("0001", "请求报文格式不正确")
        if not str(body.get("reply") or "").strip():
            return _answer("0001", "reply不能为空")
        done = self._records.reply(str(body.get("gdbh")), body["status"], self._clock())
        if done is None:
            return _answer("0001", "工单不存在或已办结")
        return _answer("0000", "保存成功", done)

    async def changed(self, request: Request) -> Response:
        """A page of the orders that changed since ``gxsj``, with everything about them."""
        if refused := await self._refused(request):
            return refused
        given = request.query_params
        try:
            current, size = int(given.get("pageNumber", "1")), int(given.get("pageSize", "20"))
            style, text = "%Y-%m-%d %H:%M:%S", given.get("gxsj", "")
            since = datetime.strptime(text, style).replace(tzinfo=LOCAL_TIME) if text else None
        except ValueError:
            current = size = 0
            since = None
        if current < 1 or not 1 <= size <= LARGEST_PAGE:
            return _answer("0001", "pageNumber、pageSize、gxsj格式不正确")
        found = await run_in_threadpool(self._records.changed, since, self._clock())
        page = found[(current - 1) * size : current * size]
        data = {"records": page, "total": len(found), "size": size, "current": current}
        return _answer("0000", "查询成功", {"sjsj": self._now(), "pageData": data})

    async def one(self, request: Request) -> Response:
        """One order."""
        if refused := await self._refused(request):
            return refused
        found = self._records.get(request.query_params.get("gdbh", ""), self._clock())
        data = {"records": [found] if found else [], "total": int(found is not None)}
        return _answer("0000", "查询成功", {"sjsj": self._now(), "pageData": data})

    async def submit(self, request: Request) -> Response:
        """A command about one order: sign, reply, send back, ask for more days."""
        if refused := await self._refused(request):
            return refused
        asked = _asked(await request.body())
        if asked is None:
            return _answer("0001", "请求报文格式不正确")
        told = await run_in_threadpool(self._operations.act, asked)
        if told.order is None:
            return _answer(_CODES[told.verdict], told.words)
        return _answer("0000", "提交成功", {"sjsj": self._now(), "order": told.order})

    async def ping(self, request: Request) -> Response:
        """Whether the platform and our signature are well."""
        if refused := await self._refused(request):
            return refused
        return _answer("0000", "服务正常", {"sjsj": self._now()})

    async def _refused(self, request: Request) -> Response | None:
        why = self._signatures.refusal(request, await request.body())
        return _answer("0001", why, status=401) if why else None

    def _now(self) -> str:
        return f"{local(self._clock()):%Y-%m-%d %H:%M:%S}"
