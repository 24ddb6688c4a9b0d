"""The measures of orders say what the orders say, whatever happened to them and in what order."""

import random
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from auth.principal import Principal
from portal.affairs.orders import desk, intake, queries, sweep, tally
from portal.affairs.orders.filters import Filters
from portal.affairs.orders.tables import order_event, order_tally, work_order
from portal.store import clock, measures
from portal.store.measure_tables import measure_change
from portal.store.scope import Reach, scoped
from tests.orders import walk, world

pytestmark = pytest.mark.usefixtures("hailing")

EVERYTHING = Reach(prefixes=("9901",), unit_id=None, actor="service:measures")
STREET = f"gov-{world.STREET}"
# Not told apart by the recount: classes and ways of ending, which have a test of their own.
APART = ("orders_received_class", "orders_closed_way", "orders_closed_unit")


def _flows() -> dict[walk.Key, tuple[int, int]]:
    with scoped(EVERYTHING) as connection:
        rows = connection.execute(
            select(measure_change).where(measure_change.c.system_id == tally.SYSTEM)
        ).all()
    return {
        (row.measure, row.region_code, row.slice, row.day): (row.numerator, row.denominator)
        for row in rows
        if "_open" not in row.measure and row.measure not in APART
    }


def _stocks() -> dict[tuple[str, str, str], int]:
    change = measure_change.c
    query = (
        select(change.measure, change.region_code, change.slice, func.sum(change.numerator))
        .where(change.measure.contains("_open"), change.system_id == tally.SYSTEM)
        .group_by(change.measure, change.region_code, change.slice)
    )
    with scoped(EVERYTHING) as connection:
        return {tuple(row[:3]): int(row[3]) for row in connection.execute(query) if row[3]}  # type: ignore[misc]


def _number(measure: str, slice_: str = "") -> tuple[int, int]:
    change = measure_change.c
    query = select(
        func.coalesce(func.sum(change.numerator), 0), func.coalesce(func.sum(change.denominator), 0)
    ).where(change.measure == measure, change.slice == slice_)
    with scoped(EVERYTHING) as connection:
        first, second = connection.execute(query).one()
    return int(first), int(second)


def _listed(who: Principal, filters: Filters) -> set[UUID]:
    return {row.id for row in queries.listed(who, filters, size=200).rows}


def _late_ones_are_listed() -> set[UUID]:
    """By whatever index they are found: what is listed as late is what was marked so."""
    order = work_order.c
    with scoped(EVERYTHING) as connection:
        rows = connection.execute(select(order.id, order.closed_at, order.overdue_at)).all()
    for who in (world.command(), world.district(), world.street(), world.civil()):
        for open_ in (None, True, False):
            seen = _listed(who, Filters(open=open_))
            late = {one.id for one in rows if one.overdue_at is not None}
            assert _listed(who, Filters(open=open_, due="逾期")) == late & seen, (who.name, open_)
    return _listed(world.command(), Filters(open=None, due="逾期"))


@pytest.mark.parametrize(("seed", "orders", "steps"), [(0, 4, 60), (1, 4, 60), (2, 16, 420)])
def test_the_measures_are_what_a_recount_of_the_history_gives(
    seed: int, orders: int, steps: int, frozen: clock.FrozenClock
) -> None:
    made = walk.walk(random.Random(seed), frozen, orders=orders, steps=steps)
    tally.drain()
    assert _flows() == walk.recount()
    assert _stocks() == walk.stocks()
    late = _late_ones_are_listed()
    if orders > 10:  # a walk that never did these things would prove little
        assert late
        wanted = {"dispatch", "sign", "contact", "reply", "approve", "visit", "return",
                  "return_grant", "pass_down", "reclass", "overdue"}  # fmt: skip
        assert wanted <= set(made), (wanted - set(made), made)


@pytest.mark.usefixtures("frozen")
def test_classes_ways_of_ending_and_units_are_counted() -> None:
    for state in ("已办结", "直接答复", "不予受理", "已转出"):
        world.IN_STATE[state](state)
    tally.drain()
    assert _number("orders_received_class", "04") == (4, 0)
    assert _number("orders_received_class", "04.02") == (4, 0)
    assert _number("orders_closed") == (4, 0)
    for way in ("已办结", "直接答复", "不予受理", "已转出"):
        assert _number("orders_closed_way", way) == (1, 0)
    assert _number("orders_closed_unit", f"unit:{STREET}") == (1, 0)
    assert _number("orders_satisfied_unit", f"unit:{STREET}") == (1, 1)
    assert _number("orders_responded_unit", f"unit:{STREET}") == (1, 1)


def test_an_answer_after_its_hours_counts_below_and_not_above(frozen: clock.FrozenClock) -> None:
    order = world.IN_STATE["办理中"]("1")
    frozen.advance(timedelta(hours=24, seconds=1))
    desk.contact(world.street(), order, "已电话联系")
    tally.drain()
    assert _number("orders_responded_unit", f"unit:{STREET}") == (0, 1)


def test_what_is_late_is_marked_once_and_counts_on_the_day_it_was_due(
    frozen: clock.FrozenClock,
) -> None:
    order = world.IN_STATE["办理中"]("1")
    version = world.row(order).version
    assert sweep.sweep() == 0
    frozen.advance(timedelta(days=4))
    assert (sweep.sweep(), sweep.sweep()) == (1, 0)
    tally.drain()
    assert _number("orders_overdue_open") == (1, 0)
    assert _number("orders_due_unit", f"unit:{STREET}") == (0, 1)
    assert world.row(order).version == version  # what somebody is typing stays good
    desk.reply(world.street(), order, world.ANSWER, version)
    desk.act(world.command(), order, "approve")
    desk.visit(world.command(), order, resolved="已解决", satisfied="满意")
    tally.drain()
    assert _number("orders_overdue_open") == (0, 0)
    assert _number("orders_due") == (0, 1)
    with scoped(tally.SERVICE) as connection:
        words = connection.execute(
            select(order_event.c.words).where(order_event.c.move == "overdue")
        ).scalars().all()  # fmt: skip
    assert words == ["超过办理时限"]


def test_many_late_ones_are_marked_some_at_a_time_each_once(frozen: clock.FrozenClock) -> None:
    orders = [world.IN_STATE["办理中"](str(n)) for n in range(9)]
    frozen.advance(timedelta(days=4))
    assert (sweep.sweep(batch=2), sweep.sweep(batch=2)) == (len(orders), 0)
    tally.drain()
    assert _number("orders_overdue_open") == (len(orders), 0)
    with scoped(tally.SERVICE) as connection:
        marked = connection.execute(
            select(order_event.c.order_id).where(order_event.c.move == "overdue")
        ).scalars().all()  # fmt: skip
    assert sorted(marked) == sorted(orders)


@pytest.mark.usefixtures("frozen")
def test_a_drain_that_fails_loses_no_note(monkeypatch: pytest.MonkeyPatch) -> None:
    intake.take([world.demand(str(n)) for n in range(3)])

    def broken(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(measures, "add", broken)
        tally.drain()
    with scoped(tally.SERVICE) as connection:
        assert connection.execute(select(func.count()).select_from(order_tally)).scalar_one() == 1
    assert (tally.drain(), tally.drain()) == (1, 0)
    assert _number("orders_received") == (3, 0)
