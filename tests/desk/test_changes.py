"""What the systems changed about open cases: told to the case's own desk, by label, until seen."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from auth.principal import Principal
from auth.tables import audit_entry
from portal import wiring
from portal.affairs.matters import desk, queries
from portal.connectors.contract import TheirFault
from portal.connectors.gateway import Gateway
from portal.functions import morning
from portal.functions.changes import Notices, Patrol
from portal.functions.records import MaskedAnswer, Records
from portal.store import clock
from portal.store.citypack import CityPack
from portal.store.desk_tables import case_change, case_look, case_round, case_watch
from portal.store.engine import begin
from portal.store.scope import Reach, scoped
from tests import people
from tests.connectors import support
from tests.connectors.support import GOOD, NOBODY, FakeTransport, always

CASE = str(UUID(int=1))
UNIT = "com-990102001001"
CITY = Reach(prefixes=("9901",), unit_id=None, actor="service:test")
BETTER: dict[str, Any] = {**GOOD, "rows": [{**GOOD["rows"][0], "grade": "乙"}]}
TABLES = (case_change, case_watch, case_look, case_round)


class Desk:
    """A community's desk with one open case and two systems behind it."""

    def __init__(self, gateway: Gateway, transports: dict[str, FakeTransport]) -> None:
        self.gateway, self.transports = gateway, transports
        self.notices = Notices(registry=gateway.registry)
        self.records = Records(
            gateway=gateway, case_sources=[wiring._case_of_matters], notices=self.notices
        )
        self.patrol = Patrol(
            gateway=gateway, notices=self.notices, open_cases=queries.open_everywhere
        )

    def says(self, system: str, answer: Any) -> None:
        self.transports[system].behave = always(answer)

    def look(self, who: Principal) -> dict[str, MaskedAnswer]:
        purpose, case = self.records.case_purpose(who, CASE)
        found = list(self.records.stream(who, str(case.subject_id), purpose))
        self.gateway.settle()
        return {one.system_id: one for one in found}

    def news(self, who: Principal) -> list[tuple[str, ...]]:
        return [one.labels for one in self.notices.shown(who, morning.morning(who).changes)]


@pytest.fixture
def office(hailing: CityPack, tmp_path: Path, frozen: clock.FrozenClock) -> Iterator[Desk]:
    transports = {"a": FakeTransport(always(GOOD)), "b": FakeTransport(always(NOBODY))}
    registry = support.load(tmp_path, list(transports))
    gateway = Gateway(registry, transports=lambda system: transports[system.id], cache_seconds=0.0)
    gateway.start()
    person = people.add_person(support.ID_NUMBER, name="张三丰")
    people.add_unit(UNIT, "990102001001")
    row = {
        "id": UUID(int=1),
        "matter": "高龄津贴申请",
        "source": "本人申请",
        "subject_id": person,
        "region_code": "990102001001",
        "unit_id": UNIT,
        "opened_at": clock.now(),
    }
    desk.take_in(CITY, [row])
    yield Desk(gateway, transports)
    gateway.stop()


def clerk(login: str = "wang", **more: Any) -> Principal:
    return replace(people.principal(**more), login=login)


def hire(role: str = "community_clerk") -> None:
    account = people.add_account("wang")
    people.add_post(account, UNIT, roles=[role], prefixes=["990102001001"])


def rows() -> dict[str, int]:
    with scoped(CITY) as connection:
        held = {t.name: len(connection.execute(select(t)).all()) for t in TABLES[:2]}
    return held


def test_the_first_look_changes_nothing_and_a_changed_value_is_told_by_its_label(
    office: Desk, frozen: clock.FrozenClock
) -> None:
    assert office.look(clerk())["a"].changed == ()
    assert office.news(clerk()) == []
    office.says("a", BETTER)
    frozen.advance(timedelta(hours=1))
    seen = office.look(clerk())
    assert seen["a"].changed == ("等级",)
    assert seen["b"].changed == ()


def test_a_colleague_is_told_too_until_that_colleague_has_looked(
    office: Desk, frozen: clock.FrozenClock
) -> None:
    office.look(clerk())
    office.says("a", BETTER)
    frozen.advance(timedelta(hours=1))
    office.look(clerk("li"))
    assert office.news(clerk("li")) == []
    assert office.news(clerk()) == [("等级",)]
    frozen.advance(timedelta(hours=1))
    office.look(clerk())
    assert office.news(clerk()) == []


def test_a_record_that_appears_or_goes_is_told_as_a_count(
    office: Desk, frozen: clock.FrozenClock
) -> None:
    office.look(clerk("li"))
    office.says("a", NOBODY)
    office.says("b", GOOD)
    frozen.advance(timedelta(hours=1))
    office.look(clerk("li"))
    assert sorted(office.news(clerk())) == [("试验记录记录增减",), ("试验记录记录增减",)]


