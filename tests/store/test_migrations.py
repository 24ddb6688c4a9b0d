"""The migrations make exactly the tables that the code describes."""

import importlib

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from portal.settings import ROOT
from portal.store import migrate
from portal.store.base import metadata
from portal.store.engine import begin, driver_url
from tests.conftest import TestDatabase


def _catalogue_of_the_code() -> None:
    """Import every module that describes tables."""
    for folder in ("auth", "portal"):
        for file in (ROOT / folder).rglob("*tables.py"):
            importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    importlib.import_module("portal.store.subjects")


def test_a_migrated_database_has_the_tables_of_the_code(database: TestDatabase) -> None:
    _catalogue_of_the_code()
    engine = create_engine(driver_url(database.owner_url))
    with engine.connect() as connection:
        opts = {"compare_type": True, "include_schemas": True}
        context = MigrationContext.configure(connection, opts=opts)
        difference = compare_metadata(context, metadata)
    engine.dispose()
    assert difference == []


def test_the_database_knows_that_it_is_at_the_newest_migration(database: TestDatabase) -> None:
    with begin() as connection:
        assert migrate.current(connection) == migrate.head()


HOLDERS = """
INSERT INTO unit (id, name, kind, level, region_code)
VALUES ('u1', '柳岸社区', 'community', 'community', '990102001001');
INSERT INTO account (id, login, name, status) VALUES
    ('00000000-0000-0000-0000-0000000000a1', 'wang', '王小梅', 'active'),
    ('00000000-0000-0000-0000-0000000000a2', 'program', '统计程序', 'service');
INSERT INTO post (id, account_id, unit_id, title, roles, prefixes, is_main, starts) VALUES
    ('00000000-0000-0000-0000-0000000000b1', '00000000-0000-0000-0000-0000000000a1',
     'u1', '副主任', '{reader}', '{990102001001}', 1, '2026-01-01'),
    ('00000000-0000-0000-0000-0000000000b2', '00000000-0000-0000-0000-0000000000a2',
     'u1', '程序接口', '{reader}', '{990102001001}', 0, '2026-02-01');
"""


def test_posts_that_are_held_survive_the_step_to_positions_and_back(
    database: TestDatabase,
) -> None:
    configured = migrate.config(database.owner_url)
    engine = create_engine(driver_url(database.owner_url))
    command.downgrade(configured, "0006")
    with engine.begin() as connection:
        connection.execute(text(HOLDERS))
    before = "SELECT id, unit_id, title, roles, prefixes FROM post ORDER BY id"
    with engine.begin() as connection:
        had = connection.execute(text(before)).all()
    command.upgrade(configured, "head")
    with engine.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT h.id, p.unit_id, p.title, p.roles, p.prefixes, p.status"
                " FROM post h JOIN position p ON p.id = h.position_id ORDER BY h.id"
            )
        ).all()
    assert [tuple(one)[:5] for one in rows] == [tuple(one) for one in had]
    assert [one.status for one in rows] == ["active", "service"]
    command.downgrade(configured, "0006")
    with engine.begin() as connection:
        assert connection.execute(text(before)).all() == had
    command.upgrade(configured, "head")
    engine.dispose()
