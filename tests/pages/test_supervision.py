"""督办评价 on the page: warned, supervised, consulted, appealed, marked, put together by kind."""

from datetime import timedelta
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from portal.affairs.dispatch import consult, consultations
from portal.affairs.evaluation import appealed, marks
from portal.affairs.orders import intake
from portal.affairs.supervision import desk, queries
from portal.affairs.supervision.sweep import sweep
from portal.store import clock
from tests.orders import world
from tests.pages.conftest import Office, shown
from tests.pages.test_orders import seated

pytestmark = pytest.mark.usefixtures("frozen")
STREET, URBAN, CIVIL = f"gov-{world.STREET}", "dept-990102-urban", "dept-civil"
WORDS = "draft-{place}-{order}-{thing}-{field}{where}"


def field(place: str, order: UUID, thing: object, name: str, where: str = "") -> str:
    """The key of a kept field."""
    place = place.replace(".", "-")
    return WORDS.format(place=place, order=order, thing=thing, field=name, where=where)


def write(tab: AppTest, key: str, words: str) -> None:
    tab.text_area(key=key).set_value(words).run()


def press(tab: AppTest, key: str) -> str:
    tab.button(key=key).click().run()
    return shown(tab)


def keys(tab: AppTest) -> set[str]:
    return {one.key or "" for one in tab.button}


@pytest.fixture
def order(office: Office) -> UUID:
    """Sent to the street on Monday at nine."""
    made = world.taken()
    world.sent(made)
    return made


@pytest.fixture
def late(order: UUID, frozen: clock.FrozenClock) -> UUID:
    """A day over its limit, and swept."""
    frozen.advance(world.row(order).deadline_at - clock.now() + timedelta(hours=24))
    sweep()
    return order


# -- 预警 -----------------------------------------------------------------------------------------


def test_an_empty_page_says_what_comes_next(office: Office) -> None:
    office.who = seated(world.district())
    for tab, words in (
        ("urged", "没有预警的工单"),
        ("sheets", "没有等待本单位反馈的督办单"),
        ("consult", "没有进行中的会商"),
        ("appeals", "没有待审核的申诉"),
        ("marks", "没有等待复核的认定"),
        ("clusters", "近期没有成类的诉求"),
    ):
        assert words in shown(office.open("supervision", tab=tab)), tab


def test_a_warning_has_colour_shape_and_words_and_stands_once_for_an_order(
    office: Office, order: UUID, frozen: clock.FrozenClock
) -> None:
    office.who = seated(world.street())
    frozen.advance(world.row(order).deadline_at - clock.now() - timedelta(hours=20))
    sweep()
    text = shown(office.open("supervision", tab="urged"))
    assert "蓝 · 临近时限" in text and "蓝（临近时限）<b>1</b>" in text
    frozen.advance(timedelta(hours=20 + 24))
    sweep()
    text = shown(office.open("supervision", tab="urged"))
    assert "▲</i>红 · 超期一日，报区县" in text and "蓝 · " not in text
    assert "全部<b>1</b>" in text and "模拟数据" in text
    assert f"/supervision?order={order}" in text
    assert "没有预警的工单" in shown(office.open("supervision", tab="urged", box="蓝"))


# -- 督办单 ---------------------------------------------------------------------------------------


def test_a_proposal_is_issued_answered_sent_back_and_ended_on_the_page(
    office: Office, late: UUID
) -> None:
    boss = office.who = seated(world.district())
    text = shown(office.open("supervision"))
    assert "督办单<b>1</b>" in text and "拟发" in text and "超期一日，报区县" in text
    (sheet,) = queries.sheets(world.district(), "待签发")
    tab = office.open("supervision", order=str(late))
    write(tab, field("supervision.sheet", late, sheet.id, "demands"), "今日清理\n\n拍照反馈")
    assert "已签发 DB-" in press(tab, f"sheet_issue-{sheet.id}")
    assert queries.sheet(world.district(), sheet.id).demands == ("今日清理", "拍照反馈")
    assert world.row(late).state == "督办"
    assert "湖滨街道" in shown(office.open("supervision", tab="sheets", box="督办中"))

    office.who = seated(world.street())
    assert "待反馈<b>1</b>" in shown(office.open("supervision", tab="sheets"))
    tab = office.open("supervision", order=str(late))
    assert f"sheet_end-{sheet.id}" not in keys(tab)
    assert "请写明办理情况" in press(tab, f"sheet_answer-{sheet.id}")
    words = field("supervision.sheet", late, sheet.id, "words")
    write(tab, words, "已安排清理，今日办结")
    assert "等待督办单位销号" in press(tab, f"sheet_answer-{sheet.id}")

    office.who = boss
    tab = office.open("supervision", order=str(late))
    assert "已安排清理，今日办结" in shown(tab)
    write(tab, words, "请补充照片")
    assert "反馈时限重新起算" in press(tab, f"sheet_back-{sheet.id}")
    desk.answer(world.street(), sheet.id, "照片已附，请查收")
    tab = office.open("supervision", order=str(late))
    write(tab, words, "整改到位，予以销号")
    assert "已销号" in press(tab, f"sheet_end-{sheet.id}")
    assert world.row(late).state == "办理中"
    assert "已销号" in shown(office.open("supervision", tab="sheets", box="已结束"))


