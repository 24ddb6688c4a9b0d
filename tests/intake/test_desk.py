"""At the phone: writing down, what is there already, answers kept ready, a file, many as one."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from auth.permissions import Denied
from auth.principal import Principal
from portal.affairs.orders import desk, knowledge, registering, related
from portal.affairs.orders.drafting import Draft
from portal.affairs.orders.rules import OrderError
from portal.affairs.orders.tables import order_caller, order_event, work_order
from portal.affairs.orders.tally import SERVICE
from portal.store import clock
from portal.store.intake_texts import Answer
from portal.store.scope import scoped
from portal.store.sheets import SheetRefusedError
from tests.intake import test_sheet
from tests.intake.world import rows, said
from tests.orders import world

pytestmark = pytest.mark.usefixtures("hailing", "frozen")
COMMUNITY = world.PLACE


def operator() -> Principal:
    """Who sits at the phone."""
    return replace(world.command(), roles=("order_operator",), login="phone", name="话务员")


def manager() -> Principal:
    """Who keeps the answers."""
    return replace(world.command(), roles=("order_manager",), login="manager", name="管理员")


def draft(**over: Any) -> Draft:
    values: dict[str, Any] = {
        "kind": "求助",
        "title": "路灯不亮",
        "content": "柳岸小区三号楼前路灯三天没亮",
        "region_code": COMMUNITY,
        "caller_name": "李四",
        "caller_phone": "138-0013-8000",
        "source_no": registering.begun(),
    }
    return Draft(**{**values, **over})


# -- writing down ---------------------------------------------------------------------------------


def test_a_demand_by_phone_becomes_an_order_at_the_citys_desk() -> None:
    taken = registering.register(operator(), draft())
    assert taken.outcome == "新收"
    (one,) = rows()
    assert (one.source, one.state, one.unit_id) == ("电话登记", "待受理", "dept-command")
    assert one.master == "本平台为主"


def test_a_form_that_is_sent_twice_is_one_order() -> None:
    given = draft()
    first, second = (registering.register(operator(), given) for _ in range(2))
    assert (first.order_id, second.outcome) == (second.order_id, "已有")
    assert len(rows()) == 1


def test_every_fault_is_told_at_once_and_nothing_is_taken() -> None:
    with pytest.raises(OrderError) as refused:
        registering.register(operator(), draft(kind="聊天", title="", region_code="110102"))
    message = refused.value.message
    assert "“诉求类型”" in message and "“标题”没有填写" in message and "“区划代码”" in message
    assert message.endswith("已填内容已保留。")
    assert rows() == []


def test_who_may_not_register_does_not() -> None:
    with pytest.raises(Denied):
        registering.register(world.community(), draft())
    with pytest.raises(Denied):
        registering.advised(world.community(), "标题", "内容")


def test_a_district_registers_for_its_own_places() -> None:
    assert registering.register(world.district(), draft()).outcome == "新收"
    with pytest.raises(OrderError, match="不在本岗位登记的范围之内"):
        registering.register(world.district(), draft(region_code="990103100001"))


def test_a_complaint_against_a_unit_goes_where_that_unit_does_not_see_it() -> None:
    registering.register(operator(), draft(against_unit="柳岸社区"))
    assert rows()[0].against_unit == f"com-{COMMUNITY}"
    with scoped(world.community().reach) as connection:
        assert connection.execute(select(func.count()).select_from(work_order)).scalar() == 0


# -- elsewhere, or answered at once ---------------------------------------------------------------


def test_an_advice_is_followed_by_the_desk_and_its_ground_stays_on_record() -> None:
    who = world.command()
    (advice,) = registering.advised(who, "法院判决不执行", "判决书下来半年了")
    assert advice.words == ("判决",)
    taken = registering.register(who, draft(title="法院判决不执行"))
    registering.send_elsewhere(who, taken, advice)
    (one,) = rows()
    assert one.state == "已转出" and one.closed_at is not None
    assert "转人民法院" in said(one.id)[-1]


def test_a_secret_is_not_taken() -> None:
    who = world.command()
    (advice,) = registering.advised(who, "国家秘密", "捡到文件")
    taken = registering.register(who, draft())
    registering.send_elsewhere(who, taken, advice)
    assert rows()[0].state == "不予受理"


def test_a_question_is_answered_at_the_desk_with_what_is_kept_ready() -> None:
    assert knowledge.load_defaults() == 0  # they came with the city
    who = world.command()
    found = knowledge.search(who, "想问居住证怎么办")
    assert [one.code for one in found] == ["residence_permit"]
    taken = registering.register(who, draft(kind="咨询", title="居住证"))
    registering.answer_at_once(who, taken, found[0])
    (one,) = rows()
    assert one.state == "直接答复"
    assert "15 日内发放" in one.reply and "《居住证暂行条例》" in one.reply


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("低保", ["subsistence"]),
        ("申请低保要什么材料", ["subsistence"]),
        ("居住证", ["residence_permit"]),
        ("路灯不亮", []),
        ("灯", []),
        ("", []),
        ("%", []),
    ],
)
def test_what_fits_is_found_and_nothing_far_fetched(asked: str, found: list[str]) -> None:
    assert [one.code for one in knowledge.search(operator(), asked)] == found


def test_an_answer_out_of_date_is_not_given(frozen: clock.FrozenClock) -> None:
    frozen.advance(timedelta(days=20))
    assert knowledge.search(operator(), "低保") == ()
    assert [one.code for one in knowledge.current(operator())][-1] == "subsistence"


def test_every_change_of_an_answer_is_a_version_and_who_may_not_does_not() -> None:
    new = Answer(
        id="subsistence",
        question="怎么申请低保",
        answer="也可以网上申请。",
        basis="新规定",
        department="民政局",
        valid_until=date(2027, 12, 31),
    )
    with pytest.raises(Denied):
        knowledge.publish(operator(), new)
    assert knowledge.publish(manager(), new).version == 2
    (one,) = knowledge.search(operator(), "低保")
    assert (one.version, one.answer, one.made_by) == (2, "也可以网上申请。", "管理员")
    assert knowledge.load_defaults() == 0  # what somebody changed stays
    knowledge.withdraw(manager(), "subsistence", "政策调整")
    assert knowledge.search(operator(), "低保") == ()
    with pytest.raises(OrderError, match="已停用"):
        knowledge.withdraw(manager(), "subsistence", "政策调整")
    with pytest.raises(OrderError, match="有效期至已过"):
        knowledge.publish(manager(), new.model_copy(update={"valid_until": date(2026, 1, 1)}))


# -- what is there already ------------------------------------------------------------------------


def test_the_same_matter_is_shown_while_it_is_written_down() -> None:
    registering.register(operator(), draft())
    registering.register(operator(), draft(title="居住证咨询", content="想问居住证办理流程"))
    found = related.similar(operator(), draft(caller_phone="", title="路灯坏了不亮"))
    assert [one.title for one in found] == ["路灯不亮"]
    assert found[0].why == (related.SAME_MATTER,)
    assert 0.3 <= found[0].likeness <= 1


def test_the_same_caller_is_shown_by_the_number_however_it_is_written() -> None:
    registering.register(operator(), draft(title="居住证咨询", content="想问居住证办理流程"))
    registering.register(operator(), draft())
    found = related.similar(operator(), draft(caller_phone="+86 13800138000"))
    assert [one.title for one in found] == ["路灯不亮", "居住证咨询"]
    assert found[0].why == (related.SAME_CALLER, related.SAME_MATTER)
    assert found[1].why == (related.SAME_CALLER,)


def test_who_may_not_know_the_caller_is_not_told_by_likeness() -> None:
    registering.register(operator(), draft(title="居住证咨询", content="想问居住证办理流程"))
    manager_only = replace(operator(), roles=("order_desk",))
    assert related.similar(manager_only, draft())
    unable = replace(operator(), limits=None, roles=("order_visitor",))
    with pytest.raises(Denied):
        related.similar(unable, draft())


def test_what_is_long_ago_or_elsewhere_is_another_matter(frozen: clock.FrozenClock) -> None:
    registering.register(operator(), draft(region_code="990103100001", caller_phone=""))
    registering.register(operator(), draft(caller_phone=""))
    frozen.advance(timedelta(hours=49))
    assert related.similar(operator(), draft(caller_phone="")) == ()


def test_an_order_says_what_belongs_with_it_and_not_itself() -> None:
    first = registering.register(operator(), draft())
    second = registering.register(operator(), draft(title="三号楼路灯不亮"))
    assert first.order_id and second.order_id
    found = related.of_order(operator(), first.order_id)
    assert [one.id for one in found] == [second.order_id]
    assert related.SAME_CALLER in found[0].why and related.SAME_MATTER in found[0].why


def test_two_hundred_calls_about_one_outage_become_one_handling_and_one_answer() -> None:
    who = world.command()
    for number in range(200):
        world.taken(f"W{number}", title="停水", content="全小区停水", category="03.01",
                    received_at=clock.now() - timedelta(minutes=200 - number))  # fmt: skip
    world.taken("other", title="停水", category="03.01", region_code="990103100001")
    (group,) = related.groups(who)
    assert (len(group.members), group.region_code) == (200, COMMUNITY)
    assert "共 200 件" in group.reason
    assert related.join(who, group) == {}
    assert related.groups(who) == ()
    oldest = group.members[0][0]
    world.sent(oldest)
    world.handled(oldest, world.street())
    desk.act(who, oldest, "approve")
    desk.visit(who, oldest, resolved="已解决", satisfied="满意")
    merged = [one for one in rows() if one.merged_into == oldest]
    assert len(merged) == 199
    assert {one.reply for one in merged} == {"已清理完毕，并约谈物业。"}


def test_a_complaint_against_a_unit_is_never_joined_with_others() -> None:
    for number in range(3):
        world.taken(f"W{number}", against_unit=f"com-{COMMUNITY}")
    assert related.groups(world.command()) == ()


def test_one_that_moved_meanwhile_is_left_out_with_the_reason() -> None:
    who = world.command()
    ids = [world.taken(f"W{number}") for number in range(4)]
    (group,) = related.groups(who)
    world.sent(ids[2])
    left = related.join(who, group)
    assert len(left) == 1
    assert "已有变动" in next(iter(left.values()))


# -- a file ---------------------------------------------------------------------------------------

ROW = test_sheet.GOOD | {"区划代码": COMMUNITY}


def test_good_rows_are_taken_bad_ones_come_back_and_a_second_time_adds_nothing() -> None:
    data = test_sheet.book(
        ROW, ROW | {"来源编号": "A-2", "区划代码": "110102"}, ROW | {"来源编号": "A-3"}
    )
    found = registering.preview(operator(), data, "诉求.xlsx")
    assert found.said == "可导入 2 件，有问题 1 行"
    assert rows() == []
    done = registering.import_all(operator(), found)
    assert [(one.number, one.taken.outcome) for one in done] == [(2, "新收"), (4, "新收")]
    again = registering.import_all(operator(), registering.preview(operator(), data, "诉求.xlsx"))
    assert {one.taken.outcome for one in again} == {"已有"}
    assert [one.source_no for one in rows()] == ["A-1", "A-3"]


def test_a_row_for_a_place_elsewhere_is_a_bad_row() -> None:
    data = test_sheet.book(ROW, ROW | {"来源编号": "A-2", "区划代码": "990103100001"})
    found = registering.preview(world.district(), data, "诉求.xlsx")
    assert [one.number for one in found.bad] == [3]
    with pytest.raises(OrderError, match="没有导入任何一行"):
        whole = registering.preview(operator(), data, "诉求.xlsx")
        registering.import_all(world.district(), whole)
    with pytest.raises(SheetRefusedError):
        registering.preview(operator(), b"PK\x03\x04 no", "坏的.xlsx")
    with pytest.raises(Denied):
        registering.preview(world.community(), data, "诉求.xlsx")


def test_nothing_of_the_caller_is_kept_in_plain_words() -> None:
    registering.register(operator(), draft())
    with scoped(SERVICE) as connection:
        text = str(connection.execute(select(work_order)).all())
        text += str(connection.execute(select(order_event)).all())
        text += str(connection.execute(select(order_caller)).all())
    assert "李四" not in text and "13800138000" not in text
