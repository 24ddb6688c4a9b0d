"""The board's figures come from the call records: by window, by class of fault, never by person."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from auth.permissions import Denied
from portal.connectors.contract import TimedOut
from portal.connectors.tables import call_record
from portal.functions.systems import Systems
from portal.functions.systems.board import FAULTS
from portal.store import clock
from portal.store.citypack import CityPack, pack
from portal.store.clock import FrozenClock
from portal.store.engine import begin
from tests import people
from tests.connectors import support
from tests.connectors.support import GOOD, FakeTransport, always
from tests.connectors.test_contract import FAULTS as CONTRACT
from tests.functions.operating import operator, process


@pytest.fixture
def systems(
    hailing: CityPack, tmp_path: Path, frozen: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Systems]:
    transports = {"a": FakeTransport(always(GOOD)), "b": FakeTransport(always(GOOD))}
    city = pack().model_copy(update={"systems": tuple(map(support.site, transports))})
    monkeypatch.setattr("portal.functions.systems.board.pack", lambda: city)
    with process(tmp_path, transports) as made:
        yield Systems(gateway=made.gateway)


def record(minutes_ago: float, **changes: Any) -> None:
    """A call record as the recorder writes it."""
    at = clock.now() - timedelta(minutes=minutes_ago)
    took = timedelta(milliseconds=changes.pop("ms", 100))
    sent = changes.pop("sent", True)
    values = {
        "trace_id": "t" * 32,
        "actor": "wang.xiaomei",
        "unit": "u",
        "purpose": "case",
        "system_id": "a",
        "capability": "records",
        "manifest_version": 1,
        "asked_at": at,
        "sent_at": at if sent else None,
        "returned_at": at + took if sent else None,
        "delivered_at": at + took,
        "outcome": "RETURNED",
    }
    with begin() as connection:
        connection.execute(insert(call_record).values({**values, **changes}))


def figures(systems: Systems, window: str, system_id: str = "a") -> Any:
    found = {one.system_id: one for one in systems.board(operator(), window).rows}
    return found[system_id].figures


def test_each_window_counts_what_happened_in_it(systems: Systems) -> None:
    for minutes in (5, 70, 60 * 30):
        record(minutes)
    counted = {name: figures(systems, name).calls for name in ("1 小时", "24 小时", "7 天")}
    assert counted == {"1 小时": 1, "24 小时": 2, "7 天": 3}
    assert figures(systems, "7 天", "b").calls == 0


def test_percentiles_are_of_what_was_really_asked(systems: Systems) -> None:
    for number in range(1, 101):
        record(5, ms=number)
    record(5, cached=True, sent=False)
    record(5, capability="roster", ms=600_000)
    found = figures(systems, "1 小时")
    assert (found.calls, found.cached) == (102, 1)
    assert (found.p50_ms, found.p95_ms) == (50, 95)


def test_faults_are_told_by_class_and_knowing_nobody_is_none(systems: Systems) -> None:
    for fault, outcome, times in (
        ("TimedOut", "TIMEOUT", 3),
        ("Misfit", "FAULT", 1),
        ("NotFound", "NOT_FOUND", 5),
        ("TurnedDown", "REFUSED", 2),
    ):
        for _ in range(times):
            record(5, fault=fault, outcome=outcome)
    found = figures(systems, "1 小时")
    assert found.failed == 4
    assert found.faults == (("超时", 3), ("格式不符", 1))


def test_probes_stand_apart_and_the_last_good_answer_is_no_cached_one(systems: Systems) -> None:
    record(50, capability="entry")
    record(5, cached=True, sent=False)
    record(4, outcome="TIMEOUT", fault="TimedOut")
    (row, _) = systems.board(operator(), "1 小时").rows
    assert (row.figures.calls, row.figures.probes) == (2, 1)
    assert row.last_good is not None
    assert clock.now() - row.last_good < timedelta(minutes=51)
    assert clock.now() - row.last_good > timedelta(minutes=49)


def test_what_rested_in_any_process_shows(systems: Systems) -> None:
    record(2, outcome="FAULT", fault="Resting", sent=False)
    (row, _) = systems.board(operator(), "1 小时").rows
    assert (row.resting_until, row.rested_lately) == (None, 1)


def test_the_breaker_of_this_process_shows_until_when(systems: Systems) -> None:
    systems.gateway._channels["a"].transport.behave = always(TimedOut())  # type: ignore[attr-defined]
    for _ in range(3):
        systems.gateway.probe("a")
    (row, other) = systems.board(operator(), "1 小时").rows
    assert row.resting_until == clock.now() + timedelta(seconds=30)
    assert other.resting_until is None


def test_every_class_of_fault_has_its_word() -> None:
    classes = {one.__name__ for one in CONTRACT} - {"NotFound", "TurnedDown", "UnknownReceiver"}
    assert classes == set(FAULTS)


def test_nobody_is_named_and_only_the_operator_looks(systems: Systems) -> None:
    record(5)
    assert "wang" not in repr(systems.board(operator()))
    assert "wang" not in repr(systems.detail(operator(), "a"))
    for act in (systems.board, lambda who: systems.detail(who, "a")):
        with pytest.raises(Denied):
            act(people.principal())
    assert systems.alarms(people.principal()) == ()


def test_the_window_is_read_from_the_index_alone(systems: Systems) -> None:
    with begin() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        plan = connection.execute(
            text(
                "EXPLAIN SELECT system_id, count(*) FILTER (WHERE fault IS NOT NULL)"
                " FROM call_record WHERE asked_at >= now() - interval '1 day' GROUP BY system_id"
            )
        ).scalars()
        assert any("Index Only Scan using ix_call_record_asked_at" in line for line in plan)
