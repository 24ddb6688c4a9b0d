"""Bulletins: every number is what the demands add up to, counted another way."""

from collections import Counter
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from auth.permissions import Denied
from auth.principal import Principal
from portal.affairs.orders import tally
from portal.affairs.orders.tables import order_tally
from portal.affairs.rates import bulletin, closing, paperwork
from portal.affairs.rates.paperwork import Bulletin
from portal.affairs.rates.schemes import RatesError
from portal.affairs.rates.spans import Days, Span, UnknownSpanError, around, parse, recent
from portal.store import clock, papers
from portal.store.citypack import CityPack
from portal.store.scope import scoped
from tests.rates import desk
from tests.rates.desk import Demand

OCTOBER = parse("2026-10")


@pytest.fixture(autouse=True)
def _clock(hailing: CityPack, frozen: clock.FrozenClock) -> None:
    """Monday 23 November 2026."""


@pytest.fixture
def demands() -> list[Demand]:
    """Two years' worth of months that matter, and some of the running one."""
    days = [*desk.month(2025, 10), *desk.month(2026, 9), *desk.month(2026, 10)]
    made = desk.some(900, [*days, *desk.month(2026, 11)[:23]], seed=4)
    desk.file(made)
    return made


def _in(demands: list[Demand], span: Span, code: str = "9901") -> list[Demand]:
    return [
        one for one in demands if span.starts <= one.day < span.ends and one.place.startswith(code)
    ]


def _percent(top: float, below: int) -> Decimal:
    return (Decimal(str(top)) * 100 / below).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _moved(now: int, before: int) -> str:
    if not before:
        return "无可比"
    value = (Decimal(now - before) * 100 / before).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return "持平" if not value else f"{'升' if value > 0 else '降'}{abs(value)}%"


def _made(region: str = "9901", span: Span = OCTOBER, who: Principal | None = None) -> Bulletin:
    return bulletin.build(who or desk.officer(), region, span)


# -- golden -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "text"),
    [
        ("9901", "2026-10"),
        ("990102", "2026-10"),
        ("990102001", "2026-10"),
        (desk.WILLOW, "2026-10"),
        ("9901", "2026-W42"),
        ("990103", "2026-10-14"),
    ],
)
def test_totals_kinds_and_topics_at_every_level(
    demands: list[Demand], region: str, text: str
) -> None:
    span = parse(text)
    made = _made(region, span)
    now, before = _in(demands, span, region), _in(demands, span.before, region)
    assert span.last_year is not None
    last = _in(demands, span.last_year, region)
    totals = made.part("总体情况").grid
    assert totals is not None
    assert totals.cell("受理量", "件数") == len(now)
    assert totals.cell("受理量", "环比") == _moved(len(now), len(before))
    assert totals.cell("受理量", "同比") == _moved(len(now), len(last))
    assert totals.cell("退单量", "件数") == desk.count(now, lambda one: one.returned)
    kinds = made.part("诉求类型").grid
    assert kinds is not None
    for kind, number in Counter(one.kind for one in now).items():
        assert kinds.cell(kind, "件数") == number
        assert kinds.cell(kind, "占比（%）") == _percent(number, len(now))
    assert kinds.cell("合计", "件数") == len(now)
    topics = made.part("热点问题").grid
    assert topics is not None
    assert {row[0]: row[1] for row in topics.rows} == Counter(one.topic for one in now)
    numbers = [row[1] for row in topics.rows]
    assert numbers == sorted(numbers, reverse=True)  # type: ignore[type-var]


def test_rates_of_a_place_are_those_of_its_demands(demands: list[Demand]) -> None:
    grid = _made("990102").part("一比三率").grid
    assert grid is not None
    mine = [one for one in _in(demands, OCTOBER, "990102") if not one.returned]
    visited = [one for one in mine if one.visited]
    good = sum({"满意": 1.0, "基本满意": 0.6, "不满意": 0.0}[one.content] for one in visited)
    assert grid.cell("响应率", "本期") == (
        f"{_percent(desk.count(mine, desk.took_in_time), len(mine))}%"
    )
    assert grid.cell("满意率", "本期") == f"{_percent(round(good, 1), len(visited))}%"
    assert grid.cell("解决率", "分子/分母") == (
        f"{desk.count(visited, lambda one: one.resolved)}/{len(visited)}"
    )


