"""A database with the measures of a whole city: filled once, kept if wished, resumed if cut off.

Change rows come by COPY into a table without indexes, measure by measure, each in a transaction of
its own that also notes that it is done; then the indexes, then the product's own rebuild of the
roll-ups. A run that was cut off goes on behind the last note, and the times of all runs add up.
"""

import resource
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import delete, insert

from benchmarks import ground
from portal.commands import setup
from portal.store import clock, divisions, measure_rebuild, measures
from portal.store.citypack import pack
from portal.store.measure_tables import measure_snapshot
from portal.store.measure_words import Definition, Kind
from portal.store.scope import scoped

Owner = psycopg.Connection[Any]

MEASURES = 200
SYSTEMS = 37
DAYS = 3 * 365
_BARE = (
    "ALTER TABLE measure_change DROP CONSTRAINT IF EXISTS pk_measure_change",
    "DROP INDEX IF EXISTS ix_measure_change_measure_system_id_day",
)
_INDEXES = {
    "pk_measure_change": "ALTER TABLE measure_change ADD CONSTRAINT pk_measure_change"
    " PRIMARY KEY (region_code, measure, system_id, slice, day)",
    "ix_measure_change_measure_system_id_day": "CREATE INDEX"
    " ix_measure_change_measure_system_id_day ON measure_change (measure, system_id, day)",
}
_FILL = """
COPY measure_change (region_code, measure, system_id, slice, day, numerator, denominator, as_of)
FROM STDIN (FORMAT text)
"""
_NOTES = """
CREATE TABLE IF NOT EXISTS bench_done (step text PRIMARY KEY, part text, seconds float8)
"""


def ids() -> list[str]:
    """The measures."""
    return [f"m{number:03}" for number in range(MEASURES)]


def kind_of(number: int) -> Kind:
    """Flows and stocks in turn."""
    return Kind.STOCK if number % 2 else Kind.FLOW


def system_of(number: int) -> str:
    """The system that counts a measure."""
    return f"s{number % SYSTEMS:02}"


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What there is now, and what it took."""

    rows: int
    rollups: int
    disk: int
    memory: int
    seconds: dict[str, float]
    owner_url: str
    last: date


class Notes:
    """Which steps are done, in the database that they filled."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        owner.execute(_NOTES)
        self.done = {row[0] for row in owner.execute("SELECT step FROM bench_done")}

    @contextmanager
    def step(self, name: str, part: str) -> Iterator[None]:
        """One step with its note in one transaction."""
        started = time.perf_counter()
        with self._owner.transaction():
            yield
            self._owner.execute(
                "INSERT INTO bench_done VALUES (%s, %s, %s)",
                (name, part, time.perf_counter() - started),
            )
        self.done.add(name)

    def seconds(self) -> dict[str, float]:
        """How long each part took, over all runs."""
        rows = self._owner.execute("SELECT part, sum(seconds) FROM bench_done GROUP BY part")
        return {row[0]: float(row[1]) for row in rows}


# Each community's numbers of a measure move on every so-many-th day, from a day of its own on.
def _lines(communities: Sequence[str], number: int, step: float, last: date) -> Iterator[str]:
    """The change rows of one measure as COPY text."""
    name, system = f"m{number:03}", system_of(number)
    stamp = f"{clock.now():%Y-%m-%d %H:%M:%S+00}"
    first = last - timedelta(days=DAYS - 1)
    days = [(first + timedelta(days=one)).isoformat() for one in range(DAYS)]
    for place, code in enumerate(communities):
        at = (place * 7 + number) % 11 % step
        said = []
        while at < DAYS:
            day = int(at)
            value = 1 + (place + day) % 4
            said.append(f"{code}\t{name}\t{system}\t\t{days[day]}\t{value}\t0\t{stamp}\n")
            at += step
        yield "".join(said)


