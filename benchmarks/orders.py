"""Group ``orders``: taking in, every list by every filter, growth, and the sweep of deadlines.

``PORTAL_BENCH_ORDERS`` says how many orders (default 100,000; the target is set for 1,000,000).
Each level's lists are measured over a tenth of them, in a database of its own, and right after over
all: what the machine does meanwhile meets both, and the growth is the ratio.
"""

import os
import time
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import create_engine, text

from auth.principal import Principal, Unit
from benchmarks import ground, order_ground
from benchmarks.figures import Figure, emit, median, percentile
from portal.affairs.orders import intake, queries, sweep, tally
from portal.affairs.orders.filters import Filters
from portal.affairs.orders.intake import Incoming
from portal.settings import settings
from portal.store import clock
from portal.store.engine import driver_url

TOTAL = int(os.environ.get("PORTAL_BENCH_ORDERS", "100000"))
RUNS, PUSHED, PUSH_BATCH, OVERDUE = 40, 5000, 500, 100_000
_LIST = "<= 50"
TEXT = "三单元楼道长期堆放杂物，存在消防隐患，请有关单位核实处理并回复。" * 3


@dataclass(frozen=True, kw_only=True)
class Who:
    """A level of the house and somebody at it."""

    name: str
    principal: Principal


def _principal(
    unit: str, kind: str, level: str, region: str, prefixes: tuple[str, ...]
) -> Principal:
    return Principal(
        account_id=UUID(int=1),
        login="bench",
        name="测量",
        post_id=UUID(int=2),
        post_title="经办",
        unit=Unit(id=unit, name="测量", kind=kind, level=level, region_code=region),  # type: ignore[arg-type]
        roles=("order_desk",),
        prefixes=prefixes,
        session_id="b" * 64,
        factors=frozenset({"pwd"}),
    )


def _people(place: str) -> list[Who]:
    city, district, street = place[:4], place[:6], place[:9]
    return [
        Who(name="city", principal=_principal("dept-command", "department", "city", city, (city,))),
        Who(name="district", principal=_principal(f"gov-{district}", "government", "district",
                                                  district, (district,))),
        Who(name="street", principal=_principal(f"gov-{street}", "government", "street", street,
                                                (street,))),
        Who(name="community", principal=_principal(f"com-{place}", "community", "community",
                                                   place, (place,))),
    ]  # fmt: skip


def _filters(place: str) -> dict[str, Filters]:
    today = clock.local(clock.now()).date()
    chosen = {
        "open": Filters(),
        "mine": Filters(box="本单位承办"),
        "sent": Filters(box="本单位派出"),
        "helping": Filters(box="本单位协办"),
        "state": Filters(states=("待回访",)),
        "urgency": Filters(urgency=1),
        "kind": Filters(kind="表扬"),
        "category": Filters(category="04.02"),
        "source": Filters(source="领导信箱"),
        "region": Filters(region=place[:9]),
        "late": Filters(due="逾期"),
        "near": Filters(due="临期"),
        "place": Filters(place="昆仑路12号"),
        "number": Filters(order_no="63" + "12345".zfill(15), open=None),
        "dates": Filters(open=None, since=today - timedelta(days=40), until=today),
        "page_40": Filters(open=None),
    }
    whole = {
        f"all_{name}": replace(one, open=None)
        for name, one in chosen.items()
        if name in ("mine", "kind", "category", "source", "region", "urgency", "place", "late")
    }
    return chosen | whole | {"closed": Filters(open=False)}


Times = dict[str, list[float]]  # milliseconds, by who asks and how the list is narrowed


def _lists(who: Who, place: str) -> Times:
    taken: Times = {}
    for name, filters in _filters(place).items():
        page = 40 if name == "page_40" else 1
        queries.listed(who.principal, filters, page)
        times = taken[f"{who.name}_{name}"] = []
        for _ in range(RUNS):
            started = time.perf_counter()
            queries.listed(who.principal, filters, page)
            times.append((time.perf_counter() - started) * 1000)
    return taken


def _both(tenth: str, place: str) -> tuple[Times, Times]:
    """The lists of a tenth, whose database is named, and of all, level by level."""
    small: Times = {}
    large: Times = {}
    for who in _people(place):
        with ground.environment(DATABASE_URL=tenth):
            small |= _lists(who, place)
        large |= _lists(who, place)
    return small, large


