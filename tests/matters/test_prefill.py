"""An application fills itself in: each value with its source, masked, what is missing said."""

from dataclasses import replace
from typing import Any

import pytest

from auth.permissions import Denied
from portal.connectors.contract import TimedOut
from portal.functions.matters import MatterError, Prefilled
from portal.look import matters as look
from tests import people
from tests.connectors.support import GOOD, ID_NUMBER, always
from tests.doorway import audit
from tests.matters.world import COUNTER, Office


def filled(matters: Office, matter: str = "grade_allowance", **who: Any) -> Prefilled:
    found = list(
        matters.matters.prefill(people.principal(**who), matter, str(matters.resident), COUNTER)
    )
    assert [one.pending for one in found][-1] is False
    return found[-1]


def test_each_line_says_where_it_is_from(matters: Office) -> None:
    lines = {one.name: one for one in filled(matters).lines}
    assert (lines["name"].shown, lines["name"].source) == ("才让卓玛", "居民索引")
    assert (lines["grade"].shown, lines["grade"].source) == ("甲", "系统a")
    assert not lines["name"].editable and lines["grade"].editable
    assert lines["reason"].missing and lines["reason"].required
    assert lines["note"].missing and not lines["note"].required


def test_an_identity_number_is_masked_and_nowhere_in_full(matters: Office) -> None:
    found = filled(matters)
    line = next(one for one in found.lines if one.name == "id_number")
    assert line.masked and line.source == "系统a"
    assert ID_NUMBER not in repr(found)
    assert "才让卓玛" not in repr(found.result)


def test_systems_that_disagree_are_named(matters: Office) -> None:
    row = {**GOOD["rows"][0], "grade": "乙"}
    matters.transports["b"].behave = always({"code": "0", "rows": [row]})
    line = next(one for one in filled(matters).lines if one.name == "grade")
    assert (line.shown, line.source, line.differs) == ("乙", "系统b", ("系统a",))


def test_what_a_system_has_just_given_need_not_be_brought(matters: Office) -> None:
    card, bank = filled(matters).materials
    assert card.confirmed and card.held_by == ("系统a",)
    assert not bank.confirmed and not bank.held_by


def test_a_system_that_does_not_answer_is_said_and_costs_only_its_lines(matters: Office) -> None:
    matters.transports["a"].behave = always(TimedOut())
    found = filled(matters)
    assert found.unanswered == ("系统a（超时）",)
    lines = {one.name: one for one in found.lines}
    assert lines["id_number"].source == "居民索引" and lines["grade"].missing
    assert not found.materials[0].confirmed


def test_it_is_audited_by_matter(matters: Office) -> None:
    filled(matters)
    last = audit()[-1]
    assert (last.action, last.detail) == ("matters.prefill", {"matter": "grade_allowance"})
    assert last.subject_hash and last.purpose == "counter"


def test_the_slip_stands_with_and_without_a_resident(matters: Office) -> None:
    who = people.principal()
    matter = matters.matters.find(who, "grade_allowance")
    plain = matters.matters.slip(who, matter)
    assert plain.number.startswith("GZ-") and plain.resident == ""
    assert "系统默认，可修改" in plain.note
    named = matters.matters.slip(who, matter, filled(matters))
    assert named.resident == "才让卓玛" and "*" in named.id_number
    assert named.materials[0].confirmed
    assert "模拟数据" not in look.slip(named)
    assert "模拟数据" in look.slip(replace(named, simulated=True))


def test_an_unknown_matter_and_a_post_without_the_right_are_refused(matters: Office) -> None:
    with pytest.raises(MatterError, match="没有这个事项"):
        filled(matters, "no_such")
    with pytest.raises(Denied):
        filled(matters, roles=("reader",))
