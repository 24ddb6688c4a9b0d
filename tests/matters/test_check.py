"""可享政策: checked live at the resident's request, shown with reasons, written down nowhere."""

from datetime import timedelta
from typing import Any

import pytest

from auth.permissions import Denied
from portal.connectors.contract import TheirFault, TimedOut
from portal.functions.matters import Verdict
from portal.functions.records import Purpose
from portal.store.clock import FrozenClock
from tests import people
from tests.conftest import TestDatabase
from tests.connectors.support import GOOD, ID_NUMBER, always
from tests.doorway import audit
from tests.matters.world import COUNTER, Office, everything

pytestmark = pytest.mark.usefixtures("frozen")


def verdicts(found: dict[str, Any]) -> dict[str, str]:
    return {name: one.verdict.value for name, one in found.items()}


def test_every_matter_is_answered_with_its_reason_and_source(matters: Office) -> None:
    found = matters.check()
    assert verdicts(found) == {
        "grade_allowance": "符合",
        "youth_card": "不符合",
        "silent_help": "符合",
        "far_away": "无法判断",
    }
    grade = found["grade_allowance"].conditions
    assert [one.used[0].source for one in grade] == ["身份证号", "系统a·等级"]
    far = found["far_away"].conditions
    assert far[0].missing == ("“远方系统”尚未接入",)
    assert "当面核实" in far[1].missing[0]
    assert not any(one.pending for one in found.values())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (TimedOut(), "没有在规定时间内返回"),
        (TheirFault(), "发生故障"),
        (
            {"code": "0", "rows": [{"no": "1", "id": ID_NUMBER, "name": "才让卓玛"}]},
            "没有登记“等级”",
        ),
    ],
)
def test_a_system_that_says_nothing_leaves_it_open(
    matters: Office, answer: Any, words: str
) -> None:
    matters.transports["a"].behave = always(answer)
    found = matters.check()["grade_allowance"]
    assert found.verdict is Verdict.UNKNOWN
    assert words in found.conditions[1].missing[0]


def test_old_data_decides_nothing(matters: Office, frozen: FrozenClock) -> None:
    assert matters.check()["grade_allowance"].verdict is Verdict.YES
    frozen.advance(timedelta(minutes=20))
    matters.transports["a"].behave = always(TimedOut())
    found = matters.check()["grade_allowance"]
    assert found.verdict is Verdict.UNKNOWN
    assert "较旧" in found.conditions[1].missing[0]


def test_only_the_fields_of_the_conditions_are_asked_for(
    matters: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    stream = matters.gateway.stream

    def noted(asker: Any, subject: Any) -> Any:
        asked.append(asker)
        return stream(asker, subject)

    monkeypatch.setattr(matters.gateway, "stream", noted)
    matters.check()
    assert asked[0].readable == {"a": {"grade"}, "b": {"grade"}}


def test_nothing_about_the_result_is_written_down(matters: Office, database: TestDatabase) -> None:
    before = everything(database)
    found = matters.check()
    assert len(found) == 4
    after = everything(database)
    changed = {name for name, rows in after.items() if rows != before[name]}
    assert changed == {
        "public.audit_entry",
        "public.audit_head",
        "public.call_record",
        "public.lookup_use",  # that somebody looked, for the alarm about bulk use; nothing of whom
    }
    new = "".join(row for name in changed for row in after[name] if row not in before[name])
    for one in found.values():
        for word in (one.matter_id, one.name, *(part.words for part in one.conditions)):
            assert word not in new
    for word in (*Verdict, ID_NUMBER, "才让卓玛", "甲"):
        assert word not in new
    last = audit()[-1]
    assert (last.action, last.outcome, last.purpose, last.detail) == (
        "policies.check", "ok", "counter", {},
    )  # fmt: skip


def test_it_is_the_resident_s_own_request_or_nothing(matters: Office) -> None:
    who = people.principal()
    with pytest.raises(Denied, match="本人到场"):
        list(matters.matters.check(who, str(matters.resident), Purpose(id="visit", name="走访")))
    with pytest.raises(Denied):
        list(matters.matters.check(who, str(matters.resident), Purpose(id="case", name="办理")))
    assert not matters.transports["a"].calls


def test_permission_and_scope_are_the_function_s_own(matters: Office) -> None:
    reader = people.principal(roles=("reader",))
    with pytest.raises(Denied):
        list(matters.matters.check(reader, str(matters.resident), COUNTER))
    elsewhere = people.principal(
        prefixes=("990103100200",), unit_id="com-990103100200", region_code="990103100200"
    )
    with pytest.raises(Denied):
        list(matters.matters.check(elsewhere, str(matters.resident), COUNTER))
    assert not matters.transports["a"].calls


def test_what_needs_no_system_is_answered_before_any_has(matters: Office) -> None:
    results = matters.matters.check(people.principal(), str(matters.resident), COUNTER)
    first = {next(results).matter_id, next(results).matter_id}
    assert first == {"youth_card", "far_away"}
    assert {one.matter_id for one in results} == {"grade_allowance", "silent_help"}


def test_several_records_are_read_together(matters: Office) -> None:
    row = GOOD["rows"][0]
    matters.transports["a"].behave = always({"code": "0", "rows": [{**row, "grade": "乙"}, row]})
    assert matters.check()["grade_allowance"].verdict is Verdict.YES
