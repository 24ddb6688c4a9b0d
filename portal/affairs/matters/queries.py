"""Reading cases, always within the scope of who asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, bindparam, func, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.matters.rules import OPEN
from portal.affairs.matters.tables import matter_case
from portal.store import clock, divisions, region_codes
from portal.store.scope import Reach, scoped
from portal.store.subjects import subject


@dataclass(frozen=True, kw_only=True)
class Case:
    """A case in a list: the person masked, the place in words."""

    id: str
    number: str
    matter: str
    source: str
    subject_id: str
    subject_name_masked: str
    region_code: str
    region_name: str
    unit_id: str
    state: str
    opened_at: datetime
    due_on: date | None
    simulated: bool


def mask_name(name: str) -> str:
    """张*三: the middle of a name hidden."""
    return name[0] + "*" * max(len(name) - 2, 1) + (name[-1] if len(name) > 2 else "")


def _query() -> Select[Any]:
    return select(matter_case, subject.c.name).join(
        subject, subject.c.id == matter_case.c.subject_id
    )


def _as_case(row: Row[Any]) -> Case:
    return Case(
        id=str(row.id),
        number=row.number,
        matter=row.matter,
        source=row.source,
        subject_id=str(row.subject_id),
        subject_name_masked=mask_name(row.name),
        region_code=row.region_code,
        region_name=divisions.full_name(row.region_code),
        unit_id=row.unit_id,
        state=row.state,
        opened_at=row.opened_at,
        due_on=row.due_on,
        simulated=row.simulated is not None,
    )


# Asked at every click on a home: built once.
_OPEN_OF_A_UNIT = (
    _query()
    .where(matter_case.c.state == OPEN, matter_case.c.unit_id == bindparam("unit"))
    .order_by(matter_case.c.due_on.nulls_last(), matter_case.c.opened_at)
    .limit(bindparam("most"))
)


def open_cases(principal: Principal, limit: int = 50) -> tuple[Case, ...]:
    """The open cases of the principal's own unit, the one due first on top."""
    values = {"unit": principal.unit.id, "most": limit}
    with scoped(principal.reach) as connection:
        return tuple(_as_case(row) for row in connection.execute(_OPEN_OF_A_UNIT, values))


def find_case(principal: Principal, case_id: str) -> Case | None:
    """One open case of the principal's own unit: the unit that handles it, and no other."""
    try:
        key = UUID(case_id)
    except ValueError:
        return None
    query = _query().where(
        matter_case.c.id == key,
        matter_case.c.state == OPEN,
        matter_case.c.unit_id == principal.unit.id,
    )
    with scoped(principal.reach) as connection:
        row = connection.execute(query).first()
    return _as_case(row) if row else None


def numbers(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The numbers of the cases that the transaction's scope shows."""
    query = select(matter_case.c.id, matter_case.c.number).where(matter_case.c.id.in_(ids))
    return {row.id: row.number for row in connection.execute(query)}


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many open cases there are at a place, and how many of them are overdue."""

    open: int = 0
    overdue: int = 0


def counts_below(principal: Principal, region: str, digits: int) -> dict[str, Counts]:
    """The open cases within a region, by the places whose codes have that many digits.

    Counts of places, never of persons; a case without a place below stands under what it has.
    """
    permissions.check(principal, "reports.view", region)
    today = clock.local(clock.now()).date()
    place = func.left(matter_case.c.region_code, digits)
    query = (
        select(
            place.label("place"),
            func.count().label("open"),
            func.count().filter(matter_case.c.due_on < today).label("overdue"),
        )
        .where(matter_case.c.state == OPEN, region_codes.within(matter_case.c.region_code, region))
        .group_by(place)
    )
    with scoped(principal.reach) as connection:
        rows = connection.execute(query).all()
    return {row.place: Counts(open=row.open, overdue=row.overdue) for row in rows}


@dataclass(frozen=True, kw_only=True)
class OpenCase:
    """An open case without its person: for services that act for it."""

    id: UUID
    subject_id: UUID
    region_code: str
    unit_id: str


def open_everywhere(reach: Reach, limit: int) -> tuple[OpenCase, ...]:
    """Open cases within a service's reach, those due first on top."""
    query = (
        select(
            matter_case.c.id,
            matter_case.c.subject_id,
            matter_case.c.region_code,
            matter_case.c.unit_id,
        )
        .where(matter_case.c.state == OPEN)
        .order_by(matter_case.c.due_on.nulls_last(), matter_case.c.opened_at)
        .limit(limit)
    )
    with scoped(reach) as connection:
        return tuple(OpenCase(**row._mapping) for row in connection.execute(query))
