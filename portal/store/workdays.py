"""Working days: Monday to Friday but for what the city pack says of a published year."""

from collections.abc import Iterable
from datetime import date, timedelta

from portal.store.work_texts import HolidayYear

UNPUBLISHED = "节假日安排未发布"


def is_workday(day: date, years: Iterable[HolidayYear]) -> bool:
    """Whether that day is worked."""
    known = next((one for one in years if one.year == day.year), None)
    if known is not None and day in known.work:
        return True
    return day.weekday() < 5 and not (known is not None and day in known.off)


def after(start: date, count: int, years: Iterable[HolidayYear]) -> date:
    """The day that ends a limit of so many working days; the first day does not count."""
    held = tuple(years)
    day = start
    while count > 0:
        day += timedelta(days=1)
        count -= is_workday(day, held)
    return day


def note(start: date, end: date, years: Iterable[HolidayYear]) -> str:
    """What to say beside a limit that reaches into a year nobody has published yet."""
    known = {one.year for one in years}
    missing = [year for year in range(start.year, end.year + 1) if year not in known]
    return f"{missing[0]} 年{UNPUBLISHED}，暂按周一至周五计" if missing else ""
