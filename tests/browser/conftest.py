"""The whole product, started as a person starts it, and one browser window per role."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from portal.settings import ROOT
from tests.browser import steps
from tests.protocol.house import free_port

_START_SECONDS = 280
_SIZE = {"width": steps.OFFICE[0], "height": steps.OFFICE[1]}


@dataclass(frozen=True, kw_only=True)
class Premises:
    """Where the portal and its simulated systems are."""

    portal: str
    sandbox: str
    var: Path

    def run(self, module: str, *words: str) -> list[str]:
        """What a module of the tests prints, run beside the portal with its database."""
        environment = {**os.environ, "PORTAL_VAR_DIR": str(self.var)}
        environment.pop("DATABASE_URL", None)
        done = subprocess.run(
            [sys.executable, "-m", module, *words],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.split()

    def turn(self, system: str, mode: str) -> None:
        """Let a simulated system misbehave, or be well again (``normal``)."""
        httpx.post(f"{self.sandbox}/_control/{system}", json={"mode": mode}).raise_for_status()


@pytest.fixture(scope="session")
def premises(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Premises]:
    """A portal with its database, its simulated systems and their residents.

    ``PORTAL_TEST_BASE``, ``PORTAL_TEST_SANDBOX`` and ``PORTAL_TEST_VAR`` name one that runs.
    """
    if given := os.environ.get("PORTAL_TEST_BASE"):
        var = Path(os.environ.get("PORTAL_TEST_VAR", "var"))
        yield Premises(portal=given, sandbox=os.environ["PORTAL_TEST_SANDBOX"], var=var)
        return
    folder = tmp_path_factory.mktemp("house")
    address = f"http://localhost:{free_port()}"
    sandbox = f"http://127.0.0.1:{free_port()}"
    log = folder / "run.log"
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in ("DATABASE_URL", "REDIS_URL", "PORTAL_CITY_PACK", "PORTAL_PRODUCTION")
    } | {
        "PORTAL_VAR_DIR": str(folder / "var"),
        "PORTAL_PUBLIC_URL": address,
        "PORTAL_SANDBOX_URL": sandbox,
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "portal", "run"],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(process, log)
        yield Premises(portal=address, sandbox=sandbox, var=folder / "var")
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def base(premises: Premises) -> str:
    """The address of the portal."""
    return premises.portal


def _wait_until_ready(process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        text = log.read_text(encoding="utf-8", errors="replace")
        if "已就绪" in text:
            return
        try:
            process.wait(timeout=0.2)
            break
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace")[-4000:])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the whole run; what it must show may take as long as the machine is busy."""
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright, steps.chromium(playwright) as found:
        yield found


@dataclass
class Watch:
    """What a window must never do: write errors, break the policy, talk to another machine."""

    host: str
    complaints: list[str] = field(default_factory=list)

    def attach(self, context: BrowserContext) -> None:
        """Look at every page the window will ever show."""
        context.on("request", self._request)
        context.on("console", lambda one: one.type == "error" and self._note(one.text))
        context.on("weberror", lambda one: self._note(str(one.error)))

    def _note(self, words: str) -> None:
        self.complaints.append(words)

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc != self.host:
            self.complaints.append(f"asked another machine: {request.url}")


@dataclass
class Window:
    """One role's browser window, signed in."""

    login: str
    page: Page
    watch: Watch

    @property
    def home(self) -> str:
        """The address of the portal."""
        return f"http://{self.watch.host}/"

    def go_home(self, size: tuple[int, int] = steps.OFFICE) -> Page:
        """The role's home at that size, drawn anew."""
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.goto(self.home)
        steps.settled(self.page)
        return self.page


Opener = Callable[[str], Window]


@pytest.fixture(scope="session")
def shared(base: str, browser: Browser) -> Iterator[Opener]:
    """The window of a role, signed in once for the whole run."""
    windows: dict[str, Window] = {}

    def window(login: str) -> Window:
        if login not in windows:
            windows[login] = _open(base, browser, login)
        return windows[login]

    yield window
    for one in windows.values():
        one.page.context.close()


@pytest.fixture
def own(base: str, browser: Browser) -> Iterator[Opener]:
    """A window of its own, for a test that signs out or switches posts."""
    opened: list[Window] = []

    def window(login: str) -> Window:
        opened.append(_open(base, browser, login))
        return opened[-1]

    yield window
    for one in opened:
        one.page.context.close()


def _open(base: str, browser: Browser, login: str) -> Window:
    context = steps.window(browser, viewport=_SIZE)
    watch = Watch(urlsplit(base).netloc)
    watch.attach(context)
    page = context.new_page()
    steps.sign_in(page, base, login)
    return Window(login, page, watch)
