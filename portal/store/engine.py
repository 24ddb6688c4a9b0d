"""The database connection of this process, as the application role and never as the owner."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock

from sqlalchemy import Connection, Engine, create_engine

from portal.settings import settings


class NoDatabaseError(Exception):
    """No database address is configured."""


def driver_url(url: str) -> str:
    """The address with the driver this project uses named in it."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


_making = Lock()


def engine() -> Engine:
    """The pool of this process, kept in the module so that no cache wipe can reach it."""
    with _making:  # threads that ask first at the same moment must not each make a pool
        return _made()


@lru_cache(maxsize=1)
def _made() -> Engine:
    url = settings().database_url
    if not url:
        raise NoDatabaseError("没有配置数据库地址（DATABASE_URL）")
    return create_engine(
        driver_url(url),
        pool_size=settings().pool_size,
        max_overflow=settings().pool_size * 2,
        pool_pre_ping=True,
        hide_parameters=True,  # an error in a log must not tell who it was about
        connect_args={"application_name": "portal", "options": "-c timezone=UTC"},
    )


@contextmanager
def begin() -> Iterator[Connection]:
    """One transaction without any scope: row-level security shows it no scoped row."""
    with engine().begin() as connection:
        yield connection


def dispose() -> None:
    """Close the pool and forget it: for tests and for a changed address."""
    if _made.cache_info().currsize:
        engine().dispose()
    _made.cache_clear()
