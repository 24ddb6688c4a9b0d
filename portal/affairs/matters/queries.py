"""Reading cases, always within the scope of who asks."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select

from auth.principal import Principal
from portal.affairs.matters.rules import OPEN
from portal.affairs.matters.tables import matter_case
from portal.store import divisions
from portal.store.scope import scoped
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


def open_cases(principal: Principal, limit: int = 50) -> tuple[Case, ...]:
    """The open cases of the principal's own unit, the one due first on top."""
    query = (
        _query()
        .where(matter_case.c.state == OPEN, matter_case.c.unit_id == principal.unit.id)
        .order_by(matter_case.c.due_on.nulls_last(), matter_case.c.opened_at)
        .limit(limit)
    )
    with scoped(principal.reach) as connection:
        return tuple(_as_case(row) for row in connection.execute(query))


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