def test_what_was_open_when_the_span_ended(demands: list[Demand]) -> None:
    grid = _made().part("总体情况").grid
    assert grid is not None
    until = [one for one in demands if one.day < OCTOBER.ends]
    assert grid.cell("期末在办", "件数") == desk.count(
        until, lambda one: not one.closed and not one.returned
    )


def test_units_with_their_share_and_rates(demands: list[Demand]) -> None:
    made = _made()
    grid = made.part("区县办理情况").grid
    assert grid is not None
    whole = len(_in(demands, OCTOBER))
    for name, code, people in (("东湖区", "990102", 20000), ("西岭县", "990103", 10000)):
        number = len(_in(demands, OCTOBER, code))
        assert grid.cell(name, "受理量") == number
        assert grid.cell(name, "占比（%）") == _percent(number, whole)
        assert grid.cell(name, "万人诉求比") == (Decimal(number) * 10000 / people).quantize(
            Decimal("0.01"), ROUND_HALF_UP
        )
        due = [
            one
            for one in demands
            if OCTOBER.starts <= one.day < OCTOBER.ends
            and desk.UNITS[one.unit].startswith(code) and one.due and not one.returned
        ]  # fmt: skip
        on_time = desk.count(due, lambda one: one.on_time)
        assert grid.cell(name, "按时办结率（%）") == _percent(on_time, len(due))
    departments = made.part("市直部门办理情况").grid
    assert departments is not None and [row[0] for row in departments.rows] == ["海陵市民政局"]


def test_a_running_span_is_compared_with_as_many_days(demands: list[Demand]) -> None:
    made = _made(span=parse("2026-11"))
    grid = made.part("总体情况").grid
    assert grid is not None
    now = _in(demands, parse("2026-11"))
    before = [one for one in _in(demands, OCTOBER) if one.day <= date(2026, 10, 23)]
    assert grid.cell("受理量", "环比") == _moved(len(now), len(before))
    assert "统计期未结束" in made.part("总体情况").notes[0]


# -- who is named, and who never ----------------------------------------------------------------


def test_best_and_worst_are_units_with_reasons_and_the_state_of_the_month(
    demands: list[Demand],
) -> None:
    before = _made().part("点评")
    assert "未结账" in before.notes[0]
    assert before.lines[0].startswith("区县靠前：") and "响应率" in before.lines[0]
    closing.close_due()
    after = _made().part("点评")
    assert "按结账时的方案和数字" in after.notes[0]
    assert any("区）" in line for line in after.lines)  # zones only once closed


def test_a_street_lists_its_communities_by_code_without_rates(demands: list[Demand]) -> None:
    made = _made("990102001")
    headings = [one.heading for one in made.parts]
    assert not any("点评" in one or "办理情况" in one for one in headings)
    part = made.part("社区（村）受理量")
    assert part.grid is not None and part.grid.heads == ("社区（村）", "受理量")
    assert [row[0] for row in part.grid.rows] == ["柳岸社区居民委员会", "荷塘社区居委会"]
    assert "不作排名" in part.notes[0]
    lone = _made(desk.WILLOW)
    assert not any("社区（村）受理量" in one.heading for one in lone.parts)


@pytest.mark.parametrize("region", ["9901", "990103"])
def test_only_ones_own_scope(region: str) -> None:
    with pytest.raises(Denied):
        bulletin.build(desk.officer("990102", "district"), region, OCTOBER)
    with pytest.raises(Denied):
        bulletin.build(desk.of_department(), region, OCTOBER)


@pytest.mark.parametrize(("region", "span"), [("990199", OCTOBER), ("9901", parse("2026-12"))])
def test_a_place_or_time_that_is_not_there(region: str, span: Span) -> None:
    with pytest.raises(RatesError, match=r"没有这个区划|还没有开始"):
        bulletin.build(desk.officer(), region, span)


def test_an_empty_span_has_no_rates_and_no_shares() -> None:
    made = _made()
    grid = made.part("一比三率").grid
    assert grid is not None
    assert {row[1] for row in grid.rows} == {"无样本"}
    assert made.as_of is None
    assert "缺" not in paperwork.docx(made).decode("latin-1")


