"""Group ``citysize``: reports over measures of the size of the city, and over a tenth of it.

200 measures (flows and stocks) of 37 systems, every community, three years, changes only: 30
million rows, and 3 million of the same shape. The live side is the same table by one GROUP BY over
the change rows of the same database, asked by the owner: without row-level security, names or
protection. What ten times the data costs is measured level by level, the tenth and the whole by
turns, each in its own database: minutes apart this machine is another one.
With ``PORTAL_BENCH_KEEP`` the filled databases are kept (``cityground.py``).
"""

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg

from benchmarks import cityground, ground
from benchmarks.cityground import MEASURES, SYSTEMS, ids, kind_of, system_of
from benchmarks.figures import Figure, emit, median, paired, percentile
from benchmarks.reports import officer_of
from portal.connectors.manifest import MeasureMap
from portal.connectors.registry import Registry
from portal.functions.reports import Reports
from portal.settings import settings
from portal.store import clock, divisions, measures
from portal.store.citypack import ReportColumn, ReportTemplate, pack
from portal.store.measure_words import Change, Kind
from portal.store.scope import scoped

COLUMNS = 12  # of a report
ROUNDS = 3  # of all reports of a level, by turns
REPORTS = 90
SCALES = {"tenth": 3_000_000, "city": 30_000_000}
LIVE_RUNS = 3
MOVES = 20
_HOUSEHOLD = 8  # the measures that one resident is counted by

_LIVE = """
SELECT left(region_code, %(digits)s) AS place, measure, sum(numerator), sum(denominator)
FROM measure_change
WHERE measure = ANY(%(measures)s) AND region_code >= %(prefix)s AND region_code < %(prefix)s || ':'
  AND day < %(ends)s AND (day >= %(starts)s OR measure = ANY(%(stocks)s))
GROUP BY 1, 2
"""


def _registry() -> Registry:
    """The systems that count, each its own measures; nothing is asked of them."""
    systems = {
        system: SimpleNamespace(
            id=system,
            site=SimpleNamespace(
                name=f"测量{system}", id=system, owner="", legal_basis="", approval_no=""
            ),
            manifest=SimpleNamespace(
                measures=[
                    MeasureMap(id=one, name=one)
                    for n, one in enumerate(ids())
                    if system_of(n) == system
                ]
            ),
            reachable=True,
            mode="正式",
        )
        for system in map(system_of, range(SYSTEMS))
    }
    return cast(Registry, SimpleNamespace(systems=systems, system=systems.__getitem__))