def test_a_failing_system_has_changed_nothing(office: Desk, frozen: clock.FrozenClock) -> None:
    office.look(clerk())
    office.says("a", TheirFault())
    frozen.advance(timedelta(hours=1))
    office.look(clerk())
    office.says("a", GOOD)
    office.look(clerk())
    assert office.news(clerk("li")) == []


def test_nothing_is_kept_but_digests_labels_and_times(
    office: Desk, frozen: clock.FrozenClock
) -> None:
    office.look(clerk())
    office.says("a", BETTER)
    frozen.advance(timedelta(hours=1))
    office.look(clerk())
    with scoped(CITY) as connection:
        told = repr([connection.execute(select(one)).all() for one in TABLES])
    for value in ("甲", "乙", "才让卓玛", "张三丰", support.ID_NUMBER):
        assert value not in told
    assert "等级" in told


def test_without_a_scope_or_unit_nothing_is_seen(office: Desk, frozen: clock.FrozenClock) -> None:
    office.look(clerk())
    office.says("a", BETTER)
    frozen.advance(timedelta(hours=1))
    office.look(clerk())
    with begin() as connection:
        for table in TABLES:
            assert connection.execute(select(table)).all() == []
    with scoped(Reach(prefixes=("990103",), unit_id="dept-civil", actor="x")) as connection:
        for table in TABLES:
            assert connection.execute(select(table)).all() == []


def test_a_field_one_may_not_read_is_not_told(office: Desk, frozen: clock.FrozenClock) -> None:
    office.look(clerk())
    office.says("a", BETTER)
    frozen.advance(timedelta(hours=1))
    office.look(clerk())
    stranger = clerk("zhao", roles=("reader",), unit_id=UNIT)
    assert office.news(stranger) == []


def test_closing_the_case_deletes_all_that_was_kept_for_it(
    office: Desk, frozen: clock.FrozenClock
) -> None:
    hire()
    office.look(clerk("li"))
    office.says("a", BETTER)
    frozen.advance(timedelta(hours=1))
    assert office.patrol.round() == 1
    assert rows()["case_change"] == 1
    desk.close_case(clerk(), CASE, "已发放津贴")
    with scoped(Reach(prefixes=("9901",), unit_id=UNIT, actor="li")) as connection:
        for table in TABLES:
            assert connection.execute(select(table)).all() == [], table.name


def test_the_round_finds_what_changed_overnight_once_and_is_in_the_audit(
    office: Desk, frozen: clock.FrozenClock
) -> None:
    hire()
    assert office.patrol.round() == 1
    assert office.patrol.round() == 0, "asked already, perhaps by another process"
    office.says("a", BETTER)
    frozen.advance(timedelta(hours=24))
    assert office.patrol.round() == 1
    assert office.news(clerk()) == [("等级",)]
    with begin() as connection:
        audited = connection.execute(
            select(audit_entry).where(audit_entry.c.action == "changes.check")
        ).all()
    assert [(one.actor, one.case_id, one.unit_id) for one in audited] == [
        ("service:changes", CASE, UNIT)
    ] * 2
    assert all(one.subject_hash and one.purpose == "case" for one in audited)


def test_the_round_asks_nothing_that_nobody_at_the_desk_may_ask(office: Desk) -> None:
    hire("reader")
    assert office.patrol.round() == 0
    assert office.transports["a"].calls == []


def test_the_round_and_a_clerk_who_find_the_same_change_tell_it_once(
    office: Desk, frozen: clock.FrozenClock
) -> None:
    hire()
    office.look(clerk("li"))
    office.patrol.round()
    office.says("a", BETTER)
    frozen.advance(timedelta(hours=24))
    office.patrol.round()
    office.look(clerk("li"))
    assert rows()["case_change"] == 1


@pytest.mark.parametrize(("hour", "asked"), [(1, 0), (2, 1), (4, 1), (5, 0), (14, 0)])
def test_the_round_runs_at_night_only(
    office: Desk, frozen: clock.FrozenClock, hour: int, asked: int
) -> None:
    hire()
    frozen.advance(timedelta(hours=(hour - clock.local(clock.now()).hour) % 24))
    assert office.patrol.at_night() == asked


def test_what_was_written_while_a_case_was_closed_is_swept(
    office: Desk, frozen: clock.FrozenClock
) -> None:
    office.look(clerk())
    with scoped(CITY) as connection:
        connection.execute(text("UPDATE matter_case SET state = '已办结'"))
    assert rows()["case_watch"] == 2
    office.patrol.round()
    assert rows()["case_watch"] == 0


def test_a_dossier_is_shown_even_when_comparing_fails(
    office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("portal.store.watch.held", broken)
    assert office.look(clerk())["a"].records
