"""定期报表: once per receiver and period, under each one's own scope; a leaver gets none."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import insert, select, update
from sqlalchemy.exc import ProgrammingError

from auth.permissions import Denied
from auth.principal import Principal
from auth.tables import account, audit_entry
from auth.tables import post as holding
from portal.functions.reports import Reports, standing
from portal.functions.reports.delivering import Deliveries
from portal.functions.reports.sketch import Sketch
from portal.functions.reports.standing import NotOrdered
from portal.functions.reports.tables import report_delivery, report_standing
from portal.store import clock
from portal.store.clock import FrozenClock
from portal.store.engine import begin
from portal.store.scope import scoped
from tests.functions.staff import CITY, EAST, LOTUS, WILLOW, acting, staff
from tests.reports.test_own import counting, holds

LAMPS = Sketch(name="路灯表", measures=("lamps",))


@pytest.fixture
def reports(hailing: Any, frozen: FrozenClock) -> Reports:
    return counting()


def hired(login: str, code: str, role: str, **more: Any) -> Principal:
    who, post = staff(login, code, role, **more)
    return acting(who, post)


def number(who: Principal) -> int:
    """What the newest file of a post says in its last row."""
    content = standing.file(who, standing.delivered(who)[0])
    assert content is not None
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, int)]
    return int(cells[-1].value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("every", "today", "after", "starts"),
    [
        ("week", date(2026, 11, 30), 1, date(2026, 11, 23)),  # the Monday after
        ("week", date(2026, 11, 29), 1, date(2026, 11, 16)),  # a Sunday: the week is not over
        ("week", date(2026, 11, 30), 2, date(2026, 11, 16)),
        ("week", date(2026, 1, 5), 1, date(2025, 12, 29)),
        ("month", date(2026, 12, 1), 1, date(2026, 11, 1)),
        ("month", date(2026, 12, 2), 3, date(2026, 10, 1)),
        ("month", date(2027, 1, 31), 1, date(2026, 12, 1)),
    ],
)
def test_a_period_is_due_when_it_has_been_over(
    every: str, today: date, after: int, starts: date
) -> None:
    found = standing.last_over(every, today, after)
    assert (found.grain, found.starts) == (every, starts)
    assert found.ends <= today - timedelta(days=after - 1)


def test_each_gets_the_numbers_of_the_own_scope_once_and_a_leaver_none(
    reports: Reports, frozen: FrozenClock
) -> None:
    city = hired("city", CITY, "city_officer")
    east = hired("east", EAST, "city_officer")
    reader = hired("reader", EAST, "reader", title="无统计权限")
    frozen.advance(timedelta(days=10))
    standing.order(reports, city, LAMPS, "month", "me")
    standing.order(reports, city, LAMPS, "month", "below")
    made = Deliveries(reports=reports)
    assert made.turn() == 2, "one for the city, one for the only district officer"
    assert made.turn() == 0, "once"
    assert (number(city), number(east)) == (50, 43)
    assert standing.delivered(reader) == ()
    (one,) = standing.delivered(east)
    assert "路灯表" in one.title and "单位" not in one.why and one.file_name.endswith(".xlsx")
    today = clock.local(clock.now()).date()
    assert [line.unread for line in standing.Reminders().reminders(east, today)] == [1]
    assert standing.Reminders().reminders(east, today + timedelta(days=1)) == ()
    # A month later the officer of the district has gone, and another has come.
    with begin() as connection:
        gone = update(holding).where(holding.c.id == east.post_id)
        connection.execute(gone.values(ended_at=clock.now()))
    heir = hired("heir", EAST, "city_officer")
    frozen.advance(timedelta(days=31))
    assert made.turn() == 2
    assert len(standing.delivered(city)) == 2 and len(standing.delivered(heir)) == 1
    assert len(standing.delivered(east)) == 1, "what came before stays with that holding alone"
    # What a leaver ordered comes to nobody; nor what is stopped.
    with begin() as connection:
        connection.execute(
            update(account).where(account.c.id == city.account_id).values(status="locked")
        )
    frozen.advance(timedelta(days=31))
    assert made.turn() == 0
    with begin() as connection:
        actions = list(connection.execute(select(audit_entry.c.action)).scalars())
    assert actions.count("reports.order") == 2 and actions.count("reports.export") == 2


def test_before_its_hour_nothing_comes_and_old_files_go(
    reports: Reports, frozen: FrozenClock
) -> None:
    city = hired("city", CITY, "city_officer")
    standing.order(reports, city, "population", "week", "me")
    frozen.advance(timedelta(hours=21))  # Tuesday, six in the morning
    made = Deliveries(reports=reports)
    assert made.turn() == 0
    frozen.advance(timedelta(hours=2))
    assert made.turn() == 1
    (first,) = standing.delivered(city)
    frozen.advance(timedelta(days=181))
    assert made.turn() == 1
    assert [one.period for one in standing.delivered(city)] != [first.period]
    for key in standing.ordered(city):
        standing.cancel(city, key)
    frozen.advance(timedelta(days=31))
    assert made.turn() == 0
    with pytest.raises(NotOrdered, match="已停止"):
        standing.cancel(city, str(first.standing_id))


def test_what_may_not_be_ordered_is_refused_with_the_reason(reports: Reports) -> None:
    city, clerk = hired("city", CITY, "city_officer"), hired("clerk", WILLOW, "community_clerk")
    other = hired("other", LOTUS, "community_clerk")
    standing.order(reports, clerk, LAMPS, "week", "me")
    for chosen, every, goes_to, why in (
        (LAMPS, "week", "me", "设置过"),
        (LAMPS, "day", "me", "请选择周期"),
        (LAMPS, "week", "all", "请选择周期"),
        ("nothing", "week", "me", "没有这张报表"),
        (Sketch(name="月表", measures=("lamps",), rows="months"), "week", "me", "只能每月"),
    ):
        with pytest.raises(NotOrdered, match=why):
            standing.order(reports, clerk, chosen, every, goes_to)  # type: ignore[arg-type]
    with pytest.raises(Denied):
        standing.order(reports, clerk, LAMPS, "week", "level")
    with pytest.raises(Denied):
        standing.order(reports, holds(CITY, "explainer"), LAMPS, "week", "me")
    # Below the functions: nobody reads another's, and only the clock delivers.
    assert standing.ordered(other) == {} and standing.ordered(city) == {}
    with scoped(other.reach) as connection:
        assert connection.execute(select(report_standing)).all() == []
    with scoped(clerk.reach) as connection, pytest.raises(ProgrammingError, match="row-level"):
        connection.execute(
            insert(report_delivery).values(
                post_id=clerk.post_id, standing_id=clerk.post_id, period="2026", login=clerk.login,
                region_code=WILLOW, title="x", by_whom="x", file_name="x", why="",
                made_at=clock.now(),
            )
        )  # fmt: skip
