"""A notice: sent to units below, read once per unit, reminded of sparingly, withdrawn."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from auth.permissions import Denied
from auth.principal import Principal
from auth.tables import audit_entry
from portal.affairs.notices import desk, papers, queries
from portal.affairs.notices.desk import Draft
from portal.affairs.notices.offer import NoticeTasks
from portal.affairs.notices.rules import NoticeError
from portal.affairs.notices.tables import notice, notice_file, notice_receipt, notice_reminder
from portal.connectors.registry import Registry
from portal.functions.tasks import TaskError, Tasks
from portal.store import clock
from portal.store.citypack import CityPack
from portal.store.engine import begin
from portal.store.scope import NOTHING, Reach, scoped
from tests import people

WILLOW, LOTUS = "990102001001", "990102001002"
DAY = date(2026, 11, 25)

pytestmark = pytest.mark.usefixtures("hailing")


@pytest.fixture(autouse=True)
def _clock(frozen: clock.FrozenClock) -> None:
    """Monday 23 November 2026, 09:00 on the wall."""


@pytest.fixture
def city(hailing: CityPack) -> Principal:
    return people.principal(roles=("city_officer",), prefixes=("9901",), unit_id="gov-9901",
                            kind="government", level="city", region_code="9901")  # fmt: skip


def clerk(code: str = WILLOW) -> Principal:
    return people.principal(prefixes=(code,), unit_id=f"com-{code}", region_code=code)


def draft(units: Sequence[str] = (f"com-{WILLOW}", f"com-{LOTUS}"), **over: Any) -> Draft:
    values: dict[str, Any] = {"title": "清明值守安排", "body": "各社区：\n请按附件值守。",
                              "units": units, "receipt": True, "due_on": DAY}  # fmt: skip
    return Draft(**{**values, **over})


def inbox() -> Tasks:
    ours = NoticeTasks()
    return Tasks(registry=Registry({}), platform={ours.id: ours})


def the_one(who: Principal, box: queries.Box = "本单位发出") -> queries.OpenedNotice:
    (row,) = queries.listed(who, box).rows
    return queries.opened(who, row.id)


def test_a_notice_arrives_to_be_read_and_one_receipt_closes_it_for_the_unit(
    city: Principal,
) -> None:
    number = desk.send(city, draft())
    assert number == "TZ-20261123-0001"
    box = inbox().inbox(clerk(), "待阅")
    (row,) = box.rows
    assert (row.title, row.kind, row.due_on) == ("清明值守安排", papers.RECEIPT, DAY)
    opened = inbox().open_task(clerk(), row.id)
    assert ("正文", "各社区：\n请按附件值守。") in opened.details
    inbox().act(clerk(), row.id, "READ", {}, row.version)
    assert inbox().inbox(clerk(), "待阅").rows == ()
    assert len(inbox().inbox(clerk(LOTUS), "待阅").rows) == 1
    found = the_one(city)
    assert (found.row.units, found.row.read, found.row.missing) == (2, 1, 1)
    assert [(one.unit_name, one.read_by) for one in found.receipts][1:] == [("柳岸社区", "王小梅")]
    assert found.receipts[0].read_at is None


def test_a_second_reader_of_the_unit_is_told_and_nothing_is_counted_twice(city: Principal) -> None:
    desk.send(city, draft())
    notice_id = the_one(city).row.id
    desk.read(clerk(), notice_id)
    with pytest.raises(NoticeError, match="已由 王小梅 阅知"):
        desk.read(clerk(), notice_id)
    assert the_one(city).row.read == 1


def test_a_notice_without_receipt_needs_no_act_and_leaves_by_itself(
    city: Principal, frozen: clock.FrozenClock
) -> None:
    desk.send(city, draft(receipt=False))
    (row,) = inbox().inbox(clerk(), "待阅").rows
    assert (row.kind, row.due_on, row.overdue) == (papers.PLAIN, None, False)
    with pytest.raises(NoticeError, match="不需要回执"):
        desk.remind(city, the_one(city).row.id)
    frozen.advance(timedelta(days=7))
    assert desk.sweep() == 0
    frozen.advance(timedelta(days=1))
    assert desk.sweep() == 1
    assert inbox().inbox(clerk(), "待阅").rows == ()
    assert desk.sweep() == 0


def test_a_reminder_goes_to_those_who_have_not_read_once_in_half_a_day(
    city: Principal, frozen: clock.FrozenClock
) -> None:
    desk.send(city, draft())
    notice_id = the_one(city).row.id
    desk.read(clerk(), notice_id)
    assert the_one(city).may_remind
    assert desk.remind(city, notice_id) == 1
    assert not the_one(city).may_remind
    with pytest.raises(NoticeError, match="本半日已经提醒过"):
        desk.remind(city, notice_id)
    (row,) = inbox().inbox(clerk(LOTUS), "待阅").rows
    assert "测试单位提醒查看" in [
        one.words for one in inbox().open_task(clerk(LOTUS), row.id).history
    ]
    frozen.advance(timedelta(hours=4))  # the afternoon
    assert desk.remind(city, notice_id) == 1
    desk.read(clerk(LOTUS), notice_id)
    with pytest.raises(NoticeError, match="都已阅知"):
        desk.remind(city, notice_id)


@settings(max_examples=12, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(st.lists(st.integers(min_value=0, max_value=600), min_size=1, max_size=8))
def test_never_two_reminders_in_one_half_day(
    city: Principal, frozen: clock.FrozenClock, waits: list[int]
) -> None:
    number = desk.send(city, draft(due_on=DAY + timedelta(days=400)))
    notice_id = next(
        one.id for one in queries.listed(city, "本单位发出").rows if one.number == number
    )
    halves = set()
    sent = 0
    for minutes in waits:
        frozen.advance(timedelta(minutes=minutes))
        halves.add(desk.half_day(clock.now()))
        try:
            sent += bool(desk.remind(city, notice_id))
        except NoticeError:
            continue
    assert sent == len(halves)
    with scoped(city.reach) as connection:
        kept = select(func.count()).where(notice_reminder.c.notice_id == notice_id)
        assert connection.execute(kept).scalar_one() == len(halves)


def test_a_withdrawn_notice_leaves_the_inboxes_with_its_reason(city: Principal) -> None:
    desk.send(city, draft())
    notice_id = the_one(city).row.id
    desk.read(clerk(LOTUS), notice_id)
    with pytest.raises(NoticeError, match="撤回原因"):
        desk.withdraw(city, notice_id, "错")
    desk.withdraw(city, notice_id, "日期写错，另行通知")
    assert inbox().inbox(clerk(), "待阅").rows == ()
    (done,) = inbox().inbox(clerk(), "已办").rows
    assert inbox().open_task(clerk(), done.id).result == "已撤回：日期写错，另行通知"
    seen = the_one(clerk(), "发给本单位")
    assert (seen.body, seen.withdrawn_why) == ("", "日期写错，另行通知")
    with pytest.raises(NoticeError, match="已由发文单位撤回"):
        desk.read(clerk(), notice_id)
    for act in (lambda: desk.remind(city, notice_id),
                lambda: desk.withdraw(city, notice_id, "再撤回一次")):  # fmt: skip
        with pytest.raises(NoticeError, match="已经撤回"):
            act()


def test_nothing_is_sent_beyond_the_own_scope_nor_by_who_may_not(city: Principal) -> None:
    code = "990103"
    outside = people.principal(roles=("city_officer",), prefixes=(code,), unit_id=f"gov-{code}",
                               kind="government", level="district", region_code=code)  # fmt: skip
    with pytest.raises(NoticeError, match="不在本单位的下级范围"):
        desk.send(outside, draft())
    with pytest.raises(Denied):
        desk.send(clerk(), draft())
    with scoped(queries.SERVICE) as connection:
        assert connection.execute(select(func.count()).select_from(notice)).scalar_one() == 0


def test_a_bad_file_sends_nothing_and_a_good_one_is_fetched_by_the_units_it_is_for(
    city: Principal,
) -> None:
    with pytest.raises(NoticeError, match="与扩展名不符"):
        desk.send(city, draft(file_name="安排.pdf", file=b"MZ"))
    assert queries.listed(city, "本单位发出").total == 0
    desk.send(city, draft([f"com-{WILLOW}"], file_name="安排.pdf", file=b"%PDF-1.7 x"))
    notice_id = the_one(city).row.id
    assert queries.attachment(clerk(), notice_id).content == b"%PDF-1.7 x"
    (row,) = inbox().inbox(clerk(), "待阅").rows
    assert inbox().open_task(clerk(), row.id).files == (
        ("安排.pdf", f"/api/v1/notices/{notice_id}/file"),
    )
    with pytest.raises(NoticeError, match="没有找到这份通知"):
        queries.attachment(clerk(LOTUS), notice_id)
    with scoped(city.reach) as connection:
        stored = connection.execute(select(notice_file.c.content)).scalar_one()
    assert "PDF" not in stored


def test_another_unit_sees_neither_the_notice_nor_the_receipts_of_others(city: Principal) -> None:
    desk.send(city, draft([f"com-{WILLOW}"]))
    notice_id = the_one(city).row.id
    with pytest.raises(NoticeError):
        queries.opened(clerk(LOTUS), notice_id)
    with pytest.raises(TaskError):
        inbox().open_task(clerk(LOTUS), notice_id)
    seen = the_one(clerk(), "发给本单位")
    assert (seen.receipts, seen.row.units, seen.mine) == ((), 0, False)
    for reach in (NOTHING, Reach(prefixes=("9901",), unit_id=None, actor="x"), clerk(LOTUS).reach):
        with scoped(reach) as connection:
            for table in (notice, notice_receipt, notice_file):
                assert connection.execute(select(table)).all() == [], table.name


def test_several_notices_are_read_at_once_and_each_row_tells_its_end(city: Principal) -> None:
    for _ in range(2):
        desk.send(city, draft())
    rows = inbox().inbox(clerk(), "待阅").rows
    assert [[one.id for one in row.batch] for row in rows] == [["READ"], ["READ"]]
    chosen = {one.id: one.version for one in rows}
    ends = inbox().act_together(clerk(), chosen, "READ", {})
    assert [one.state for one in ends] == ["已办", "已办"]
    again = inbox().act_together(clerk(), chosen, "READ", {})
    assert [one.state for one in again] == ["未提交", "未提交"]
    assert all(one.reason for one in again)


def test_sending_reminding_and_withdrawing_are_in_the_audit(city: Principal) -> None:
    desk.send(city, draft())
    notice_id = the_one(city).row.id
    desk.remind(city, notice_id)
    desk.withdraw(city, notice_id, "日期写错了")
    with begin() as connection:
        rows = connection.execute(select(audit_entry).order_by(audit_entry.c.seq)).all()
    told = [(one.action, one.detail["number"]) for one in rows if one.action.startswith("notices.")]
    assert told == [
        (f"notices.{one}", "TZ-20261123-0001") for one in ("send", "remind", "withdraw")
    ]
    assert "值守" not in str([one.detail for one in rows])
