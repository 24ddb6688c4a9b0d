"""The grid system: real views of a real database, read by a role that may do nothing else."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from stdnum.cn import uscc

from sandbox.application import create_app
from sandbox.grid.database import GridDatabase, GridUnavailable
from sandbox.grid.records import Records
from sandbox.population import World
from tests.conftest import TestCluster
from tests.sandbox.support import CREDENTIALS, FIXTURES, Caller, turn

READER = "grid_reader"
NEXT = 'SELECT * FROM zzwg.v_syrk WHERE "RYBH" > %s ORDER BY "RYBH" LIMIT 1000'
HANGING = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND usename = 'grid_reader'"
ONE = 'SELECT * FROM zzwg.v_syrk WHERE "ZJHM_CX" = %s'


class AFew(Records):
    """The first rows only, where it does not matter which."""

    def persons(self) -> Iterator[tuple[Any, ...]]:
        return islice(super().persons(), 20)

    def houses(self) -> Iterator[tuple[Any, ...]]:
        return islice(super().houses(), 20)


class Site:
    """The database of one grid system, and connections of its reader."""

    def __init__(self, cluster: TestCluster, name: str, application: Caller) -> None:
        self.url = cluster.server.url(READER, CREDENTIALS["grid_reader"], name)
        self.caller = application

    def connect(self) -> psycopg.Connection[dict[str, Any]]:
        return psycopg.connect(self.url, row_factory=dict_row, connect_timeout=5)

    def read(self, query: str, *values: object) -> list[dict[str, Any]]:
        with self.connect() as connection:
            return connection.execute(query.encode(), values).fetchall()


@pytest.fixture(scope="module")
def served(cluster: TestCluster, world: World) -> Site:
    """As in a real start: the role is there, and the address is that of a plain owner."""
    name = cluster.new_database("grid")
    cluster.server.ensure_role(READER, CREDENTIALS["grid_reader"])
    for role, word in CREDENTIALS.items():
        if role.endswith("_reader"):
            cluster.server.ensure_role(role, word)
    app = create_app(world, CREDENTIALS, database_url=cluster.owner_url(name))
    return Site(cluster, name, Caller(app))


@pytest.fixture
def site(served: Site) -> Iterator[Site]:
    yield served
    turn(served.caller, "grid", "normal")


@pytest.fixture(scope="module")
def everyone(served: Site) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    page = served.read(NEXT, "")
    while page:
        rows += page
        page = served.read(NEXT, rows[-1]["RYBH"])
    return rows


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / "grid" / name).read_text(encoding="utf-8"))


def as_text(row: dict[str, Any]) -> dict[str, Any]:
    """Timestamps as the fixtures write them."""
    return {k: f"{v:%Y-%m-%d %H:%M:%S}" if isinstance(v, datetime) else v for k, v in row.items()}


def test_keyset_pages_lead_to_everyone_once(
    everyone: list[dict[str, Any]], world: World, served: Site
) -> None:
    numbers = [row["ZJHM_CX"] for row in everyone]
    assert len(set(numbers)) == len(numbers) == len(Records(world).register.members)


def test_rows_have_the_columns_and_types_of_the_fixtures(everyone: list[dict[str, Any]]) -> None:
    pattern = fixture("person_found.json")[0]
    assert list(everyone[0]) == list(pattern)
    kinds: dict[str, set[type]] = {column: set() for column in pattern}
    for row in everyone:
        for column, value in row.items():
            kinds[column].add(type(value))
    times = {"CSRQ", "HJ_RQ", "RZSJ", "CQ_RQ", "GZ_RQ", "GXSJ"}
    for column, found in kinds.items():
        assert found <= {datetime if column in times else str, type(None)}
    assert all(row["CSRQ"].tzinfo is None for row in everyone)


def test_houses_and_state_have_the_columns_of_the_fixtures(site: Site) -> None:
    assert list(site.read("SELECT * FROM zzwg.v_fw LIMIT 1")[0]) == list(fixture("houses.json")[0])
    units = site.read("SELECT * FROM zzwg.v_dw")
    assert list(units[0]) == list(fixture("enterprises.json")[0])
    assert all(uscc.is_valid(one["TYDM"]) for one in units)
    assert len({one["TYDM"].upper() for one in units}) == len(units)
    state = site.read("SELECT * FROM zzwg.v_zt")
    assert len(state) == 1
    assert as_text(state[0]) | {"SJSJ": ""} == fixture("probe.json")[0] | {"SJSJ": ""}


def test_one_person_is_found_by_number_and_nobody_is_an_empty_answer(
    site: Site, everyone: list[dict[str, Any]]
) -> None:
    padded = next(row for row in everyone if row["ZJHM"].endswith(" "))
    assert site.read(ONE, padded["ZJHM_CX"]) == [padded]
    assert site.read(ONE, "990102199001019990") == fixture("person_missing.json")


def test_a_household_is_found_by_its_number(site: Site, everyone: list[dict[str, Any]]) -> None:
    found = site.read('SELECT * FROM zzwg.v_syrk WHERE "HH" = %s', everyone[0]["HH"])
    assert everyone[0] in found


def test_every_row_says_that_it_is_simulated(everyone: list[dict[str, Any]]) -> None:
    assert {row["SJLY"] for row in everyone} == {"模拟数据"}


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM zzwg.t_syrk",
        "SELECT * FROM zzwg.t_kz",
        "UPDATE zzwg.v_syrk SET \"XM\" = ''",
        "DELETE FROM zzwg.t_fw",
        "CREATE TABLE zzwg.mine (a int)",
        "CREATE TABLE public.mine (a int)",
    ],
)
def test_the_reader_may_read_the_views_and_nothing_else(site: Site, statement: str) -> None:
    with pytest.raises(psycopg.Error) as refused:
        site.read(statement)
    assert refused.value.sqlstate in {"42501", "55000", "25006"}


def test_slow_still_answers(site: Site) -> None:
    turn(site.caller, "grid", "slow", delay_ms=1)
    assert site.read("SELECT * FROM zzwg.v_zt")[0]["ZT"] == "正常"


def test_a_hanging_view_can_be_cancelled(site: Site) -> None:
    turn(site.caller, "grid", "hang")
    with site.connect() as connection:
        connection.execute("SET statement_timeout = 50")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT * FROM zzwg.v_zt")


def test_a_change_of_mode_frees_those_who_hang(cluster: TestCluster, site: Site) -> None:
    turn(site.caller, "grid", "hang")
    answers: list[list[dict[str, Any]]] = []
    reader = threading.Thread(
        target=lambda: answers.append(site.read("SELECT * FROM zzwg.v_zt")), daemon=True
    )
    reader.start()
    with psycopg.connect(cluster.server.superuser_url(), autocommit=True) as watcher:
        while not watcher.execute(HANGING).fetchone():
            assert reader.is_alive()
    assert answers == []
    turn(site.caller, "grid", "normal")
    reader.join(timeout=60)
    assert answers[0][0]["ZT"] == "正常"


def test_down_lets_nobody_in_and_refuses_who_is_there(site: Site) -> None:
    with site.connect() as connection:
        turn(site.caller, "grid", "down")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT * FROM zzwg.v_zt")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        site.connect()
    turn(site.caller, "grid", "normal")
    assert site.read("SELECT * FROM zzwg.v_zt")[0]["ZT"] == "正常"


def test_garbage_is_wrong_in_the_places_of_the_fixture(
    site: Site, everyone: list[dict[str, Any]]
) -> None:
    turn(site.caller, "grid", "garbage")
    spoilt = as_text(site.read(ONE, everyone[0]["ZJHM_CX"])[0])
    pattern, good = fixture("garbage.json")[0], as_text(everyone[0])
    wrong = {column for column, value in spoilt.items() if value != good[column]}
    assert wrong == {"XM", "XB", "CSRQ", "XZ_QHDM"}
    assert all(spoilt[column] == pattern[column] for column in wrong)


def test_modes_of_the_web_are_not_offered(site: Site) -> None:
    for mode in ("html", "truncated", "rate_limit", "expire_token"):
        assert site.caller.post("/_control/grid", json={"mode": mode}).status_code == 422


def test_an_administrators_address_makes_the_role_itself(
    cluster: TestCluster, world: World
) -> None:
    """With the right to, the sandbox gives the reader its password, and cuts connections off."""
    name = cluster.new_database("grid")
    database = GridDatabase(cluster.server.superuser_url(name), "another-password")
    few = AFew(world)
    database.install(few)
    reader = cluster.server.url(READER, "another-password", name)
    with psycopg.connect(reader) as connection:
        count = connection.execute("SELECT count(*) FROM zzwg.v_syrk").fetchone()
    assert count == (20,)
    database.install(few)
    cluster.server.ensure_role(READER, CREDENTIALS["grid_reader"])


def test_a_database_that_cannot_be_reached_is_said_so(cluster: TestCluster, world: World) -> None:
    wrong = cluster.server.url("nobody-here", "x", "postgres")
    with pytest.raises(GridUnavailable, match="网格系统"):
        GridDatabase(wrong, "x").install(AFew(world))
