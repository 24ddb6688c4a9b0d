"""The pilot's table, the day's report, the joint meeting, the measures, the orders."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from openpyxl import load_workbook
from sqlalchemy import insert

from auth.permissions import Denied
from portal import plugs
from portal.affairs.findings import (
    daily,
    figures,
    linked,
    measures,
    meetings,
    paperwork,
    queries,
    tally,
)
from portal.affairs.findings.book import SERVICE
from portal.affairs.findings.rules import FindingError
from portal.affairs.findings.tables import finding
from portal.affairs.orders import desk as order_desk
from portal.affairs.orders import found as order_found
from portal.affairs.orders import panel as order_panel
from portal.affairs.orders import tally as order_tally
from portal.affairs.rates import bulletin
from portal.affairs.rates import figures as rate_figures
from portal.affairs.rates.spans import Days, parse
from portal.affairs.workflow.flow import FlowError
from portal.store import clock, papers
from portal.store.clock import FrozenClock
from portal.store.scope import Reach, scoped
from tests.findings import world
from tests.orders import world as orders_world

pytestmark = pytest.mark.usefixtures("frozen", "hailing")
STARTS, ENDS = date(2026, 11, 1), date(2026, 11, 30)
EVENING = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)  # 17:30 here


def _bulk(state: str, way: str | None, count: int, place: str = world.PLACE) -> None:
    """So many findings that got there, as history has left them."""
    now = clock.now()
    done = now if state in ("已解决", "不成立") else None
    rows = [
        {"id": uuid4(), "number": f"WS-{uuid4().hex}", "source": "社区发现",
         "form_no": uuid4().hex, "class": "环境卫生", "title": "楼后堆积建筑垃圾",
         "content": "两车垃圾", "place": "楼后", "region_code": place, "stage": "试点",
         "finder_unit": f"com-{place}", "finder_name": "王小梅", "unit_id": f"com-{place}",
         "seat_units": [], "way": way, "state": state, "state_since": now, "found_at": now,
         "closed_at": done, "simulated": "test"}
        for _ in range(count)
    ]  # fmt: skip
    with scoped(SERVICE) as connection:
        connection.execute(insert(finding), rows)


# -- the table ------------------------------------------------------------------------------------


def test_the_pilot_s_table_shows_what_was_published() -> None:
    """279 found and 277 solved are the pilot's published figures; by way they are made up here."""
    for way, count in (("自办", 180), ("协办", 70), ("联办", 27)):
        _bulk("已解决", way, count)
    _bulk("联办中", "联办", 1)
    _bulk("待研判", None, 1)
    _bulk("待核实", None, 3)
    _bulk("不成立", None, 4)
    made = figures.table(world.district(), STARTS, ENDS)
    total = made.total
    assert (total.found, total.solved, total.open) == (279, 277, 2)
    assert (total.own, total.helped, total.joint) == (180, 70, 27)
    assert total.own + total.helped + total.joint == total.solved
    assert any("待核实 3 件、经核实不成立 4 件" in one for one in made.notes)
    words = papers.text_of(paperwork.table_docx(world.district(), made))
    assert paperwork.MOCK in words
    last = words[words.index("合计") :]
    assert last[:8] == ["合计", "试点", "279", "277", "180", "70", "27", "2"]
    sheet = load_workbook(BytesIO(paperwork.table_xlsx(world.district(), made))).active
    assert sheet is not None
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert ["合计", "试点", 279, 277, 180, 70, 27, 2] in rows


def test_the_lines_add_up_and_places_where_it_is_not_run_are_told() -> None:
    _bulk("已解决", "自办", 2)
    _bulk("已解决", "协办", 1, "990103100001")
    made = figures.table(world.command(), STARTS, ENDS)
    assert [(one.name, one.found) for one in made.lines] == [("东湖区", 2), ("西岭县", 1)]
    assert sum(one.found for one in made.lines) == made.total.found == 3
    below = figures.table(world.district(), STARTS, ENDS, world.STREET)
    assert [one.name for one in below.lines] == ["柳岸社区居民委员会"]
    assert below.off == 1
    assert any("未开展未诉先办的 1 个" in one for one in below.notes)


def test_a_place_that_left_keeps_its_findings_in_the_table() -> None:
    _bulk("已解决", "自办", 1, "990102001002")
    made = figures.table(world.district(), STARTS, ENDS, world.STREET)
    assert sum(one.found for one in made.lines) == made.total.found == 1


def test_before_the_pilot_no_place_is_in_the_table() -> None:
    made = figures.table(world.command(), date(2025, 1, 1), date(2025, 12, 31))
    assert made.lines == ()
    assert made.off == 2


def test_the_table_of_another_s_place_or_of_no_days_is_refused() -> None:
    with pytest.raises(Denied):
        figures.table(world.street(), STARTS, ENDS, "990103100")
    with pytest.raises(FindingError, match="早于开始日期"):
        figures.table(world.district(), ENDS, STARTS)
    with pytest.raises(FindingError, match="没有代码为"):
        figures.table(world.command(), STARTS, ENDS, "9901999")


