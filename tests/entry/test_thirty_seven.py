"""37 doors: grouped, in one element per field, each with its kind of sign-in, health and mark."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from portal.connectors.contract import TimedOut
from portal.connectors.gateway import Gateway
from portal.connectors.registry import load_registry
from portal.functions.entry import Entry, WallDoor
from portal.functions.entry.tickets import remember
from portal.functions.entry.wall import MARKS, grouped, matches, used_last
from portal.pages.parts import doorways
from portal.store.citypack import CityPack
from portal.store.clock import FrozenClock
from tests import people
from tests.connectors import support
from tests.connectors.support import GOOD, FakeTransport, always

FIELDS = {"party": 8, "governance": 15, "service": 14}
LOGINS = ("平台票据", "对方统一认证", "需再次登录")
IDS = [f"{field}_{number}" for field, count in FIELDS.items() for number in range(1, count + 1)]
ENTRY = '\n[entry]\nfront = "/portal"\n[limits]\n'


def _manifest(text: str) -> str:
    found = re.search(r'id = "(\w+)_(\d+)"', text)
    assert found is not None
    field, number = found[1], int(found[2])
    text = text.replace('field = "service"', f'field = "{field}"')
    text = text.replace("平台票据", LOGINS[number % 3], 1).replace("[limits]\n", ENTRY)
    return text.replace("login = ", 'client_requires = ["UKey"]\nlogin = ', 1)


@pytest.fixture
def entry(hailing: CityPack, tmp_path: Path) -> Iterator[Entry]:
    """A city with as many systems as this one is to have; every ninth hangs, every tenth is out."""
    folder = support.write_manifests(tmp_path, IDS, _manifest)
    for one in IDS:  # a manifest lies in the folder of its field
        place = folder / one.split("_")[0]
        place.mkdir(exist_ok=True)
        (folder / "service" / f"{one}.toml").rename(place / f"{one}.toml")
    sites = [
        support.site(
            one, entry=f"http://{one}.test", name=f"业务系统{one}", mark="ANMP"[number % 4],
            mode="联调" if number % 10 == 9 else "正式", credentials={"ticket": "t"},
        )
        for number, one in enumerate(IDS)
    ]  # fmt: skip
    registry = load_registry(sites, folder=folder, secret=lambda _: "x")
    slow = {one for number, one in enumerate(IDS) if number % 9 == 8}
    transports = {one: FakeTransport(always(TimedOut() if one in slow else GOOD)) for one in IDS}
    gateway = Gateway(registry, transports=lambda system: transports[system.id])
    gateway.start()
    yield Entry(gateway=gateway)
    gateway.stop()


def test_every_system_has_one_door_in_its_field(entry: Entry) -> None:
    doors = entry.wall(people.principal())
    assert len(doors) == 37
    assert Counter(one.field for one in doors) == FIELDS
    assert sum(len(found) for found in grouped(doors).values()) == 37
    assert len([one for one in doors if matches(one.name, "ywxt")]) == 37
    assert len([one for one in doors if matches(one.name, "ywxtparty_")]) == 8


def test_only_a_ticket_counts_as_one_sign_in(entry: Entry) -> None:
    for door in entry.wall(people.principal()):
        assert door.unified == (door.login == "平台票据")
        assert door.client_requires == ("UKey",)
        assert door.mark in MARKS


def test_health_is_a_probe_of_every_open_door_with_its_time(
    entry: Entry, frozen: FrozenClock
) -> None:
    who = people.principal()
    doors = entry.wall(who)
    health = {one.system_id: one for one in entry.health(who)}
    assert set(health) == {one.system_id for one in doors if one.open}
    assert all(one.checked_at == frozen.now() for one in health.values())
    assert Counter(one.state.value for one in health.values())["超时"] >= 3
    shut = [one for one in doors if not one.open]
    assert shut and all("联调，暂不能进入" in one.closed_why for one in shut)


def _drawn(doors: tuple[WallDoor, ...]) -> str:
    state = doorways.Knocked(word="已返回")
    ways = {"": "/jump/x?i=0"}
    return doorways.doors(doorways.door(one, state, ways if one.open else {}) for one in doors)


def test_a_field_is_one_piece_that_says_everything_about_each_door(entry: Entry) -> None:
    groups = grouped(entry.wall(people.principal()))
    drawn = {title: _drawn(found) for title, found in groups.items()}
    assert sum(text.count("<li") for text in drawn.values()) == 37
    whole = "".join(drawn.values())
    for words in (*LOGINS, *MARKS.values(), "UKey", "正式", "暂不能进入", "某局", "正常"):
        assert words in whole, words
    assert len(whole.encode()) < 37 * 1_000


def test_each_post_remembers_its_own_last_doors(entry: Entry, frozen: FrozenClock) -> None:
    who, other = people.principal(), people.principal()
    assert used_last(entry.wall(who)) == ()
    for one in ("service_3", "party_1", "governance_7", "party_1"):
        remember(who, one)
        frozen.advance(timedelta(minutes=1))
    last = [one.system_id for one in used_last(entry.wall(who))]
    assert last == ["party_1", "governance_7", "service_3"]
    assert used_last(entry.wall(other)) == ()  # the same login in another post
    assert who.login == other.login
