"""The HTTP face of the medical insurance platform: proper status codes, tokens, cursors."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from secrets import token_hex
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.distort import Clock, Register, local
from sandbox.kit.declared import Row
from sandbox.kit.events import between
from sandbox.kit.tokens import LIFETIME_SECONDS, Tokens, Verdict
from sandbox.medical_insurance import tasks
from sandbox.medical_insurance.numbers import numbers
from sandbox.medical_insurance.records import Records
from sandbox.misbehaviour import Faults, json_response

LARGEST_PAGE = 500
_REALM = 'realm="medical-insurance"'
_ID_NUMBER = re.compile(r"\d{17}[\dXx]")
_EXPIRED = f'Bearer {_REALM}, error="invalid_token", error_description="The access token expired"'
_Endpoint = Callable[[Request], Awaitable[Response]]


def _error(status: int, code: str, message: str, **headers: str) -> Response:
    body = {"errorCode": code, "errorMessage": message, "traceId": token_hex(16)}
    return json_response(body, status, **headers)


def _system_error() -> Response:
    return _error(200, "SYSTEM_ERROR", "系统内部错误")


def _too_many() -> Response:
    return _error(429, "TOO_MANY_REQUESTS", "请求过于频繁，请稍后重试")


FAULTS = Faults(error=_system_error, limited=_too_many)


class Service:
    """Answers the calls; every one but the token call needs a token."""

    def __init__(self, records: Records, tokens: Tokens, clock: Clock) -> None:
        self._records = records
        self._numbers = [records.number(person) for person in records.register.members]
        self._tokens = tokens
        self._clock = clock
        self._statistics = numbers(records.register.world)
        self._counted: tuple[date, list[Row]] | None = None
        self.book = tasks.book(records, clock)

    def routes(self) -> list[Route]:
        """The endpoints."""
        return [
            Route("/oauth2/token", self.token, methods=["POST"]),
            Route("/api/v1/insured-persons/search", self._guarded(self.search), methods=["POST"]),
            Route("/api/v1/insured-persons", self._guarded(self.roster), methods=["GET"]),
            Route("/api/v1/statistics", self._guarded(self.numbers), methods=["GET"]),
            Route("/api/v1/work-items", self._guarded(self.tasks), methods=["GET"]),
            Route("/api/v1/work-items/{id}", self._guarded(self.task), methods=["GET"]),
            Route("/api/v1/work-items/{id}/actions", self._guarded(self.act), methods=["POST"]),
            Route("/api/v1/health", self._guarded(self.health), methods=["GET"]),
        ]

    async def token(self, request: Request) -> Response:
        """OAuth2 client credentials."""
        if not self._tokens.client_is_known(request.headers.get("Authorization", "")):
            body = {
                "error": "invalid_client",
                "error_description": "client authentication failed",
            }
            return json_response(body, 401, WWW_Authenticate=f"Basic {_REALM}")
        form = parse_qs((await request.body()).decode("utf-8", errors="replace"))
        if form.get("grant_type") != ["client_credentials"]:
            return json_response({"error": "unsupported_grant_type"}, 400)
        granted = {
            "access_token": self._tokens.issue(),
            "token_type": "Bearer",
            "expires_in": LIFETIME_SECONDS,
            "scope": "insured.read",
        }
        return json_response(granted, Cache_Control="no-store")

    async def search(self, request: Request) -> Response:
        """One person by identity number."""
        try:
            body = json.loads(await request.body())
        except ValueError:
            body = None
        number = str(body.get("certNo", "")) if isinstance(body, dict) else ""
        if not isinstance(body, dict) or body.get("certType") != "01":
            return _error(400, "INVALID_PARAMETER", "证件类型不支持")
        if not _ID_NUMBER.fullmatch(number):
            return _error(400, "INVALID_PARAMETER", "证件号码格式不正确")
        person = self._records.register.find(number)
        if person is None:
            return _error(404, "PERSON_NOT_FOUND", "未查询到参保信息")
        return json_response({"data": self._records.full(person), "dataAsOf": self._as_of()})

    async def roster(self, request: Request) -> Response:
        """The insured persons after a cursor."""
        limit = request.query_params.get("limit", "100")
        if not limit.isdecimal() or not 1 <= int(limit) <= LARGEST_PAGE:
            return _error(400, "INVALID_PARAMETER", f"limit应在1至{LARGEST_PAGE}之间")
        after = _from_cursor(request.query_params.get("cursor", ""))
        if after is None:
            return _error(400, "INVALID_CURSOR", "游标无效")
        first = bisect_right(self._numbers, after)
        last = first + int(limit)
        members = self._records.register.members
        rows = [self._records.brief(person) for person in members[first:last]]
        more = last < len(members)
        cursor = _to_cursor(self._numbers[last - 1]) if more else None
        return json_response({"data": rows, "nextCursor": cursor, "dataAsOf": self._as_of()})

    async def numbers(self, request: Request) -> Response:
        """How far enrolment has come, place by place, in the months that some days touch."""
        given = request.query_params
        limit = given.get("limit", "100")
        if not limit.isdecimal() or not 1 <= int(limit) <= LARGEST_PAGE:
            return _error(400, "INVALID_PARAMETER", f"limit应在1至{LARGEST_PAGE}之间")
        try:
            days = {"from": given.get("fromDate", ""), "to": given.get("toDate", "")}
            first = int(urlsafe_b64decode(given.get("cursor", "MA==")).decode())
            found = between(self._rows_of_today(), days)
        except ValueError:
            return _error(400, "INVALID_PARAMETER", "fromDate、toDate或cursor无效")
        last = first + int(limit)
        cursor = urlsafe_b64encode(str(last).encode()).decode() if last < len(found) else None
        rows = [{name: one[name] for name in self._statistics.columns} for one in found[first:last]]
        return json_response({"data": rows, "nextCursor": cursor, "dataAsOf": self._as_of()})

    def _rows_of_today(self) -> list[Row]:
        today = local(self._clock()).date()
        if self._counted is None or self._counted[0] != today:
            everybody = Register(
                self._records.register.world, "medical_insurance", misses=0.0, holds=lambda _: True
            )
            self._counted = (today, list(self._statistics.rows(everybody, today)))
        return self._counted[1]

    async def tasks(self, request: Request) -> Response:
        """The work items that changed since a moment, after a cursor."""
        given = request.query_params
        limit = given.get("limit", "100")
        if not limit.isdecimal() or not 1 <= int(limit) <= LARGEST_PAGE:
            return _error(400, "INVALID_PARAMETER", f"limit应在1至{LARGEST_PAGE}之间")
        try:
            since = given.get("updatedSince")
            moment = datetime.fromisoformat(since) if since else None
            first = int(urlsafe_b64decode(given.get("cursor", "MA==")).decode())
            found = self.book.since(moment)
        except (ValueError, TypeError):
            return _error(400, "INVALID_PARAMETER", "updatedSince或cursor无效")
        last = first + int(limit)
        cursor = urlsafe_b64encode(str(last).encode()).decode() if last < len(found) else None
        rows = [tasks.row(one) for one in found[first:last]]
        return json_response({"data": rows, "nextCursor": cursor, "dataAsOf": self._as_of()})

    async def task(self, request: Request) -> Response:
        """One work item."""
        found = self.book.get(request.path_params["id"])
        if found is None:
            return _error(404, "WORK_ITEM_NOT_FOUND", "工作项不存在")
        return json_response({"data": tasks.row(found), "dataAsOf": self._as_of()})

    async def act(self, request: Request) -> Response:
        """A command about one work item; its key makes it safe to repeat."""
        key = request.headers.get("Idempotency-Key", "")
        try:
            body = json.loads(await request.body())
        except ValueError:
            body = None
        if not key or not isinstance(body, dict) or body.get("action") not in tasks.ACTIONS:
            return _error(400, "INVALID_PARAMETER", "缺少Idempotency-Key或action")
        done = self.book.act(
            key=key,
            task_id=request.path_params["id"],
            by=str(body.get("operator") or ""),
            outcome=str(body.get("outcome") or ""),
            note=str(body.get("remark") or ""),
        )
        wrong = tasks.complaint(done)
        if wrong is not None or done.task is None:
            return _error(*(wrong or (404, "WORK_ITEM_NOT_FOUND", "工作项不存在")))
        answer = {"data": tasks.row(done.task), "replayed": done.verdict == "again"}
        return json_response({**answer, "dataAsOf": self._as_of()})

    async def health(self, request: Request) -> Response:
        """Whether the platform and the token are well."""
        now = local(self._clock())
        return json_response({"status": "UP", "time": now.isoformat(timespec="seconds")})

    def _guarded(self, endpoint: _Endpoint) -> _Endpoint:
        async def guarded(request: Request) -> Response:
            verdict = self._tokens.check(request.headers.get("Authorization", ""))
            if verdict is Verdict.MISSING:
                challenge = f"Bearer {_REALM}"
                return _error(401, "TOKEN_MISSING", "缺少访问令牌", WWW_Authenticate=challenge)
            if verdict is Verdict.EXPIRED:
                return _error(401, "TOKEN_EXPIRED", "访问令牌已过期", WWW_Authenticate=_EXPIRED)
            return await endpoint(request)

        return guarded

    def _as_of(self) -> str:
        """A few minutes behind."""
        moment = local(self._clock()) - timedelta(minutes=5)
        return moment.isoformat(timespec="seconds")


def _to_cursor(number: str) -> str:
    return urlsafe_b64encode(number.encode()).decode().rstrip("=")


def _from_cursor(cursor: str) -> str | None:
    """The number in a cursor; empty for the first page, None for nonsense."""
    if not cursor:
        return ""
    try:
        number = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        return None
    return number if len(number) == 20 and number.isdecimal() else None
