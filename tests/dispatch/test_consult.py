"""快速会商: who is asked, what the answers come to, the fallback, 首接负责; nobody else decides."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from auth.permissions import Denied
from auth.principal import Principal
from portal.affairs.dispatch import consult, consultations
from portal.affairs.dispatch.consult_rules import (
    CLAIMS,
    DECLINES,
    Said,
    fallback_target,
    proposal,
)
from portal.affairs.dispatch.offer import ConsultationTasks
from portal.affairs.dispatch.words import DispatchError
from portal.affairs.orders import desk as orders
from portal.affairs.orders import papers
from portal.affairs.workflow.flow import FlowError
from portal.connectors.contract import TurnedDown
from portal.store import clock, tasks
from portal.store.citypack import CityPack
from portal.store.dispatch_texts import Fallback
from portal.store.scope import scoped
from portal.store.task_tables import task
from tests.orders import world

DUE = datetime(2026, 11, 23, 5, tzinfo=UTC)
BEFORE, AFTER = DUE - timedelta(hours=1), DUE
STREET, URBAN, CIVIL = f"gov-{world.STREET}", "dept-990102-urban", "dept-civil"


def _yes(unit_id: str) -> Said:
    return Said(unit_id=unit_id, answer=CLAIMS)


def _no(unit_id: str, suggested: str | None = None) -> Said:
    return Said(unit_id=unit_id, answer=DECLINES, suggested=suggested)


CASES = [
    ([_yes("a")], None, BEFORE, ("a", True, False)),
    ([_yes("a"), _yes("b")], "b", BEFORE, ("b", True, False)),
    ([_yes("b"), _yes("a")], None, BEFORE, ("a", True, False)),
    ([_no("a")], None, BEFORE, (None, False, False)),
    ([_no("a", "x")], None, BEFORE, ("x", False, False)),
    ([_no("a", "x"), _no("b", "y")], None, BEFORE, (None, False, False)),
    ([_no("a")], None, AFTER, (None, True, True)),
    ([_no("a"), _no("b"), _no("c")], None, BEFORE, (None, True, True)),
    ([], None, AFTER, (None, True, True)),
    ([_yes("stranger")], None, BEFORE, (None, False, False)),
]


@pytest.mark.parametrize(("said", "first", "now", "expected"), CASES)
def test_what_the_answers_come_to(
    said: list[Said], first: str | None, now: datetime, expected: tuple[object, ...]
) -> None:
    found = proposal(["a", "b", "c"], said, first=first, due=DUE, now=now)
    assert (found.unit_id, found.settled, found.fallback) == expected
    assert found.reason


_said = st.lists(
    st.builds(Said, unit_id=st.sampled_from("abcd"), answer=st.sampled_from([CLAIMS, DECLINES])),
    max_size=6,
    unique_by=lambda one: one.unit_id,
)


@given(_said, st.sampled_from([None, "a", "d"]))
def test_after_the_hour_somebody_always_takes_it(said: list[Said], first: str | None) -> None:
    found = proposal(["a", "b", "c"], said, first=first, due=DUE, now=AFTER)
    assert found.settled
    assert (found.unit_id in ("a", "b", "c")) != found.fallback


def test_the_longest_class_names_the_fallback() -> None:
    named = [Fallback(category="", target="x"), Fallback(category="04.02", target="y")]
    assert fallback_target("04.02.01", named) == "y"
    assert fallback_target("04", named) == "x"
    assert fallback_target("", []) == ""


# -- with orders ----------------------------------------------------------------------------------


@pytest.fixture
def order(hailing: CityPack, frozen: clock.FrozenClock) -> UUID:
    return world.taken()


def _started(order: UUID) -> UUID:
    return consult.start(world.command(), order, [URBAN, CIVIL], "两家都说不是自己的", 1)


def test_one_claims_and_gets_it(order: UUID) -> None:
    dispute = _started(order)
    assert world.row(order).state == "待会商"
    (seen,) = consultations.waiting(world.urban())
    assert (seen.id, seen.order_no) == (dispute, world.row(order).order_no)
    consult.answer(world.urban(), dispute, CLAIMS, "属于本单位执法范围")
    consult.answer(world.civil(), dispute, DECLINES, "不属民政职责")
    (one,) = consultations.waiting(world.command())
    assert (one.proposal.unit_id, one.proposal_name) == (URBAN, "东湖区城市管理局")
    assert consult.settle(world.command(), dispute, version=2) == URBAN
    row = world.row(order)
    assert (row.state, row.unit_id) == ("待签收", URBAN)
    assert consultations.waiting(world.command()) == ()
    assert consultations.of_order(world.command(), order)[0].decision == "会商认领"


def test_nobody_claims_and_the_fallback_takes_it(order: UUID, frozen: clock.FrozenClock) -> None:
    dispute = _started(order)
    consult.answer(world.civil(), dispute, DECLINES, "不属民政职责")
    with pytest.raises(DispatchError, match="尚有 1 个单位未答复"):
        consult.settle(world.command(), dispute, version=2)
    frozen.advance(timedelta(hours=4))
    assert (
        consultations.waiting(world.command())[0].late is False
    )  # the very moment is still in time
    frozen.advance(timedelta(minutes=1))
    assert consultations.waiting(world.command())[0].late
    assert consult.settle(world.command(), dispute, version=2) == URBAN
    found = consultations.of_order(world.command(), order)[0]
    assert (found.state, "兜底部门" in found.decision) == ("转兜底", True)


def _asked(unit_id: str) -> list[tuple[str, str]]:
    """The rows that a unit has of consultations: their state and title."""
    with scoped(tasks.SERVICE) as connection:
        query = select(task.c.state, task.c.title).where(
            task.c.system_id == papers.ASKED, task.c.unit_id == unit_id
        )
        return [tuple(row) for row in connection.execute(query)]  # type: ignore[misc]


def _turned_down(who: Principal, key: str, words: str) -> str:
    with pytest.raises(TurnedDown) as caught:
        ConsultationTasks().act(who, key, "claim", {"words": words})
    return caught.value.reason


def test_a_unit_that_is_asked_finds_it_in_its_inbox_until_it_has_answered(order: UUID) -> None:
    _started(order)
    title = "会商：楼道堆放杂物"
    assert (_asked(URBAN), _asked(CIVIL), _asked(STREET)) == (
        [("待办", title)], [("待办", title)], [],
    )  # fmt: skip
    desk, key = ConsultationTasks(), papers.key_of(order, URBAN)
    assert [one.label for one in desk.actions(world.urban(), key, desk.task_kinds[0])] == [
        CLAIMS, DECLINES,
    ]  # fmt: skip
    told = dict(desk.details(world.urban(), key))
    assert told["会商事由"] == "两家都说不是自己的" and "张三丰" not in str(told)
    assert "请写明" in _turned_down(world.urban(), key, "是")
    assert _turned_down(world.street(), key, "属于本单位执法范围") == consult.GONE
    desk.act(world.urban(), key, "claim", {"words": "属于本单位执法范围"})
    assert (_asked(URBAN), _asked(CIVIL)) == ([("已办", title)], [("待办", title)])
    # Decided by another move of the desk: nobody is asked any more.
    orders.act(world.command(), order, "dispatch", {"unit": URBAN})
    assert _asked(CIVIL) == [("已办", title)]
    late = _turned_down(world.civil(), papers.key_of(order, CIVIL), "不属民政职责")
    assert late == consult.GONE


def test_another_unit_may_be_chosen_with_a_reason(order: UUID) -> None:
    dispute = _started(order)
    with pytest.raises(DispatchError, match="请写明定办理由"):
        consult.settle(world.command(), dispute, unit_id=STREET, version=2)
    consult.settle(world.command(), dispute, unit_id=STREET, words="街道已在现场处置", version=2)
    assert world.row(order).unit_id == STREET


def test_the_first_to_have_had_it_leads_where_several_claim(order: UUID) -> None:
    world.sent(order, URBAN)
    form = {"reason": "边界不清", "legal_basis": "《条例》第三条"}
    orders.act(world.urban(), order, "dispute", form)
    dispute = consult.start(
        world.command(), order, [CIVIL, URBAN], "职责边界不清", world.row(order).version
    )
    consult.answer(world.civil(), dispute, CLAIMS, "愿意承办此事")
    consult.answer(world.urban(), dispute, CLAIMS, "愿意承办此事")
    assert consultations.waiting(world.command())[0].proposal.unit_id == URBAN
    assert "首接负责" in consultations.waiting(world.command())[0].proposal.reason


def test_only_who_is_asked_answers_and_only_who_asked_decides(order: UUID) -> None:
    dispute = _started(order)
    with pytest.raises(DispatchError, match="没有找到这次会商"):
        consult.answer(world.street(), dispute, CLAIMS, "我们也想办这件事")
    consult.answer(world.urban(), dispute, CLAIMS, "属于本单位执法范围")
    with pytest.raises(DispatchError, match="由提请的派单单位定办"):
        consult.settle(world.district(), dispute, version=2)
    with pytest.raises(Denied):
        consult.settle(world.urban(), dispute, version=2)


def test_a_unit_may_change_its_answer_while_it_is_open(order: UUID) -> None:
    dispute = _started(order)
    consult.answer(world.urban(), dispute, DECLINES, "不属城管职责", CIVIL)
    consult.answer(world.urban(), dispute, CLAIMS, "核实后属本单位")
    (one,) = consultations.waiting(world.command())
    assert [given.answer for given in one.answers] == [CLAIMS]
    consult.settle(world.command(), dispute, version=2)
    with pytest.raises(DispatchError, match="没有找到这次会商"):
        consult.answer(world.urban(), dispute, DECLINES, "又改主意了")


TOO_MANY = [URBAN, CIVIL, STREET, "dept-business"]


@pytest.mark.parametrize("asked", [[URBAN], [URBAN, URBAN], TOO_MANY])
def test_two_to_so_many_units_are_asked(order: UUID, asked: list[str]) -> None:
    with pytest.raises(DispatchError, match="请选择 2 至 3 个会商单位"):
        consult.start(world.command(), order, asked, "两家都说不是自己的", 1)
    assert world.row(order).state == "待派单"


def test_a_second_consultation_waits_for_the_first(order: UUID) -> None:
    _started(order)
    with pytest.raises(FlowError):
        consult.start(world.command(), order, [URBAN, CIVIL], "再问一遍", 2)
