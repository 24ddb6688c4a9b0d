"""Group ``reports``: a report from the measures, against a live GROUP BY over the same database.

The live side counts the residents of every district, by community's relation, straight from the
subject index. It knows neither ages nor hardship (the index does not hold them), so it does less.
"""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import text

from auth.principal import Principal, Unit
from benchmarks import ground
from benchmarks.figures import Figure, emit, median, paired
from portal.commands import setup
from portal.connectors.counting import slice_name
from portal.functions.reports import Reports
from portal.store import clock, divisions, measures, search
from portal.store.citypack import pack
from portal.store.measure_words import Cell, Definition, Kind, Snapshot
from portal.store.scope import scoped
from portal.wiring import build

RUNS = 40
# As many persons as a demonstration holds, and as the largest district has residents.
SCALES = {"demo": 20_000, "district": 490_000}
BANDS = ((0, 6), (7, 14), (15, 59), (60, 64), (65, 79), (80, None))
_LIVE = text(
    "SELECT left(region_code, 6) AS place, count(DISTINCT subject_id) FROM subject_relation"
    " WHERE kind = '居住' AND (ends IS NULL OR ends > current_date) GROUP BY 1"
)
_FILL = text(
    "INSERT INTO subject (id, kind, name, pinyin, initials, id_hash, id_cipher, systems)"
    " SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'person', '某人',"
    " 'mouren', 'mr', 'h' || n, 'c', '{}' FROM generate_series(1, :people) AS n"
)
_PLACE = text(
    "INSERT INTO subject_relation (subject_id, kind, region_code, system_id)"
    " SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, kind,"
    " (cast(:codes AS text[]))[1 + n % cardinality(cast(:codes AS text[]))], 'bench'"
    " FROM generate_series(1, :people) AS n, unnest(ARRAY['居住', '户籍']) AS kind"
)


def _fill(communities: list[str], people: int, scale: str) -> None:
    """The index holds that many people. The measures hold a number per community and slice.

    Their values are made up: what a report costs depends on how many numbers it reads, which is the
    same for a demonstration and for a district's people.
    """
    with scoped(search.INDEXER) as connection:
        connection.execute(_FILL, {"people": people})
        connection.execute(_PLACE, {"people": people, "codes": communities})
    search.settle()
    now = clock.now()
    ids = ("residents", "households", "disabled", "elderly_alone", "elderly_unvisited")
    with scoped(measures.WRITER) as connection:
        for name in ids:
            measures.define(
                connection, [Definition(id=name, kind=Kind.STOCK, name=name, unit="人")]
            )
            parts = [slice_name(sex, *band) for sex in "男女" for band in BANDS]
            cells = [
                Cell(region_code=code, slice=part, numerator=1 + number % 5)
                for number, code in enumerate(communities)
                for part in (parts if name == "residents" else [""])
            ]
            picture = Snapshot(
                measure=name, system_id="grid", day=clock.local(now).date(), as_of=now, taken_at=now
            )
            started = time.perf_counter()
            measures.restate(connection, picture, cells)
            if name == "residents":
                took = (time.perf_counter() - started) * 1000
                _emit("restate_city", took, "ms", 1, scale)
    measures.settle()


def officer_of(prefix: str, level: str, roles: tuple[str, ...]) -> Principal:
    """Somebody who reads reports of a place."""
    return Principal(
        account_id=UUID(int=1),
        login="bench",
        name="测量",
        post_id=UUID(int=2),
        post_title="经办",
        unit=Unit(
            id="bench",
            name="测量",
            kind="government",
            level=level,  # type: ignore[arg-type]
            region_code=prefix,
        ),
        roles=roles,
        prefixes=(prefix,),
        session_id="b" * 64,
        factors=frozenset({"pwd"}),
    )


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _emit(
    name: str, value: float, unit: str, runs: int, scale: str, target: str | None = None
) -> None:
    emit(
        Figure(
            figure=f"reports.{name}", value=value, unit=unit, runs=runs, scale=scale, target=target
        )
    )


def _measure(reports: Reports, scale: str) -> None:
    city = pack().region_code
    month = f"{clock.local(clock.now()):%Y-%m}"
    template = pack().reports[0].id
    officer = officer_of(city, "city", ("city_officer",))
    leader = officer_of(city, "city", ("city_leader",))
    street = next(one.code for one in divisions.below(city, "street") if not one.statistics_only)

    def live() -> None:
        with scoped(officer.reach) as connection:
            connection.execute(_LIVE).all()

    def built(who: Principal, region: str) -> Callable[[], object]:
        return lambda: reports.build(who, template, region, month)

    sides = {
        "build_city": built(officer, city),
        "build_city_protected": built(leader, city),
        "build_street_protected": built(leader, street),
        "live_group_by": live,
    }
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for work in sides.values():
        work()
    gc.collect()
    gc.freeze()
    for _ in range(RUNS):
        for name, work in sides.items():
            taken[name].append(_timed(work))
    for name, values in taken.items():
        _emit(name, median(values) * 1000, "ms", RUNS, scale)
    ratio = paired(taken["build_city"], taken["live_group_by"])
    _emit("build_city.vs_live_group_by", ratio, "x", RUNS, scale, "<= 1")


@contextmanager
def _stage(scale: str) -> Iterator[Reports]:
    with ground.folder() as place, ground.database(place):
        setup.load_city(pack())
        communities = [
            one.code
            for one in divisions.below(pack().region_code, "community")
            if not one.statistics_only
        ]
        _fill(communities, SCALES[scale], scale)
        yield build().reports


def run() -> None:
    """Measure and print."""
    for scale in SCALES:
        with _stage(scale) as reports:
            _measure(reports, scale)
