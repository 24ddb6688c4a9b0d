"""The round: each warning once, whoever sweeps and however late; and the 督办单 that follows."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import ProgrammingError

from auth.permissions import Denied
from auth.principal import Principal
from portal.affairs.orders import desk as orders
from portal.affairs.orders import papers
from portal.affairs.orders.tally import SERVICE
from portal.affairs.supervision import desk, paper, queries, reminding
from portal.affairs.supervision.rules import SupervisionError
from portal.affairs.supervision.sweep import sweep
from portal.affairs.supervision.tables import order_warning, supervision_sheet
from portal.store import clock, digests, tasks
from portal.store.digests import Line
from portal.store.halfdays import half_day
from portal.store.scope import NOTHING, scoped
from portal.store.task_tables import task
from tests.orders import world

pytestmark = pytest.mark.usefixtures("hailing")
STREET, DISTRICT = f"gov-{world.STREET}", "dept-990102-command"


@pytest.fixture
def order(frozen: clock.FrozenClock) -> UUID:
    """Sent on Monday at nine, due on Thursday at six."""
    made = world.taken()
    world.sent(made)
    return made


def _until_due(frozen: clock.FrozenClock, order: UUID, more: timedelta) -> None:
    frozen.advance(world.row(order).deadline_at - clock.now() + more)


def _written() -> list[tuple[str, str, bool]]:
    with scoped(SERVICE) as connection:
        w = order_warning.c
        query = select(w.stage, w.unit_id, w.told).order_by(w.id)
        return [(row.stage, row.unit_id, row.told) for row in connection.execute(query)]


def test_before_at_and_after_the_limit_each_is_told_once(
    order: UUID, frozen: clock.FrozenClock
) -> None:
    assert sweep().warned == 0
    for more in (timedelta(hours=-24), timedelta(hours=-18), timedelta(0), timedelta(hours=24)):
        _until_due(frozen, order, more)
        assert sweep().warned > 0
        assert sweep().warned == 0
    assert _written() == [
        ("near", STREET, True),
        ("today", STREET, True),
        ("due", "dept-command", True),
        ("due", STREET, True),
        ("over_district", DISTRICT, True),
        ("over_district", STREET, True),
    ]


def test_what_was_missed_is_noted_and_only_the_latest_is_told(
    order: UUID, frozen: clock.FrozenClock
) -> None:
    _until_due(frozen, order, timedelta(hours=80))
    swept = sweep()
    told = [one for one in _written() if one[2]]
    assert {stage for stage, _, _ in told} == {"over_city"}
    assert swept.told == len(told) == 2
    assert sweep().warned == 0


def test_many_sweepers_at_once_tell_once(order: UUID, frozen: clock.FrozenClock) -> None:
    _until_due(frozen, order, timedelta(hours=30))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: sweep(), range(8)))
    assert max(Counter(_written()).values()) == 1
    with scoped(SERVICE) as connection:
        assert len(connection.execute(select(supervision_sheet.c.id)).all()) == 1


def test_another_limit_is_urged_anew(order: UUID, frozen: clock.FrozenClock) -> None:
    _until_due(frozen, order, timedelta(hours=-10))
    sweep()
    orders.act(world.command(), order, "reclass", {"reason": "情况复杂", "level": 3})
    assert sweep().warned == 0
    assert queries.warnings(world.street().reach) == ()  # the old limit is nobody's business now
    _until_due(frozen, order, timedelta(hours=-10))
    assert sweep().warned == 2


def test_nobody_is_urged_for_what_does_not_run(order: UUID, frozen: clock.FrozenClock) -> None:
    world.handled(order, world.street())
    _until_due(frozen, order, timedelta(hours=5))
    assert sweep().warned == 0


def test_the_unit_that_is_complained_about_hears_nothing(frozen: clock.FrozenClock) -> None:
    order = world.taken(against_unit=DISTRICT)
    world.sent(order, "dept-civil")
    _until_due(frozen, order, timedelta(hours=25))
    sweep()
    assert {unit for _, unit, _ in _written()} == {"dept-civil", "dept-command"}
    with scoped(world.district().reach) as connection:
        assert connection.execute(select(order_warning)).all() == []


def test_a_unit_reads_its_own_and_the_digest_leaves_out_the_urgent(
    order: UUID, frozen: clock.FrozenClock
) -> None:
    urgent = world.taken("2", urgency=1)
    world.sent(urgent)
    _until_due(frozen, order, timedelta(hours=-20))
    sweep()
    seen = queries.warnings(world.street().reach)
    assert {(one.order_no, one.urgent) for one in seen} == {
        (world.row(order).order_no, False),
        (world.row(urgent).order_no, True),
    }
    assert queries.warnings(world.street().reach, urgent=True)[0].order_id == urgent
    assert queries.warnings(world.urban().reach) == ()


def test_warnings_are_written_by_the_service_alone(order: UUID) -> None:
    with scoped(NOTHING) as connection:
        assert connection.execute(select(order_warning)).all() == []
    with scoped(world.command().reach) as connection, pytest.raises(ProgrammingError):
        connection.execute(
            order_warning.insert().values(order_id=order, deadline_at=clock.now(), stage="x",
                                          colour="红", unit_id=STREET, at=clock.now(),
                                          urgent=False, told=True)
        )  # fmt: skip


# -- 督办单 ----------------------------------------------------------------------------------


@pytest.fixture
def late(order: UUID, frozen: clock.FrozenClock) -> UUID:
    """A day late: the district's desk finds a proposal."""
    _until_due(frozen, order, timedelta(hours=24))
    sweep()
    return order


