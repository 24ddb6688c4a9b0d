"""Reading and writing what the systems changed about open cases, in a transaction of the caller."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, bindparam, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert

from portal.store import clock
from portal.store.desk_tables import case_change, case_look, case_round, case_watch
from portal.store.scope import acting_as

SERVICE = "service:changes"
Stored = list[tuple[str, dict[str, str]]]


@dataclass(frozen=True, kw_only=True)
class Place:
    """The case a row is about, with what decides who sees the row."""

    case_id: UUID
    region_code: str
    unit_id: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """A change as it is stored: names and labels of fields, never a value."""

    case_id: UUID
    system_id: str
    title: str
    fields: tuple[str, ...]
    labels: tuple[str, ...]
    found_at: datetime


def held(connection: Connection, case_id: UUID, view: str) -> tuple[Stored, datetime] | None:
    """What was last seen through a view, locked until the transaction ends."""
    row = connection.execute(
        select(case_watch.c.digests, case_watch.c.checked_at)
        .where(case_watch.c.case_id == case_id, case_watch.c.system_id == view)
        .with_for_update()
    ).first()
    return ([(title, fields) for title, fields in row.digests], row.checked_at) if row else None


def hold(connection: Connection, place: Place, view: str, digests: Sequence[Any]) -> None:
    """Remember what was seen."""
    row = {"digests": [list(one) for one in digests], "checked_at": clock.now()}
    connection.execute(
        insert(case_watch)
        .values(
            case_id=place.case_id,
            system_id=view,
            region_code=place.region_code,
            unit_id=place.unit_id,
            **row,
        )
        .on_conflict_do_update(index_elements=["case_id", "system_id"], set_=row)
    )


def note(
    connection: Connection,
    place: Place,
    *,
    system_id: str,
    title: str,
    fields: Sequence[str],
    labels: Sequence[str],
    since: datetime,
) -> None:
    """Write a change down, unless other eyes have found the same one since."""
    known = connection.execute(
        select(func.count())
        .select_from(case_change)
        .where(
            case_change.c.case_id == place.case_id,
            case_change.c.system_id == system_id,
            case_change.c.title == title,
            case_change.c.fields.contains(list(fields)),
            case_change.c.found_at > since,
        )
    ).scalar_one()
    if known:
        return
    connection.execute(
        insert(case_change).values(
            id=uuid4(),
            case_id=place.case_id,
            system_id=system_id,
            region_code=place.region_code,
            unit_id=place.unit_id,
            title=title,
            fields=list(fields),
            labels=list(labels),
            found_at=clock.now(),
        )
    )


# Asked at every click on a home: built once.
_FRESH = (
    select(
        case_change.c.case_id,
        case_change.c.system_id,
        case_change.c.title,
        case_change.c.fields,
        case_change.c.labels,
        case_change.c.found_at,
    )
    .outerjoin(
        case_look,
        (case_look.c.case_id == case_change.c.case_id) & (case_look.c.owner == bindparam("owner")),
    )
    .where(
        case_change.c.unit_id == bindparam("unit"),
        or_(case_look.c.looked_at.is_(None), case_change.c.found_at > case_look.c.looked_at),
    )
    .order_by(case_change.c.found_at.desc())
    .limit(bindparam("most"))
)
_FRESH_OF_ONE = _FRESH.where(case_change.c.case_id == bindparam("case"))


def fresh(
    connection: Connection, owner: str, unit_id: str, most: int, case_id: UUID | None = None
) -> list[Row]:
    """The changes about a unit's open cases that this person has not looked at yet."""
    values = {"owner": owner, "unit": unit_id, "most": most}
    if case_id is None:
        rows = connection.execute(_FRESH, values)
    else:
        rows = connection.execute(_FRESH_OF_ONE, {**values, "case": case_id})
    return [
        Row(**{**one._mapping, "fields": tuple(one.fields), "labels": tuple(one.labels)})
        for one in rows
    ]


def look(connection: Connection, owner: str, case_id: UUID) -> None:
    """This person has seen the case as it is now; only the last look is kept."""
    now = clock.now()
    connection.execute(
        insert(case_look)
        .values(case_id=case_id, owner=owner, looked_at=now)
        .on_conflict_do_update(index_elements=["case_id", "owner"], set_={"looked_at": now})
    )


def claim(connection: Connection, place: Place, every: timedelta) -> bool:
    """Whether the caller is the one to ask about this case in this round."""
    now = clock.now()
    taken = connection.execute(
        insert(case_round)
        .values(
            case_id=place.case_id,
            region_code=place.region_code,
            unit_id=place.unit_id,
            asked_at=now,
        )
        .on_conflict_do_update(
            index_elements=["case_id"],
            set_={"asked_at": now},
            where=case_round.c.asked_at <= now - every,
        )
        .returning(case_round.c.case_id)
    )
    return taken.first() is not None


def forget(connection: Connection, case_id: UUID) -> None:
    """A closed case is watched no more: all that was kept for it goes, colleagues' looks too."""
    with acting_as(connection, SERVICE):
        for table in (case_change, case_watch, case_round, case_look):
            connection.execute(delete(table).where(table.c.case_id == case_id))


_CLOSED = "SELECT 1 FROM matter_case c WHERE c.id = {table}.case_id AND c.state <> '办理中'"


def sweep(connection: Connection) -> None:
    """Forget what was written for a case while it was being closed."""
    for table in (case_change, case_watch, case_round, case_look):
        closed = _CLOSED.format(table=table.name)
        connection.execute(delete(table).where(text(f"EXISTS ({closed})")))
