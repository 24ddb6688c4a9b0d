"""An operator's desk over fake systems, with a second process beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from auth.principal import Principal
from portal.connectors.gateway import Gateway
from portal.functions.systems.switching import Switching
from portal.store.switches import Switches
from tests import people
from tests.connectors import support
from tests.connectors.support import FakeTransport


def operator() -> Principal:
    """Whoever runs the platform for the whole of the small second city."""
    return people.principal(
        roles=["operator"],
        prefixes=["9901"],
        unit_id="dept-civil",
        kind="department",
        level="city",
        region_code="9901",
    )


@dataclass
class Process:
    """One process of the portal: its own gateway, its own reading of the decisions."""

    gateway: Gateway
    desk: Switching


@contextmanager
def process(folder: Path, transports: dict[str, FakeTransport]) -> Iterator[Process]:
    """A process over these systems."""
    registry = support.load(folder, list(transports), switches=Switches())
    gateway = Gateway(registry, transports=lambda system: transports[system.id])
    gateway.start()
    try:
        yield Process(gateway=gateway, desk=Switching(gateway=gateway))
    finally:
        gateway.stop()
