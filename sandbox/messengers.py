"""Two simulated ways to a phone: a gateway of text messages and 政务微信, each as it speaks.

What they were sent is kept as the phone would show it, for a demonstration and for tests.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, Router

from sandbox.control import Handle
from sandbox.distort import LOCAL_TIME, Clock
from sandbox.kit.signatures import Signatures
from sandbox.misbehaviour import HTTP_MODES, Faults, Misbehave, Mode, Switch, json_response

SMS, WECOM = "sms", "wecom"
NEEDS = {SMS: ("sms_app_id", "sms_secret"), WECOM: ("wecom_corp_id", "wecom_secret")}
REFERENCES = tuple(name for names in NEEDS.values() for name in names)
_DELIVERED_AFTER = timedelta(seconds=5)
_UNREACHABLE, _REFUSED, _NOBODY = "0001", "0002", "0003"  # endings of numbers that fail


@dataclass(kw_only=True)
class Shown:
    """One message on a phone."""

    phone: str
    words: str
    at: datetime
    number: str


@dataclass
class SmsGateway:
    """Signed requests; each is sent once however often it comes; reports are fetched."""

    signatures: Signatures
    clock: Clock
    shown: list[Shown] = field(default_factory=list)
    came: dict[str, list[str]] = field(default_factory=dict)  # requestId -> one number per request

    def routes(self) -> list[BaseRoute]:
        """The gateway's addresses."""
        return [
            Route("/v1/messages", self.take, methods=["POST"]),
            Route("/v1/reports", self.report, methods=["POST"]),
        ]

    async def _read(self, request: Request) -> tuple[dict[str, Any], Response | None]:
        body = await request.body()
        why = self.signatures.refusal(request, body)
        if why is not None:
            return {}, json_response({"code": "1001", "message": why})
        try:
            given = json.loads(body)
        except ValueError:
            return {}, json_response({"code": "1100", "message": "报文格式错误"})
        return given, None

    async def take(self, request: Request) -> Response:
        """Take a message in."""
        given, refusal = await self._read(request)
        if refusal is not None:
            return refusal
        phone, key = str(given.get("mobile", "")), str(given.get("requestId", ""))
        if not given.get("templateId") or not key or not given.get("content"):
            return json_response({"code": "1101", "message": "缺少必填参数"})
        if len(phone) != 11 or not phone.isdigit():
            return json_response({"code": "2001", "message": "手机号码格式错误"})
        if phone.endswith(_REFUSED):
            return json_response({"code": "2002", "message": "号码已退订"})
        before = self.came.setdefault(key, [])
        number = before[0] if before else f"M{len(self.came):012d}"
        before.append(number)
        if len(before) == 1:
            said = Shown(phone=phone, words=given["content"], at=self.clock(), number=number)
            self.shown.append(said)
        return json_response({"code": "0", "message": "ok", "msgId": number})

    async def report(self, request: Request) -> Response:
        """What became of messages; those under way are left out."""
        given, refusal = await self._read(request)
        if refusal is not None:
            return refusal
        wanted = set(given.get("msgIds") or ())
        return json_response(
            {"code": "0", "message": "ok", "reports": list(self._reports(wanted, self.clock()))}
        )

    def _reports(self, wanted: set[str], now: datetime) -> Iterator[dict[str, str]]:
        for one in self.shown:
            if one.number in wanted and now - one.at >= _DELIVERED_AFTER:
                status = "UNDELIV" if one.phone.endswith(_UNREACHABLE) else "DELIVRD"
                at = now.astimezone(LOCAL_TIME)
                yield {"msgId": one.number, "status": status, "time": f"{at:%Y%m%d%H%M%S}"}


