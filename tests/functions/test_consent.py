"""家庭授权: nothing is asked before the family's paper is on file, nor after it ends."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from auth.permissions import Denied
from auth.tables import audit_entry
from portal.connectors.contract import State
from portal.connectors.gateway import Gateway
from portal.functions.records import BadQueryError, Purpose, Records, Signed, consent
from portal.store import clock
from portal.store.authorisation_tables import family_authorisation
from portal.store.citypack import CityPack
from portal.store.engine import begin
from portal.store.scope import NOTHING, Reach, scoped
from tests import people
from tests.connectors import support
from tests.connectors.support import GOOD, ID_NUMBER, FakeTransport, always

COUNTER = Purpose(id="counter", name="本人到场")
TODAY = date(2026, 11, 23)


def _needs_paper(text: str) -> str:
    return text.replace('id = "a"\n', 'id = "a"\nrequires_authorisation = true\n')


@pytest.fixture
def transport() -> FakeTransport:
    return FakeTransport(always(GOOD))


@pytest.fixture
def records(
    hailing: CityPack, tmp_path: Path, transport: FakeTransport, frozen: clock.FrozenClock
) -> Iterator[Records]:
    transports = {"a": transport, "b": FakeTransport(always(GOOD))}
    registry = support.load(tmp_path, list(transports), _needs_paper)
    gateway = Gateway(registry, transports=lambda system: transports[system.id])
    gateway.start()
    yield Records(gateway=gateway)
    gateway.stop()


@pytest.fixture
def person(records: Records) -> str:
    return str(people.add_person(ID_NUMBER, name="才让卓玛"))


def _signed(**over: Any) -> Signed:
    values: dict[str, Any] = {
        "systems": ["a"],
        "purposes": ["counter"],
        "signed_on": TODAY,
        "valid_until": TODAY + timedelta(days=180),
        "signers": 3,
        "paper_number": "HDSQ-2026-0001",
    }
    return Signed(**{**values, **over})


def _asked(records: Records, person: str, purpose: Purpose = COUNTER) -> dict[str, State]:
    found = records.stream(people.principal(), person, purpose)
    return {one.system_id: one.state for one in found}


def test_without_a_paper_the_system_is_not_called_and_it_is_said(
    records: Records, person: str, transport: FakeTransport
) -> None:
    dossier = records.open_dossier(people.principal(), person, COUNTER)
    assert [one.system_id for one in dossier.planned] == ["b"]
    assert any("需本人及家庭成员授权" in one for one in dossier.notes)
    assert dossier.needs_paper == (("a", "系统a"),)
    assert _asked(records, person) == {"b": State.RETURNED}
    assert transport.calls == []


def test_the_gateway_refuses_by_itself_what_somebody_plans_all_the_same(
    records: Records, person: str, transport: FakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = [one for one in records.gateway.registry.systems.values()]
    monkeypatch.setattr(
        records.gateway, "planned",
        lambda asker, kind=None: [type("P", (), {"system_id": one.id})() for one in planned],
    )  # fmt: skip
    found = {one.system_id: one for one in records.stream(people.principal(), person, COUNTER)}
    assert found["a"].state is State.NO_PERMISSION
    assert "需本人及家庭成员授权" in found["a"].message
    assert transport.calls == []


def test_with_a_paper_on_file_it_is_asked_and_recorded(
    records: Records, person: str, transport: FakeTransport
) -> None:
    records.authorise(people.principal(), person, COUNTER, _signed())
    assert _asked(records, person) == {"a": State.RETURNED, "b": State.RETURNED}
    assert len(transport.calls) == 1
    with begin() as connection:
        row = connection.execute(
            select(audit_entry).where(audit_entry.c.action == "records.authorise")
        ).one()
    assert row.detail["systems"] == ["a"] and row.detail["number"] == "HDSQ-2026-0001"
    (paper,) = records.papers(people.principal(), person, COUNTER)
    assert (paper.state, paper.signers, paper.purposes) == ("有效", 3, ("本人到场",))


def test_a_paper_covers_its_purpose_its_person_and_its_time_only(
    records: Records, person: str, frozen: clock.FrozenClock
) -> None:
    records.authorise(people.principal(), person, COUNTER, _signed(purposes=["verify"]))
    assert "a" not in _asked(records, person)
    other = str(people.add_person(support.OTHER_ID_NUMBER))
    records.authorise(people.principal(), other, COUNTER, _signed())
    assert "a" not in _asked(records, person)
    records.authorise(people.principal(), person, COUNTER, _signed())
    assert "a" in _asked(records, person)
    frozen.advance(timedelta(days=180))
    assert "a" in _asked(records, person)
    frozen.advance(timedelta(days=1))
    assert "a" not in _asked(records, person)


def test_a_revoked_paper_ends_at_once_even_for_what_is_in_the_cache(
    records: Records, person: str
) -> None:
    paper = records.authorise(people.principal(), person, COUNTER, _signed())
    assert "a" in _asked(records, person)
    with pytest.raises(BadQueryError, match="撤销原因"):
        records.revoke_paper(people.principal(), person, COUNTER, paper, "")
    assert "a" in _asked(records, person)
    records.revoke_paper(people.principal(), person, COUNTER, paper, "家庭撤回授权")
    assert "a" not in _asked(records, person)
    (shown,) = records.papers(people.principal(), person, COUNTER)
    assert (shown.state, shown.why) == ("已撤销", "家庭撤回授权")
    with pytest.raises(BadQueryError, match="已经撤销"):
        records.revoke_paper(people.principal(), person, COUNTER, paper, "再撤一次")


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"systems": []}, "系统"),
        ({"systems": ["b"]}, "系统"),
        ({"purposes": []}, "用途"),
        ({"purposes": ["anything"]}, "用途"),
        ({"signed_on": TODAY + timedelta(days=1)}, "签署日期"),
        ({"valid_until": TODAY - timedelta(days=1)}, "有效期"),
        ({"valid_until": TODAY + timedelta(days=366)}, "最长"),
        ({"signers": 0}, "签字人数"),
        ({"paper_number": " x "}, "编号"),
    ],
)
def test_a_paper_that_says_too_little_is_not_put_on_file(
    records: Records, person: str, over: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadQueryError, match=words):
        records.authorise(people.principal(), person, COUNTER, _signed(**over))
    assert records.papers(people.principal(), person, COUNTER) == ()


def test_who_may_not_keep_papers_is_refused(records: Records, person: str) -> None:
    reader = people.principal(roles=("guarded_clerk",), factors=("pwd", "otp"))
    with pytest.raises(Denied, match="家庭授权"):
        records.authorise(reader, person, COUNTER, _signed())
    elsewhere = people.principal(prefixes=("990103",), unit_id="com-990103100001")
    with pytest.raises(Denied):
        records.papers(elsewhere, person, COUNTER)


@pytest.mark.parametrize(
    "reach", [NOTHING, Reach(prefixes=("990103",), unit_id="com-x", actor="someone")]
)
def test_the_database_shows_a_paper_in_its_scope_alone(
    records: Records, person: str, reach: Reach
) -> None:
    records.authorise(people.principal(), person, COUNTER, _signed())
    for _ in range(2):
        with scoped(reach) as connection:
            assert connection.execute(select(family_authorisation)).all() == []


def test_every_purpose_of_the_city_may_stand_on_a_paper(hailing: CityPack) -> None:
    assert set(consent.purposes()) == {"case", "counter", "verify"}
