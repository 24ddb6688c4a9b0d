"""The league and the bulletins over a million orders' worth of measures."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from uuid import UUID

from sqlalchemy import create_engine, text

from auth.principal import Principal, Unit
from benchmarks import ground
from benchmarks.figures import Figure, emit
from portal.affairs.orders import tally
from portal.affairs.rates import bulletin, closing, league, paperwork
from portal.affairs.rates.entrants import today
from portal.affairs.rates.spans import Span, recent
from portal.commands import setup
from portal.store import divisions
from portal.store.citypack import pack
from portal.store.engine import driver_url
from portal.store.scheme_texts import League

SCALES = {"100000": 100_000, "1000000": 1_000_000}
MONTHS, RUNS = 26, 20
# A made-up order: any day of the last months, any community, handled by its street's office, its
# community, a department of its district or of the city.
_ORDERS = text(
    """
    CREATE TABLE bench_order AS
    SELECT n, code AS place, cast(:first AS date) + (random() * :days)::int AS day,
           (ARRAY['投诉', '求助', '咨询', '建议', '举报', '表扬'])[1 + (random() * 5)::int] AS kind,
           (ARRAY['12345', '领导信箱', '邻里牵手', '110非警务'])[1 + (random() * 3)::int] AS source,
           lpad((1 + (random() * 14)::int)::text, 2, '0') AS one,
           lpad((1 + (random() * 9)::int)::text, 2, '0') AS two,
           CASE (random() * 3)::int WHEN 0 THEN 'com-' || code WHEN 1 THEN 'gov-' || left(code, 9)
                WHEN 2 THEN 'dept-630102-urban' ELSE 'dept-urban' END AS unit,
           random() AS luck
      FROM generate_series(1, cast(:orders AS bigint)) AS n,
           LATERAL (SELECT cast(:codes AS text[]) AS codes) AS held,
           LATERAL (SELECT codes[1 + (n * 7919) % cardinality(codes)] AS code) AS here
    """
)
_UNIT_PLACE = """CASE unit WHEN 'dept-urban' THEN '6301' WHEN 'dept-630102-urban' THEN '630102'
                 ELSE split_part(unit, '-', 2) END"""
_ALL, _OF = "1", "CASE WHEN luck < 0.97 THEN 1 ELSE 0 END"
# measure -> numerator, denominator, which orders
_BOTH = {
    "orders_dispatched": (_ALL, "0", "true"),
    "orders_returned": (_ALL, "0", "luck > 0.98"),
    "orders_responded": (_OF, _ALL, "true"),
    "orders_closed": (_ALL, "0", "luck < 0.95"),
    "orders_due": (_OF, _ALL, "luck < 0.9"),
    "orders_visited_resolved": ("CASE WHEN luck < 0.56 THEN 1 ELSE 0 END", _ALL, "luck < 0.6"),
    "orders_satisfied": ("CASE WHEN luck < 0.5 THEN 1 ELSE 0 END", _ALL, "luck < 0.6"),
    "orders_basically_satisfied": (
        "CASE WHEN luck BETWEEN 0.5 AND 0.57 THEN 1 ELSE 0 END", _ALL, "luck < 0.6",
    ),
    "orders_open": (_ALL, "0", "luck > 0.97"),
    "orders_overdue_open": (_ALL, "0", "luck > 0.99"),
}  # fmt: skip
_SLICED = {
    "orders_received": "''",
    "orders_received_kind": "kind",
    "orders_received_source": "source",
    "orders_received_class": "one || '.' || two",
}
# Roll-ups of all months, daily changes of the newest ones: older days are read by nobody here.
_INTO = {
    "measure_change": """
    INSERT INTO measure_change (region_code, measure, system_id, slice, day, numerator,
                                denominator, as_of)
    SELECT {place}, '{measure}', 'platform:orders', {slice}, day, sum({top}), sum({below}), now()
      FROM bench_order WHERE {which} AND day >= cast(:recent AS date) GROUP BY 1, 4, 5
    """,
    "measure_rollup": """
    INSERT INTO measure_rollup (measure, level, region_code, grain, starts, system_id, slice,
                                numerator, denominator)
    SELECT '{measure}', length({place}), {place}, 'month',
           date_trunc('month', cast(day AS timestamp))::date, 'platform:orders', {slice},
           sum({top}), sum({below})
      FROM bench_order WHERE {which} GROUP BY 2, 3, 5, 7
    """,
}
# From a level to the next one up; then from months to quarters and years.
_UP = """
    INSERT INTO measure_rollup AS kept (measure, level, region_code, grain, starts, system_id,
                                        slice, numerator, denominator)
    SELECT measure, {to}, left(region_code, {to}), grain, starts, system_id, slice,
           sum(numerator), sum(denominator)
      FROM measure_rollup WHERE level = {of} GROUP BY 1, 3, 4, 5, 6, 7
    ON CONFLICT (measure, level, region_code, grain, starts, system_id, slice) DO UPDATE
       SET numerator = kept.numerator + excluded.numerator,
           denominator = kept.denominator + excluded.denominator
    """
_LONGER = """
    INSERT INTO measure_rollup (measure, level, region_code, grain, starts, system_id, slice,
                                numerator, denominator)
    SELECT measure, level, region_code, '{grain}',
           date_trunc('{grain}', cast(starts AS timestamp))::date, system_id, slice,
           sum(numerator), sum(denominator)
      FROM measure_rollup WHERE grain = 'month' GROUP BY 1, 2, 3, 5, 6, 7
    """


def _kinds() -> Iterator[dict[str, str]]:
    for measure, part in _SLICED.items():
        yield {"place": "place", "measure": measure, "slice": part, "top": "1", "below": "0",
               "which": "true"}  # fmt: skip
    for measure, (top, below, which) in _BOTH.items():
        same = {"top": top, "below": below, "which": which}
        yield {"place": "place", "measure": measure, "slice": "''", **same}
        yield {"place": _UNIT_PLACE, "measure": f"{measure}_unit", "slice": "'unit:' || unit",
               **same}  # fmt: skip


def _statements() -> Iterator[str]:
    for kind in _kinds():
        for into in _INTO.values():
            yield into.format(**kind)
    for of, to in ((12, 9), (9, 6), (6, 4)):
        yield _UP.format(of=of, to=to)
    for grain in ("quarter", "year"):
        yield _LONGER.format(grain=grain)


def _fill(owner: str, orders: int) -> None:
    """As the owner and in bulk: what is measured is reading, not filling."""
    places = divisions.below(pack().region_code, "community")
    codes = [one.code for one in places if not one.statistics_only]
    months = [one.starts for one in recent("月", today(), MONTHS)]
    first, newest = months[-1], months[2]
    days = (today() - first).days
    engine = create_engine(driver_url(owner))
    with engine.begin() as connection:
        given = {"orders": orders, "codes": codes, "first": first, "days": days}
        connection.execute(_ORDERS, given)
        for one in _statements():
            held = text(one)
            connection.execute(held, {"recent": newest} if ":recent" in one else {})
        connection.execute(text("DROP TABLE bench_order"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def _officer() -> Principal:
    code = pack().region_code
    unit = Unit(id=f"gov-{code}", name="测量", kind="government", level="city", region_code=code)
    return Principal(
        account_id=UUID(int=1), login="bench", name="测量", post_id=UUID(int=2), post_title="经办",
        unit=unit, roles=("city_officer",), prefixes=(code,), session_id="b" * 64,
        factors=frozenset({"pwd"}),
    )  # fmt: skip


def _times(work: Callable[[], object], runs: int) -> list[float]:
    work()
    found = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        found.append((time.perf_counter() - started) * 1000)
    return found


def _emit(name: str, found: list[float], scale: str, target: str | None = None) -> None:
    ordered = sorted(found)
    emit(Figure(figure=f"league.{name}", value=median(found), unit="ms", runs=len(found),
                scale=scale, target=target))  # fmt: skip
    emit(Figure(figure=f"league.{name}.p95", value=ordered[int(len(ordered) * 0.95)], unit="ms",
                runs=len(found), scale=scale))  # fmt: skip


def _measure(scale: str) -> None:
    who, day = _officer(), today()
    this, last, older = recent("月", day, 3)
    names: tuple[League, ...] = ("district", "street", "city_department")

    def of(month: Span) -> Callable[[], object]:
        return lambda: [league.table(who, name, month.starts) for name in names]

    def paper(span: Span) -> Callable[[], object]:
        return lambda: paperwork.docx(bulletin.build(who, pack().region_code, span))

    def sheet(span: Span) -> Callable[[], object]:
        return lambda: paperwork.xlsx(bulletin.build(who, pack().region_code, span))

    gc.collect()
    gc.freeze()
    _emit("running.street", _times(lambda: league.table(who, "street", this.starts), RUNS), scale,
          "<= 50")  # fmt: skip
    started = time.perf_counter()
    closed = closing.close_due()
    took = (time.perf_counter() - started) * 1000
    emit(Figure(figure="league.close_month", value=took / max(1, len(closed)), unit="ms",
                runs=len(closed), scale=scale))  # fmt: skip
    month = last if last.starts in closed else older
    for name in names:
        found = _times(lambda name=name: league.table(who, name, month.starts), RUNS)
        _emit(f"closed.{name}", found, scale, "<= 50")
    _emit("closed.all_three", _times(of(month), RUNS), scale)
    _emit("bulletin.month.docx", _times(paper(month), RUNS), scale, "<= 1000")
    _emit("bulletin.month.xlsx", _times(sheet(month), RUNS), scale, "<= 1000")
    _emit("bulletin.running_month.docx", _times(paper(this), 5), scale)
    _emit("bulletin.week.docx", _times(paper(recent("周", day, 2)[1]), 5), scale)
    _emit("bulletin.day.docx", _times(paper(recent("日", day, 2)[1]), 5), scale)


@contextmanager
def _stage(orders: int) -> Iterator[None]:
    with ground.folder() as place, ground.database(place) as owner:
        setup.load_city(pack())
        tally.define()
        _fill(owner, orders)
        yield


def run() -> None:
    """Measure and print."""
    for scale, orders in SCALES.items():
        with _stage(orders):
            _measure(f"{scale} orders")
