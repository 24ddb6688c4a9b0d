"""What the measures have still to learn of the platform's own affairs: notes, and who brings them.

A note is ``[measure, region, slice, day, number, of]``. It is written in the transaction of the
event itself, so that both stand or fall together; a job adds it to the measures a moment later.
Nobody at a desk waits for a roll-up that many write to.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Identity,
    Table,
    Uuid,
    delete,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from portal.store import clock, measures
from portal.store.base import metadata
from portal.store.claiming import picked
from portal.store.measure_words import Change, Definition
from portal.store.scope import Reach, acting_as, scoped

# Written with the change itself and drained by a job; it bears the name of the first affair.
order_tally = Table(
    "order_tally",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("order_id", Uuid),  # none: of many at once, or of another affair
    Column("at", DateTime(timezone=True), nullable=False),
    Column("changes", JSONB, nullable=False),  # [measure, region, slice, day, number, of]
)

KEEPER = Reach(prefixes=(), unit_id=None, actor="service:orders")
BATCH = 2000

Note = list[Any]

_known: dict[str, Definition] = {}


def know(definitions: Iterable[Definition]) -> None:
    """Say which measures an affair notes; the job makes them known to the store."""
    _known.update((one.id, one) for one in definitions)


def day_of(at: datetime) -> date:
    """The day that a moment is counted on."""
    return clock.local(at).date()


def note(
    measure: str, region: str, slice_: str, at: datetime | date, number: int, of: int = 0
) -> Note:
    """One change of one number."""
    day = day_of(at) if isinstance(at, datetime) else at
    return [measure, region, slice_, day.isoformat(), number, of]


def together(changes: Iterable[Note]) -> list[Note]:
    """The same numbers added up; what cancels out is gone."""
    numbers: Counter[tuple[Any, ...]] = Counter()
    ofs: Counter[tuple[Any, ...]] = Counter()
    for measure, region, slice_, day, number, of in changes:
        key = (measure, region, slice_, day)
        numbers[key] += number
        ofs[key] += of
    return [[*key, numbers[key], ofs[key]] for key in numbers if numbers[key] or ofs[key]]


def keep(
    connection: Connection, changes: Sequence[Note], at: datetime, order_id: object = None
) -> None:
    """Leave changes for the job; the caller acts as the keeper."""
    moved = together(changes)
    if moved:
        connection.execute(insert(order_tally).values(order_id=order_id, at=at, changes=moved))


def waiting(connection: Connection) -> list[Note]:
    """What lies ready and is not brought over yet; the caller acts as the keeper."""
    left = connection.execute(select(order_tally.c.changes)).scalars()
    return [one for row in left for one in row]


# -- the job ------------------------------------------------------------------------------------


def define() -> None:
    """Make the measures of all affairs known."""
    with scoped(measures.WRITER) as connection:
        measures.define(connection, _known.values())


def drain(batch: int = BATCH) -> int:
    """Bring over what waits, some at a time; gives how many notes were taken."""
    done = 0
    while taken := _drain_some(batch):
        done += taken
    return done


def _drain_some(batch: int) -> int:
    with scoped(KEEPER) as connection:
        lying = select(order_tally.c.id).order_by(order_tally.c.id).limit(batch)
        rows = connection.execute(
            delete(order_tally)
            .where(order_tally.c.id.in_(picked(lying)))
            .returning(order_tally.c.changes)
        ).all()
        changes = together(one for row in rows for one in row.changes)
        if changes:
            with acting_as(connection, measures.WRITER.actor):
                measures.define(connection, _known.values())
                measures.add(connection, [change_of(one) for one in changes], clock.now())
    return len(rows)


def system_of(measure: str) -> str:
    """The affair that counts a measure: its name begins with the affair's."""
    return f"platform:{measure.partition('_')[0]}"


def change_of(one: Note) -> Change:
    """The change of the store that a note stands for."""
    measure, region, slice_, day, number, of = one
    return Change(
        measure=measure,
        system_id=system_of(measure),
        region_code=region,
        slice=slice_,
        day=date.fromisoformat(day),
        numerator=number,
        denominator=of,
    )