def test_a_sheet_is_issued_from_the_order_and_printed(office: Office, order: UUID) -> None:
    office.who = seated(world.command())
    assert f"/supervision?order={order}" in shown(office.open("orders", id=str(order)))
    tab = office.open("supervision", order=str(order))
    write(tab, field("supervision.propose", order, "", "reason"), "久拖不决，影响恶劣")
    assert "已签发 DB-" in press(tab, "sheet_new_issue")
    (sheet,) = queries.sheets(world.command(), "督办中")
    text = shown(office.open("supervision", print=str(sheet.id)))
    assert sheet.number in text and "签发人：" in text and "日期：" in text and "模拟数据" in text
    office.who = world.urban()
    assert "没有打开督办单" in shown(office.open("supervision", print=str(sheet.id)))


# -- 会商 -----------------------------------------------------------------------------------------


def test_who_is_asked_answers_and_the_desk_settles(office: Office) -> None:
    order = world.taken()
    dispute = consult.start(world.command(), order, [URBAN, CIVIL], "两家都说不是自己的", 1)
    office.who = seated(world.urban())
    assert "会商 1" in shown(office.open("orders"))
    assert "待本单位答复" in shown(office.open("supervision", tab="consult"))
    tab = office.open("supervision", order=str(order))
    tab.segmented_control(key=f"consult-{dispute}-answer").set_value("认领").run()
    write(tab, field("dispatch.consult", order, f"{dispute}a", "words", "a"), "属于执法范围")
    assert "已答复“认领”" in press(tab, f"consult_answer-{dispute}")
    office.who = seated(world.command())
    tab = office.open("supervision", order=str(order))
    assert "东湖区城市管理局：会商认领" in shown(tab)
    assert "工单已派给东湖区城市管理局" in press(tab, f"consult_settle-{dispute}")
    assert world.row(order).unit_id == URBAN
    assert consultations.turn(world.command()) == 0


def test_the_board_starts_a_consultation_with_its_record(office: Office) -> None:
    order = world.taken()
    office.who = seated(world.command())
    tab = office.open("triage", id=str(order))
    tab.button(key="move-confer").click().run()
    write(tab, field("orders.act", order, "confer", "reason"), "两家都说不是自己的")
    assert "请选择 2 至 3 个会商单位" in press(tab, "act-confer")
    assert world.row(order).state == "待派单"
    tab.multiselect(key=f"order-{order}-confer-units").set_value([URBAN, STREET]).run()
    tab.button(key="act-confer").click().run()
    assert world.row(order).state == "待会商"
    assert [one.order_id for one in consultations.waiting(world.urban())] == [order]


# -- 申诉、认定 -----------------------------------------------------------------------------------


def test_an_appeal_says_what_it_takes_out_and_is_decided(office: Office) -> None:
    order = world.IN_STATE["已办结"]("1")
    office.who = seated(world.street())
    tab = office.open("supervision", order=str(order))
    tab.multiselect(key=f"appeal_rates-{order}").set_value(["按时办结率"]).run()
    assert "没有完成" in press(tab, "appeal_ask")
    tab.selectbox(key=f"appeal_ground-{order}").set_value("非本单位职责，派单有误").run()
    write(tab, field("evaluation.appeal", order, "", "words"), "职责清单不含此项")
    assert "等待派单单位审核" in press(tab, "appeal_ask")
    (one,) = appealed.listed(world.command())
    office.who = seated(world.command())
    assert "考核申诉<b>1</b>" in shown(office.open("supervision"))
    tab = office.open("supervision", order=str(order))
    assert "分母减 1，分子“按时办结”减 1" in shown(tab)
    write(tab, field("evaluation.decide", order, one.id, "words"), "情况属实，同意")
    assert "申诉成立，本件不再计入湖滨街道的按时办结率" in press(tab, f"appeal_uphold-{one.id}")
    assert world.row(order).excluded_from == ["按时办结率"]


def test_a_mark_is_proposed_by_one_and_decided_by_another_unit(office: Office, order: UUID) -> None:
    office.who = seated(world.street())
    tab = office.open("supervision", order=str(order))
    tab.selectbox(key=f"mark_ground-{order}").set_value("诉求无法律政策依据").run()
    write(tab, field("evaluation.mark", order, "", "words"), "没有可以适用的政策")
    assert "须由其他单位的另一人复核" in press(tab, "mark_propose")
    office.who = seated(world.command())
    text = shown(office.open("supervision", tab="marks"))
    assert "诉求无法律政策依据" in text and "张三丰" not in text
    (mark,) = marks.to_decide(world.command())
    tab = office.open("supervision", order=str(order))
    write(tab, field("evaluation.confirm", order, mark.id, "words"), "同意，已核对政策")
    assert "到期自动失效" in press(tab, f"mark_confirm-{mark.id}")
    assert marks.of_order(world.street(), order)[0].stands


# -- 同类诉求 -------------------------------------------------------------------------------------


def test_like_demands_open_their_orders(office: Office) -> None:
    intake.take([world.demand(f"{n}", title=f"{n}单元楼道堆放杂物") for n in range(5)])
    office.who = seated(world.command())
    tab = office.open("supervision", tab="clusters")
    text = shown(tab)
    assert "新出现" in text and "本类 5 件工单" in text and text.count("/orders?id=") == 5
    assert "category=04.02" in text and "region=990102001001" in text


def test_who_only_reads_orders_is_refused(office: Office) -> None:
    office.who = world.visitor()
    assert "没有权限" in shown(office.open("supervision"))
    assert "没有权限" in shown(office.open("dispatch-lists"))
