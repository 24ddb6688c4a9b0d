"""The work orders of the last weeks: the same for the same seed and day, on every start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b
from random import Random
from typing import Any

from sandbox.distort import LOCAL_TIME
from sandbox.hotline.details import details
from sandbox.population import World

KEPT_DAYS = 70
_ONE_IN = 700  # residents per order and day
_MATTERS = (
    ("楼道照明不亮", "1"),
    ("垃圾清运不及时", "1"),
    ("暖气温度不够", "1"),
    ("道路积雪未清", "1"),
    ("咨询医保缴费", "2"),
    ("咨询居住证办理", "2"),
)
_LIMITS = {"1": 1, "2": 3, "3": 7, "4": 11}
WAITING, HANDLED, DONE, SENT_BACK = "1", "2", "3", "4"
_STYLE = "%Y-%m-%d %H:%M:%S"


SIGNED_AFTER = timedelta(hours=2)
DESK = "市12345受理中心"


@dataclass(frozen=True, kw_only=True, slots=True)
class Touched:
    """What was done to an order: the state it is in since, by whom, and the days it gained."""

    state: str
    at: datetime
    by: str
    words: str
    extra_days: int = 0


def _by_change(order: dict[str, Any]) -> tuple[str, str]:
    return order["gxsj"], order["gdbh"]


class Records:
    """Work orders, made day by day when they are asked for."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._days: dict[date, list[dict[str, Any]]] = {}
        self._touched: dict[str, Touched] = {}

    def between(self, first: date, last: date, now: datetime) -> list[dict[str, Any]]:
        """Orders that were received or finished on one of these days, oldest first."""
        found = []
        for order in self.all(now):
            days = (order["slsj"][:10], (order["bjsj"] or "")[:10])
            if any(day and f"{first}" <= day <= f"{last}" for day in days):
                found.append(order)
        return found

    def all(self, now: datetime) -> list[dict[str, Any]]:
        """Every order that there is now."""
        today = now.astimezone(LOCAL_TIME).date()
        days = (today - timedelta(days=back) for back in range(KEPT_DAYS, -1, -1))
        made = (order for day in days for order in self._on(day))
        return [self._as_now(order, now) for order in made if order["at"] <= now]

    def reply(self, number: str, status: str, now: datetime) -> dict[str, Any] | None:
        """Finish an order or send it back; nothing when there is none that is open."""
        found = self.get(number, now)
        if found is None or found["gdzt"] == DONE:
            return None
        self.touch(number, Touched(state=status, at=now, by="", words=""))
        return {"gdbh": number, "gdzt": status}

    def get(self, number: str, now: datetime) -> dict[str, Any] | None:
        """One order as it is now, with everything a handling unit is told."""
        made = self._made(number)
        return self._full(made, now) if made is not None and made["at"] <= now else None

    def changed(self, since: datetime | None, now: datetime) -> list[dict[str, Any]]:
        """Orders that changed at that moment or later, the oldest change first."""
        today = now.astimezone(LOCAL_TIME).date()
        days = (today - timedelta(days=back) for back in range(KEPT_DAYS, -1, -1))
        rows = (self._full(one, now) for day in days for one in self._on(day) if one["at"] <= now)
        text = f"{since:{_STYLE}}" if since else ""
        return sorted((one for one in rows if one["gxsj"] >= text), key=_by_change)

    def touch(self, number: str, how: Touched) -> None:
        """Somebody did something to an order; from now on the clock alone changes it no more."""
        self._touched[number] = how

    def touched(self, number: str) -> Touched | None:
        """What was last done to an order."""
        return self._touched.get(number)

    def _made(self, number: str) -> dict[str, Any] | None:
        try:
            day = datetime.strptime(number[2:10], "%Y%m%d").replace(tzinfo=LOCAL_TIME).date()
        except ValueError:
            return None
        return next((one for one in self._on(day) if one["gdbh"] == number), None)

    def _full(self, order: dict[str, Any], now: datetime) -> dict[str, Any]:
        """The row of the two-way side."""
        shown, how = self._as_now(order, now), self._touched.get(order["gdbh"])
        changed = how.at if how else self._by_itself(order, shown["gdzt"])
        limit = order["clsx"] + (how.extra_days if how else 0)
        return {
            **shown,
            **details(order["gdbh"], order["bt"]),
            "clsx": limit,
            "jzsj": f"{order['at'] + timedelta(days=limit):{_STYLE}}",
            "gxsj": f"{changed.astimezone(LOCAL_TIME):{_STYLE}}",
            "blr": (how.by or DESK) if how else (DESK if shown["gdzt"] == DONE else ""),
            "hfnr": how.words if how else "",
        }

    def _by_itself(self, order: dict[str, Any], state: str) -> datetime:
        """When the clock brought an untouched order into this state."""
        at: datetime = order["at"]
        finished: datetime = order["finished"]
        later = _signed(at) if state == HANDLED else at
        return finished if state == DONE else later

    def _on(self, day: date) -> list[dict[str, Any]]:
        if day not in self._days:
            text = f"{self._world.seed}:hotline:{day}".encode()
            dice = Random(int.from_bytes(blake2b(text, digest_size=8).digest()))
            many = max(3, len(self._world.persons) // _ONE_IN)
            self._days[day] = [self._order(dice, day, number) for number in range(many)]
            self._days[day].sort(key=lambda order: order["at"])
        return self._days[day]

    def _order(self, dice: Random, day: date, number: int) -> dict[str, Any]:
        caller = dice.choice(self._world.persons)
        region = caller.home.region
        title, kind = dice.choice(_MATTERS)
        urgency = dice.choice("12334")
        at = datetime(day.year, day.month, day.day, 7, tzinfo=LOCAL_TIME)
        at += timedelta(seconds=dice.randrange(15 * 3600))
        limit = _LIMITS[urgency]
        finished = at + timedelta(seconds=dice.randrange(3600, int(limit * 86400 * 1.1)))
        vague, old = dice.random() < 0.03, dice.random() < 0.3
        code = self._world.region.retired(region) if old else region
        return {
            "at": at,
            "finished": finished,
            "back": dice.random() < 0.04,
            "gdbh": f"GD{day:%Y%m%d}{number:05d}",
            "bt": title,
            "nr": "来电反映，详见录音",
            "bldlx": kind,
            "jjcd": urgency,
            "clsx": limit,
            "xqdm": code[:9] if vague else code,
            "wgbm": "" if vague else f"{code}{dice.randint(1, 6):03d}",
            "cbdw": "" if vague else self._world.region.short_name(region),
            "ssrxm": caller.name,
            "ssrdh": caller.phone or "",
            "sfbm": dice.choice("0001"),
        }

    def _as_now(self, order: dict[str, Any], now: datetime) -> dict[str, Any]:
        state, done = self._state(order, now)
        shown = {name: one for name, one in order.items() if name not in _INNER}
        shown["gdzt"] = state
        shown["slsj"] = f"{order['at']:{_STYLE}}"
        shown["bjsj"] = f"{done.astimezone(LOCAL_TIME):{_STYLE}}" if done else ""
        return {name: shown[name] for name in _SHOWN}

    def _state(self, order: dict[str, Any], now: datetime) -> tuple[str, datetime | None]:
        how = self._touched.get(order["gdbh"])
        if how is not None:
            return how.state, how.at if how.state == DONE else None
        if order["back"]:
            return SENT_BACK, None
        if order["finished"] <= now:
            return DONE, order["finished"]
        return (WAITING if now < _signed(order["at"]) else HANDLED), None


def _signed(at: datetime) -> datetime:
    """When a unit signs for an order: soon in the day, and in the morning for what came late."""
    later = at + SIGNED_AFTER
    opens = later.replace(hour=9, minute=0, second=0)
    return opens + timedelta(days=1) if later.hour >= 18 else max(later, opens)


_INNER = {"at", "finished", "back"}
_SHOWN = (
    *("gdbh", "bt", "nr", "gdzt", "bldlx", "jjcd", "slsj", "bjsj", "clsx"),
    *("xqdm", "wgbm", "cbdw", "ssrxm", "ssrdh", "sfbm"),
)
