"""When a system is down for too long: the rule alone, without a clock and without a database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

DOWN: Final = "中断"
UP: Final = "恢复"
# What says nothing about the other side: it was not asked, or it only asked us to slow down.
_SAYS_NOTHING = frozenset({"Resting", "RateLimited", "NotConnected"})
# It answered; that it knows nobody or will not do something is an answer.
_ANSWERS = frozenset({"NotFound", "TurnedDown", "UnknownReceiver"})


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What is remembered of a system between two looks."""

    failing_since: datetime | None = None
    alarmed: bool = False


@dataclass(frozen=True, kw_only=True)
class Heard:
    """How one call ended: well, or with a fault."""

    at: datetime
    fault: str = ""


@dataclass(frozen=True, kw_only=True)
class Event:
    """An alarm: down since, noticed at; or up again."""

    kind: Literal["中断", "恢复"]
    since: datetime
    at: datetime
    fault: str = ""


def heard(outcome: str, fault: str | None, at: datetime, *, cached: bool) -> Heard | None:
    """What a call record says about the system; ``None`` when it says nothing."""
    if fault in _SAYS_NOTHING or outcome == "CANCELLED":
        return None
    if fault is None or fault in _ANSWERS:
        given = outcome in {"RETURNED", "NOT_FOUND", "REFUSED"} and not cached
        return Heard(at=at) if given else None
    return Heard(at=at, fault=fault)


def follow(watch: Watch, calls: Iterable[Heard], limit: timedelta) -> tuple[Watch, list[Event]]:
    """Go on from what is remembered: one alarm at the first failure beyond the limit, one at
    recovery, nothing between."""
    events: list[Event] = []
    for one in calls:
        if not one.fault:
            if watch.alarmed and watch.failing_since is not None:
                events.append(Event(kind=UP, since=watch.failing_since, at=one.at))
            watch = Watch()
            continue
        since = watch.failing_since or one.at
        watch = replace(watch, failing_since=since)
        if not watch.alarmed and one.at - since >= limit:
            watch = replace(watch, alarmed=True)
            events.append(Event(kind=DOWN, since=since, at=one.at, fault=one.fault))
    return watch, events
