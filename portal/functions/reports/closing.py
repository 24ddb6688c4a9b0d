"""Closing a period: from then on its numbers stay as they were signed, until it is reopened.

Each level closes for its own place, and thereby for everything below it. What systems say about a
closed period afterwards is kept and shown as waiting; it counts when the period is reopened.
"""

from dataclasses import dataclass

from auth import audit, permissions
from auth.principal import Principal
from portal.functions.reports import periods
from portal.store import clock, divisions, measure_closing, measures
from portal.store.measure_closing import Lock, PeriodStateError
from portal.store.measure_words import MONTHS, Period
from portal.store.scope import scoped

VIEW, CLOSE = "reports.view", "reports.close"
SHORTEST_REASON = 4


class CannotClose(ValueError):
    """It was not closed or reopened, and nothing has changed; the message is for the person."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Closing:
    """How a period of a place stands, and what this post may do about it."""

    words: tuple[str, ...]
    may_close: bool
    may_reopen: bool


def standing(principal: Principal, region: str, period: str) -> Closing:
    """Whether a period of a place is closed and by whom, and what waits."""
    permissions.check(principal, VIEW, region)
    span = periods.parse(period)
    with scoped(principal.reach) as connection:
        above = [one.code for one in divisions.path(region)]
        found = measure_closing.standing(connection, above, region, span)
    mine = any(_is(one, region, span) for one in found.locks)
    may = able(principal, region)
    closable = span.grain in MONTHS and span.ends <= clock.local(clock.now()).date()
    return Closing(
        words=words(found, region),
        may_close=may and closable and not mine,
        may_reopen=may and mine,
    )


def close(principal: Principal, region: str, period: str) -> int:
    """Close a period that is over for one's own place; gives the version that stands now."""
    span = _allowed(principal, region, period)
    if span.grain not in MONTHS:
        raise CannotClose("只能按月、季、年锁定，本期没有锁定。")
    if span.ends > clock.local(clock.now()).date():
        raise CannotClose("本期尚未结束，不能锁定；结束后再锁定。")
    by = f"{principal.unit.name} {principal.name}"
    try:
        with scoped(measures.WRITER) as connection:
            version = measure_closing.close(connection, region, span, by, clock.now())
    except PeriodStateError as error:
        raise CannotClose(str(error)) from error
    _audit(principal, CLOSE, region, {"period": period})
    return version


def reopen(principal: Principal, region: str, period: str, reason: str) -> int:
    """Reopen a period of one's own place, with a reason; gives how many corrections count now."""
    span = _allowed(principal, region, period)
    why = reason.strip()
    if len(why) < SHORTEST_REASON:
        raise CannotClose(f"请写明重开的理由（至少{SHORTEST_REASON}个字），本期仍为锁定。")
    by = f"{principal.unit.name} {principal.name}"
    try:
        with scoped(measures.WRITER) as connection:
            moved = measure_closing.reopen(connection, region, span, by, why, clock.now())
    except PeriodStateError as error:
        raise CannotClose(str(error)) from error
    _audit(principal, "reports.reopen", region, {"period": period, "reason": why})
    return moved


def words(found: measure_closing.Standing, region: str) -> tuple[str, ...]:
    """What a report says about its period being closed."""
    said = []
    below = {one.region_code for one in found.locks if len(one.region_code) > len(region)}
    for one in found.locks:
        place = divisions.find(one.region_code)
        if one.region_code in below or place is None:
            continue
        period = periods.name(periods.text_of(Period(grain=one.grain, starts=one.starts)))
        when = clock.local(one.closed_at)
        said.append(
            f"{place.name}{period}的数据已锁定（第{one.version}版，{when:%Y-%m-%d}，{one.closed_by}）。"
        )
    if found.reopened and not any(
        one.region_code == region and one.grain == found.reopened[-1].grain
        and one.starts == found.reopened[-1].starts for one in found.locks
    ):  # fmt: skip
        last = found.reopened[-1]
        said.append(
            f"本期第{last.version}版已于 {clock.local(last.reopened_at or last.closed_at):%Y-%m-%d}"
            f" 重开（{last.reason}），本表为重开后尚未锁定的数据。"
        )
    if below:
        said.append(f"下级有 {len(below)} 个地区已锁定本期内的数据。")
    if found.waiting:
        said.append(f"锁定后收到 {found.waiting} 项更正，重开后计入，本表未计入。")
    return tuple(said)


def _is(one: Lock, region: str, span: Period) -> bool:
    return (one.region_code, one.grain, one.starts) == (region, span.grain, span.starts)


def able(principal: Principal, region: str) -> bool:
    """Whether this post may close and reopen periods of a place at all."""
    return _own(principal, region) and permissions.allowed(principal, CLOSE, region)


def _own(principal: Principal, region: str) -> bool:
    return region == principal.unit.region_code and region in principal.prefixes


def _allowed(principal: Principal, region: str, period: str) -> Period:
    permissions.check(principal, CLOSE, region)
    if not _own(principal, region):
        raise CannotClose("每一级只锁定和重开本级的统计期，本期没有变动。")
    try:
        return periods.parse(period)
    except periods.UnknownPeriodError as error:
        raise CannotClose(str(error)) from error


def _audit(principal: Principal, action: str, region: str, detail: dict[str, str]) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=region,
        detail=detail,
    )