def test_changes_not_yet_counted_are_said(demands: list[Demand], frozen: clock.FrozenClock) -> None:
    with scoped(tally.SERVICE) as connection:
        connection.execute(order_tally.insert().values(at=clock.now(), changes=[]))
    assert not any("尚未计入" in one for one in _made().missing)
    frozen.advance(timedelta(minutes=2))
    assert "有1批工单变动尚未计入" in _made().missing


# -- files --------------------------------------------------------------------------------------


def _cells(content: bytes) -> list[list[Any]]:
    page = load_workbook(BytesIO(content)).worksheets[0]
    return [list(row) for row in page.iter_rows(values_only=True)]


def test_both_files_show_every_line_and_cell(demands: list[Demand]) -> None:
    made = _made()
    words = papers.text_of(paperwork.docx(made))
    cells = [one for row in _cells(paperwork.xlsx(made)) for one in row if one is not None]
    for part in made.parts:
        assert part.heading in words and part.heading in cells
        for line in part.lines:
            assert all(piece in words for piece in line.split("\n"))
            assert line in cells
        for row in part.grid.rows if part.grid else ():
            for value in row:
                assert paperwork.shown(value) in words
                plain = float(value) if isinstance(value, Decimal) else value
                assert (paperwork.shown(value) if value is None else plain) in cells
    assert made.stamp in words and made.maker in words
    assert paperwork.file_name(made, ".docx") == "海陵市群众诉求办理月报_2026-10.docx"


def test_a_name_like_a_formula_stays_a_name(demands: list[Demand]) -> None:
    named = bulletin.build(
        desk.officer(), "9901", OCTOBER, lambda codes: dict.fromkeys(codes, "=1+1")
    )
    page = load_workbook(BytesIO(paperwork.xlsx(named))).worksheets[0]
    found = [cell for row in page.iter_rows() for cell in row if "1+1" in str(cell.value)]
    assert found and {cell.value for cell in found} == {"'=1+1"}


# -- spans --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "before", "last"),
    [
        ("2026-03", "2026年3月", "2026-02", "2025-03"),
        ("2026-01", "2026年1月", "2025-12", "2025-01"),
        ("2026-W01", "2026年第1周（12月29日至1月4日）", "2025-W52", "2025-W01"),
        ("2026-W53", "2026年第53周（12月28日至1月3日）", "2026-W52", None),
        ("2024-02-29", "2024年2月29日", "2024-02-28", None),
        ("2026-11-01", "2026年11月1日", "2026-10-31", "2025-11-01"),
    ],
)
def test_spans_and_what_they_are_compared_with(
    text: str, name: str, before: str, last: str | None
) -> None:
    span = parse(text)
    assert (span.text, span.name, span.before.text) == (text, name, before)
    assert (span.last_year.text if span.last_year else None) == last
    assert around(span.kind, span.ends - timedelta(days=1)) == span


@pytest.mark.parametrize(
    ("starts", "ends", "rest"),
    [
        ("2026-10-01", "2026-10-24", ("2026-10-24", "2026-11-01")),
        ("2026-10-01", "2026-10-16", None),  # 15 days, and 16 left out
        ("2026-10-01", "2026-10-17", ("2026-10-17", "2026-11-01")),
        ("2026-10-01", "2026-11-01", None),  # the month itself
        ("2026-10-02", "2026-10-31", None),
        ("2026-10-01", "2026-11-03", None),
        ("2024-02-01", "2024-02-29", ("2024-02-29", "2024-03-01")),
    ],
)
def test_most_of_a_month_is_the_month_without_its_last_days(
    starts: str, ends: str, rest: tuple[str, str] | None
) -> None:
    first, last = (date.fromisoformat(one) for one in (starts, ends))
    found = Days(starts=first, ends=last).rest
    assert (f"{found.starts}", f"{found.ends}") == rest if found else rest is None


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-W54", "2026-02-30", "２０２６-01"])
def test_a_text_that_names_no_span(text: str) -> None:
    with pytest.raises(UnknownSpanError, match="统计期应写作"):
        parse(text)


def test_the_last_spans_follow_each_other() -> None:
    assert [one.text for one in recent("月", date(2026, 2, 3), 3)] == [
        "2026-02", "2026-01", "2025-12",
    ]  # fmt: skip
