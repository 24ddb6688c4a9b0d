"""The whole product as ``make run`` starts it, on ports and data of its own, and who visits it."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ground
from benchmarks.processes import child, children_of, free_port, wait_for
from benchmarks.visitor import Identity
from portal.store.citypack import pack

FIRST_START_SECONDS = 900.0  # the longest one waits on a busy machine; the target is far below
LEVELS = ("city", "district", "street", "community", "department")


@dataclass(frozen=True, kw_only=True)
class Milestones:
    """When the parts of the first start were there, in seconds after the command."""

    sandbox: float
    seeded: float
    ready: float


@dataclass(frozen=True, kw_only=True)
class House:
    """The running product."""

    base: str
    place: Path
    server_pid: int
    milestones: Milestones

    def server_environment(self) -> dict[str, str]:
        """What the supervisor told the server."""
        raw = Path(f"/proc/{self.server_pid}/environ").read_bytes().decode()
        pairs = (one.partition("=") for one in raw.split("\0") if one)
        return {name: value for name, _, value in pairs}

    def visitor(self, level: str, base: str | None = None) -> Identity:
        """A fresh sign-in of the level's demonstration account."""
        return self.person(login_of(level), base)

    def person(self, login: str, base: str | None = None) -> Identity:
        """A fresh sign-in of a demonstration account."""
        return Identity.of(login, base or self.base, issuer=self.base)


def login_of(level: str) -> str:
    """The demonstration account whose first post is at home on this level."""
    departments = {one.id for one in pack().departments}
    city = pack()
    for account in city.demo.accounts if city.demo else ():
        unit = account.posts[0].unit
        permissions = {
            name
            for role_id in account.posts[0].roles
            if (role := city.role(role_id))
            for name in role.permissions
        }
        at_home = f"home.{level}" in permissions
        if at_home and (unit in departments) == (level == "department"):
            return account.login
    raise LookupError(f"no demonstration account of the level {level}")


def _wait_for_server(supervisor: int, log: Path) -> tuple[int, float]:
    """The server process as soon as the supervisor has started it, and when that was."""
    deadline = time.monotonic() + FIRST_START_SECONDS
    while time.monotonic() < deadline:
        for pid, command in children_of(supervisor).items():
            if "server.py" in command:
                return pid, time.monotonic()
        if not Path(f"/proc/{supervisor}").exists():
            break
        time.sleep(0.02)
    raise RuntimeError(log.read_text(encoding="utf-8", errors="replace")[-2000:])


@contextmanager
def open_house(scale: str = "demo") -> Iterator[House]:
    """Start everything from nothing; stop all of it at the end."""
    with ground.folder() as place:
        base, sandbox = f"http://localhost:{free_port()}", f"http://127.0.0.1:{free_port()}"
        changes = {
            "PORTAL_VAR_DIR": str(place / "var"),
            "PORTAL_PUBLIC_URL": base,
            "PORTAL_SANDBOX_URL": sandbox,
        }
        os.environ.pop("DATABASE_URL", None)
        with ground.environment(**changes):
            log, started = place / "portal.log", time.monotonic()
            command = [sys.executable, "-m", "portal", "run", "--scale", scale]
            with child(command, log) as supervisor:
                wait_for(sandbox, supervisor, log, FIRST_START_SECONDS)
                sandbox_at = time.monotonic()
                pid, seeded_at = _wait_for_server(supervisor.pid, log)
                wait_for(f"{base}/healthz", supervisor, log, 120)
                milestones = Milestones(
                    sandbox=sandbox_at - started,
                    seeded=seeded_at - started,
                    ready=time.monotonic() - started,
                )
                yield House(base=base, place=place, server_pid=pid, milestones=milestones)
