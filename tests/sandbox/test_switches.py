"""What every system can be told: to flap, to disagree, to end tokens in the middle of a walk."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import psycopg
import pytest
from psycopg.rows import dict_row

from sandbox.application import create_app
from sandbox.distort import Register
from sandbox.files.numbers import Numbers
from sandbox.files.publish import PartyFiles, Publisher
from sandbox.files.server import FileServer
from sandbox.misbehaviour import Mode
from sandbox.people import Person
from sandbox.population import World
from sandbox.region import Region
from tests.conftest import TestCluster
from tests.sandbox.support import APP_KEY, CREDENTIALS, NOON, Caller, soap, turn
from tests.sandbox.support import rows as soap_rows

READER = "medical_assistance_reader"
LIST = "/subsistence/api/dbdx/list?pageSize=5"
ROSTER = "/medical_insurance/api/v1/insured-persons?limit=5"


def everybody(person: Person) -> bool:
    return True


def test_a_register_knows_the_same_whoever_is_asked_for_first(world: World) -> None:
    one, other = (Register(world, "x", misses=0.2, holds=everybody) for _ in range(2))
    found = [p.no for p in world.persons if one.find(p.id_number) is not None]
    assert found == [p.no for p in other.members] == [p.no for p in one.members]
    assert 0.75 < len(one) / len(world.persons) < 0.85
    assert one.find(f" {world.persons[found[0]].id_number.lower()} ") is world.persons[found[0]]


def test_a_contrary_register_says_something_else_of_everybody_and_always_the_same(
    world: World,
) -> None:
    register = Register(world, "x", misses=0.0, holds=everybody)
    register.contrary = True
    told = register.members[:200]
    assert told == register.members[:200]
    for person, true in zip(told, world.persons, strict=False):
        assert person == register.find(true.id_number)
        assert person.id_number == true.id_number and person.household == true.household
        assert person.name[1:] == true.name[1:] and person.name != true.name
        assert person.born < true.born and person.phone != true.phone
        assert person.home.address != true.home.address
        assert person.home.since == true.home.since
    others = Register(world, "y", misses=0.0, holds=everybody)
    others.contrary = True
    assert others.members[:200] != told
    register.contrary = False
    assert register.members[:200] == world.persons[:200]


@pytest.mark.parametrize("system", ["subsistence", "medical_insurance", "pension"])
def test_the_first_systems_disagree_as_well(
    client: Caller, bearer: dict[str, str], system: str
) -> None:
    def some() -> list[dict[str, Any]]:
        if system == "pension":
            return soap_rows(soap(client, "QueryRoster", STARTROW=1, ROWCOUNT=5))
        if system == "subsistence":
            page = client.get(LIST, headers=APP_KEY).json()["result"]["pageData"]
            return list(page["records"])
        return list(client.get(ROSTER, headers=bearer).json()["data"])

    number, name = {
        "subsistence": ("sfzh", "xm"),
        "medical_insurance": ("certNo", "psnName"),
        "pension": ("AAC002", "AAC003"),
    }[system]
    before = some()
    turn(client, system, "disagree")
    during = some()
    assert [one[number] for one in during] == [one[number] for one in before]
    assert all(one[name] != other[name] for one, other in zip(during, before, strict=True))
    turn(client, system, "normal")
    assert some() == before


def test_a_token_ends_in_the_middle_of_a_walk(client: Caller, bearer: dict[str, str]) -> None:
    turn(client, "medical_insurance", "short_tokens")
    seen = [client.get(ROSTER, headers=bearer).status_code for _ in range(5)]
    assert seen == [200, 200, 200, 401, 401]
    turn(client, "medical_insurance", "normal")
    assert client.get(ROSTER, headers=bearer).status_code == 200


def test_views_flap_and_disagree(cluster: TestCluster, world: World) -> None:
    name = cluster.new_database("views")
    for role, word in CREDENTIALS.items():
        if role.endswith("_reader"):
            cluster.server.ensure_role(role, word)
    app = create_app(world, CREDENTIALS, database_url=cluster.owner_url(name), clock=lambda: NOON)
    client = Caller(app)
    url = cluster.server.url(READER, CREDENTIALS[READER], name)

    def read(query: str) -> list[dict[str, Any]]:
        with psycopg.connect(url, row_factory=dict_row) as connection:
            return connection.execute(query.encode()).fetchall()

    # of those that speak of persons: the months' sums stay as they are
    [(schema, view)] = [
        tuple(one.values())
        for one in read(
            "SELECT table_schema, table_name FROM information_schema.views"
            " WHERE table_schema <> 'information_schema' AND table_schema <> 'pg_catalog'"
            " AND table_name NOT LIKE '%status' AND table_name NOT LIKE '%tj'"
            " AND table_schema <> 'zzwg'"
            " AND has_table_privilege(current_user, table_schema || '.' || table_name, 'SELECT')"
        )
    ]
    everything = f'SELECT * FROM "{schema}"."{view}" ORDER BY 1'
    before = read(everything)
    turn(client, "medical_assistance", "disagree")
    during = read(everything)
    assert len(during) == len(before)
    assert all(one != other for one, other in zip(during, before, strict=True))
    turn(client, "medical_assistance", "flapping")
    outcomes = set()
    for _ in range(8):
        try:
            outcomes.add(bool(read(everything)))
        except psycopg.OperationalError:
            outcomes.add(False)
    assert outcomes == {True, False}
    turn(client, "medical_assistance", "normal")
    assert read(everything) == before


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FileServer]:
    made = FileServer(tmp_path, {"mine": "right", "another": "right"})
    made.start()
    yield made
    made.stop()


def test_one_account_is_away_and_the_other_is_not(server: FileServer, region: Region) -> None:
    files = PartyFiles(Numbers(region=region, seed=1))
    publisher = Publisher(server, "mine", files, lambda: NOON)
    publisher.open()

    async def look(account: str) -> bool:
        key = asyncssh.import_public_key(server.host_key)
        try:
            async with asyncssh.connect(
                "127.0.0.1",
                server.port,
                username=account,
                password="right",
                known_hosts=([key], [], []),
                client_keys=None,
                agent_path=None,
                config=None,
            ):
                return True
        except (asyncssh.Error, OSError):
            return False

    def both() -> tuple[bool, bool]:
        return asyncio.run(look("mine")), asyncio.run(look("another"))

    assert both() == (True, True)
    publisher.turn(Mode.DOWN, 0)
    assert both() == (False, True)
    publisher.turn(Mode.FLAPPING, 0)
    assert [both()[0] for _ in range(4)] == [False, True, False, True]
    publisher.turn(Mode.SLOW, 1)
    assert both() == (True, True)
    publisher.turn(Mode.NORMAL, 0)
    assert len(list((server.root / "mine" / "out").iterdir())) == 2, "no delivery for a mood"