# -- the day's report -----------------------------------------------------------------------------


def _until(frozen: FrozenClock, at: datetime) -> None:
    frozen.advance(at - frozen.now())


def test_an_empty_day_has_no_report_then_or_later(frozen: FrozenClock) -> None:
    _until(frozen, EVENING)
    assert daily.make_due() == 0
    world.handed()  # at the very end of the day: it is tomorrow's
    frozen.advance(timedelta(hours=2))
    assert daily.make_due() == 0
    assert daily.listed(world.district()) == ()


def test_a_day_s_report_comes_at_its_hour_once(frozen: FrozenClock) -> None:
    done = world.replied("1")
    world.moved(done, world.community(), "confirm")
    world.raised("2")
    assert daily.make_due() == 0
    _until(frozen, EVENING - timedelta(seconds=1))
    assert daily.make_due() == 0
    frozen.advance(timedelta(seconds=1))
    assert daily.make_due() == 1
    assert daily.make_due() == 0
    (made,) = daily.listed(world.district())
    assert (made.day, made.unit_id) == (date(2026, 11, 23), "dept-990102-command")
    assert [len(made.content[part]) for part in paperwork.DAILY_PARTS] == [2, 2, 1, 1]
    assert "在办 1 件：待研判 1 件" in made.content["summary"]
    words = papers.text_of(paperwork.daily_docx("东湖区", "2026-11-23", made.content))
    assert world.row(done).number in words
    assert "新发现 2 件" in words


def test_days_without_the_machine_are_made_up_for(frozen: FrozenClock) -> None:
    world.handed()
    frozen.advance(timedelta(days=4))
    assert daily.make_due() == 1
    assert daily.opened(world.district(), "dept-990102-command", date(2026, 11, 23)).content


# -- the meeting ----------------------------------------------------------------------------------


def _called() -> meetings.Meeting:
    given = meetings.call(world.district(), title="第一次联席会议", held_on=date(2026, 11, 25),
                          place="区政府 301", attending="城管局、民政局、湖滨街道")  # fmt: skip
    return meetings.opened(world.district(), given)


def test_a_meeting_is_about_what_waits_for_it_and_its_decisions_are_moves() -> None:
    world.with_orders()
    ids = [world.at_meeting(str(n)) for n in range(4)]
    world.raised("other")
    meeting = _called()
    assert {one.finding_id for one in meeting.items} == set(ids)
    late = world.at_meeting("late")
    meetings.refresh(world.district(), meeting.id)
    who = world.district()
    meetings.decide(who, meeting.id, ids[0], "议定办理", decision="由城管局清运，民政局配合",
                    lead="dept-990102-urban", helping=["dept-civil"],
                    until=date(2026, 12, 10))  # fmt: skip
    meetings.decide(who, meeting.id, ids[1], "转为工单", decision="转 12345 工单办理")
    meetings.decide(who, meeting.id, ids[2], "提请市级联动", decision="涉及市级管网，提请市级")
    meetings.close(who, meeting.id)
    states = [world.row(one).state for one in (*ids, late)]
    assert states == ["联办中", "转工单办理", "待市级联动", "待联席会议", "待联席会议"]
    words = papers.text_of(paperwork.minutes_docx(meetings.opened(who, meeting.id)))
    assert words[0] == "第一次联席会议纪要"
    assert "议定办理：由城管局清运，民政局配合" in words
    assert "责任：东湖区城市管理局牵头，海陵市民政局配合，2026年12月10日前办结。" in words
    assert words.count("议定：会上未议定，留待下次会议。") == 2
    with pytest.raises(FlowError, match="该会议已结束"):
        meetings.decide(who, meeting.id, ids[3], "转为工单", decision="转为工单")
    (listed,) = meetings.listed(who)
    assert (listed.number, listed.decided) == (5, 3)


def test_what_cannot_be_done_is_not_written_into_the_minutes() -> None:
    one, other = world.at_meeting("1"), world.raised("2")
    meeting = _called()
    who = world.district()
    for finding_id, told in ((one, "没有代码为"), (other, "不能“会议议定”")):
        with pytest.raises(FlowError, match=told):
            meetings.decide(who, meeting.id, finding_id, "议定办理",
                            decision="由某局办理", lead="nobody")  # fmt: skip
    later = world.at_meeting("3")
    with pytest.raises(FlowError, match="不在本次会议的议程上"):
        meetings.decide(who, meeting.id, later, "议定办理",
                        decision="由城管局办理", lead="dept-990102-urban")  # fmt: skip
    assert world.row(later).state == "待联席会议"
    assert all(not item.outcome for item in meetings.opened(who, meeting.id).items)


def test_only_a_district_calls_meetings() -> None:
    with pytest.raises(FindingError, match="由区县召开"):
        meetings.call(world.command(), title="全市会议", held_on=ENDS, place="市政府",
                      attending="各局")  # fmt: skip
    with pytest.raises(Denied):
        meetings.call(world.street(), title="街道会议", held_on=ENDS, place="街道",
                      attending="各局")  # fmt: skip


