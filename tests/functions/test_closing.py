"""Closing a period: by one's own level, once it is over, said in reports, undone with a reason."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, select

from auth.permissions import Denied
from auth.tables import audit_entry
from portal.functions.reports import NoSuchReport, closing, periods, versions
from portal.functions.reports.closing import CannotClose
from portal.store import clock, measure_closing, measures
from portal.store.engine import begin
from portal.store.measure_lock_tables import measure_pending, measure_period_lock
from portal.store.measure_words import Change, Definition, Kind, Period
from portal.store.scope import scoped
from tests.conftest import TestDatabase
from tests.functions.test_reports import (  # noqa: F401
    CLERK,
    LEADER,
    OFFICER,
    WILLOW,
    Town,
    peopled,
    town,
)

LAST_MONTH = "2026-10"


@pytest.fixture(autouse=True)
def open_periods(database: TestDatabase) -> None:
    with scoped(measures.WRITER) as connection:
        connection.execute(delete(measure_period_lock))
        connection.execute(delete(measure_pending))


def late(number: int) -> None:
    """Something of October that comes afterwards."""
    change = Change(
        measure="households", system_id="a", region_code=WILLOW, day=date(2026, 10, 9),
        numerator=number,
    )  # fmt: skip
    with scoped(measures.WRITER) as connection:
        definition = Definition(id="households", kind=Kind.STOCK, name="户", unit="户")
        measures.define(connection, [definition])
        measures.add(connection, [change], clock.now())


def test_a_closed_period_is_said_in_the_report_with_what_waits(town: Town) -> None:  # noqa: F811
    before = town.reports.version(OFFICER, "9901")
    assert closing.standing(OFFICER, "9901", LAST_MONTH).may_close
    assert closing.close(OFFICER, "9901", LAST_MONTH) == 1
    assert town.reports.version(OFFICER, "9901") != before  # nothing kept is shown any more
    late(3)
    for place in ("9901", WILLOW):
        notes = town.report(OFFICER, place, LAST_MONTH).notes
        assert any("2026年10月的数据已锁定（第1版" in one for one in notes), notes
        assert any("收到 1 项更正" in one for one in notes), notes
    state = closing.standing(OFFICER, "9901", LAST_MONTH)
    assert (state.may_close, state.may_reopen) == (False, True)
    assert closing.reopen(OFFICER, "9901", LAST_MONTH, "数据更正") == 1
    (words,) = closing.standing(OFFICER, "9901", LAST_MONTH).words
    assert "第1版" in words and "重开（数据更正）" in words and "尚未锁定" in words


def test_closing_and_reopening_are_in_the_audit_with_the_reason(town: Town) -> None:  # noqa: F811
    closing.close(OFFICER, "9901", LAST_MONTH)
    closing.reopen(OFFICER, "9901", LAST_MONTH, "数据更正")
    with begin() as connection:
        rows = connection.execute(
            select(audit_entry.c.action, audit_entry.c.detail)
            .where(audit_entry.c.action.in_(("reports.close", "reports.reopen")))
            .order_by(audit_entry.c.seq.desc())
            .limit(2)
        ).all()
    assert [row.action for row in rows] == ["reports.reopen", "reports.close"]
    assert rows[0].detail["reason"] == "数据更正"


@pytest.mark.parametrize("period", ["2026-11", "2026-Q4", "2026", "2027-01"])
def test_a_period_that_is_not_over_is_not_closed(town: Town, period: str) -> None:  # noqa: F811
    assert not closing.standing(OFFICER, "9901", period).may_close
    with pytest.raises(CannotClose, match="尚未结束"):
        closing.close(OFFICER, "9901", period)


@pytest.mark.parametrize("period", ["2026-W40", "2026-10-09"])
def test_weeks_and_days_are_not_closed(town: Town, period: str) -> None:  # noqa: F811
    with pytest.raises(CannotClose, match="按月、季、年"):
        closing.close(OFFICER, "9901", period)


def test_who_may_not_close_is_refused_and_so_is_another_places_period(
    town: Town,  # noqa: F811
) -> None:
    with pytest.raises(Denied):
        closing.close(LEADER, "9901", LAST_MONTH)
    with pytest.raises(CannotClose, match="本级"):
        closing.close(OFFICER, WILLOW, LAST_MONTH)
    assert closing.standing(OFFICER, "9901", LAST_MONTH).words == ()


def test_a_reopening_without_a_reason_changes_nothing(town: Town) -> None:  # noqa: F811
    closing.close(OFFICER, "9901", LAST_MONTH)
    with pytest.raises(CannotClose, match="理由"):
        closing.reopen(OFFICER, "9901", LAST_MONTH, "  ")
    assert closing.standing(OFFICER, "9901", LAST_MONTH).may_reopen
    with pytest.raises(CannotClose, match="已经锁定"):
        closing.close(OFFICER, "9901", LAST_MONTH)


@pytest.mark.parametrize(
    ("text", "grain", "starts", "name"),
    [
        ("2026-11-23", "day", date(2026, 11, 23), "2026年11月23日"),
        ("2026-W01", "week", date(2025, 12, 29), "2026年第1周（12-29至01-04）"),
        ("2026-10", "month", date(2026, 10, 1), "2026年10月"),
        ("2026-Q4", "quarter", date(2026, 10, 1), "2026年第4季度"),
        ("2026", "year", date(2026, 1, 1), "2026年"),
    ],
)
def test_periods_as_people_name_them(text: str, grain: Any, starts: date, name: str) -> None:
    assert periods.parse(text) == Period(grain=grain, starts=starts)
    assert periods.text_of(periods.parse(text)) == text
    assert periods.name(text) == name


@pytest.mark.parametrize("text", ["2026-W54", "2026-02-30", "2026-13", "26", "2026-w01", ""])
def test_what_names_no_period_is_refused(text: str) -> None:
    with pytest.raises(periods.UnknownPeriodError, match="统计期"):
        periods.parse(text)


def test_an_earlier_version_stays_readable_with_who_when_why_and_what_differs(
    town: Town,  # noqa: F811
) -> None:
    for version, (number, why) in enumerate(((3, "民政补报"), (4, "再次更正")), start=1):
        late(1)
        assert closing.close(OFFICER, "9901", LAST_MONTH) == version
        late(number)
        closing.reopen(OFFICER, "9901", LAST_MONTH, why)
    assert closing.close(OFFICER, "9901", LAST_MONTH) == 3
    found = versions.versions(LEADER, "9901", LAST_MONTH)
    assert [(one.version, one.reason, one.stands) for one in found] == [
        (1, "民政补报", False),
        (2, "再次更正", False),
        (3, "", True),
    ]
    assert OFFICER.name in found[0].closed_by
    assert OFFICER.name in found[0].reopened_by
    first = versions.differences(OFFICER, "9901", LAST_MONTH, 1)
    assert first.against == "第2版"
    # Households: 1 as signed first; then 3 that waited and 1 more were in the second.
    assert {(one.was, one.now) for one in first.found} == {("1", "5")}
    assert len(first.found) == 2  # the city and the district below it
    second = versions.differences(OFFICER, "9901", LAST_MONTH, 2)
    assert second.against == "第3版（现行）"
    assert {(one.was, one.now) for one in second.found} == {("5", "9")}
    assert versions.differences(OFFICER, "9901", LAST_MONTH, 3).found == ()
    with pytest.raises(versions.NoSuchVersion, match="没有这个版本"):
        versions.differences(OFFICER, "9901", LAST_MONTH, 4)
    with pytest.raises(Denied):
        versions.differences(CLERK, "9901", LAST_MONTH, 1)


def test_a_report_of_an_earlier_version_has_its_numbers_and_says_so(peopled: Town) -> None:  # noqa: F811
    month = "2026-11"
    with scoped(measures.WRITER) as connection:
        period = periods.parse(month)
        measure_closing.close(connection, "9901", period, "甲", clock.now())
        measure_closing.reopen(connection, "9901", period, "乙", "漏报补录", clock.now())
    before = peopled.report(OFFICER, "9901", month)
    assert any("第1版已于" in one and "尚未锁定" in one for one in before.notes)
    peopled.rows["a"].pop(0)
    peopled.say("a")
    now = peopled.report(OFFICER, "9901", month)
    old = peopled.reports.build(OFFICER, "population", "9901", month, version=1)
    assert old.total.cells == before.total.cells != now.total.cells
    assert any("第1版的数据" in one and "漏报补录" in one for one in old.notes)
    moved = versions.differences(LEADER, "9901", month, 1)
    assert moved.found
    with pytest.raises(NoSuchReport, match="档案查阅权限"):
        peopled.reports.build(LEADER, "population", "9901", month, version=1)
    with pytest.raises(NoSuchReport, match="没有这个版本"):
        peopled.reports.build(OFFICER, "population", "9901", month, version=2)
