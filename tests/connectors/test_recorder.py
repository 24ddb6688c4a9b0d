"""The call record: every call attributed, timed and kept, without anything personal in it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import ProgrammingError

from portal.connectors.contract import Capability, TheirFault, Unreachable
from portal.connectors.recorder import CallRecorder
from portal.connectors.tables import call_record
from portal.store.crypto import keyed_hash
from portal.store.engine import begin
from tests.connectors.conftest import MakeWorld
from tests.connectors.support import GOOD, ID_NUMBER, SUBJECT, World, always


def kept() -> list[dict[str, Any]]:
    with begin() as connection:
        return [dict(one) for one in connection.execute(select(call_record)).mappings()]


def test_every_call_is_in_the_database_with_its_attribution(
    database: object, make_world: MakeWorld
) -> None:
    world = make_world({"a": always(GOOD), "b": always(TheirFault())}, recorder=CallRecorder())
    world.ask(case_id="case-7")
    rows = {one["system_id"]: one for one in kept()}
    assert set(rows) == {"a", "b"}
    good = rows["a"]
    assert (good["actor"], good["unit"], good["purpose"], good["case_id"]) == (
        "clerk",
        "unit-1",
        "visit",
        "case-7",
    )
    assert good["subject_hash"] == keyed_hash(ID_NUMBER)
    assert good["capability"] == Capability.RECORDS
    assert good["outcome"] == "RETURNED"
    assert good["fault"] is None
    assert good["size_bytes"] > 0
    assert (rows["b"]["outcome"], rows["b"]["fault"]) == ("FAULT", "TheirFault")
    assert good["trace_id"] == rows["b"]["trace_id"]
    assert {good["asked_at"], good["sent_at"], good["returned_at"], good["delivered_at"]} == {
        datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
    }


def test_the_application_can_neither_change_nor_remove_a_call_record(
    database: object, make_world: MakeWorld
) -> None:
    make_world({"a": always(GOOD)}, recorder=CallRecorder()).ask()
    for attempt in (call_record.delete(), call_record.update().values(actor="nobody")):
        with pytest.raises(ProgrammingError), begin() as connection:
            connection.execute(attempt)
    assert [one["actor"] for one in kept()] == ["clerk"]


def test_nothing_personal_is_in_a_call_record(make_world: MakeWorld) -> None:
    world = make_world({"a": always(GOOD)})
    world.ask()
    text = repr(world.rows)
    for personal in (ID_NUMBER, SUBJECT.name, "甲"):
        assert personal not in text


def test_an_answer_from_the_cache_is_recorded_as_one(make_world: MakeWorld) -> None:
    world = make_world({"a": always(GOOD)})
    world.ask()
    world.ask()
    assert [(one["cached"], one["calls"]) for one in world.rows] == [(False, 1), (True, 0)]
    assert world.rows[1]["sent_at"] is None


def test_what_was_refused_without_a_call_is_recorded_too(make_world: MakeWorld) -> None:
    world = make_world({"a": always(GOOD)})
    world.ask(readable={"a": frozenset()})
    assert [(one["outcome"], one["calls"]) for one in world.rows] == [("NO_PERMISSION", 0)]


def test_probes_and_rosters_leave_records_in_the_name_of_the_platform(
    make_world: MakeWorld,
) -> None:
    world = make_world({"a": always(GOOD)})
    world.gateway.probe("a")
    list(world.gateway.roster("a"))
    world.gateway.settle()
    found = {(one["actor"], one["purpose"], one["outcome"]) for one in world.rows}
    assert found == {("platform", "probe", "RETURNED"), ("platform", "roster", "RETURNED")}


def test_a_database_that_is_away_costs_no_answer_and_no_record(make_world: MakeWorld) -> None:
    written: list[Any] = []
    away = [True]

    def sink(rows: Any) -> None:
        if away[0]:
            raise Unreachable
        written.extend(rows)

    recorder = CallRecorder(sink)
    world = make_world({"a": always(GOOD)}, recorder=recorder)
    assert world.ask()["a"].records
    world.ask()
    assert (len(written), recorder.waiting) == (0, 2)
    away[0] = False
    world.ask()
    assert (len(written), recorder.waiting) == (3, 0)


def test_stopping_writes_what_is_owed(make_world: MakeWorld) -> None:
    written: list[Any] = []
    away = [True]

    def sink(rows: Any) -> None:
        if away[0]:
            raise Unreachable
        written.extend(rows)

    world: World = make_world({"a": always(GOOD)}, recorder=CallRecorder(sink))
    world.ask()
    away[0] = False
    world.gateway.stop()
    assert len(written) == 1
    assert world.transports["a"].closed


def test_a_lost_record_is_a_loud_one(capsys: pytest.CaptureFixture[str]) -> None:
    def sink(_rows: Any) -> None:
        raise Unreachable

    recorder = CallRecorder(sink, limit=2)
    recorder.write([{"trace_id": f"t{number}"} for number in range(3)])
    assert recorder.waiting == 2
    said = "".join(capsys.readouterr())  # wherever the log of this process goes
    assert "call records lost" in said
    assert "t0" in said
