"""大量查询告警: too much looked up in a while stops, and the security administrator hears of it.

What it is for is the residents' protection. Who reaches a limit is stopped for the rest of the
window; the alarm says who, when and how many, and is acknowledged with a reason. What was counted
is forgotten after the longest window: nobody's work is measured by it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import Connection

from auth import audit, permissions
from auth.principal import Principal
from portal.functions.records.words import BadQueryError
from portal.settings import settings
from portal.store import clock, lookups
from portal.store.citypack import pack
from portal.store.lookup_texts import BulkUse, Window
from portal.store.scope import scoped

PERMISSION = "bulk.view"
ACKNOWLEDGE = "bulk.acknowledge"
Kind = Literal["search", "open", "unmask"]
LABELS = {
    "search": "查找",
    "open": "调取档案",
    "unmask": "查看原值",
    "places": "调取档案涉及社区（村）",
}
UNITS = {"search": "次", "open": "次", "unmask": "次", "places": "个"}
_REFUSES = {"search": "records.search", "open": "records.open", "unmask": "records.unmask"}
_LEAST, _MOST = 4, 200


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Too many look-ups by one person in one post."""

    id: int
    who: str
    login: str
    post: str
    unit: str
    kind: str
    used: int
    most: int
    minutes: int
    at: datetime
    seen_by: str
    seen_at: datetime | None
    reason: str


class _Over(NamedTuple):
    kind: str
    used: int
    window: Window


def count(principal: Principal, kind: Kind, place: str | None = None) -> None:
    """Count one look-up; ``Denied`` beyond a limit, once the alarm is raised."""
    with scoped(lookups.COUNTER) as connection:
        now = clock.now()
        lookups.alone(connection, principal.account_id)
        lookups.note(
            connection,
            account_id=principal.account_id,
            post_id=principal.post_id,
            kind=kind,
            place=place,
            at=now,
            forget_before=now - timedelta(minutes=limits().longest),
        )
        over = _over(connection, principal, kind, now)
        fresh = over is not None and _raise(connection, principal, over, now)
    if over is None:
        return
    if fresh:
        _record(principal, over)
    what = f"{over.window.minutes} 分钟内{LABELS[over.kind]}已超过 {over.window.most} "
    permissions.refuse(
        principal,
        _REFUSES[kind],
        f"{what}{UNITS[over.kind]}，为保护居民信息已暂停{LABELS[kind]}并告警安全管理员，请稍后再试；"
        "批量核验请走批量查询核验流程。",
    )


def limits() -> BulkUse:
    """The city's limits; an operator may set another number of searches."""
    given, own = pack().bulk_use, settings().search_per_window
    if own is None:
        return given
    return given.model_copy(update={"search": given.search.model_copy(update={"most": own})})


def _over(connection: Connection, principal: Principal, kind: Kind, now: datetime) -> _Over | None:
    held = limits()
    window: Window = getattr(held, kind)
    since = now - timedelta(minutes=window.minutes)
    used = lookups.used(connection, principal.account_id, kind, since)
    if used > window.most:
        return _Over(kind, used, window)
    if kind != "open":
        return None
    spread = lookups.places(
        connection, principal.account_id, now - timedelta(minutes=held.places.minutes)
    )
    return _Over("places", spread, held.places) if spread > held.places.most else None


def _raise(connection: Connection, principal: Principal, over: _Over, now: datetime) -> bool:
    """One alarm for a window, however often is tried again; gives whether this is it."""
    since = now - timedelta(minutes=over.window.minutes)
    if lookups.raised(connection, principal.account_id, over.kind, since):
        return False
    lookups.put(
        connection,
        {
            "account_id": principal.account_id,
            "login": principal.login,
            "name": principal.name,
            "post_id": principal.post_id,
            "post_title": principal.post_title,
            "unit_id": principal.unit.id,
            "unit_name": principal.unit.name,
            "region_code": principal.unit.region_code,
            "kind": over.kind,
            "used": over.used,
            "most": over.window.most,
            "minutes": over.window.minutes,
            "at": now,
        },
    )
    return True


def _record(principal: Principal, over: _Over) -> None:
    audit.append(
        action="bulk.alarm",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        outcome="refused",
        detail={
            "bulk": over.kind,
            "used": over.used,
            "most": over.window.most,
            "minutes": over.window.minutes,
        },
    )


def alarms(principal: Principal, *, seen: bool = False) -> tuple[Alarm, ...]:
    """The alarms of the own scope that wait for somebody, or those looked into; newest first."""
    permissions.check(principal, PERMISSION)
    with scoped(principal.reach) as connection:
        rows = lookups.alarms(connection, seen=seen)
    return tuple(
        Alarm(
            id=row.id,
            who=row.name,
            login=row.login,
            post=row.post_title,
            unit=row.unit_name,
            kind=row.kind,
            used=row.used,
            most=row.most,
            minutes=row.minutes,
            at=row.at,
            seen_by=row.seen_by or "",
            seen_at=row.seen_at,
            reason=row.reason or "",
        )
        for row in rows
    )


def waiting(principal: Principal) -> int:
    """How many alarms nobody has looked into; none for who may not see them."""
    if not permissions.allowed(principal, PERMISSION):
        return 0
    with scoped(principal.reach) as connection:
        return lookups.unseen(connection)


def acknowledge(principal: Principal, alarm_id: int, reason: str) -> None:
    """Say what an alarm was about; it then waits for nobody, and stays on record."""
    permissions.check(principal, ACKNOWLEDGE)
    why = " ".join(reason.split())
    if not _LEAST <= len(why) <= _MOST:
        raise BadQueryError("请写明核实情况（4 至 200 个字），内容已保留。")
    with scoped(principal.reach) as connection:
        row = lookups.acknowledge(
            connection, alarm_id, who=principal.name, reason=why, at=clock.now()
        )
    if row is None:
        raise BadQueryError("这条告警不在管辖范围内，或已由他人核实，请刷新后查看。")
    audit.append(
        action=ACKNOWLEDGE,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"alarm": alarm_id, "about": row.login, "bulk": row.kind, "reason": why},
    )
