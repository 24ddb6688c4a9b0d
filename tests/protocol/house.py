"""A real portal in a process of its own, on a database of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from portal.settings import ROOT
from tests.protocol.client import SECONDS, Browser


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


WAYS = {
    "streamlit": "streamlit run {script} --server.port {port}",
    "uvicorn": "uvicorn {stem}:app --port {port}",
}


@dataclass
class House:
    """A running server process."""

    base: str
    process: "subprocess.Popen[bytes]"
    log: Path
    until: ExitStack = field(default_factory=ExitStack)

    def browser(self) -> Browser:
        """A browser that knows nothing yet; it is closed with the house."""
        return Browser(self.base, self.until)

    def wait_until_it_answers(self) -> None:
        """Until it takes requests; its log is the message when it does not."""
        deadline = time.monotonic() + 4 * SECONDS
        while time.monotonic() < deadline and not self._ended():
            try:
                if httpx.get(f"{self.base}/_stcore/health", timeout=1).status_code == 200:
                    return
            except httpx.TransportError:
                continue
        raise AssertionError(self.log.read_text(encoding="utf-8", errors="replace"))

    def _ended(self) -> bool:
        """Whether the process has given up; waits for that a moment."""
        try:
            self.process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            return False
        return True


@contextmanager
def running(
    script: Path, log: Path, environment: dict[str, str], port: int, by: str
) -> Iterator[House]:
    """Start the script as the supervisor does, or by the web server alone; stop it at the end."""
    command = [
        sys.executable,
        "-m",
        *WAYS[by].format(script=script, stem=script.stem, port=port).split(),
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        house = House(environment["PORTAL_PUBLIC_URL"], process, log)
        try:
            house.wait_until_it_answers()
            with house.until:
                yield house
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
