"""A dossier is planned, shown masked as answers come, and every view and unmasking is recorded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from auth.permissions import Denied
from auth.tables import audit_entry
from portal.connectors.contract import State, TimedOut
from portal.connectors.gateway import Gateway
from portal.functions.records import BadQueryError, Purpose, Records
from portal.store import crypto
from portal.store.citypack import CityPack
from portal.store.clock import FrozenClock
from portal.store.engine import begin
from tests import people
from tests.connectors import support
from tests.connectors.support import GOOD, ID_NUMBER, NOBODY, FakeTransport, always

COUNTER = Purpose(id="counter", name="本人到场")


@pytest.fixture
def transports() -> dict[str, FakeTransport]:
    return {
        "a": FakeTransport(always(GOOD)),
        "b": FakeTransport(always(TimedOut())),
        "c": FakeTransport(always(NOBODY)),
    }


@pytest.fixture
def records(
    hailing: CityPack, tmp_path: Path, transports: dict[str, FakeTransport]
) -> Iterator[Records]:
    registry = support.load(tmp_path, list(transports))
    gateway = Gateway(registry, transports=lambda system: transports[system.id])
    gateway.start()
    yield Records(gateway=gateway)
    gateway.stop()


def _audit() -> list[tuple[str, str, dict[str, Any]]]:
    with begin() as connection:
        rows = connection.execute(select(audit_entry).order_by(audit_entry.c.seq)).all()
    return [(row.action, row.outcome, row.detail) for row in rows]


def test_the_head_is_masked_and_names_the_plan(records: Records) -> None:
    person = people.add_person(ID_NUMBER, name="才让卓玛")
    dossier = records.open_dossier(people.principal(), str(person), COUNTER)
    assert dossier.name == "才让卓玛"
    assert dossier.id_number == "6" + "*" * 16 + "2"
    assert [one.system_id for one in dossier.planned] == ["a", "b", "c"]
    assert _audit()[-1][0] == "records.open"


def test_answers_come_masked_and_one_failure_leaves_the_others_whole(records: Records) -> None:
    person = people.add_person(ID_NUMBER, name="才让卓玛")
    answers = {
        one.system_id: one for one in records.stream(people.principal(), str(person), COUNTER)
    }
    assert {name: one.state for name, one in answers.items()} == {
        "a": State.RETURNED,
        "b": State.TIMEOUT,
        "c": State.NOT_FOUND,
    }
    fields = {one.name: one for one in answers["a"].records[0].fields}
    assert (fields["grade"].text, fields["grade"].masked) == ("甲", False)
    assert fields["id_number"].masked
    assert ID_NUMBER not in repr(answers)
    assert all(one.message for name, one in answers.items() if name != "a")


def test_the_view_is_recorded_before_the_first_answer(records: Records) -> None:
    person = people.add_person(ID_NUMBER)
    next(iter(records.stream(people.principal(), str(person), COUNTER)))
    action, outcome, detail = _audit()[-1]
    assert (action, outcome, detail) == ("records.view", "ok", {"systems": ["a", "b", "c"]})
    with begin() as connection:
        row = connection.execute(select(audit_entry)).one()
    assert row.subject_hash == crypto.keyed_hash(ID_NUMBER)
    assert row.purpose == "counter"


def _unmask(records: Records, person: object, reason: str, **over: Any) -> str:
    who = over.pop("who", None) or people.principal()
    place = {"system_id": "a", "record_no": 0, "field_name": "id_number", **over}
    return records.unmask(who, str(person), COUNTER, reason=reason, **place).value


def test_a_value_is_unmasked_with_a_reason_that_is_recorded(
    records: Records, frozen: FrozenClock
) -> None:
    person = people.add_person(ID_NUMBER)
    assert _unmask(records, person, "与居民本人核对信息") == ID_NUMBER
    action, outcome, detail = _audit()[-1]
    assert (action, outcome) == ("records.unmask", "ok")
    assert detail == {
        "system": "a",
        "record": 0,
        "field": "id_number",
        "label": "身份证号",
        "reason": "与居民本人核对信息",
    }
    assert ID_NUMBER not in str(detail)


@pytest.mark.parametrize("reason", ["", "  ", "看看", "字" * 201])
def test_without_a_proper_reason_nothing_is_unmasked(records: Records, reason: str) -> None:
    person = people.add_person(ID_NUMBER)
    with pytest.raises(BadQueryError, match="理由"):
        _unmask(records, person, reason)
    assert _audit() == []


@pytest.mark.parametrize(
    "place",
    [
        {"system_id": "b"},
        {"system_id": "zzz"},
        {"record_no": 5},
        {"record_no": -1},
        {"field_name": "no_such"},
    ],
)
def test_what_is_not_there_cannot_be_unmasked(records: Records, place: dict[str, Any]) -> None:
    person = people.add_person(ID_NUMBER)
    with pytest.raises(BadQueryError, match="原值未能显示"):
        _unmask(records, person, "与居民本人核对信息", **place)


def test_unmasking_asks_the_permission_again(records: Records) -> None:
    person = people.add_person(ID_NUMBER)
    officer = people.principal(roles=("guarded_clerk",), factors=("pwd", "otp"))
    with pytest.raises(Denied):
        _unmask(records, person, "与居民本人核对信息", who=officer)


def test_an_unmasking_asks_no_other_system(
    records: Records, transports: dict[str, FakeTransport]
) -> None:
    person = people.add_person(ID_NUMBER)
    _unmask(records, person, "与居民本人核对信息")
    assert [len(one.calls) for one in transports.values()] == [1, 0, 0]


def test_a_purpose_chosen_outside_a_case_is_one_of_the_short_list(records: Records) -> None:
    who = people.principal()
    assert [one.id for one in records.purposes(who)] == ["counter"]
    assert records.purpose(who, "counter").name == "本人到场"
    for made_up in ("", "case", "visit", "curious"):
        with pytest.raises(Denied):
            records.purpose(who, made_up)
