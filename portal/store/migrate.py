"""Bring the database's tables up to this version, as their owner."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def config(owner_url: str) -> Config:
    """Alembic's configuration for an owner's address."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.set_main_option("sqlalchemy.url", owner_url.replace("%", "%%"))
    return made


def upgrade(owner_url: str) -> None:
    """Run every migration that is missing."""
    command.upgrade(config(owner_url), "head")


def head() -> str | None:
    """The newest migration this version knows."""
    return ScriptDirectory.from_config(config("postgresql://")).get_current_head()


def current(connection: Connection) -> str | None:
    """The newest migration the database has."""
    return MigrationContext.configure(connection).get_current_revision()
