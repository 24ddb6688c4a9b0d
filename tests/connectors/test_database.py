"""Database views on a real PostgreSQL: read-only, bound, limited in time and size."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from portal.connectors.calls import Paging, ViewCall
from portal.connectors.contract import (
    OurMistake,
    SignInAgain,
    SystemFault,
    TheirFault,
    TimedOut,
    Unreachable,
)
from portal.connectors.database import DatabaseTransport
from portal.connectors.registry import System, load_registry
from portal.connectors.transport import Trace
from tests.conftest import TestCluster
from tests.connectors.conftest import free_port
from tests.connectors.grounds import READER, SECRETS, city, without_login

TRAPS = """
CREATE SCHEMA t;
CREATE TABLE t.people ("ID" text, "NAME" text);
INSERT INTO t.people SELECT lpad(n::text, 4, '0'), '某人' || n FROM generate_series(1, 25) n;
CREATE VIEW t.slow AS SELECT pg_sleep(60)::text AS "ID";
CREATE VIEW t.broken AS SELECT '1' AS "ID", chr(65533) AS "NAME";
CREATE VIEW t.big AS SELECT repeat('x', 100000) AS "ID";
CREATE VIEW t.wrong AS SELECT (1 / (random() * 0))::text AS "ID";
CREATE TABLE t.secret ("ID" text);
CREATE FUNCTION t.write() RETURNS text LANGUAGE sql VOLATILE SECURITY DEFINER
AS $$ INSERT INTO t.people VALUES ('x', 'x') RETURNING "ID" $$;
CREATE VIEW t.writing AS SELECT t.write() AS "ID";
GRANT USAGE ON SCHEMA t TO grid_reader;
GRANT SELECT ON t.people, t.slow, t.broken, t.big, t.wrong, t.writing TO grid_reader;
"""


@pytest.fixture(scope="module")
def owners_database(cluster: TestCluster) -> str:
    """Somebody else's database; gives its owner's address."""
    cluster.server.ensure_role(READER, SECRETS[READER])
    url = cluster.owner_url(cluster.new_database("foreign"))
    with psycopg.connect(url) as connection:
        connection.execute(TRAPS)
    return url


@pytest.fixture
def system(configured: Path, owners_database: str) -> System:
    site = next(one for one in city().systems if one.id == "grid")
    moved = site.model_copy(update={"endpoint": without_login(owners_database)})
    return load_registry([moved], secret=SECRETS.__getitem__).system("grid")


def ask(system: System, call: ViewCall, **values: Any) -> list[dict[str, Any]]:
    async def play() -> list[dict[str, Any]]:
        transport = DatabaseTransport(system)
        try:
            rows: list[dict[str, Any]] = await transport.exchange(call, values, Trace())
            return rows
        finally:
            await transport.close()

    return asyncio.run(play())


def limited(system: System, **limits: float) -> System:
    changed = system.manifest.limits.model_copy(update=limits)
    return replace(system, manifest=system.manifest.model_copy(update={"limits": changed}))


def view(name: str, **more: Any) -> ViewCall:
    return ViewCall(view=f"t.{name}", columns=("ID",), **more)


def test_rows_come_as_plain_data(system: System) -> None:
    call = ViewCall(view="t.people", columns=("ID", "NAME"), where={"ID": "{id_number}"})
    assert ask(system, call, id_number="0007") == [{"ID": "0007", "NAME": "某人7"}]
    assert ask(system, call, id_number="nobody") == []


@pytest.mark.parametrize("value", ["' OR '1'='1", "0001'; DROP TABLE t.people; --", "%", "\\"])
def test_a_value_is_bound_and_finds_only_itself(system: System, value: str) -> None:
    assert ask(system, view("people", where={"ID": "{id_number}"}), id_number=value) == []
    assert len(ask(system, view("people"))) == 25


def test_a_person_is_never_a_whole_table(system: System) -> None:
    assert len(ask(system, view("people", limit=3))) == 3


@pytest.mark.parametrize("kind", ["keyset", "offset"])
def test_pages_follow_each_other(system: System, kind: Any) -> None:
    call = view("people", paging=Paging(kind=kind, size=10, key="ID"))
    second = ask(system, call, cursor="0010", offset=10)
    assert [one["ID"] for one in second] == [f"{number:04}" for number in range(11, 21)]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("broken", TheirFault),
        ("wrong", TheirFault),
        ("secret", SignInAgain),
        ("unheard_of", OurMistake),
        ("writing", TheirFault),
    ],
)
def test_what_the_database_refuses_is_told_apart(
    system: System, name: str, fault: type[SystemFault]
) -> None:
    call = view(name) if name != "broken" else ViewCall(view="t.broken", columns=("ID", "NAME"))
    with pytest.raises(fault) as raised:
        ask(system, call)
    assert type(raised.value) is fault


def test_we_never_write_even_where_a_view_would(system: System, owners_database: str) -> None:
    with pytest.raises(TheirFault, match="25006"):
        ask(system, view("writing"))
    with psycopg.connect(owners_database) as connection:
        found = connection.execute("SELECT count(*) FROM t.people WHERE \"ID\" = 'x'").fetchone()
    assert found == (0,)


def test_the_server_itself_ends_what_takes_too_long(system: System) -> None:
    with pytest.raises(TimedOut, match="57014"):
        ask(limited(system, timeout_seconds=0.1), view("slow"))


def test_too_much_is_refused(system: System) -> None:
    with pytest.raises(TheirFault, match="more than"):
        ask(limited(system, max_kilobytes=16), view("big"))


def test_a_wrong_password_is_refused_and_stays_unsaid(system: System) -> None:
    with pytest.raises(SignInAgain) as raised:
        ask(replace(system, secret=lambda _name: "wrong-password"), view("people"))
    error = raised.value
    assert "wrong-password" not in f"{error!r} {error.message} {error.detail}"


def test_a_closed_port_is_unreachable(system: System) -> None:
    site = system.site.model_copy(
        update={"endpoint": f"postgresql://127.0.0.1:{free_port()}/nothing"}
    )
    with pytest.raises(Unreachable):
        ask(replace(system, site=site), view("people"))


def test_many_questions_share_one_small_pool(system: System, owners_database: str) -> None:
    async def play() -> int:
        transport = DatabaseTransport(system)
        call = view("people")
        try:
            await asyncio.gather(*(transport.exchange(call, {}, Trace()) for _ in range(30)))
            with psycopg.connect(owners_database) as connection:
                found = connection.execute(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE usename = %s AND datname = current_database()",
                    (READER,),
                ).fetchone()
            assert found is not None
            return int(found[0])
        finally:
            await transport.close()

    assert 1 <= asyncio.run(play()) <= system.manifest.limits.parallel