def _library() -> list[ReportTemplate]:
    """Templates that differ in their measures."""
    names = ids()
    return [
        ReportTemplate(
            id=f"r{number}",
            name=f"报表{number}",
            unit="件",
            columns=tuple(
                ReportColumn(
                    head=f"列{place}",
                    measure=names[(number * 2 + place * 7 + number // 7) % MEASURES],
                )
                for place in range(COLUMNS)
            ),
        )
        for number in range(REPORTS)
    ]


@dataclass(frozen=True, kw_only=True)
class _Ground:
    """One filled database."""

    scale: str
    rows: int
    owner: psycopg.Connection[Any]
    address: str  # of this database, as the product reaches it
    last: date

    def at_full(self, target: str) -> str | None:
        """A target that is set for the whole city only."""
        return target if self.scale == "city" else None

    def emit(
        self, name: str, value: float, unit: str, runs: int, target: str | None = None
    ) -> None:
        scale = f"{self.scale}, {self.rows / 1e6:.1f} million rows"
        emit(
            Figure(
                figure=f"citysize.{name}",
                value=value,
                unit=unit,
                runs=runs,
                scale=scale,
                target=target,
            )
        )


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _busy(owner: psycopg.Connection[Any]) -> float:
    """Processor seconds of this process and of every backend: a busy machine changes little of it.

    Read of ``schedstat``, which counts in nanoseconds.
    """
    rows = owner.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type IN ('client backend', 'parallel worker')"
    ).fetchall()
    spent = (Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii") for (pid,) in rows)
    return time.process_time() + sum(int(one.split()[0]) for one in spent) / 1e9


def _periods(last: date) -> list[str]:
    year = last.year
    return [f"{year}", f"{year - 1}", f"{year}-Q2", f"{last:%Y-%m}", f"{year - 1}-05"]


def _places() -> dict[str, str]:
    """A place of each level: the fullest of its kind."""
    city = pack().region_code
    district = max(divisions.children(city), key=lambda one: len(divisions.children(one.code)))
    street = max(
        divisions.children(district.code), key=lambda one: len(divisions.children(one.code))
    )
    community = divisions.children(street.code)[0]
    return {
        "city": city,
        "district": district.code,
        "street": street.code,
        "community": community.code,
    }


@dataclass
class _Taken:
    """What the reports of one level took: seconds of each, processor seconds of one by rounds."""

    times: list[float] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)


def _round(on: _Ground, reports: Reports, code: str, taken: _Taken) -> None:
    """Every report for one place, ever another period."""
    library, periods = _library(), _periods(on.last)
    who = officer_of(pack().region_code, "city", ("city_officer",))
    with ground.environment(DATABASE_URL=on.address):
        reports.of_template(who, library[-1], code, periods[0])
        before = _busy(on.owner)
        for number, template in enumerate(library):
            period = periods[number % len(periods)]
            work = lambda t=template, p=period: reports.of_template(who, t, code, p)  # noqa: E731
            taken.times.append(_timed(work))
        taken.spent.append((_busy(on.owner) - before) / len(library))


def _by_turns(sides: Sequence[_Ground]) -> dict[str, list[_Taken]]:
    """All levels, each on every side in turn."""
    reports, found = Reports(registry=_registry()), {}
    for level, code in _places().items():
        found[level] = [_Taken() for _ in sides]
        for _ in range(ROUNDS):
            for on, taken in zip(sides, found[level], strict=True):
                _round(on, reports, code, taken)
    return found


def _told(sides: Sequence[_Ground], found: Mapping[str, Sequence[_Taken]]) -> None:
    for number, on in enumerate(sides):
        everything: list[float] = []
        for level, both in found.items():
            taken = both[number]
            everything += taken.times
            on.emit(f"report_{level}.cpu", median(taken.spent) * 1000, "ms", ROUNDS * REPORTS)
            on.emit(f"report_{level}", median(taken.times) * 1000, "ms", len(taken.times))
        on.emit("report.p95", percentile(everything, 0.95) * 1000, "ms", len(everything), "<= 50")
    for level, (small, large) in found.items():
        ratio = paired(large.spent, small.spent)
        emit(Figure(figure=f"citysize.report_{level}.cpu_ten_times_the_data", value=ratio,
                    unit="x", runs=ROUNDS * REPORTS, target="<= 1.2"))  # fmt: skip


def _live(on: _Ground, spent: Mapping[str, float]) -> None:
    """The same tables from the change rows."""
    owner = on.owner
    chosen = [one.measure for one in _library()[3].columns]
    stocks = [one for n, one in enumerate(ids()) if kind_of(n) is Kind.STOCK]
    for level, digits in (("city", 6), ("district", 9)):
        given = {
            "digits": digits,
            "measures": chosen,
            "stocks": stocks,
            "prefix": _places()[level],
            "starts": date(on.last.year, 1, 1),
            "ends": date(on.last.year + 1, 1, 1),
        }
        owner.execute(_LIVE, given).fetchall()
        before = _busy(owner)
        taken = []
        for _ in range(LIVE_RUNS):
            taken.append(_timed(lambda g=given: owner.execute(_LIVE, g).fetchall()))  # type: ignore[misc]
        cpu = (_busy(owner) - before) / LIVE_RUNS
        on.emit(f"live_{level}", median(taken) * 1000, "ms", LIVE_RUNS)
        on.emit(f"live_{level}.cpu", cpu * 1000, "ms", LIVE_RUNS)
        on.emit(
            f"live_{level}.cpu_vs_report", cpu / spent[level], "x", LIVE_RUNS, on.at_full(">= 20")
        )


def _moves(on: _Ground) -> None:
    """A resident moves from one community to another: from commit to the new number read back."""
    communities = [one.code for one in divisions.below(pack().region_code, "community")]
    stocks = [n for n in range(MEASURES) if kind_of(n) is Kind.STOCK][:_HOUSEHOLD]
    taken = []
    for number in range(MOVES):
        here, there = communities[number * 3], communities[-1 - number * 5]
        changes = [
            Change(
                measure=ids()[number_of],
                system_id=system_of(number_of),
                region_code=code,
                day=on.last,
                numerator=sign,
            )
            for number_of in stocks
            for code, sign in ((here, -1), (there, 1))
        ]

        def move(changes: Sequence[Change] = changes) -> None:
            with scoped(measures.WRITER) as connection:
                measures.add(connection, changes, clock.now())

        taken.append(_timed(move))
    on.emit("resident_moves", percentile(taken, 0.95) * 1000, "ms", MOVES, "<= 1000")


@contextmanager
def _filled(scale: str) -> Iterator[_Ground]:
    with (
        cityground.filled(scale, SCALES[scale]) as found,
        psycopg.connect(found.owner_url, autocommit=True) as owner,
    ):
        owner.execute("SET max_parallel_workers_per_gather = 0")
        on = _Ground(scale=scale, rows=found.rows, owner=owner, last=found.last,
                     address=str(settings().database_url))  # fmt: skip
        on.emit("fill", found.seconds["fill"], "s", 1)
        on.emit("rebuild", found.seconds["rebuild"], "s", 1)
        on.emit("seeding", sum(found.seconds.values()), "s", 1, "<= 900")
        on.emit("memory", found.memory / 1e9, "GB", 1, "<= 4")
        on.emit("rollups", found.rollups / 1e6, "million rows", 1)
        on.emit("disk", found.disk / 1e9, "GB", 1, "<= 8")
        yield on


def run() -> None:
    """Measure and print."""
    with _filled("tenth") as tenth, _filled("city") as city:
        sides = (tenth, city)
        gc.collect()
        gc.freeze()
        found = _by_turns(sides)
        _told(sides, found)
        for number, on in enumerate(sides):
            with ground.environment(DATABASE_URL=on.address):
                _live(on, {level: median(both[number].spent) for level, both in found.items()})
                _moves(on)
