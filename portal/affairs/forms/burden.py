"""The burden meter: what was asked, what the system answered, and the hours that spares. Scoped.

Two views of the same cells. By who asks or who is asked, from the answers themselves; by place and
month, from the measures that follow them (``tally``), for the panels. Never by person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, func, select

from auth import permissions
from auth.principal import Principal
from auth.tables import unit
from portal.affairs.forms import tally
from portal.affairs.forms.desk import VIEW
from portal.affairs.forms.rules import Count, Hours
from portal.affairs.forms.tables import form_answer, form_refusal
from portal.store import clock, divisions, measure_reads, region_codes
from portal.store.citypack import pack
from portal.store.measure_words import Period
from portal.store.scope import scoped

_CELLS = ("asked", "auto", "changed", "typed")


# -- by who asks, by who is asked -----------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Burden:
    """What a department or a community was asked, and how much of it the system answered."""

    name: str
    forms: int
    answers: int
    count: Count
    refused: int

    @property
    def hours(self) -> Hours:
        """The hours before and after."""
        return self.count.hours(pack().forms)


def listed(
    principal: Principal, by: Literal["issuer", "community"], region: str | None = None
) -> tuple[Burden, ...]:
    """Every department that asks, or every community that is asked; of a region inside the scope
    alone where one is named."""
    permissions.check(principal, VIEW, region)
    group = form_answer.c.issuer_unit if by == "issuer" else form_answer.c.region_code
    columns = [func.sum(form_answer.c[one]).label(one) for one in _CELLS]
    query = (
        select(group.label("name"), func.count().label("answers"),
               func.count(form_answer.c.form_id.distinct()).label("forms"), *columns)
        .group_by(group).order_by(group)
    )  # fmt: skip
    if region is not None:
        query = query.where(region_codes.within(form_answer.c.region_code, region))
    kept = select(form_refusal.c.issuer_unit, func.count().label("number")).group_by(
        form_refusal.c.issuer_unit
    )
    with scoped(principal.reach) as connection:
        found = connection.execute(query).all()
        refused = {row.issuer_unit: row.number for row in connection.execute(kept)}
        wanted = {*refused, *(row.name for row in found)}
        known = select(unit.c.id, unit.c.name).where(unit.c.id.in_(sorted(wanted)))
        names = {row.id: row.name for row in connection.execute(known)}
    if by == "community":
        return tuple(_of(divisions.full_name(row.name), row, 0) for row in found)
    asking = [_of(names.get(row.name, row.name), row, refused.get(row.name, 0)) for row in found]
    rest = [one for one in refused if one not in {row.name for row in found}]
    return (*asking, *(_of(names.get(one, one), None, refused[one]) for one in rest))


def _of(name: str, row: Row[Any] | None, refused: int) -> Burden:
    if row is None:
        return Burden(name=name, forms=0, answers=0, count=Count(), refused=refused)
    count = Count(**{one: int(getattr(row, one)) for one in _CELLS})
    return Burden(name=name, forms=row.forms, answers=row.answers, count=count, refused=refused)


# -- by place and month ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Load:
    """A place in a month. Cells count when an answer is handed in, so they may be of forms sent
    earlier."""

    sent: int = 0
    answered: int = 0
    late: int = 0
    refused: int = 0
    doubled: int = 0
    count: Count = field(default_factory=Count)

    @property
    def hours(self) -> Hours:
        """The hours before and after."""
        return self.count.hours(pack().forms)


@dataclass(frozen=True, kw_only=True)
class Meter:
    """The burden of a region this month, beside the month before and the same month a year ago."""

    region: str
    month: date
    now: Load
    before: Load
    last_year: Load
    places: Mapping[str, Load]  # directly below
    read_at: datetime


_FLOWS = {
    tally.SENT: "sent",
    tally.ANSWERED: "answered",
    tally.LATE: "late",
    tally.REFUSED: "refused",
    tally.DOUBLE: "doubled",
}
_COUNTED = {measure: name for name, measure in tally.CELLS.items()}


def read(principal: Principal, region: str) -> Meter:
    """The meter of a region in one's scope."""
    permissions.check(principal, VIEW, region)
    now = clock.now()
    month = clock.local(now).date().replace(day=1)
    own = len(region)
    levels = {own, region_codes.level_below(region)}
    before = (month - timedelta(days=1)).replace(day=1)
    with scoped(principal.reach) as connection:
        found = _loads(connection, region, levels, month)
        return Meter(
            region=region,
            month=month,
            now=found.pop(region, Load()),
            before=_loads(connection, region, {own}, before).get(region, Load()),
            last_year=_loads(connection, region, {own}, month.replace(year=month.year - 1)).get(
                region, Load()
            ),
            places=found,
            read_at=now,
        )


def _loads(connection: Connection, region: str, levels: set[int], month: date) -> dict[str, Load]:
    period = Period(grain="month", starts=month)
    flows: dict[str, dict[str, int]] = {}
    cells: dict[str, dict[str, int]] = {}
    for one in measure_reads.values(connection, (*_FLOWS, *_COUNTED), region, levels, period):
        held = flows if one.measure in _FLOWS else cells
        name = _FLOWS.get(one.measure) or _COUNTED[one.measure]
        here = held.setdefault(one.region_code, {})
        here[name] = here.get(name, 0) + one.numerator
    return {
        code: Load(**flows.get(code, {}), count=Count(**cells.get(code, {})))
        for code in flows.keys() | cells.keys()
    }
