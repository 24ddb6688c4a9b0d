"""The rules of 数据校核: every pair of states walked, limits, what must be said."""

from datetime import date
from itertools import product

import pytest

from portal.affairs.corrections import rules
from portal.affairs.corrections.rules import CorrectionError, State
from portal.store.work_texts import CorrectionTexts, GroundText

ALLOWED = {
    ("已提出", "受理中"),
    ("已提出", "已更正"),
    ("已提出", "不予更正"),
    ("已提出", "已撤回"),
    ("已提出", "超期"),
    ("受理中", "已更正"),
    ("受理中", "不予更正"),
    ("受理中", "已撤回"),
    ("受理中", "超期"),
    ("超期", "已更正"),
    ("超期", "不予更正"),
    ("超期", "已撤回"),
}


@pytest.mark.parametrize(("state", "to"), list(product(rules.STATES, repeat=2)))
def test_every_pair_of_states_is_a_move_or_is_refused_in_words(state: State, to: State) -> None:
    if (state, to) in ALLOWED:
        assert rules.move(state, to) == to
    else:
        with pytest.raises(CorrectionError, match=f"现为“{state}”，不能改为“{to}”"):
            rules.move(state, to)


def test_the_open_states_are_those_that_lead_somewhere() -> None:
    assert set(rules.OPEN) == {"已提出", "受理中", "超期"}


@pytest.mark.parametrize("state", rules.STATES)
@pytest.mark.parametrize(("today", "over"), [(23, False), (24, False), (25, True)])
def test_only_what_is_open_grows_late(state: State, today: int, over: bool) -> None:
    late = rules.is_late(state, date(2026, 11, 24), date(2026, 11, today))
    assert late == (over and state in ("已提出", "受理中"))


def test_a_refusal_needs_its_reason_and_a_request_its_ground_and_value() -> None:
    for words in ("", "  不 改 ", "字" * 301):
        with pytest.raises(CorrectionError):
            rules.reason(words)
    assert rules.reason(" 经核对，登记无误 ") == "经核对，登记无误"
    for value in ("", "   ", "字" * 201):
        with pytest.raises(CorrectionError):
            rules.proposed(value)
    texts = CorrectionTexts(
        working_days=5, grounds=(GroundText(code="told", name="本人反映"),), compared=()
    )
    assert rules.ground("told", texts) == "told"
    with pytest.raises(CorrectionError, match="理由"):
        rules.ground("because", texts)
    assert (texts.ground("told"), texts.ground("gone")) == ("本人反映", "gone")
