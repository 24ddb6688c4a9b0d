"""The bare page as a running server: the other side of every comparison."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.inventory import VARIABLE
from benchmarks.processes import child, free_port, wait_for
from benchmarks.visitor import Identity
from portal.settings import ROOT


@dataclass(frozen=True, kw_only=True)
class BareHouse:
    """A running bare page."""

    base: str
    pid: int

    def visitor(self) -> Identity:
        """Somebody who looks at it."""
        return Identity.unknown(self.base)


@contextmanager
def open_bare(place: Path, name: str, inventory: dict[str, Any]) -> Iterator[BareHouse]:
    """Serve the bare page with these elements."""
    file, log = place / f"{name}.json", place / f"{name}.log"
    file.write_text(json.dumps(inventory, ensure_ascii=False), encoding="utf-8")
    port = free_port()
    script = str(ROOT / "benchmarks" / "bare_server.py")
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    environment = {VARIABLE: str(file), "PYTHONPATH": str(ROOT)}
    with child(command, log, environment) as process:
        base = f"http://localhost:{port}"
        wait_for(f"{base}/_stcore/health", process, log, 60)
        yield BareHouse(base=base, pid=process.pid)
