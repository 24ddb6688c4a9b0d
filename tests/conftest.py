"""A real PostgreSQL for the whole run, and a fresh migrated database for whoever asks."""

import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
import structlog
from hypothesis import settings as hypothesis_settings

import portal.settings as settings_module
from portal.store import citypack, clock, divisions, engine, migrate
from portal.store.cluster import APP, OWNER, Cluster
from tests.databases import Databases
from tests.loaded import Loaded

_numbers = count(1)
_TEMPLATE = "template_migrated"

# Thousands of tests are collected into objects that last to the end. The collector of garbage
# would walk through them again and again: it waits until they are there, then leaves them alone.
gc.disable()

# How long an example takes says how busy the machine is. A check before landing tries the same
# examples each time and so gives the same answer twice; HYPOTHESIS_PROFILE=search looks for others.
hypothesis_settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis_settings.register_profile("search", deadline=None, max_examples=1000)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

# As the library does by itself, but for the variables of every frame beside a traceback: those of
# a test hold the whole house, and take ten seconds to print. The portal prints none either.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.set_exc_info,
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


@dataclass
class TestCluster:
    """The running server with the owner's and the application's credentials."""

    __test__ = False
    server: Cluster
    owner_password: str
    app_password: str

    def owner_url(self, database: str) -> str:
        return self.server.url(OWNER, self.owner_password, database)

    def app_url(self, database: str) -> str:
        return self.server.url(APP, self.app_password, database)

    def new_name(self, prefix: str) -> str:
        """A name that no database of this run has had."""
        return f"{prefix}_{os.getpid()}_{next(_numbers)}"

    def new_database(self, prefix: str = "test", template: str = "template0") -> str:
        """An empty database (or a copy of ``template``); gives its name."""
        name = self.new_name(prefix)
        self.server.ensure_database(name, OWNER, template)
        return name


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestCluster]:
    """One real PostgreSQL server for the whole run."""
    folder = tmp_path_factory.mktemp("pg")
    with ExitStack() as stack:
        server = Cluster(folder / "data", durable=False)
        stack.callback(server.remove)
        stack.enter_context(server)
        made = TestCluster(server, "owner-of-tests", "app-of-tests")
        server.ensure_role(OWNER, made.owner_password)
        server.ensure_role(APP, made.app_password)
        server.ensure_database(_TEMPLATE, OWNER)
        migrate.upgrade(made.owner_url(_TEMPLATE))
        yield made


@pytest.fixture(scope="session")
def databases(cluster: TestCluster) -> Databases:
    """Migrated databases, used by one test after the other."""
    return Databases(cluster.server, OWNER, _TEMPLATE)


def _forget() -> None:
    # Not the city packs: they are read by folder, and a test that writes one writes a new folder.
    engine.dispose()
    settings_module.reload()
    divisions.forget()


@dataclass
class TestDatabase:
    """A migrated database that the settings of this process point at."""

    __test__ = False
    name: str
    app_url: str
    owner_url: str
    cluster: TestCluster


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Settings of this process in a private ``var`` folder, with fresh secrets; no database."""
    monkeypatch.setenv("PORTAL_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("REDIS_URL", raising=False)
    _forget()
    yield tmp_path / "var"
    _forget()


@pytest.fixture
def database(
    cluster: TestCluster, databases: Databases, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestDatabase]:
    """A migrated database without rows; ``portal.store.engine`` points at it."""
    name = cluster.new_name("test")
    databases.lend(name)
    made = TestDatabase(name, cluster.app_url(name), cluster.owner_url(name), cluster)
    monkeypatch.setenv("DATABASE_URL", made.app_url)
    _forget()
    yield made
    _forget()
    databases.take_back(name)


@pytest.fixture
def frozen() -> Iterator[clock.FrozenClock]:
    """A clock that stands still until it is told to move."""
    at = clock.FrozenClock(datetime(2026, 11, 23, 1, 0, tzinfo=UTC))
    with clock.use(at):
        yield at


@pytest.fixture(scope="session")
def loaded() -> Loaded:
    """What loading the small second city leaves in a database."""
    return Loaded()


@pytest.fixture
def hailing(
    database: TestDatabase, loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> citypack.CityPack:
    """A small second city, loaded into a fresh database: nothing of ours is about one city."""
    from portal.commands import setup

    monkeypatch.setenv("PORTAL_CITY_PACK", str(Path(__file__).parent / "packs" / "hailing"))
    settings_module.reload()
    city = citypack.pack()
    loaded.load(database.cluster.server.superuser_url(database.name), lambda: setup.load_city(city))
    divisions.forget()
    return city


def pytest_collection_finish() -> None:
    """All tests are there: from now on there is garbage, and only what is new may be some."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser comes last: its driver leaves an event loop running in this thread."""
    items.sort(key=lambda item: "tests/browser" in item.nodeid)