def _proposed(who: Principal) -> queries.Sheet:
    (one,) = queries.sheets(who, "待签发")
    return one


def test_a_sheet_goes_from_the_proposal_to_its_end(late: UUID) -> None:
    sheet = _proposed(world.district())
    assert (sheet.reason, sheet.to_unit, sheet.number) == ("超期一日，报区县", STREET, "")
    with pytest.raises(SupervisionError, match="尚未签发"):
        paper.printed(world.district(), sheet.id)
    number = desk.issue(world.district(), sheet.id)
    assert number.startswith("DB-20261127-")
    assert world.row(late).state == "督办"
    (asked,) = queries.sheets(world.street(), "待反馈")
    assert asked.demands == ("请于督办时限内办结并反馈。",)
    desk.answer(world.street(), sheet.id, "已安排清理，今日办结")
    desk.send_back(world.district(), sheet.id, "请补充照片")
    assert "退回补充：请补充照片" in queries.sheets(world.street(), "待反馈")[0].demands
    desk.answer(world.street(), sheet.id, "已办结，照片已附")
    assert queries.sheets(world.district(), "待销号")[0].answer == "已办结，照片已附"
    desk.end(world.district(), sheet.id, "整改到位，予以销号")
    assert world.row(late).state == "办理中"
    assert queries.sheets(world.street(), "已结束")[0].number == number


def test_the_printed_sheet_has_number_demands_and_places_to_sign(late: UUID) -> None:
    sheet = _proposed(world.district())
    number = desk.issue(world.district(), sheet.id, ["请于今日十八时前清理完毕"])
    page = paper.printed(world.street(), sheet.id)
    assert (page.number, page.demands) == (number, ("请于今日十八时前清理完毕",))
    assert page.title == "东湖区指挥中心督办单"
    assert dict(page.lines)["被督办单位"] == "湖滨街道"
    assert page.sign == ("签发人", "承办单位负责人", "经办人")


def test_one_open_sheet_of_a_unit_for_an_order(late: UUID) -> None:
    with pytest.raises(SupervisionError, match="已有未结束的督办单"):
        desk.propose(world.district(), late, "久拖不决，影响恶劣")
    desk.end(world.district(), _proposed(world.district()).id, "已电话督促，不再发单")
    desk.propose(world.district(), late, "久拖不决，影响恶劣")
    assert _proposed(world.district()).reason == "久拖不决，影响恶劣"


def test_who_may_not_supervise_does_not_and_sees_no_stranger_s_sheet(late: UUID) -> None:
    sheet = _proposed(world.district())
    with pytest.raises(Denied):
        desk.issue(world.street(), sheet.id)
    with pytest.raises(SupervisionError, match="不由本单位办理"):
        desk.issue(world.command(), sheet.id)
    desk.issue(world.district(), sheet.id)
    with pytest.raises(SupervisionError, match="不由本单位办理"):
        desk.answer(world.urban(), sheet.id, "不是我们的单子")
    with scoped(world.urban().reach) as connection:
        assert connection.execute(select(supervision_sheet)).all() == []
        assert connection.execute(update(supervision_sheet).values(reason="x")).rowcount == 0


# -- how a person hears of it ---------------------------------------------------------------------


def _inbox(unit_id: str) -> list[tuple[str, str, str]]:
    with scoped(tasks.SERVICE) as connection:
        query = select(task.c.kind, task.c.title, task.c.state).where(
            task.c.unit_id == unit_id, task.c.kind == papers.TOLD
        )
        return [tuple(row) for row in connection.execute(query)]  # type: ignore[misc]


def test_the_urgent_are_told_at_once_and_the_others_once_in_the_half_day(
    order: UUID, frozen: clock.FrozenClock
) -> None:
    who = replace(world.street(), account_id=uuid4())
    urgent = world.taken("2", urgency=1, title="井盖缺失")
    world.sent(urgent)
    _until_due(frozen, urgent, timedelta(hours=-3))
    sweep()
    sweep()
    told = [("工单提醒", "临近时限：井盖缺失", "待阅")]
    assert _inbox(STREET) == told, "at once, and once"
    source = reminding.Reminders()
    today = clock.local(clock.now()).date()
    assert source.reminders(who, today) == (), "what was told at once is in no digest"
    _until_due(frozen, order, timedelta(hours=-20))
    sweep()
    assert source.reminders(who, today) == (Line(name=reminding.NAME, due=1),)
    assert source.reminders(world.urban(), today) == ()
    assert source.reminders(replace(who, roles=("security_admin",)), today) == ()
    _digest_of(who)
    assert source.reminders(who, today) == (), "nothing is said twice to the same person"
    frozen.advance(timedelta(hours=21))
    sweep()
    assert source.reminders(who, today) == (Line(name=reminding.NAME, late=1),)
    world.handled(order, world.street())
    orders.act(world.command(), order, "approve")
    orders.act(world.visitor(), order, "visit_none", {"reason": "诉求人表示不用回访"})
    assert source.reminders(who, today) == (), "what is settled is not said any more"


def _digest_of(who: Principal) -> None:
    """The digest of this half day was made for a person."""
    now = clock.now()
    with scoped(digests.SERVICE) as connection:
        assert digests.put(connection, account_id=who.account_id, half_day=half_day(now),
                           login=who.login, post_id=who.post_id, at=now, lines=())  # fmt: skip
