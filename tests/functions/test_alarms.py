"""One alarm at the first failure beyond the limit, one at recovery, nothing between."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import ProgrammingError

from auth.permissions import Denied
from portal.connectors.contract import NotConnected, RateLimited, Resting, TimedOut
from portal.connectors.tables import call_record
from portal.functions.systems import alarms
from portal.functions.systems.watching import DOWN, UP, Event, Heard, Watch, follow, heard
from portal.store.citypack import CityPack
from portal.store.clock import FrozenClock
from portal.store.engine import begin
from portal.store.scope import Reach, scoped
from tests import people
from tests.connectors.support import GOOD, NOON, FakeTransport, always
from tests.functions.operating import Process, operator, process

LIMIT = timedelta(minutes=30)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def story(text: str) -> list[Heard]:
    """``0+ 5- 12-``: well at minute 0, failed at minutes 5 and 12."""
    return [
        Heard(at=at(float(one[:-1])), fault="" if one[-1] == "+" else "TimedOut")
        for one in text.split()
    ]


@pytest.mark.parametrize(
    ("told", "events"),
    [
        ("", []),
        ("0+ 5+ 60+", []),
        ("0- 29-", []),
        ("0- 29- 30-", [(DOWN, 0, 30)]),
        ("0- 31- 40- 90-", [(DOWN, 0, 31)]),
        ("0- 40- 41+", [(DOWN, 0, 40), (UP, 0, 41)]),
        ("0- 40- 41+ 42+", [(DOWN, 0, 40), (UP, 0, 41)]),
        ("0- 20- 21+ 22- 51-", []),
        ("0- 20- 21+ 22- 52-", [(DOWN, 22, 52)]),
        ("0- 40- 41+ 42- 71- 72- 99+", [(DOWN, 0, 40), (UP, 0, 41), (DOWN, 42, 72), (UP, 42, 99)]),
        ("0- 90+", []),
        ("0- 90-", [(DOWN, 0, 90)]),
    ],
)
def test_what_becomes_an_alarm(told: str, events: list[tuple[str, int, int]]) -> None:
    _, found = follow(Watch(), story(told), LIMIT)
    assert [(one.kind, one.since, one.at) for one in found] == [
        (kind, at(since), at(when)) for kind, since, when in events
    ]


@pytest.mark.parametrize("seed", range(200))
def test_whatever_happens_alarms_alternate_and_looking_more_often_changes_nothing(
    seed: int,
) -> None:
    dice = random.Random(seed)
    minute, calls = 0.0, []
    for _ in range(dice.randint(0, 60)):
        minute += dice.choice((0.5, 1, 5, 20, 40))
        calls.append(Heard(at=at(minute), fault="" if dice.random() < 0.3 else "TimedOut"))
    whole, events = follow(Watch(), calls, LIMIT)
    assert [one.kind for one in events] == [(DOWN, UP)[n % 2] for n in range(len(events))]
    watch, pieces = Watch(), list[Event]()
    left = list(calls)
    while left:
        some = dice.randint(1, 7)
        watch, found = follow(watch, left[:some], LIMIT)
        left, pieces = left[some:], pieces + found
    assert (watch, pieces) == (whole, events)
    for one in events:
        bad = [call for call in calls if one.since <= call.at <= one.at]
        if one.kind == DOWN:
            assert all(call.fault for call in bad)
            earlier = [call for call in bad if call.at < one.at]
            assert all(call.at - one.since < LIMIT for call in earlier), "the first beyond it"
        else:
            assert [call.at for call in bad if not call.fault] == [one.at], "the first success"


@pytest.mark.parametrize(
    ("outcome", "fault", "cached", "says"),
    [
        ("RETURNED", None, False, ""),
        ("NOT_FOUND", "NotFound", False, ""),
        ("REFUSED", "TurnedDown", False, ""),
        ("RETURNED", None, True, None),
        ("STALE", "TimedOut", True, "TimedOut"),
        ("TIMEOUT", "TimedOut", False, "TimedOut"),
        ("FAULT", "Misfit", False, "Misfit"),
        ("REFUSED", "SignInAgain", False, "SignInAgain"),
        ("FAULT", Resting.__name__, False, None),
        ("REFUSED", RateLimited.__name__, False, None),
        ("FAULT", NotConnected.__name__, False, None),
        ("NO_PERMISSION", None, False, None),
        ("CANCELLED", None, False, None),
    ],
)
def test_what_a_call_says_about_a_system(
    outcome: str, fault: str | None, cached: bool, says: str | None
) -> None:
    found = heard(outcome, fault, NOON, cached=cached)
    assert (found.fault if found else None) == says


# --- in the house ------------------------------------------------------------------------------


@pytest.fixture
def transports() -> dict[str, FakeTransport]:
    return {"a": FakeTransport(always(GOOD)), "b": FakeTransport(always(GOOD))}


@pytest.fixture
def here(
    hailing: CityPack, tmp_path: Path, frozen: FrozenClock, transports: dict[str, FakeTransport]
) -> Iterator[Process]:
    with process(tmp_path, transports) as made:
        yield made


def go_on(here: Process, frozen: FrozenClock, minutes: int) -> int:
    """Time goes by with a look each minute; gives how many alarms came."""
    count = 0
    for _ in range(minutes):
        frozen.advance(timedelta(minutes=1))
        count += alarms.watch(here.gateway)
    return count


def told() -> list[tuple[str, str]]:
    return [(one.system_id, one.kind) for one in alarms.unseen(operator())]


def test_one_alarm_when_it_is_down_one_when_it_is_back(
    here: Process, frozen: FrozenClock, transports: dict[str, FakeTransport]
) -> None:
    assert go_on(here, frozen, 5) == 0
    transports["a"].behave = always(TimedOut())
    assert go_on(here, frozen, 29) == 0, "not yet beyond the limit of 30 minutes"
    assert go_on(here, frozen, 60) == 1
    assert told() == [("a", DOWN)]
    transports["a"].behave = always(GOOD)
    assert go_on(here, frozen, 10) == 1
    assert told() == [("a", UP), ("a", DOWN)]
    (up, down) = alarms.unseen(operator())
    assert up.since == down.since and down.at - down.since >= LIMIT
    assert down.fault == "TimedOut"


def test_what_is_asked_anyway_is_not_probed_besides(
    here: Process, frozen: FrozenClock, transports: dict[str, FakeTransport]
) -> None:
    frozen.advance(timedelta(minutes=1))
    here.gateway.probe("a")
    here.gateway.settle()
    before = {name: len(one.calls) for name, one in transports.items()}
    alarms.watch(here.gateway)
    assert len(transports["a"].calls) == before["a"]
    assert len(transports["b"].calls) == before["b"] + 1


def test_the_platforms_own_probes_name_no_person(here: Process, frozen: FrozenClock) -> None:
    go_on(here, frozen, 1)
    with begin() as connection:
        rows = connection.execute(select(call_record)).all()
    assert {(row.actor, row.subject_hash) for row in rows} == {("platform", None)}


def test_a_system_that_is_switched_off_gives_no_alarm_and_begins_anew(
    here: Process, frozen: FrozenClock, transports: dict[str, FakeTransport]
) -> None:
    transports["a"].behave = always(TimedOut())
    go_on(here, frozen, 20)
    here.desk.switch(operator(), "a", "停用", "对方约定停机维护")
    assert go_on(here, frozen, 60) == 0
    here.desk.switch(operator(), "a", "试运行", "对方通知已恢复")
    assert go_on(here, frozen, 29) == 0
    assert go_on(here, frozen, 5) == 1


def test_the_limit_of_a_system_wins_over_the_citys(hailing: CityPack) -> None:
    from tests.connectors.support import site

    assert alarms.limit_of(site("a")) == LIMIT
    assert alarms.limit_of(site("a", down_minutes=5)) == timedelta(minutes=5)


def test_an_alarm_is_acknowledged_once_and_by_the_operator(
    here: Process, frozen: FrozenClock, transports: dict[str, FakeTransport]
) -> None:
    transports["a"].behave = always(TimedOut())
    go_on(here, frozen, 40)
    (alarm,) = alarms.unseen(operator())
    with pytest.raises(Denied):
        alarms.acknowledge(people.principal(), "a", alarm.number)
    with pytest.raises(Denied):
        alarms.unseen(people.principal())
    assert alarms.acknowledge(operator(), "a", alarm.number) == 1
    assert alarms.acknowledge(operator(), "a", alarm.number) == 0
    assert alarms.unseen(operator()) == ()


def test_alarms_are_seen_by_the_whole_city_and_written_by_the_service_only(
    here: Process, frozen: FrozenClock, transports: dict[str, FakeTransport]
) -> None:
    from portal.store import alarms as stored

    transports["a"].behave = always(TimedOut())
    go_on(here, frozen, 40)
    street = Reach(prefixes=("990102001",), unit_id="x", actor="y")
    with scoped(street) as connection:
        assert stored.unseen(connection) == []
        assert stored.acknowledge(connection, "a", 10_000, "某人") == 0
    values = {"system_id": "a", "region_code": "9901", "kind": DOWN, "since": NOON, "at": NOON,
              "fault": "x"}  # fmt: skip
    with pytest.raises(ProgrammingError, match="row-level security"), scoped(street) as connection:
        stored.put(connection, **values)
