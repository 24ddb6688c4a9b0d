"""Limits in working days: holidays and worked Saturdays are data, an unpublished year is said."""

from calendar import isleap
from datetime import date, timedelta

import chinese_calendar as calendar
import pytest

from portal.settings import ROOT
from portal.store import workdays
from portal.store.citypack import read_pack
from portal.store.work_texts import HolidayYear

YEAR = HolidayYear(
    year=2026,
    off=frozenset({date(2026, 10, 1), date(2026, 10, 2)}),
    work=frozenset({date(2026, 9, 20)}),
)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2026, 11, 23), 5, date(2026, 11, 30)),  # over a week-end
        (date(2026, 9, 30), 1, date(2026, 10, 5)),  # over two days off and a week-end
        (date(2026, 9, 18), 1, date(2026, 9, 20)),  # a worked Sunday counts
        (date(2026, 12, 31), 2, date(2027, 1, 4)),  # an unpublished year: Monday to Friday
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
    ],
)
def test_a_limit_counts_working_days_only(start: date, count: int, end: date) -> None:
    assert workdays.after(start, count, (YEAR,)) == end


def test_a_limit_that_reaches_an_unpublished_year_says_so() -> None:
    assert workdays.note(date(2026, 11, 23), date(2026, 11, 30), (YEAR,)) == ""
    said = workdays.note(date(2026, 12, 30), date(2027, 1, 6), (YEAR,))
    assert said == "2027 年节假日安排未发布，暂按周一至周五计"


def test_the_packs_year_is_that_of_the_calendar_it_was_taken_from() -> None:
    city = next(one.parent for one in (ROOT / "city").glob("*/holidays.toml"))
    years = read_pack(city).holidays
    for year in years:
        first = date(year.year, 1, 1)
        days = [first + timedelta(days=n) for n in range(365 + isleap(year.year))]
        wrong = [one for one in days if workdays.is_workday(one, years) != calendar.is_workday(one)]
        assert wrong == []
