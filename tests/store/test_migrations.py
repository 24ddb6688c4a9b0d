"""The migrations make exactly the tables that the code describes."""

import importlib

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

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