def _pictures(last: date) -> None:
    """The definitions, and a picture of each measure a day, by the product's own writer."""
    now = clock.now()
    with scoped(measures.WRITER) as connection:
        measures.define(
            connection,
            [
                Definition(id=one, kind=kind_of(n), name=f"指标{n}", unit="件")
                for n, one in enumerate(ids())
            ],
        )
        connection.execute(delete(measure_snapshot))
    for day in (last - timedelta(days=one) for one in range(DAYS)):
        with scoped(measures.WRITER) as connection:
            connection.execute(
                insert(measure_snapshot),
                [
                    {
                        **{"measure": one, "system_id": system_of(n), "day": day, "as_of": now},
                        **{"taken_at": now, "unreadable": 0, "unplaced": 0},
                    }
                    for n, one in enumerate(ids())
                ],
            )


def _copy(owner: Owner, notes: Notes, communities: Sequence[str], rows: int, last: date) -> None:
    if "bare" not in notes.done:
        with notes.step("bare", "fill"):
            for statement in _BARE:
                owner.execute(statement)
    step = DAYS * MEASURES * len(communities) / rows
    for number, one in enumerate(ids()):
        if one in notes.done:
            continue
        with notes.step(one, "fill"), owner.cursor() as cursor, cursor.copy(_FILL) as copy:
            for piece in _lines(communities, number, step, last):
                copy.write(piece)
    owner.execute("SET maintenance_work_mem = '512MB'")  # else each index is sorted on disk
    for name, statement in _INDEXES.items():
        if name not in notes.done:
            with notes.step(name, "fill"):
                owner.execute(statement)
    if "settled" not in notes.done:
        with notes.step("settled", "fill"):  # the rebuild must not be planned for an empty table
            owner.execute("ANALYZE measure_change")


def _roll_up(notes: Notes) -> None:
    """The roll-ups by the product's rebuild; the note comes after, and a rebuild twice is one."""
    for one in ids():
        if f"roll-up {one}" in notes.done:
            continue
        with notes.step(f"roll-up {one}", "rebuild"), scoped(measures.WRITER) as connection:
            measure_rebuild.rebuild(connection, one)
    if "rolled" not in notes.done:
        with notes.step("rolled", "rebuild"):
            measures.settle()


def _peak(owner: Owner) -> int:
    """Bytes: this process at its fullest and each backend at its fullest, shared pages and all."""
    rows = owner.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type IN ('client backend', 'parallel worker')"
    ).fetchall()
    total = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for (pid,) in rows:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        total += next(int(one.split()[1]) for one in status.splitlines() if one[:6] == "VmHWM:")
    return total * 1024


def _number(owner: Owner, question: str) -> int:
    found = owner.execute(question).fetchone()
    return int(found[0]) if found else 0


def _last_day(owner: Owner, notes: Notes) -> date:
    """The last of the three years: that of the first run, whenever it is resumed."""
    if "last day" not in notes.done:
        today = clock.local(clock.now()).date()
        owner.execute("INSERT INTO bench_done VALUES ('last day', %s, 0)", (today.isoformat(),))
        return today
    found = owner.execute("SELECT part FROM bench_done WHERE step = 'last day'").fetchone()
    if found is None:
        raise LookupError("the database has lost its last day")
    return date.fromisoformat(found[0])


@contextmanager
def filled(scale: str, rows: int) -> Iterator[Filled]:
    """A database with so many change rows and their roll-ups."""
    with (
        ground.kept_folder(f"citysize-{scale}") as (place, keep),
        ground.database(place, keep=keep) as owner_url,
        psycopg.connect(owner_url, autocommit=True) as owner,
    ):
        notes = Notes(owner)
        last = _last_day(owner, notes)
        if "city" not in notes.done:
            setup.load_city(pack())
            with notes.step("city", "fill"):
                _pictures(last)
        places = divisions.below(pack().region_code, "community")
        _copy(owner, notes, [one.code for one in places if not one.statistics_only], rows, last)
        _roll_up(notes)
        seconds = notes.seconds()
        yield Filled(
            rows=_number(owner, "SELECT count(*) FROM measure_change"),
            rollups=_number(owner, "SELECT count(*) FROM measure_rollup"),
            disk=_number(owner, "SELECT pg_database_size(current_database())"),
            memory=_peak(owner),
            seconds={part: seconds[part] for part in ("fill", "rebuild")},
            owner_url=owner_url,
            last=last,
        )