# -- measures -------------------------------------------------------------------------------------


def test_a_measure_keeps_what_was_said_and_shows_the_last(frozen: FrozenClock) -> None:
    who = world.district()
    assert [one.state for one in measures.listed(who)] == ["未启动", "未启动"]
    measures.say(who, "meeting", "推进中", "已定每月一次")
    measures.say(who, "meeting", "已落实", "已开两次会议")
    known = {one.id: one for one in measures.listed(who)}
    assert (known["meeting"].state, known["meeting"].words) == ("已落实", "已开两次会议")
    for measure, state, words in (("x", "已落实", "说明说明"), ("meeting", "好", "说明说明"),
                                  ("meeting", "已落实", "")):  # fmt: skip
        with pytest.raises(FindingError, match="没有保存"):
            measures.say(who, measure, state, words)
    with pytest.raises(Denied):
        measures.say(world.community(), "meeting", "已落实", "说明说明")


# -- orders ---------------------------------------------------------------------------------------


def _with_real_orders() -> None:
    linked.become_orders(plugs.OrdersOfFindings())


def test_a_finding_becomes_an_order_and_comes_back_with_its_answer() -> None:
    _with_real_orders()
    one = world.moved(world.raised("1"), world.district(), "to_order", reason=world.WHY)
    held = world.row(one)
    order = orders_world.row(held.order_id)
    assert (order.source, order.source_no, order.order_no) == (
        "未诉先办",
        held.number,
        held.order_no,
    )
    assert queries.listed(world.community()).rows[0].unit_name == f"工单 {held.order_no}"
    assert daily.follow_orders() == 0
    order_desk.act(world.district(), order.id, "answer", {"answer": world.ANSWER})
    assert order_found.ended([order.id])[order.id][0] is True
    assert daily.follow_orders() == 1
    assert (world.row(one).state, world.row(one).unit_id) == ("待确认", f"com-{world.PLACE}")
    world.moved(one, world.community(), "confirm")
    assert (world.row(one).state, world.row(one).way) == ("已解决", "协办")


def test_an_order_that_is_not_handled_gives_the_finding_back() -> None:
    _with_real_orders()
    one = world.moved(world.raised("1"), world.district(), "to_order", reason=world.WHY)
    order = world.row(one).order_id
    order_desk.act(world.district(), order, "hand_out", {"reason": "属于信访事项"})
    assert daily.follow_orders() == 1
    assert (world.row(one).state, world.row(one).unit_id) == ("待研判", "dept-990102-command")
    again = world.moved(one, world.district(), "to_order", reason=world.WHY)
    assert world.row(again).order_id != order


# -- the measures ---------------------------------------------------------------------------------


def _measured(code: str) -> dict[str, int]:
    reach = Reach(prefixes=(world.CITY,), unit_id=None, actor="service:measures")
    days = Days(starts=STARTS, ends=ENDS + timedelta(days=1))
    with scoped(reach) as connection:
        flows = rate_figures.numbers(connection, [tally.FOUND, tally.SOLVED], code, days)
        ways = rate_figures.parts(connection, tally.WAY, code, days)
        held = rate_figures.standing_at(connection, [tally.OPEN], [code], days.ends)
    return {**flows, **ways, "open": held.get((tally.OPEN, code), 0)}


def test_table_measures_bulletin_and_panel_say_the_same(frozen: FrozenClock) -> None:
    own = world.handed("own")
    world.moved(own, world.community(), "keep")
    world.moved(own, world.community(), "done", answer=world.ANSWER)
    solved = world.replied("solved")
    frozen.advance(timedelta(days=2))
    world.moved(solved, world.community(), "confirm")
    world.joint("joint")
    world.raised("raised")
    none = world.handed("none")
    world.moved(none, world.community(), "reject", reason=world.WHY)
    world.handed("unseen")
    order_tally.drain()
    for code in (world.CITY, world.DISTRICT, world.STREET, world.PLACE):
        total = figures.table(world.district(), STARTS, ENDS, world.DISTRICT).total
        assert (total.found, total.solved, total.own) == (4, 2, 1)
        ways = {"自办": total.own, "协办": total.helped, "联办": total.joint}
        expected = {tally.FOUND: total.found, tally.SOLVED: total.solved, "open": total.open,
                    **{way: number for way, number in ways.items() if number}}  # fmt: skip
        assert _measured(code) == expected, code
    part = bulletin.build(world.district(), world.DISTRICT, parse("2026-11")).part("未诉先办")
    assert part.lines == ("主动发现问题4件，其中已解决2件；期末在办2件。",)
    assert part.grid is not None and part.grid.cell("合计", "解决件数") == 2
    total = order_panel.read(world.district(), world.DISTRICT).total
    assert (total.found, total.solved) == (4, 2)
    with pytest.raises(StopIteration):  # nothing was found in another district
        bulletin.build(world.command(), "990103", parse("2026-11")).part("未诉先办")
