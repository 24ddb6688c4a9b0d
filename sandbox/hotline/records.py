"""The work orders of the last weeks: the same for the same seed and day, on every start."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from hashlib import blake2b
from random import Random
from typing import Any

from sandbox.distort import LOCAL_TIME
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


class Records:
    """Work orders, made day by day when they are asked for."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._days: dict[date, list[dict[str, Any]]] = {}
        self._replied: dict[str, tuple[str, datetime]] = {}

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
        found = next((one for one in self.all(now) if one["gdbh"] == number), None)
        if found is None or found["gdzt"] == DONE:
            return None
        self._replied[number] = (status, now)
        return {"gdbh": number, "gdzt": status}

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
        if order["gdbh"] in self._replied:
            status, when = self._replied[order["gdbh"]]
            return status, when if status == DONE else None
        if order["back"]:
            return SENT_BACK, None
        if order["finished"] <= now:
            return DONE, order["finished"]
        return (WAITING if now - order["at"] < timedelta(hours=2) else HANDLED), None


_INNER = {"at", "finished", "back"}
_SHOWN = (
    *("gdbh", "bt", "nr", "gdzt", "bldlx", "jjcd", "slsj", "bjsj", "clsx"),
    *("xqdm", "wgbm", "cbdw", "ssrxm", "ssrdh", "sfbm"),
)
