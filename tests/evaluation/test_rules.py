"""Whom a return visit asks, until when an appeal is heard, when a mark on a demand still stands."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.affairs.evaluation import rules
from portal.affairs.evaluation.rules import EvaluationError
from portal.store.dispatch_texts import EvaluationTexts, Sample
from portal.store.work_texts import HolidayYear

SAMPLES = (
    Sample(kind="投诉", share=100),
    Sample(urgency=1, share=100),
    Sample(kind="咨询", share=10),
    Sample(share=30),
)
TEXTS = EvaluationTexts(appeal_days=3, appeal_grounds=("派单有误",))
MONDAY = datetime(2026, 11, 23, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "urgency", "share"),
    [("投诉", 2, 100), ("求助", 1, 100), ("咨询", 1, 100), ("咨询", 2, 10), ("建议", 4, 30)],
)
def test_the_first_rule_that_fits_decides(kind: str, urgency: int, share: int) -> None:
    assert rules.rule_for(kind, urgency, SAMPLES).share == share


def test_without_a_rule_everybody_is_asked() -> None:
    assert rules.rule_for("投诉", 1, ()).share == 100


@given(st.text("0123456789abcdef", min_size=12, max_size=64), st.integers(0, 99))
def test_a_larger_share_never_drops_whom_a_smaller_one_took(keyed: str, share: int) -> None:
    assert not rules.drawn(keyed, 0)
    assert rules.drawn(keyed, 100)
    assert rules.drawn(keyed, share) <= rules.drawn(keyed, share + 1)


def test_about_as_many_are_drawn_as_the_share_says() -> None:
    from portal.store import crypto

    drawn = Counter(rules.drawn(crypto.keyed_hash(f"visit|{n}"), 30) for n in range(4000))
    assert 0.26 < drawn[True] / 4000 < 0.34


@pytest.mark.parametrize(
    ("taken", "words"), [(True, "按 10% 抽取，已抽中"), (False, "按 10% 抽取，未抽中")]
)
def test_why_is_said(taken: bool, words: str) -> None:
    assert words in rules.words_of(SAMPLES[2], taken)
    assert rules.words_of(SAMPLES[0], True) == "投诉：全部回访"


def test_an_appeal_is_heard_for_some_working_days() -> None:
    years = (HolidayYear(year=2026, off=frozenset({date(2026, 11, 25)})),)
    assert rules.appeal_until(MONDAY, 3, years) == date(2026, 11, 27)
    told, ground = MONDAY, "派单有误"
    rules.may_appeal(datetime(2026, 11, 27, 15, tzinfo=UTC), told, ["解决率"], ground, TEXTS, years)
    with pytest.raises(EvaluationError, match="已于 11月27日届满"):
        late = datetime(2026, 11, 27, 16, tzinfo=UTC)
        rules.may_appeal(late, told, ["解决率"], ground, TEXTS, years)
    for rates, why in (([], ground), (["幸福率"], ground), (["解决率"], "别的")):
        with pytest.raises(EvaluationError, match="请选择申诉"):
            rules.may_appeal(MONDAY, told, rates, why, TEXTS, years)


@pytest.mark.parametrize(
    ("state", "until", "stands"),
    [
        (rules.MARKED, date(2026, 11, 23), True),
        (rules.MARKED, date(2026, 11, 22), False),
        (rules.PROPOSED, date(2026, 12, 1), False),
        (rules.LIFTED, date(2026, 12, 1), False),
        (rules.MARKED, None, False),
    ],
)
def test_a_mark_ends_with_its_day(state: str, until: date | None, stands: bool) -> None:
    assert rules.mark_stands(state, until, date(2026, 11, 23)) is stands