def _emit(name: str, value: float, unit: str, runs: int, target: str | None = None) -> None:
    scale = f"{TOTAL} orders"
    emit(Figure(figure=f"orders.{name}", value=value, unit=unit, runs=runs, target=target,
                scale=scale))  # fmt: skip


def _incoming(number: int, places: list[str], day: date) -> Incoming:
    return Incoming(
        source="12345",
        source_no=f"P{day:%Y%m%d}{number}",
        kind="投诉",
        category="04.02.01",
        title="楼道堆放杂物",
        content=TEXT,
        place=f"昆仑路{number % 300}号",
        region_code=places[number % len(places)],
        caller_name="测量",
        caller_phone="13800138000",
        received_at=clock.now(),
        simulated="bench",
    )


def _take_in(places: list[str]) -> None:
    today = clock.local(clock.now()).date()
    orders = [_incoming(number, places, today) for number in range(PUSHED)]
    rates = []
    for start in range(0, PUSHED, PUSH_BATCH):
        started = time.perf_counter()
        taken = intake.take(orders[start : start + PUSH_BATCH])
        rates.append(PUSH_BATCH / (time.perf_counter() - started))
        if {one.outcome for one in taken} != {"新收"}:
            raise RuntimeError("not all of them were taken in")
    _emit("intake_bulk", median(rates), "orders/s", len(rates), ">= 1000")
    started = time.perf_counter()
    drained = tally.drain()
    _emit("tally_drain", time.perf_counter() - started, "s", drained)


def _fill(owner: str, first: int, last: int, now: datetime) -> float:
    """The seconds it took to write them."""
    started = time.perf_counter()
    order_ground.fill(owner, first, last, now)
    return time.perf_counter() - started


def _growth(small: Times, large: Times) -> None:
    """Over ten times the orders: the usual list, and the one that grew most."""
    growth = {name: median(large[name]) / median(small[name]) for name in large}
    most = max(growth, key=lambda name: growth[name])
    _emit("list_growth_tenfold", median(list(growth.values())), "x", len(growth), "<= 1.3")
    _emit(f"list_growth_most_is_{most}", growth[most], "x", RUNS)


def _sweep(owner: str) -> None:
    """All open orders within their limit, then time passes."""
    engine = create_engine(driver_url(owner))
    with engine.begin() as connection:
        late = connection.execute(
            text(
                "UPDATE work_order SET overdue_at = NULL, state = '办理中', closed_at = NULL,"
                " due_at = :past WHERE id IN (SELECT id FROM work_order LIMIT :most)"
            ),
            {"past": clock.now() - timedelta(minutes=1), "most": OVERDUE},
        ).rowcount
    engine.dispose()
    started = time.perf_counter()
    found = sweep.sweep()
    taken = time.perf_counter() - started
    if found < late:
        raise RuntimeError(f"{found} of {late} were marked")
    _emit("sweep", taken * OVERDUE / found, "s", 1, "<= 5")


def run() -> None:
    """Measure and print."""
    with ground.folder() as place, ground.database(place / "tenth") as owner:
        now, tenth = clock.now(), settings().database_url
        _fill(owner, 1, TOTAL // 10, now)
        _over_all(place / "all", str(tenth), now)


def _over_all(place: Path, tenth: str, now: datetime) -> None:
    with ground.database(place) as owner:
        _emit("seed", _fill(owner, 1, TOTAL, now), "s", 1)
        places = order_ground.places().regions
        small, large = _both(tenth, places[0])
        everything = [one for times in large.values() for one in times]
        worst = max(large, key=lambda name: percentile(large[name], 0.95))
        for name, times in large.items():
            _emit(f"list_{name}.p95", percentile(times, 0.95), "ms", RUNS, _LIST)
        _emit("list_all.p95", percentile(everything, 0.95), "ms", len(everything), _LIST)
        _emit(f"list_worst_is_{worst}.p95", percentile(large[worst], 0.95), "ms", RUNS, _LIST)
        _growth(small, large)
        _take_in(places)
        _sweep(owner)
