"""评: visits drawn by rule and made by others, appeals that leave both halves, marks by two."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import ProgrammingError

from auth.permissions import Denied
from auth.principal import Principal
from portal.affairs.evaluation import appealed, appeals, marks, visits
from portal.affairs.evaluation.rules import EvaluationError
from portal.affairs.evaluation.tables import demand_mark, order_appeal, order_visit
from portal.affairs.orders import desk as orders
from portal.affairs.orders import tally
from portal.affairs.orders.sweep import sweep
from portal.affairs.orders.tables import order_tally
from portal.store import clock
from portal.store.engine import engine
from portal.store.scope import scoped
from tests.orders import world

pytestmark = pytest.mark.usefixtures("hailing", "frozen")
STREET = f"gov-{world.STREET}"
ALL = ["响应率", "按时办结率", "解决率", "满意率"]
NAMES = (
    "orders_responded",
    "orders_due",
    "orders_visited_resolved",
    "orders_satisfied",
    "orders_basically_satisfied",
)


def _to_visit(number: str = "1", **over: Any) -> UUID:
    order = world.taken(number, **over)
    world.sent(order)
    world.handled(order, world.street())
    orders.act(world.command(), order, "approve")
    return order


def _record(order: UUID, resolved: str, satisfied: str, who: Principal | None = None) -> None:
    visits.record(who or world.command(), order, resolved=resolved, satisfied=satisfied,
                  version=world.row(order).version)  # fmt: skip


# -- visits ---------------------------------------------------------------------------------------


def test_complaints_are_all_visited_and_questions_are_not() -> None:
    complaint, question = _to_visit("1"), _to_visit("2", kind="咨询")
    assert visits.draw() == visits.Drawn(to_visit=1, spared=1)
    assert visits.draw() == visits.Drawn(to_visit=0, spared=0)
    assert world.row(question).state == "已办结"
    assert world.row(question).resolved is None
    (waiting,), total = visits.waiting(world.command())
    assert (waiting.order_id, total, waiting.handled_by) == (complaint, 1, "湖滨街道")
    assert waiting.due_at == world.row(complaint).state_since + timedelta(hours=48)


def test_a_good_answer_closes_it() -> None:
    order = _to_visit()
    visits.draw()
    _record(order, "已解决", "满意")
    assert world.row(order).state == "已办结"
    assert visits.waiting(world.command())[1] == 0
    with pytest.raises(EvaluationError, match="已回访"):
        _record(order, "已解决", "满意")


def test_a_bad_answer_is_done_again_once_and_then_supervised_and_always_visited() -> None:
    order = _to_visit(kind="求助", source_no="again")
    visits.draw()
    if visits.waiting(world.command())[1] == 0:  # not drawn this time: a complaint always is
        order = _to_visit("again2")
        visits.draw()
    _record(order, "未解决", "不满意")
    assert world.row(order).state == "重办"
    orders.reply(world.street(), order, "已再次清理并回复诉求人。")
    orders.act(world.command(), order, "approve")
    assert visits.draw().to_visit == 1
    assert visits.waiting(world.command())[0][0].rule == "重办或督办的工单：全部回访"
    _record(order, "未解决", "不满意")
    assert world.row(order).state == "督办"


def test_nobody_answers_three_times_and_it_counts_in_no_rate() -> None:
    order = _to_visit()
    visits.draw()
    version = world.row(order).version
    assert [visits.no_answer(world.command(), order, version) for _ in range(3)] == [2, 1, 0]
    row = world.row(order)
    assert (row.state, row.resolved, row.satisfied) == ("已办结", None, None)
    assert _sums()["orders_visited_resolved"] == (0, 0)


def test_the_handling_unit_does_not_ring_back_itself() -> None:
    order = _to_visit()
    visits.draw()
    with pytest.raises(Denied):
        _record(order, "已解决", "满意", world.street())
    with pytest.raises(EvaluationError, match="不由本单位回访"):
        _record(order, "已解决", "满意", world.visitor())


def test_two_who_ring_back_at_once_are_one_visit() -> None:
    order = _to_visit()
    visits.draw()
    version = world.row(order).version
    visits.record(world.command(), order, resolved="已解决", satisfied="满意", version=version)
    with pytest.raises(EvaluationError, match="已回访"):
        visits.record(
            world.command(), order, resolved="未解决", satisfied="不满意", version=version
        )
    assert world.row(order).satisfied == "满意"


def test_a_visit_made_through_another_door_waits_here_no_more() -> None:
    order = _to_visit()
    visits.draw()
    orders.visit(world.command(), order, resolved="未解决", satisfied="不满意")
    assert visits.waiting(world.command())[1] == 0
    visits.draw()
    with scoped(tally.SERVICE) as connection:
        row = connection.execute(select(order_visit)).one()
    assert (row.state, row.resolved, row.satisfied) == ("已回访", "未解决", "不满意")


# -- appeals --------------------------------------------------------------------------------------


def _sums(of_unit: bool = False) -> dict[str, tuple[int, int]]:
    """What the measures are told, all notes together."""
    numbers: Counter[str] = Counter()
    ofs: Counter[str] = Counter()
    with scoped(tally.SERVICE) as connection:
        for changes in connection.execute(select(order_tally.c.changes)).scalars():
            for measure, _, slice_, _, number, of in changes:
                if measure.endswith("_unit") == of_unit and (not of_unit or STREET in slice_):
                    numbers[measure.removesuffix("_unit")] += number
                    ofs[measure.removesuffix("_unit")] += of
    return {one: (numbers[one], ofs[one]) for one in NAMES}


NOTHING = dict.fromkeys(NAMES, (0, 0))


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("satisfied", ["满意", "基本满意"])
def test_what_is_upheld_leaves_numerator_and_denominator(
    late: bool, again: bool, satisfied: str, frozen: clock.FrozenClock
) -> None:
    """However the order went, what its visits and limits had put in is taken out whole."""
    order = world.taken()
    world.sent(order)
    if late:
        frozen.advance(timedelta(days=4))
        sweep()
    world.handled(order, world.street())
    orders.act(world.command(), order, "approve")
    visits.draw()
    if again:
        _record(order, "未解决", "不满意")
        before = {True: _sums(True), False: _sums(False)}
        orders.reply(world.street(), order, "已再次清理并回复诉求人。")
        orders.act(world.command(), order, "approve")
        visits.draw()
    _record(order, "已解决", satisfied)
    assert _sums() == _sums(of_unit=True)
    assert _sums()["orders_visited_resolved"] == (1, 2 if again else 1)
    appeal = appeals.ask(world.street(), order, rates=ALL, ground="诉求人反映与事实不符",
                         words="现场核实无杂物，附照片")  # fmt: skip
    appeals.decide(world.command(), appeal, uphold=True, reason="核实属实，予以采纳")
    left = _sums()
    assert left == _sums(of_unit=True)
    if again:  # the limit before it was done again stays counted; only the last is appealed
        assert left["orders_due"] == before[False]["orders_due"]
        left = {**left, "orders_due": (0, 0)}
    assert left == NOTHING
    assert world.row(order).excluded_from == ALL


def test_one_rate_is_taken_out_and_the_others_stay() -> None:
    order = _closed()
    whole = _sums()
    _upheld(order, ["满意率"])
    left = _sums()
    assert left["orders_satisfied"] == left["orders_basically_satisfied"] == (0, 0)
    assert {k: left[k] for k in ("orders_due", "orders_visited_resolved", "orders_responded")} == {
        k: whole[k] for k in ("orders_due", "orders_visited_resolved", "orders_responded")
    }
    with pytest.raises(EvaluationError, match="不必再申诉"):
        _upheld(order, ["满意率"])


def _closed() -> UUID:
    order = _to_visit()
    visits.draw()
    _record(order, "已解决", "满意")
    return order


def _upheld(order: UUID, rates: list[str]) -> None:
    appeal = appeals.ask(world.street(), order, rates=rates, ground="诉求人反映与事实不符",
                         words="现场核实无杂物，附照片")  # fmt: skip
    appeals.decide(world.command(), appeal, uphold=True, reason="核实属实，予以采纳")


def test_what_is_not_upheld_changes_nothing_and_says_why() -> None:
    order = _closed()
    before = _sums()
    appeal = appeals.ask(world.street(), order, rates=["解决率"], ground="诉求人反映与事实不符",
                         words="现场核实无杂物，附照片")  # fmt: skip
    with pytest.raises(EvaluationError, match="已有待审核的申诉"):
        appeals.ask(world.street(), order, rates=["解决率"], ground="诉求人反映与事实不符",
                    words="现场核实无杂物，附照片")  # fmt: skip
    appeals.decide(world.command(), appeal, uphold=False, reason="照片日期不符，不予采纳")
    assert _sums() == before
    (seen,) = appealed.listed(world.street(), "不成立")
    assert (seen.reason, seen.unit_name) == ("照片日期不符，不予采纳", "湖滨街道")
    with pytest.raises(EvaluationError, match="已由command审核"):
        appeals.decide(world.command(), appeal, uphold=True, reason="改变主意了，予以采纳")


def test_who_did_not_handle_it_does_not_appeal_and_who_appeals_does_not_decide() -> None:
    order = _closed()
    with pytest.raises(EvaluationError, match="没有承办过"):
        appeals.ask(world.community(), order, rates=["解决率"], ground="诉求人反映与事实不符",
                    words="不是我们办的，也想申诉")  # fmt: skip
    appeal = appeals.ask(world.street(), order, rates=["解决率"], ground="诉求人反映与事实不符",
                         words="现场核实无杂物，附照片")  # fmt: skip
    with pytest.raises(Denied):
        appeals.decide(world.street(), appeal, uphold=True, reason="自己批准自己的")
    with pytest.raises(EvaluationError, match="不由本单位审核"):
        appeals.decide(world.district(), appeal, uphold=True, reason="不归我们审核的")
    with scoped(world.civil().reach) as connection:
        assert connection.execute(select(order_appeal)).all() == []


def test_an_open_order_and_a_late_appeal_are_turned_away(frozen: clock.FrozenClock) -> None:
    order = _to_visit("open")
    ask = {"rates": ["解决率"], "ground": "诉求人反映与事实不符", "words": "现场核实无杂物"}
    with pytest.raises(EvaluationError, match="办结后方可申诉"):
        appeals.ask(world.street(), order, **ask)  # type: ignore[arg-type]
    done = _closed()
    frozen.advance(timedelta(days=4))
    with pytest.raises(EvaluationError, match="届满"):
        appeals.ask(world.street(), done, **ask)  # type: ignore[arg-type]


# -- marks ----------------------------------------------------------------------------------------


def _proposed() -> tuple[UUID, UUID]:
    order = world.taken()
    world.sent(order)
    mark = marks.propose(world.street(), order, ground="诉求无法律政策依据",
                         words="要求补偿无政策依据")  # fmt: skip
    return order, mark


def test_two_decide_and_the_mark_expires(frozen: clock.FrozenClock) -> None:
    order, mark = _proposed()
    assert [one.id for one in marks.to_decide(world.command())] == [mark]
    marks.decide(world.command(), mark, confirm=True, words="核对政策，情况属实")
    (seen,) = marks.of_order(world.street(), order)
    assert (seen.state, seen.stands) == ("已认定", True)
    frozen.advance(timedelta(days=181))
    (seen,) = marks.of_order(world.street(), order)
    assert (seen.state, seen.stands) == ("已到期", False)
    again = marks.propose(world.street(), order, ground="诉求无法律政策依据",
                          words="要求补偿仍无依据")  # fmt: skip
    assert again != mark


def test_no_one_decides_alone() -> None:
    order, mark = _proposed()
    with pytest.raises(Denied):
        marks.decide(world.street(), mark, confirm=True, words="自己复核自己的")
    with pytest.raises(EvaluationError, match="已有待复核"):
        marks.propose(world.street(), order, ground="诉求无法律政策依据", words="再提一次认定")
    marks.decide(world.command(), mark, confirm=False, words="政策有依据，不予认定")
    with pytest.raises(EvaluationError, match="已由command复核"):
        marks.decide(world.command(), mark, confirm=True, words="又想认定了呢")
    assert not marks.of_order(world.street(), order)[0].stands


def test_a_mark_can_be_taken_off_before_its_day() -> None:
    order, mark = _proposed()
    marks.decide(world.command(), mark, confirm=True, words="核对政策，情况属实")
    marks.lift(world.command(), mark, "新政策已出台")
    assert marks.of_order(world.street(), order)[0].state == "已撤销"


def test_a_mark_is_on_the_demand_and_no_column_is_about_a_caller() -> None:
    """There is no way from a mark to a person: nothing to list callers by."""
    for table in (demand_mark, order_visit, order_appeal):
        names = {one["name"] for one in inspect(engine()).get_columns(table.name)}
        assert not {one for one in names if "caller" in one or "phone" in one or "hash" in one}
    _, mark = _proposed()
    assert marks.to_decide(world.command())[0].id == mark
    with scoped(world.civil().reach) as connection:
        assert connection.execute(select(demand_mark)).all() == []
    with scoped(world.command().reach) as connection, pytest.raises(ProgrammingError):
        connection.execute(order_visit.insert().values(id=mark))
