"""Dispatch and supervision beside 1,000,000 orders: the suggestion, the round, the lists.

A tenth of the orders is of one class (heating in winter), so that the worst case is in.
"""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import openpyxl
from sqlalchemy import create_engine, text

from auth.principal import Principal, Unit
from benchmarks import ground
from benchmarks.figures import Figure, emit, median, percentile
from benchmarks.order_ground import fill, places
from portal.affairs.dispatch import advice, clusters, desk, reads
from portal.affairs.dispatch.rows import COLUMNS
from portal.affairs.dispatch.words import CATALOGUE
from portal.affairs.supervision.sweep import sweep
from portal.store import clock
from portal.store.engine import driver_url

STEPS = (100_000, 1_000_000)
HOT = "03.01.01"
_HOT = text(
    "UPDATE work_order SET category = :code, title = '家里暖气不热' || right(order_no, 3)"
    " WHERE right(order_no, 1) = '7'"
)
_RUNS = 40


def _who(*roles: str) -> Principal:
    return Principal(
        account_id=uuid4(),
        login="bench",
        name="测量",
        post_id=uuid4(),
        post_title="测量",
        unit=Unit(id="dept-command", name="市城市运行管理指挥中心", kind="department", level="city",
                  region_code="6301"),
        roles=roles,
        prefixes=("6301",),
        session_id="s" * 64,
        factors=frozenset({"pwd"}),
    )  # fmt: skip


def _timed(work: Callable[[int], object], runs: int = _RUNS) -> Sequence[float]:
    spent = []
    for number in range(runs):
        began = time.perf_counter()
        work(number)
        spent.append((time.perf_counter() - began) * 1000)
    return spent


def _suggestions(scale: int) -> float:
    who, regions = _who("order_desk"), places().regions
    ask = advice.suggest_for

    def hot(number: int) -> object:
        where = regions[number * 37 % len(regions)]
        return ask(who, code=HOT, region_code=where, title="家里暖气不热，老人小孩受冻")

    def rare(number: int) -> object:
        where = regions[number * 37 % len(regions)]
        code = f"{1 + number % 18:02}.01.01"
        return ask(who, code=code, region_code=where, title="路灯问题，请核实处理")

    def unclassed(number: int) -> object:
        where = regions[number * 37 % len(regions)]
        return ask(who, code="", region_code=where, title="家里暖气不热", content="温度低，" * 40)

    hot(0)
    found = advice.suggest_for(who, code=HOT, region_code=regions[0], title="家里暖气不热")
    assert any("办结" in one for unit in found.offered for one in unit.reasons)
    worst = 0.0
    for name, work in (("hot_class", hot), ("usual_class", rare), ("no_class", unclassed)):
        spent = _timed(work)
        worst = max(worst, percentile(spent, 0.95))
        emit(Figure(figure=f"dispatch.suggest.{name}_median", value=median(spent), unit="ms",
                    runs=len(spent), scale=f"{scale:,} orders"))  # fmt: skip
        emit(Figure(figure=f"dispatch.suggest.{name}_p95", value=percentile(spent, 0.95), unit="ms",
                    runs=len(spent), scale=f"{scale:,} orders", target="<= 50"))  # fmt: skip
    return worst


def _rounds(scale: int) -> None:
    began = time.perf_counter()
    first = sweep()
    spent = time.perf_counter() - began
    emit(Figure(figure="dispatch.warnings.first_round", value=spent, unit="s", runs=1,
                scale=f"{first.warned:,} warnings, {scale:,} orders", target="<= 5"))  # fmt: skip
    again = _timed(lambda _: sweep(), 5)
    emit(Figure(figure="dispatch.warnings.round", value=median(again) / 1000, unit="s", runs=5,
                scale=f"{scale // 10:,} open", target="<= 5"))  # fmt: skip


def _kinds(scale: int) -> None:
    who = _who("order_desk")
    spent = _timed(lambda _: clusters.clusters(who, region_code="630102"), 5)
    emit(Figure(figure="dispatch.clusters.district", value=median(spent), unit="ms", runs=5,
                scale=f"{scale:,} orders"))  # fmt: skip


def _lists() -> None:
    who = _who("order_manager")
    codes = [one.entry.code for one in reads.search(who, _standing(who), "").rows]
    book = openpyxl.Workbook()
    page = book.active
    page.append(list(COLUMNS[CATALOGUE].values()))
    for number in range(5000):
        where = ("区县级", "住建", "住建", "", "", "", "")
        page.append([codes[number % len(codes)], f"情形{number}", *where])
    held = BytesIO()
    book.save(held)
    data = held.getvalue()
    began = time.perf_counter()
    plan = desk.preview(who, CATALOGUE, data, "目录.xlsx", "增量更新")
    made, _ = desk.draft(who, CATALOGUE, data, "目录.xlsx", how="增量更新", digest=plan.digest)
    emit(Figure(figure="dispatch.import.5000_rows", value=time.perf_counter() - began, unit="s",
                runs=1, scale=f"{made.rows:,} entries"))  # fmt: skip
    desk.publish(who, made.id, clock.local(clock.now()).date())
    spent = _timed(lambda n: reads.search(who, made.id, f"情形{n}"))
    emit(Figure(figure="dispatch.search.p95", value=percentile(spent, 0.95), unit="ms",
                runs=len(spent), scale=f"{made.rows:,} entries"))  # fmt: skip


def _standing(who: Principal) -> object:
    return next(one.id for one in reads.versions(who, CATALOGUE))


def run(steps: Sequence[int] = STEPS) -> None:
    """Fill, measure, fill on, measure again."""
    now, worst, done = clock.now() - timedelta(minutes=1), {}, 0
    with ground.folder() as place, ground.database(place) as owner:
        engine = create_engine(driver_url(owner))
        for step in steps:
            fill(owner, done + 1, step, now, events=False)
            with engine.begin() as connection:
                connection.execute(_HOT, {"code": HOT})
            with engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").execute(
                    text("VACUUM (ANALYZE) work_order")
                )
            done = step
            worst[step] = _suggestions(step)
            _rounds(step)
            _kinds(step)
        if len(steps) > 1:
            emit(Figure(figure="dispatch.suggest.growth", value=worst[steps[-1]] / worst[steps[0]],
                        unit="x", runs=_RUNS, scale=f"{steps[0]:,} to {steps[-1]:,}"))  # fmt: skip
        _lists()
        engine.dispose()
