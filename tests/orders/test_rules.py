"""Limits of orders: days and hours, 调休, returns, extensions, visits, and who is who."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.affairs.orders import rules
from portal.affairs.orders.rules import Asker, OrderError
from portal.settings import ROOT
from portal.store import clock
from portal.store.citypack import read_pack
from portal.store.work_texts import HolidayYear

XINING = read_pack(ROOT / "city" / "xining", production=True)
TEXTS = XINING.orders
YEARS = XINING.holidays


def at(text: str) -> datetime:
    """A moment on the wall clock here."""
    return datetime.fromisoformat(text).replace(tzinfo=clock.LOCAL)


@pytest.mark.parametrize(
    ("start", "urgency", "rule", "due"),
    [
        ("2026-11-23 09:00", 1, "日历日", "2026-11-24 18:00"),
        ("2026-11-23 09:00", 2, "日历日", "2026-11-26 18:00"),
        ("2026-11-23 09:00", 3, "日历日", "2026-11-30 18:00"),
        ("2026-11-23 09:00", 4, "日历日", "2026-12-04 18:00"),
        ("2026-11-27 23:59", 1, "日历日", "2026-11-28 18:00"),
        ("2026-11-27 09:00", 1, "工作日", "2026-11-30 18:00"),  # over a weekend
        ("2026-11-23 09:00", 4, "工作日", "2026-12-08 18:00"),
        ("2026-09-30 10:00", 1, "工作日", "2026-10-08 18:00"),  # over the national holiday
        ("2026-10-09 10:00", 1, "工作日", "2026-10-10 18:00"),  # a Saturday that is worked
        ("2026-12-31 10:00", 1, "工作日", "2027-01-01 18:00"),  # a year nobody has published yet
    ],
)
def test_each_urgency_has_its_days(start: str, urgency: int, rule: str, due: str) -> None:
    found = rules.due_at(at(start), urgency, rule, TEXTS, YEARS)  # type: ignore[arg-type]
    assert found == at(due)


@pytest.mark.parametrize(("urgency", "hours"), [(1, 2), (2, 24), (3, 24), (4, 24)])
def test_an_answer_is_owed_within_hours_that_run_through_the_night(
    urgency: int, hours: int
) -> None:
    start = at("2026-11-27 23:30")
    assert rules.respond_due_at(start, urgency, TEXTS) - start == timedelta(hours=hours)


@given(
    start=st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)),
    days=st.integers(1, 40),
    off=st.frozensets(st.dates(date(2025, 1, 1), date(2027, 12, 31)), max_size=30),
)
def test_working_days_never_end_before_calendar_days_and_more_days_never_sooner(
    start: datetime, days: int, off: frozenset[date]
) -> None:
    moment = start.replace(tzinfo=clock.LOCAL)
    years = tuple(
        HolidayYear(year=year, off=frozenset(one for one in off if one.year == year))
        for year in (2025, 2026, 2027)
    )
    calendar, working, more = (
        rules.days_later(moment, count, rule, TEXTS, years)  # type: ignore[arg-type]
        for count, rule in ((days, "日历日"), (days, "工作日"), (days + 1, "工作日"))
    )
    assert calendar <= working < more
    assert working.date().weekday() < 5 and working.date() not in off


@pytest.mark.parametrize(
    ("now", "sent", "returns", "words"),
    [
        ("2026-11-24 17:59", "2026-11-23 09:00", 0, ""),
        ("2026-11-30 17:59", "2026-11-27 17:00", 0, ""),  # Friday to Monday
        ("2026-11-24 18:01", "2026-11-23 09:00", 0, "1 个工作日内（2026-11-24 18:00前）"),
        ("2026-11-23 10:00", "2026-11-23 09:00", 1, "已退单 1 次"),
    ],
)
def test_an_order_is_given_back_once_and_within_a_working_day(
    now: str, sent: str, returns: int, words: str
) -> None:
    if not words:
        rules.may_return(at(now), at(sent), returns, TEXTS, YEARS)
        return
    with pytest.raises(OrderError, match="已填内容已保留") as refused:
        rules.may_return(at(now), at(sent), returns, TEXTS, YEARS)
    assert words in refused.value.message


@pytest.mark.parametrize(
    ("now", "deadline", "extends", "words"),
    [
        ("2026-11-25 16:59", "2026-11-26 18:00", 0, ""),
        ("2026-11-26 16:59", "2026-11-26 18:00", 0, ""),
        ("2026-11-25 17:00", "2026-11-26 18:00", 0, "每日 17:00 之后不受理"),
        ("2026-11-26 18:00", "2026-11-26 18:00", 0, "已于 2026-11-26 18:00 到期"),
        ("2026-11-25 09:00", "2026-11-26 18:00", 1, "已延期 1 次"),
    ],
)
def test_more_time_is_asked_for_once_before_five_and_before_the_limit(
    now: str, deadline: str, extends: int, words: str
) -> None:
    if not words:
        rules.may_extend(at(now), at(deadline), extends, TEXTS)
        return
    with pytest.raises(OrderError, match="已填内容已保留") as refused:
        rules.may_extend(at(now), at(deadline), extends, TEXTS)
    assert words in refused.value.message


def test_an_extension_lies_after_the_limit_and_is_not_endless() -> None:
    limit = at("2026-11-26 18:00")
    fine = at("2026-12-07 18:00")
    assert rules.extended(fine, limit, "日历日", TEXTS, YEARS) == fine
    for wrong in (limit, at("2026-11-25 18:00"), at("2026-12-07 18:01")):
        with pytest.raises(OrderError, match="延期须在现时限"):
            rules.extended(wrong, limit, "日历日", TEXTS, YEARS)


@pytest.mark.parametrize(
    ("resolved", "satisfied", "redone", "to"),
    [
        ("已解决", "满意", 0, "已办结"),
        ("已解决", "基本满意", 1, "已办结"),
        ("部分解决", "基本满意", 0, "已办结"),
        ("未解决", "满意", 0, "重办"),
        ("已解决", "不满意", 0, "重办"),
        ("未解决", "不满意", 1, "督办"),
        ("已解决", "不满意", 2, "督办"),
    ],
)
def test_what_is_said_at_a_visit_leads_on(
    resolved: str, satisfied: str, redone: int, to: str
) -> None:
    answers = {"resolved": resolved, "satisfied": satisfied}
    assert rules.visited(answers, redone, TEXTS) == (resolved, satisfied, to)


@pytest.mark.parametrize("answers", [{}, None, {"resolved": "已解决"}, "满意"])
def test_a_visit_without_both_answers_is_not_one(answers: object) -> None:
    with pytest.raises(OrderError, match="是否解决和是否满意"):
        rules.visited(answers, 0, TEXTS)
    with pytest.raises(OrderError, match="不在可选范围"):
        rules.visited({"resolved": "好", "satisfied": "满意"}, 0, TEXTS)


@dataclass
class Order:
    """An order as these rules look at it."""

    unit_id: str = "holder"
    lead_unit: str | None = "holder"
    dispatch_unit: str | None = "desk"
    region_code: str = "630102101003"
    seat_units: list[str] = field(default_factory=lambda: ["holder", "desk"])


ALL = frozenset({"handle", "dispatch", "supervise", "visit", "register"})


@pytest.mark.parametrize(
    ("unit", "level", "prefixes", "rights", "found"),
    [
        ("holder", "street", ("630102101",), {"handle"}, {"承办单位"}),
        ("holder", "street", ("630102101",), ALL, {"承办单位", "承办派单", "登记单位"}),
        ("holder", "street", ("630102101",), set(), set()),
        ("desk", "city", ("6301",), {"dispatch"}, {"派单单位", "上级"}),
        ("desk", "city", (), {"dispatch"}, {"派单单位", "上级"}),  # by its seat
        ("other", "district", ("630102",), {"dispatch"}, {"上级"}),
        ("other", "district", ("630103",), ALL, set()),  # another district
        ("other", "street", ("630102101",), {"dispatch"}, set()),  # the same level is not above
        ("other", "district", ("630102",), {"supervise", "visit"}, {"督办单位", "回访单位"}),
        ("helper", "district", (), {"handle"}, {"协办单位"}),
        ("helper", "district", (), set(), set()),
    ],
)
def test_who_is_who_towards_an_order(
    unit: str, level: str, prefixes: tuple[str, ...], rights: set[str], found: set[str]
) -> None:
    asker = Asker(unit_id=unit, level=level, prefixes=prefixes, rights=frozenset(rights))
    assert rules.kinds(asker, Order(), "street", ("helper",)) == found


def test_who_handled_it_never_visits_it() -> None:
    asker = Asker(unit_id="lead", level="city", prefixes=("6301",), rights=ALL)
    assert "回访单位" not in rules.kinds(asker, Order(lead_unit="lead"), "street", ())
    assert "回访单位" in rules.kinds(asker, Order(), "street", ())
