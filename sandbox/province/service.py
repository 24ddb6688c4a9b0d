"""The simulated provincial 一表通 on the wire: its own envelope, names, codes and token login.

What it was sent is kept as it came, so that a demonstration and a test can see what arrived.
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, Router

from sandbox.control import Handle
from sandbox.distort import Clock
from sandbox.misbehaviour import (
    HTTP_MODES,
    TOKEN_MODES,
    Faults,
    Misbehave,
    Mode,
    Switch,
    json_response,
)
from sandbox.province.issued import Edition, first

NAME = "province"
NEEDS = ("province_app_id", "province_secret")
LIFETIME_SECONDS, SHORT_USES = 120, 3
_MOST_ROWS = 100
_BUSY = ("9000", "系统繁忙")


def said(code: str, words: str, body: Any = None) -> Response:
    """The envelope; failures too come with status 200."""
    return json_response({"ztm": code, "ztms": words, "sj": body})


def garbled(body: bytes) -> bytes:
    """The envelope as it is, nonsense inside."""
    whole = json.loads(body)
    return json.dumps({**whole, "sj": _nonsense(whole["sj"])}, ensure_ascii=False).encode()


def _nonsense(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _nonsense(one) for name, one in value.items()}
    return [_nonsense(one) for one in value] if isinstance(value, list) else "※"


@dataclass
class Province:
    """Issues forms and takes what comes back; the same key is taken once however often it comes."""

    app_id: str
    secret: str
    clock: Clock
    switch: Switch
    issued: list[Edition]
    tokens: dict[str, datetime] = field(default_factory=dict)
    uses: Counter[str] = field(default_factory=Counter)
    logins: int = 0
    receipts: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    taken: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)  # by key
    came: Counter[str] = field(default_factory=Counter)  # every key that ever came
    objection: Callable[[Mapping[str, Any]], str] | None = None  # what a test makes it find wrong

    def routes(self) -> list[BaseRoute]:
        """Its addresses."""
        return [
            Route("/api/dl", self.login, methods=["POST"]),
            Route("/api/bb/cx", self._guarded(self.listed), methods=["POST"]),
            Route("/api/bb/dy", self._guarded(self.define), methods=["POST"]),
            Route("/api/bb/hz", self._guarded(self.receipt), methods=["POST"]),
            Route("/api/bb/hc", self._guarded(self.take), methods=["POST"]),
        ]

    def issue(self, body: dict[str, Any], changed: str) -> None:
        """Put out an edition, or the same one anew."""
        made = Edition(body=body, changed=changed)
        self.issued = [*(one for one in self.issued if one.key != made.key), made]

    async def login(self, request: Request) -> Response:
        """A token for a while."""
        given = await _read(request)
        if (given.get("yybm"), given.get("yymy")) != (self.app_id, self.secret):
            return said("1001", "应用或密钥错误")
        self.logins += 1
        made = secrets.token_urlsafe(24)
        self.tokens[made] = self.clock() + timedelta(seconds=LIFETIME_SECONDS)
        return said("0000", "成功", {"lp": made, "yxms": LIFETIME_SECONDS})

    def revoke(self) -> None:
        """Every token is over."""
        self.tokens.clear()

    def _guarded(self, answer: Callable[[Mapping[str, Any]], Response]) -> Callable[[Request], Any]:
        async def guarded(request: Request) -> Response:
            token = request.headers.get("x-lp", "")
            self.uses[token] += 1
            until = self.tokens.get(token)
            mode = self.switch.mode
            tired = mode is Mode.SHORT_TOKENS and self.uses[token] > SHORT_USES
            if until is None or until <= self.clock() or mode is Mode.EXPIRE_TOKEN or tired:
                return said("1002", "令牌已失效")
            return answer(await _read(request))

        return guarded

    def listed(self, given: Mapping[str, Any]) -> Response:
        """What was issued or changed since a moment, the oldest change first."""
        since, page, size = str(given.get("bgsj") or ""), given.get("ym"), given.get("mys")
        if not isinstance(page, int) or not isinstance(size, int):
            return said("2001", "分页参数有误")
        if not 1 <= size <= _MOST_ROWS or page < 1:
            return said("2001", "分页参数有误")
        found = sorted(
            (one for one in self.issued if one.changed >= since),
            key=lambda one: (one.changed, one.key),
        )
        rows = [
            {"bh": one.body["bh"], "bbh": one.body["bbh"], "gxsj": one.changed}
            for one in found[(page - 1) * size : page * size]
        ]
        return said("0000", "成功", {"zts": len(found), "lb": rows})

    def _find(self, given: Mapping[str, Any]) -> Edition | None:
        key = (given.get("bh"), given.get("bbh"))
        return next((one for one in self.issued if one.key == key), None)

    def define(self, given: Mapping[str, Any]) -> Response:
        """One edition, whole."""
        found = self._find(given)
        return said("2404", "没有此报表") if found is None else said("0000", "成功", found.body)

    def receipt(self, given: Mapping[str, Any]) -> Response:
        """The city has taken a form, or refuses it and says why."""
        found = self._find(given)
        if found is None:
            return said("2404", "没有此报表")
        verdict, why = str(given.get("jg")), str(given.get("yy") or "")
        if verdict not in ("0", "1") or (verdict == "0" and not why):
            return said("2002", "退回须说明原因")
        self.came[f"hz|{found.key[0]}|{found.key[1]}|{verdict}"] += 1
        self.receipts[found.key] = (verdict, why)
        return said("0000", "成功", {"hzbh": f"HZ{len(self.receipts):08d}"})

    def take(self, given: Mapping[str, Any]) -> Response:
        """Answers; a key that was taken is answered as before."""
        key = str(given.get("lsh") or "")
        self.came[key] += 1
        if key in self.taken:
            return said("0000", "成功", {"hzbh": self.taken[key][0]})
        found = self._find(given)
        if found is None:
            return said("2404", "没有此报表")
        if why := self._wrong(found, given):
            return said("2003", why)
        number = f"HC{len(self.taken) + 1:08d}"
        self.taken[key] = (number, dict(given))
        return said("0000", "成功", {"hzbh": number})

    def _wrong(self, found: Edition, given: Mapping[str, Any]) -> str:
        fields = {one["zdbm"]: one for one in found.body["zd"]}
        for one in given.get("mx") or ():
            asked = fields.get(one.get("zdbm"))
            if asked is None:
                return f"没有栏目{one.get('zdbm')}"
            value = str(one.get("z") or "")
            if asked["bt"] == "1" and not value:
                return f"“{asked['zdmc']}”没有填写"
            if asked["zdlx"] == "S" and value and not _is_number(value):
                return f"“{asked['zdmc']}”不是数字"
        return self.objection(given) if self.objection else ""


async def _read(request: Request) -> dict[str, Any]:
    try:
        given = json.loads(await request.body())
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _is_number(value: str) -> bool:
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False


def province(credentials: Mapping[str, str], clock: Clock, city: str) -> Province | None:
    """The province, where its credentials are given."""
    if not all(credentials.get(one) for one in NEEDS):
        return None
    app_id, secret = (credentials[one] for one in NEEDS)
    return Province(app_id, secret, clock, Switch(HTTP_MODES | TOKEN_MODES), first(city))


def mounts(made: Province | None) -> Iterator[tuple[str, Mount, Handle]]:
    """Where it is served, and what the control desk can do to it."""
    if made is None:
        return
    faults = Faults(error=lambda: said(*_BUSY), garbled=garbled)
    handle = Handle(
        switch=made.switch,
        revoke_tokens=made.revoke,
        tasks=lambda: [
            {"region": str(body["qh"]), "number": number, "answers": body}
            for number, body in made.taken.values()
        ],
        seen=lambda: dict(made.came),
    )
    yield NAME, Mount(f"/{NAME}", app=Misbehave(Router(made.routes()), made.switch, faults)), handle
