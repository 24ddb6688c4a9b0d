"""Alembic's entry: migrations run as the owner of the tables, never as the application."""

from alembic import context
from sqlalchemy import create_engine

from portal.store.base import metadata
from portal.store.engine import driver_url

url = context.config.get_main_option("sqlalchemy.url")
if url is None:
    raise RuntimeError("migrations are started by portal.store.migrate")

engine = create_engine(driver_url(url))
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=metadata, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
