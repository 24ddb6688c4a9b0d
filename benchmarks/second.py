"""Another server process on the running product's data, as a second one behind nginx would be."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.house import House
from benchmarks.processes import child, free_port, wait_for


@dataclass(frozen=True, kw_only=True)
class Second:
    """Its address and its process."""

    base: str
    pid: int


@contextmanager
def open_second(
    house: House, *, name: str = "second", more: Mapping[str, str] | None = None
) -> Iterator[Second]:
    """Start it; gives it back at the first byte of its health answer."""
    port = free_port()
    base = f"http://localhost:{port}"
    environment = {**house.server_environment(), "PORTAL_PUBLIC_URL": base, **(more or {})}
    command = [sys.executable, "-m", "streamlit", "run", "server.py", "--server.port", str(port)]
    log = Path(house.place) / f"{name}.log"
    with child(command, log, environment) as process:
        wait_for(f"{base}/healthz", process, log, 120)
        yield Second(base=base, pid=process.pid)
