"""What a handling unit may do to an order over there: the platform's own rules, once per key."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Literal

from sandbox.distort import LOCAL_TIME, Clock
from sandbox.hotline.records import DONE, HANDLED, SENT_BACK, WAITING, Records, Touched

Verdict = Literal["done", "refused", "finished", "unknown"]
LEAST_WORDS, LATEST_HOUR, MOST_DAYS = 5, 17, 11
SIGN, REPLY, RETURN, LATER = "QS", "HF", "TD", "YQ"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One command as it came."""

    key: str
    number: str
    what: str
    by: str
    words: str
    days: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What the platform answers."""

    verdict: Verdict
    order: dict[str, Any] | None = None
    words: str = ""


class Operations:
    """Commands, each carried out once."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records, self._clock = records, clock
        self._answered: dict[str, Told] = {}
        self._lock = Lock()
        self.keys: Counter[str] = Counter()
        self.applied: Counter[str] = Counter()

    def act(self, asked: Asked) -> Told:
        """Carry a command out, or say why not; the same key again is answered alike."""
        with self._lock:
            self.keys[asked.key] += 1
            if asked.key in self._answered:
                return self._answered[asked.key]
            told = self._carried_out(asked, self._clock().replace(microsecond=0))
            if told.verdict == "done":
                self._answered[asked.key] = told
                self.applied[asked.number] += 1
            return told

    def finish(self, number: str) -> bool:
        """Somebody at the platform's own desk finishes an order."""
        now = self._clock().replace(microsecond=0)
        order = self._records.get(number, now)
        if order is None or order["gdzt"] == DONE:
            return False
        self._records.touch(number, Touched(state=DONE, at=now, by="", words="现场核实已解决"))
        return True

    def shown(self) -> list[dict[str, Any]]:
        """The orders for the control desk."""
        rows = self._records.changed(None, self._clock())
        return [
            {
                "id": one["gdbh"],
                "region": one["xqdm"],
                "state": one["gdzt"],
                "changed": one["gxsj"],
                "due": one["jzsj"],
                "applied": self.applied[one["gdbh"]],
            }
            for one in rows
        ]

    def _carried_out(self, asked: Asked, now: datetime) -> Told:
        order = self._records.get(asked.number, now)
        if order is None:
            return Told(verdict="unknown", words="工单不存在")
        if order["gdzt"] == DONE:
            return Told(verdict="finished", words=f"该工单已由{order['blr']}办结，不能重复提交")
        why = _objection(asked, order, now)
        if why:
            return Told(verdict="refused", words=why)
        before = self._records.touched(asked.number)
        extra = before.extra_days if before else 0
        how = Touched(
            state=_AFTER[asked.what],
            at=now,
            by=asked.by,
            words=asked.words,
            extra_days=extra + (int(asked.days) if asked.what == LATER else 0),
        )
        self._records.touch(asked.number, how)
        return Told(verdict="done", order=self._records.get(asked.number, now))


_AFTER = {SIGN: HANDLED, REPLY: DONE, RETURN: SENT_BACK, LATER: HANDLED}


def _objection(asked: Asked, order: dict[str, Any], now: datetime) -> str:
    """Why the platform will not, or nothing."""
    if order["gdzt"] == SENT_BACK:
        return "工单正在退单审核，审核后方可办理，须等待结果"
    if asked.what == SIGN:
        return "" if order["gdzt"] == WAITING else "工单已签收，无须重复签收"
    if len(asked.words) < LEAST_WORDS:
        return f"办理内容或理由须不少于{LEAST_WORDS}个字"
    return _too_late(asked, order, now) if asked.what == LATER else ""


def _too_late(asked: Asked, order: dict[str, Any], now: datetime) -> str:
    if not asked.days.isdecimal() or not 1 <= int(asked.days) <= MOST_DAYS:
        return f"延期天数须为1至{MOST_DAYS}天"
    here = now.astimezone(LOCAL_TIME)
    if here.hour >= LATEST_HOUR:
        return f"延期须在当日{LATEST_HOUR}:00前申请"
    if f"{here:%Y-%m-%d %H:%M:%S}" > order["jzsj"]:
        return "工单已超期，须先办结，不再受理延期"
    return ""
