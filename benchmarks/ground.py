"""A PostgreSQL and private settings for one benchmark, gone when it is over."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal import settings as settings_module
from portal.store import citypack, divisions, engine, migrate
from portal.store.cluster import APP, OWNER, Cluster

_DATABASE = "bench"


def _forget() -> None:
    engine.dispose()
    settings_module.reload()
    citypack.forget()
    divisions.forget()


@contextmanager
def environment(**changes: str) -> Iterator[None]:
    """Settings of this process for a while."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    _forget()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        _forget()


@contextmanager
def folder() -> Iterator[Path]:
    """A place for logs and data that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as path:
        yield Path(path)


KEEP = "PORTAL_BENCH_KEEP"


@contextmanager
def kept_folder(name: str) -> Iterator[tuple[Path, bool]]:
    """A place that outlives the run when ``PORTAL_BENCH_KEEP`` names a folder, and whether it does.

    What takes many minutes to fill is then filled once, and goes on where it was interrupted.
    """
    if root := os.environ.get(KEEP):
        place = Path(root).absolute() / name
        place.mkdir(parents=True, exist_ok=True)
        yield place, True
    else:
        with folder() as place:
            yield place, False


@contextmanager
def database(place: Path, *, keep: bool = False) -> Iterator[str]:
    """A migrated database, without rows unless it was kept; this process's settings point at it.

    Gives the owner's address, for what no part of the product may do.
    """
    server = Cluster(place / "pg" / "data", durable=False)
    try:
        with server:
            server.ensure_role(OWNER, "owner-of-bench")
            server.ensure_role(APP, "app-of-bench")
            server.ensure_database(_DATABASE, OWNER)
            owner = server.url(OWNER, "owner-of-bench", _DATABASE)
            migrate.upgrade(owner)
            address = server.url(APP, "app-of-bench", _DATABASE)
            with environment(DATABASE_URL=address, PORTAL_VAR_DIR=str(place / "var")):
                yield owner
    finally:
        if not keep:
            server.remove()
