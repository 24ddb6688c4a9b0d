"""An order on its way: who may do what when, what is written, who hears of it, who never does."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from auth.permissions import Denied
from portal.affairs.orders import desk, reading
from portal.affairs.orders.desk import ChangedError, OrderError
from portal.affairs.orders.files import Attachment
from portal.affairs.orders.tables import order_attachment, order_event, order_seat, work_order
from portal.affairs.orders.tally import SERVICE
from portal.affairs.workflow.flow import FlowError
from portal.store import clock
from portal.store.scope import scoped
from tests import people
from tests.orders import world

pytestmark = pytest.mark.usefixtures("hailing", "frozen")

STREET = f"gov-{world.STREET}"


def _events(order_id: UUID) -> list[str]:
    with scoped(SERVICE) as connection:
        query = select(order_event.c.move).where(order_event.c.order_id == order_id)
        return list(connection.execute(query.order_by(order_event.c.id)).scalars())


def test_an_order_goes_from_the_call_to_the_archive(frozen: clock.FrozenClock) -> None:
    order = world.taken()
    assert (world.row(order).state, world.row(order).unit_id) == ("待派单", "dept-command")
    world.sent(order)
    row = world.row(order)
    assert (row.state, row.unit_id, row.lead_unit, row.dispatch_unit) == (
        "待签收", STREET, STREET, "dept-command",
    )  # fmt: skip
    assert clock.local(row.due_at).isoformat() == "2026-11-26T18:00:00+08:00"
    assert row.respond_due_at - row.dispatched_at == timedelta(hours=24)
    world.handled(order, world.street())
    assert world.row(order).state == "待审核"
    desk.act(world.command(), order, "approve")
    with pytest.raises(FlowError, match="回访单位"):
        desk.visit(world.street(), order, resolved="已解决", satisfied="满意")
    desk.visit(world.command(), order, resolved="已解决", satisfied="满意")
    row = world.row(order)
    assert (row.state, row.resolved, row.satisfied) == ("已办结", "已解决", "满意")
    assert row.closed_at == clock.now()
    desk.by_platform(order, "archive")
    assert _events(order) == ["born", "dispatch", "sign", "contact", "reply", "approve", "visit",
                              "archive"]  # fmt: skip
    assert world.row(order).version == 8


# -- two at once ----------------------------------------------------------------------------------


def test_of_two_persons_one_wins_and_the_other_hears_who_did_what(
    frozen: clock.FrozenClock,
) -> None:
    order = world.taken()
    seen = world.row(order).version
    frozen.advance(timedelta(minutes=5))
    world.sent(order)
    with pytest.raises(ChangedError, match="已填内容已保留") as told:
        desk.dispatch(world.command(), order, "dept-civil", seen)
    assert "09:05 测试单位command“派单”" in told.value.message
    assert "现为“待签收”" in told.value.message
    assert [(one.move, one.to_state) for one in told.value.since] == [("dispatch", "待签收")]
    assert told.value.version == seen + 1
    assert world.row(order).unit_id == STREET


def test_two_threads_on_one_order_make_one_change() -> None:
    order = world.taken()
    version = world.row(order).version
    gate, outcomes = Barrier(2), []

    def try_it(unit: str) -> None:
        gate.wait(timeout=30)
        try:
            desk.dispatch(world.command(), order, unit, version)
            outcomes.append("done")
        except ChangedError as problem:
            outcomes.append(problem.since[0].move)

    threads = [Thread(target=try_it, args=(unit,)) for unit in (STREET, "dept-civil")]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=60)
    assert sorted(outcomes) == ["dispatch", "done"]
    assert _events(order) == ["born", "dispatch"]


def test_an_order_that_is_held_by_another_says_so(frozen: clock.FrozenClock) -> None:
    order = world.taken()
    with scoped(SERVICE) as connection:
        connection.execute(select(work_order).where(work_order.c.id == order).with_for_update())
        with pytest.raises(FlowError, match="正由他人办理，请稍候再试，已填内容已保留"):
            desk.dispatch(world.command(), order, STREET)


# -- back and forth -------------------------------------------------------------------------------


def test_a_return_is_granted_and_the_unit_sees_the_order_no_more(
    frozen: clock.FrozenClock,
) -> None:
    order = world.taken()
    world.sent(order, "dept-990102-urban")
    desk.give_back(
        world.urban(), order, reason="不属于本单位职责", legal_basis=world.BASIS,
        suggested_unit="dept-civil",
    )  # fmt: skip
    assert world.row(order).state == "退单审核"
    desk.act(world.command(), order, "return_grant")
    row = world.row(order)
    assert (row.state, row.unit_id, row.due_at, row.lead_unit) == (
        "待派单", "dept-command", None, None,
    )  # fmt: skip
    with pytest.raises(OrderError, match="没有找到这件工单"):
        desk.sign(world.urban(), order)
    frozen.advance(timedelta(hours=1))
    world.sent(order, "dept-civil")
    assert world.row(order).lead_unit == "dept-civil"


def test_a_return_that_is_refused_leads_back_and_cannot_be_repeated() -> None:
    order = world.IN_STATE["退单审核"]("1")
    desk.act(world.command(), order, "return_refuse", {"reason": "属于本街道职责"})
    assert world.row(order).state == "办理中"
    with pytest.raises(OrderError, match="已退单 1 次"):
        desk.act(world.street(), order, "return", world.returning())


def test_a_return_after_the_next_working_day_is_too_late(frozen: clock.FrozenClock) -> None:
    order = world.IN_STATE["办理中"]("1")
    frozen.advance(timedelta(hours=33, minutes=1))  # Tuesday, a minute past six
    with pytest.raises(OrderError, match="1 个工作日内"):
        desk.act(world.street(), order, "return", world.returning())


def test_more_time_is_decided_above_and_counts_from_the_old_limit() -> None:
    order = world.IN_STATE["延期审核"]("1")
    with pytest.raises(FlowError, match="须由上级办理"):
        desk.act(world.street(), order, "extend_grant")
    desk.act(world.district(), order, "extend_grant")
    row = world.row(order)
    assert row.state == "办理中" and row.extend_count == 1
    assert clock.local(row.deadline_at).isoformat() == "2026-12-01T18:00:00+08:00"
    assert clock.local(row.due_at).isoformat() == "2026-11-26T18:00:00+08:00"
    with pytest.raises(OrderError, match="已延期 1 次"):
        desk.act(world.street(), order, "extend", {"reason": world.WHY, "until": "2026-12-03"})


def test_another_urgency_counts_the_limit_anew_and_the_history_says_so() -> None:
    order = world.IN_STATE["办理中"]("1")
    desk.act(world.command(), order, "reclass",
             {"reason": "涉及人身安全", "level": 1, "category": "04.02.01"})  # fmt: skip
    row = world.row(order)
    assert (row.urgency, row.category) == (1, "04.02.01")
    assert clock.local(row.due_at).isoformat() == "2026-11-24T18:00:00+08:00"
    with scoped(SERVICE) as connection:
        words = connection.execute(
            select(order_event.c.words).where(order_event.c.move == "reclass")
        ).scalar_one()
    assert "紧急程度改为紧急；时限重算为 2026-11-24 18:00" in words


def test_what_is_not_settled_is_done_again_once_and_then_supervised() -> None:
    order = world.IN_STATE["重办"]("1")
    row = world.row(order)
    assert (row.state, row.redo_count, row.closed_at) == ("重办", 1, None)
    desk.reply(world.street(), order, "重新处理完毕。")
    desk.act(world.command(), order, "approve")
    desk.visit(world.command(), order, resolved="已解决", satisfied="不满意")
    row = world.row(order)
    assert (row.state, row.redo_count, row.supervise_level) == ("督办", 2, 1)


def test_an_order_goes_down_the_four_levels_and_up_again() -> None:
    order = world.taken()
    world.sent(order, "dept-990102-command")
    desk.sign(world.district(), order)
    with pytest.raises(OrderError, match="只能转给本单位的下级"):
        desk.act(world.district(), order, "pass_down", {"unit": "dept-civil"})
    desk.act(world.district(), order, "pass_down", {"unit": STREET})
    limit = world.row(order).due_at
    desk.sign(world.street(), order)
    desk.act(world.street(), order, "pass_down", {"unit": f"com-{world.PLACE}"})
    row = world.row(order)
    assert (row.unit_id, row.dispatch_unit, row.lead_unit) == (
        f"com-{world.PLACE}", STREET, "dept-990102-command",
    )  # fmt: skip
    assert row.due_at == limit  # passing it on wins no time
    desk.sign(world.community(), order)
    desk.act(world.community(), order, "pass_up", {"reason": "需要街道执法力量"})
    assert (world.row(order).state, world.row(order).unit_id) == ("待派单", STREET)
    desk.act(world.street(), order, "pass_up", {"reason": "需要区级部门"})
    assert world.row(order).unit_id == "dept-990102-command"


def test_units_that_help_see_it_and_answer_and_the_lead_stays_responsible() -> None:
    order = world.IN_STATE["办理中"]("1")
    with pytest.raises(OrderError, match="没有找到"):
        desk.act(world.civil(), order, "co_reply", {"text": "已协助核查情况"})
    desk.act(world.street(), order, "co_add", {"units": ["dept-civil"]})
    desk.act(world.civil(), order, "co_reply", {"text": "已协助核查情况"})
    with pytest.raises(FlowError, match="承办单位办理"):
        desk.reply(world.civil(), order, world.ANSWER)
    with scoped(SERVICE) as connection:
        seat = connection.execute(
            select(order_seat).where(order_seat.c.unit_id == "dept-civil")
        ).one()
    assert (seat.part, seat.state) == ("协办", "已反馈")


def test_parts_are_handled_apart_and_the_whole_is_answered_when_all_are_done() -> None:
    order = world.IN_STATE["办理中"]("1")
    desk.act(world.command(), order, "split",
             {"parts": [{"title": "清理杂物"}, {"title": "约谈物业"}]})  # fmt: skip
    with scoped(SERVICE) as connection:
        parts = connection.execute(
            select(work_order.c.id).where(work_order.c.parent_id == order)
            .order_by(work_order.c.order_no)
        ).scalars().all()  # fmt: skip
    number = world.row(order).order_no
    assert [world.row(one).order_no for one in parts] == [f"{number}-1", f"{number}-2"]
    with pytest.raises(OrderError, match=f"{number}-1、{number}-2 尚未办结"):
        desk.reply(world.street(), order, world.ANSWER)
    for one in parts:
        desk.act(world.command(), one, "answer", {"answer": "已办理完毕。"})
    desk.reply(world.street(), order, world.ANSWER)
    assert world.row(order).state == "待审核"


def test_many_calls_about_one_matter_are_handled_once_and_all_get_the_answer() -> None:
    first = world.taken("1")
    others = [world.taken(str(n)) for n in range(2, 12)]
    number = world.row(first).order_no
    for one in others:
        desk.act(world.command(), one, "merge", {"target": number})
    world.sent(first)
    world.handled(first, world.street())
    desk.act(world.command(), first, "approve")
    desk.visit(world.command(), first, resolved="已解决", satisfied="满意")
    for one in others:
        row = world.row(one)
        assert (row.state, row.reply, row.resolved) == ("已并单", world.ANSWER, "已解决")
        assert _events(one) == ["born", "merge", "answer_all"]
    with pytest.raises(OrderError, match="没有编号为"):
        desk.act(world.command(), world.taken("99"), "merge", {"target": number})


def test_many_are_signed_for_at_once_and_one_that_moved_on_is_named() -> None:
    orders = [world.IN_STATE["待签收"](str(n)) for n in range(3)]
    seen = [(one, world.row(one).version) for one in orders]
    desk.sign(world.street(), orders[1])
    left = desk.sign_all(world.street(), seen)
    assert list(left) == [orders[1]] and "已有变动" in left[orders[1]]
    assert {world.row(one).state for one in orders} == {"办理中"}


def test_somebody_without_any_right_over_orders_is_denied() -> None:
    order = world.taken()
    with pytest.raises(Denied, match="承办工单"):
        desk.sign(people.principal(roles=("reader",)), order)


def test_an_unknown_order_and_an_unknown_unit_are_refused_in_words() -> None:
    with pytest.raises(OrderError, match="没有找到这件工单"):
        desk.sign(world.street(), uuid4())
    with pytest.raises(OrderError, match="没有代码为“dept-none”的单位"):
        desk.dispatch(world.command(), world.taken(), "dept-none")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("大.png", b"\x89PNG\r\n\x1a\n" + b"0" * 70000, "大小为 0.1 MB"),
        ("现场.jpg", b"\x89PNG\r\n\x1a\n" + b"0" * 40, "内容其实是 png 文件"),
        ("单据.pdf", b"MZ\x90\x00" + b"0" * 40, "不是可收的文件"),
        ("网页.png", b"<html><script>alert(1)</script>", "不是可收的文件"),
        ("宏.docx", b"PK\x03\x04 word/document.xml vbaProject.bin", "不是可收的文件"),
        ("空.png", b"", "是空文件"),
    ],
)
def test_a_file_that_is_too_large_or_not_what_it_says_is_refused(
    name: str, data: bytes, words: str
) -> None:
    order = world.IN_STATE["办理中"]("1")
    with pytest.raises(OrderError, match=r"没有保存.*已填内容已保留") as refused:
        desk.act(world.street(), order, "attach", {"attachment": Attachment(name=name, data=data)})
    assert words in refused.value.message
    assert reading.opened(world.street(), order).files == ()


def test_a_file_is_kept_encrypted_and_read_by_who_sees_the_order() -> None:
    order = world.IN_STATE["办理中"]("1")
    data = b"\x89PNG\r\n\x1a\n" + b"inside" * 9
    desk.act(world.street(), order, "attach",
             {"attachment": Attachment(name="../现场.png", data=data)})  # fmt: skip
    (kept,) = reading.opened(world.street(), order).files
    assert (kept.name, kept.media_type, kept.size) == (".. 现场.png", "image/png", len(data))
    assert reading.file(world.street(), kept.id) == (".. 现场.png", "image/png", data)
    with pytest.raises(OrderError, match="没有找到这个附件"):
        reading.file(world.civil(), kept.id)
    with scoped(SERVICE) as connection:
        stored = connection.execute(select(order_attachment.c.bytes)).scalar_one()
    assert b"inside" not in stored
