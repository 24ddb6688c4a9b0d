"""Earlier versions of a closed period: who signed and reopened it, and which figures differ."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from auth import permissions
from auth.principal import Principal
from portal.functions.reports import periods
from portal.store import clock, divisions, measure_closing, measure_reads, measure_signed
from portal.store.measure_closing import Lock
from portal.store.measure_words import MONTHS, Definition, Period, Topic, Value
from portal.store.region_codes import LEVELS
from portal.store.scope import scoped

VIEW, RECORDS = "reports.view", "records.open"
HIDDEN = "有变动"
MOST = 500


class NoSuchVersion(LookupError):
    """There is no such version; the message is for the person."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Signed:
    """One version of a closed period."""

    version: int
    closed_by: str
    closed_at: datetime
    reopened_by: str
    reopened_at: datetime | None
    reason: str

    @property
    def stands(self) -> bool:
        """Whether the store still holds what this version had."""
        return self.reopened_at is None


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A figure that a version had and the one after it has not; numbers as they may be shown."""

    place: str
    measure: str
    unit: str
    was: str
    now: str


@dataclass(frozen=True, kw_only=True)
class Differences:
    """What differs between a version and what came after it; ``left_out`` says how many more."""

    against: str
    found: tuple[Difference, ...]
    left_out: int


def versions(principal: Principal, region: str, period: str) -> tuple[Signed, ...]:
    """Every version of a period of a place, the first one first; none: it was never closed."""
    permissions.check(principal, VIEW, region)
    span = periods.parse(period)
    if span.grain not in MONTHS:
        return ()
    with scoped(principal.reach) as connection:
        return tuple(map(_signed, measure_closing.history(connection, region, span)))


def _signed(one: Lock) -> Signed:
    return Signed(
        version=one.version,
        closed_by=one.closed_by,
        closed_at=one.closed_at,
        reopened_by=one.reopened_by or "",
        reopened_at=one.reopened_at,
        reason=one.reason or "",
    )


def of_version(connection: Connection, region: str, span: Period, version: int) -> Signed:
    """A version of a period of a place."""
    known = {one.version: one for one in measure_closing.history(connection, region, span)}
    if version not in known:
        raise NoSuchVersion("本期没有这个版本，请从版本记录中重新选择。")
    return _signed(known[version])


def words(one: Signed) -> str:
    """What a report of an earlier version says about itself."""
    when = f"{clock.local(one.closed_at):%Y-%m-%d}"
    if one.reopened_at is None:
        return f"本表为第{one.version}版的数据（{when} 锁定，{one.closed_by}）。"
    again = f"{clock.local(one.reopened_at):%Y-%m-%d}"
    return (
        f"本表为第{one.version}版的数据（{when} 锁定，{one.closed_by}），不是现在的数据："
        f"{again} 由 {one.reopened_by} 重开，理由：{one.reason}。"
    )


def differences(principal: Principal, region: str, period: str, version: int) -> Differences:
    """What the version after this one, or the running numbers, say otherwise.

    For the place and those directly below it. Without record rights a figure about disability,
    hardship or children is only said to have moved.
    """
    permissions.check(principal, VIEW, region)
    span = periods.parse(period)
    here = LEVELS.index(len(region)) if len(region) in LEVELS else len(LEVELS)
    levels = LEVELS[here : here + 2]
    with scoped(principal.reach) as connection:
        one = of_version(connection, region, span, version)
        if one.stands:
            return Differences(against=f"第{one.version}版就是现在的数据", found=(), left_out=0)
        later = [
            each for each in measure_closing.history(connection, region, span)
            if each.version > version
        ]  # fmt: skip
        known = measure_reads.definitions(connection)
        was = _totals(measure_signed.values(connection, region, span, version, levels=levels))
        if later and later[0].reopened_at is not None:
            against = f"第{later[0].version}版"
            after = measure_signed.values(connection, region, span, later[0].version, levels=levels)
        else:
            against = f"第{later[0].version}版（现行）" if later else "重开后尚未锁定的数据"
            after = measure_reads.values(connection, known, region, levels, span)
    moved = _moved(
        was, _totals(after), known, exact=permissions.allowed(principal, RECORDS, region)
    )
    return Differences(against=against, found=tuple(moved[:MOST]), left_out=len(moved[MOST:]))


def _totals(values: Iterable[Value]) -> dict[tuple[str, str], tuple[int, int]]:
    """By place and measure, over all systems and slices."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for one in values:
        key = one.region_code, one.measure
        top, bottom = found.get(key, (0, 0))
        found[key] = top + one.numerator, bottom + one.denominator
    return found


def _moved(
    was: dict[tuple[str, str], tuple[int, int]],
    now: dict[tuple[str, str], tuple[int, int]],
    known: dict[str, Definition],
    *,
    exact: bool,
) -> list[Difference]:
    found = []
    for code, measure in sorted(was.keys() | now.keys()):
        before, after = (each.get((code, measure), (0, 0)) for each in (was, now))
        one = known.get(measure)
        if before == after or one is None:
            continue
        shown = exact or one.topic is Topic.NONE
        found.append(
            Difference(
                place=divisions.full_name(code),
                measure=one.name,
                unit=one.unit,
                was=_text(before) if shown else HIDDEN,
                now=_text(after) if shown else HIDDEN,
            )
        )
    return found


def _text(pair: tuple[int, int]) -> str:
    top, bottom = pair
    return f"{top:,} / {bottom:,}" if bottom else f"{top:,}"