@dataclass
class Wecom:
    """企业微信: a token, a person by phone, a text."""

    corp_id: str
    secret: str
    clock: Clock
    token_seconds: int = 7200
    shown: list[Shown] = field(default_factory=list)
    tokens: dict[str, datetime] = field(default_factory=dict)
    asked_tokens: int = 0
    sent: int = 0

    def routes(self) -> list[BaseRoute]:
        """The service's addresses."""
        return [
            Route("/cgi-bin/gettoken", self.token, methods=["GET"]),
            Route("/cgi-bin/user/getuserid", self.person, methods=["POST"]),
            Route("/cgi-bin/message/send", self.take, methods=["POST"]),
        ]

    async def token(self, request: Request) -> Response:
        """A token for two hours."""
        given = request.query_params
        if given.get("corpid") != self.corp_id:
            return _said(40013, "invalid corpid")
        if given.get("corpsecret") != self.secret:
            return _said(40001, "invalid credential")
        self.asked_tokens += 1
        made = secrets.token_urlsafe(24)
        self.tokens[made] = self.clock() + timedelta(seconds=self.token_seconds)
        return _said(0, "ok", access_token=made, expires_in=self.token_seconds)

    def _refusal(self, request: Request) -> Response | None:
        until = self.tokens.get(request.query_params.get("access_token", ""))
        if until is None:
            return _said(40014, "invalid access_token")
        return _said(42001, "access_token expired") if until <= self.clock() else None

    async def person(self, request: Request) -> Response:
        """Who has that phone."""
        if (refusal := self._refusal(request)) is not None:
            return refusal
        phone = str((await request.json()).get("mobile", ""))
        if len(phone) != 11 or phone.endswith(_NOBODY):
            return _said(46004, "user not exist")
        return _said(0, "ok", userid=f"u{phone}")

    async def take(self, request: Request) -> Response:
        """Take a text in; an equal one to the same person within the interval is dropped."""
        if (refusal := self._refusal(request)) is not None:
            return refusal
        given = await request.json()
        person, words = str(given.get("touser", "")), (given.get("text") or {}).get("content", "")
        if given.get("msgtype") != "text" or not given.get("agentid"):
            return _said(40008, "invalid message type")
        if not person.startswith("u"):
            return _said(81013, "user & party & tag all invalid")
        self.sent += 1
        number = f"W{self.sent:08d}"
        now = self.clock()
        within = timedelta(seconds=int(given.get("duplicate_check_interval") or 0))
        checked = bool(given.get("enable_duplicate_check"))
        phone = person.removeprefix("u")
        again = any(
            one.phone == phone and one.words == words and now - one.at <= within
            for one in self.shown
        )
        if not (checked and again):
            self.shown.append(Shown(phone=phone, words=words, at=now, number=number))
        return _said(0, "ok", invaliduser="", msgid=number)

    def revoke(self) -> None:
        """Every token is over."""
        self.tokens.clear()


def _said(code: int, words: str, **more: Any) -> Response:
    return json_response({"errcode": code, "errmsg": words, **more})


@dataclass(kw_only=True)
class Messengers:
    """Both, as far as their credentials are known."""

    sms: SmsGateway | None
    wecom: Wecom | None

    def mounts(self) -> Iterator[tuple[str, Mount, Handle]]:
        """Where each is served, and what the control desk can do to it."""
        if self.sms is not None:
            busy = Faults(error=lambda: json_response({"code": "9000", "message": "系统繁忙"}))
            yield _mount(SMS, self.sms.routes(), busy, None)
        if self.wecom is not None:
            busy = Faults(error=lambda: _said(-1, "system busy"))
            yield _mount(WECOM, self.wecom.routes(), busy, self.wecom)


def _mount(
    name: str, routes: list[BaseRoute], faults: Faults, revoking: Wecom | None
) -> tuple[str, Mount, Handle]:
    more = {Mode.EXPIRE_TOKEN} if revoking is not None else set()
    switch = Switch(HTTP_MODES | more)
    handle = Handle(switch=switch, revoke_tokens=revoking.revoke if revoking else None)
    return name, Mount(f"/{name}", app=Misbehave(Router(routes), switch, faults)), handle


def messengers(credentials: Mapping[str, str], clock: Clock) -> Messengers:
    """Those whose credentials are given."""
    known = {name: all(credentials.get(one) for one in need) for name, need in NEEDS.items()}
    sms = wecom = None
    if known[SMS]:
        app_id, secret = (credentials[one] for one in NEEDS[SMS])
        sms = SmsGateway(Signatures(app_id, secret, clock), clock)
    if known[WECOM]:
        corp_id, secret = (credentials[one] for one in NEEDS[WECOM])
        wecom = Wecom(corp_id, secret, clock)
    return Messengers(sms=sms, wecom=wecom)
