"""Closing a period: by one's own level, once it is over, said in reports, undone with a reason."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, select

from auth.permissions import Denied
from auth.tables import audit_entry
from portal.functions.reports import closing, periods
from portal.functions.reports.closing import CannotClose
from portal.store import clock, measures
from portal.store.engine import begin
from portal.store.measure_lock_tables import measure_pending, measure_period_lock
from portal.store.measure_words import Change, Definition, Kind, Period
from portal.store.scope import scoped
from tests.conftest import TestDatabase
from tests.functions.test_reports import LEADER, OFFICER, WILLOW, Town, town  # noqa: F401

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
    assert closing.standing(OFFICER, "9901", LAST_MONTH).words == ()


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
