"""Where 未诉先办 is run, which way a finding goes, which hours a report is about."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.affairs.findings import rules
from portal.affairs.findings.rules import Asker, FindingError
from portal.store.finding_texts import FindingTexts, StageText

TEXTS = FindingTexts(
    classes=("环境卫生", "其他"),
    stage=(
        StageText(region="990102", stage="试点", since=date(2026, 1, 1)),
        StageText(region="990102", stage="推开", since=date(2026, 12, 1)),
        StageText(region="990102001002", stage="未开展", since=date(2026, 6, 1)),
        StageText(region="990103100001", stage="试点", since=date(2026, 11, 1)),
    ),
)


@pytest.mark.parametrize(
    ("code", "day", "stage"),
    [
        ("990102001001", date(2025, 12, 31), "未开展"),
        ("990102001001", date(2026, 1, 1), "试点"),
        ("990102001001", date(2026, 12, 1), "推开"),
        ("990102001002", date(2026, 5, 31), "试点"),
        ("990102001002", date(2026, 12, 1), "未开展"),
        ("990103100001", date(2026, 11, 1), "试点"),
        ("990103100200", date(2026, 11, 1), "未开展"),
        ("9901", date(2026, 12, 1), "未开展"),
    ],
)
def test_the_stage_of_a_place_on_a_day(code: str, day: date, stage: str) -> None:
    assert rules.stage_at(code, day, TEXTS) == stage


@pytest.mark.parametrize(
    ("code", "day", "is_reached"),
    [
        ("9901", date(2025, 1, 1), False),
        ("9901", date(2026, 1, 1), True),
        ("990103", date(2026, 10, 31), False),
        ("990103", date(2026, 11, 1), True),
        ("990103100200", date(2026, 11, 1), False),
    ],
)
def test_a_place_is_reached_when_something_below_it_is(
    code: str, day: date, is_reached: bool
) -> None:
    assert rules.reached(code, day, TEXTS) is is_reached


NAMES = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=5)


@settings(deadline=None)
@given(NAMES, st.booleans(), st.booleans(), st.integers(2, 4))
def test_a_way_is_one_of_three_and_each_for_its_reason(
    departments: list[str], own: bool, met: bool, joint: int
) -> None:
    way, several = rules.way(departments, own=own, met=met, joint=joint), len(set(departments))
    assert (way == "联办") == (met or several >= joint)
    assert (way == "自办") == (own and several == 0 and not met)


@settings(deadline=None)
@given(NAMES, st.booleans(), st.integers(2, 4))
def test_more_departments_never_make_it_less_joint(
    departments: list[str], own: bool, joint: int
) -> None:
    rank = [
        rules.WAYS.index(rules.way(departments[:n], own=own, met=False, joint=joint))
        for n in range(len(departments) + 1)
    ]
    assert rank == sorted(rank)


@settings(deadline=None)
@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)))
def test_every_moment_is_in_the_window_of_exactly_one_day(at: datetime) -> None:
    days = [at.date() + timedelta(days=n) for n in range(-2, 4)]
    held = [day for day in days if rules.window(day, TEXTS)[0] <= at < rules.window(day, TEXTS)[1]]
    assert len(held) == 1


def test_a_day_is_due_from_its_hour_on_and_a_week_is_made_up_for() -> None:
    before, at = (
        datetime(2026, 11, 23, 9, 29, tzinfo=UTC),
        datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    )
    assert rules.days_due(before, TEXTS)[0] == date(2026, 11, 22)
    assert rules.days_due(at, TEXTS)[0] == date(2026, 11, 23)
    assert len(rules.days_due(at, TEXTS)) == TEXTS.report_days


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("堆", "建筑垃圾两车", "三号楼后", "环境卫生"), "“标题”须为 4 至 60 个字"),
        (("楼后堆垃圾", "堆", "三号楼后", "环境卫生"), "“情况”须为 4"),
        (("楼后堆垃圾", "建筑垃圾两车", "", "环境卫生"), "“地点”须为 2"),
        (("楼后堆垃圾", "建筑垃圾两车", "三号楼后", "宗教"), "“类别”须为"),
        (("长" * 61, "建筑垃圾两车", "三号楼后", "环境卫生"), "现为 61 个字"),
    ],
)
def test_what_is_written_badly_is_told_with_what_to_do(
    words: tuple[str, str, str, str], told: str
) -> None:
    with pytest.raises(FindingError, match=f"{told}.*没有保存，已填内容已保留"):
        rules.check_words(*words, TEXTS)


class _Row:
    region_code, finder_unit, lead_unit = "990102001001", "com", "lead"
    help_units = ("helper",)


@settings(deadline=None)
@given(
    st.sampled_from(["com", "lead", "helper", "other"]),
    st.sampled_from(["city", "district", "street", "community"]),
    st.sampled_from([(), ("9901",), ("990103",)]),
)
def test_without_a_right_nobody_is_anything(
    unit: str, level: str, prefixes: tuple[str, ...]
) -> None:
    who = Asker(unit_id=unit, level=level, prefixes=prefixes, rights=frozenset())
    assert rules.kinds(who, _Row()) == frozenset()  # type: ignore[arg-type]
