"""How an affair of the platform is counted: each row says what it adds to the measures.

What a row counts for is a pure rule of the row as it stands. Every writer hands over the row before
and after a change, in the transaction of the change; the difference is noted. The same rule over
all rows says the measures anew, and must come to the same numbers.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, select, text

from portal.store import clock, divisions, measure_notes, measures
from portal.store.measure_lock_tables import measure_pending
from portal.store.measure_locks import moves_of
from portal.store.measure_notes import Note
from portal.store.measure_rebuild import alone
from portal.store.measure_tables import measure_change
from portal.store.measure_words import Change, Definition
from portal.store.scope import Reach, acting_as, scoped

Fields = Mapping[str, Any]
# Whoever notes holds this until the commit of the change itself, so that whoever counts anew sees
# both the row and its note, or neither.
_AMONG = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:name, 0))")
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_Key = tuple[str, str, str, date]


@dataclass(frozen=True, kw_only=True)
class Restated:
    """What saying it anew came to."""

    rows: int
    moved: int  # numbers that were not right
    apart: int  # rows of places that a change of divisions has touched


@dataclass(frozen=True, kw_only=True)
class Told:
    """A measure of an affair: what it is, and what exactly it counts."""

    definition: Definition
    about: str
    fraction: bool = False


@dataclass(frozen=True, kw_only=True)
class OwnCount:
    """One kind of row of an affair, and what such a row counts for."""

    name: str  # what a row is called
    measures: tuple[Told, ...]
    table: Table
    reach: Callable[[], Reach]  # sees every row
    of: Callable[[Fields], list[Note]]
    query: Callable[[], Select[Any]] | None = None  # where a row needs words of another table

    def __post_init__(self) -> None:
        measure_notes.know(self.definitions)

    @property
    def affair(self) -> str:
        """The affair whose rows they are: its measures begin with its name."""
        return self.measures[0].definition.id.partition("_")[0]

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """The measures as the store knows them."""
        return tuple(one.definition for one in self.measures)

    def follow(
        self,
        connection: Connection,
        changes: Iterable[tuple[Row[Any] | Fields | None, Row[Any] | Fields | None]],
    ) -> None:
        """Note what rows count for now, less what they counted for before; none: not there."""
        notes: list[Note] = []
        for before, after in changes:
            notes += [[*one[:4], -one[4], -one[5]] for one in self._of(before)]
            notes += self._of(after)
        moved = measure_notes.together(notes)
        if moved:
            connection.execute(_AMONG, {"name": f"count of {self.table.name}"})
            with acting_as(connection, measure_notes.KEEPER.actor):
                measure_notes.keep(connection, moved, clock.now())

    def _of(self, row: Row[Any] | Fields | None) -> list[Note]:
        if row is None:
            return []
        return self.of(row._asdict() if isinstance(row, Row) else row)

    def restate(self) -> Restated:
        """Let the measures be what the rows say; gives how much that moved."""
        with scoped(self.reach()) as connection:
            connection.execute(_ALONE, {"name": f"count of {self.table.name}"})
            alone(connection)
            query = self.query() if self.query else select(self.table)
            rows = [row._asdict() for row in connection.execute(query)]
            touched = touched_places()
            taken = [row for row in rows if not row["region_code"].startswith(touched)]
            notes = [one for row in taken for one in self.of(row)]
            moved = bring(connection, self.definitions, notes, touched)
        return Restated(rows=len(rows), moved=moved, apart=len(rows) - len(taken))


def touched_places() -> tuple[str, ...]:
    """The places that have passed what they had to others, or have received it.

    Their numbers of old keep the old codes; rows that have moved no longer say which they were.
    """
    known = {one.old for one in divisions.passings()}
    return tuple(known | {code for one in divisions.passings() for code, _ in one.heirs})


def bring(
    connection: Connection,
    definitions: Sequence[Definition],
    notes: Iterable[Note],
    touched: tuple[str, ...],
) -> int:
    """Move measures to what notes say of all there is; gives how many numbers moved.

    The caller keeps everybody else from moving what is counted. What lies ready for the job, and
    what a closed period keeps waiting, is said already.
    """
    wanted = _sum(notes)
    names = {one.id for one in definitions}
    with acting_as(connection, measure_notes.KEEPER.actor):
        ready = measure_notes.waiting(connection)
    _less(wanted, _sum(one for one in ready if one[0] in names))
    with acting_as(connection, measures.WRITER.actor):
        measures.define(connection, definitions)
        _less(wanted, _held(connection, definitions))
        changes = [
            _change(key, number, of)
            for key, (number, of) in wanted.items()
            if (number or of) and not key[1].startswith(touched)
        ]
        measures.add(connection, changes, clock.now())
    return len(changes)


_Sums = dict[_Key, tuple[int, int]]


def _sum(notes: Iterable[Note]) -> _Sums:
    return {
        (one[0], one[1], one[2], date.fromisoformat(one[3])): (one[4], one[5])
        for one in measure_notes.together(notes)
    }


def _less(wanted: _Sums, there: _Sums) -> None:
    for key, (number, of) in there.items():
        top, below = wanted.get(key, (0, 0))
        wanted[key] = top - number, below - of


def _held(connection: Connection, definitions: Sequence[Definition]) -> _Sums:
    """What the measures say, and what a closed period keeps waiting."""
    kinds = {one.id: one.kind for one in definitions}
    systems = {measure_notes.system_of(one) for one in kinds}
    tops: Counter[_Key] = Counter()
    belows: Counter[_Key] = Counter()

    def take(measure: str, region: str, slice_: str, day: date, number: int, of: int) -> None:
        tops[measure, region, slice_, day] += number
        belows[measure, region, slice_, day] += of

    for table in (measure_change, measure_pending):
        mine = (table.c.measure.in_(kinds), table.c.system_id.in_(systems))
        for row in connection.execute(select(table).where(*mine)).mappings():
            if table is measure_change:
                take(row["measure"], row["region_code"], row["slice"], row["day"],
                     int(row["numerator"]), int(row["denominator"]))  # fmt: skip
                continue
            for one in moves_of(dict(row), kinds[row["measure"]]):
                take(one.measure, one.region_code, one.slice, one.day, one.numerator,
                     one.denominator)  # fmt: skip
    return {key: (tops[key], belows[key]) for key in tops}


def _change(key: _Key, number: int, of: int) -> Change:
    measure, region, slice_, day = key
    return measure_notes.change_of([measure, region, slice_, day.isoformat(), number, of])
