"""The intake of the subsistence system: applications with their numbers, and how far each is.

Kept in memory; an application moves on with the days of the clock, as a desk would move it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from starlette.requests import Request

from sandbox.distort import Clock, local

_STYLE = "%Y%m%d%H%M%S"
MATTERS = {"01", "02", "03"}
_ID_NUMBER = re.compile(r"\d{17}[\dXx]")
# From which day on, which state, and what is said of it.
_STEPS = (
    (5, "3", "已办结，结果见送达文书"),
    (1, "2", "审核中，正在入户调查"),
    (0, "1", "已受理，待入户调查"),
)
Said = tuple[str, str, dict[str, Any] | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Intake:
    """One application as the system holds it."""

    number: str
    matter: str
    theirs: str
    taken: datetime


class IntakeBook:
    """All applications, with the keys under which they came."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_key: dict[str, Intake] = {}
        self._lock = Lock()

    async def submit(self, request: Request) -> Said:
        """Take one in: code, words, result."""
        try:
            body = json.loads(await request.body())
        except ValueError:
            body = None
        if not isinstance(body, dict) or not body.get("lsh") or body.get("sxbm") not in MATTERS:
            return "0001", "lsh、sxbm不能为空", None
        with self._lock:
            held = self._by_key.get(str(body["lsh"]))
            if held is not None:
                return self._taken(held, again=True)
            why = _objection(body)
            if why:
                return "1002", why, None
            now = self._clock().replace(microsecond=0)
            made = Intake(
                number=f"SL{local(now):%Y%m}{len(self._by_key) + 1:06d}",
                matter=str(body["sxbm"]),
                theirs=str(body.get("sqbh") or ""),
                taken=now,
            )
            self._by_key[str(body["lsh"])] = made
            return self._taken(made, again=False)

    def find(self, number: str) -> list[dict[str, Any]]:
        """How far the one of that number is."""
        return [self._row(one) for one in self._by_key.values() if one.number == number]

    def _taken(self, one: Intake, *, again: bool) -> Said:
        result = {
            "slbh": one.number,
            "cfbz": str(int(again)),
            "slsj": f"{local(one.taken):{_STYLE}}",
        }
        return "0000", "受理成功", result

    def _row(self, one: Intake) -> dict[str, Any]:
        now = self._clock()
        days = (now - one.taken).days
        state, words = next((state, words) for least, state, words in _STEPS if days >= least)
        return {
            "slbh": one.number,
            "sxbm": one.matter,
            "sqbh": one.theirs,
            "zt": state,
            "clyj": words,
            "gxsj": f"{local(one.taken if state == '1' else now):{_STYLE}}",
        }


def _objection(body: dict[str, Any]) -> str | None:
    if not body.get("xm") or not _ID_NUMBER.fullmatch(str(body.get("sfzh") or "")):
        return "申请人姓名、身份证号有误"
    if not body.get("lxdh"):
        return "联系电话不能为空"
    return None if body.get("sqly") else "申请理由不能为空"
