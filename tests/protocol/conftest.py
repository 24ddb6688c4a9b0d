"""One database with the demonstration's accounts, and servers in processes of their own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

import portal.settings as settings_module
from auth import sessions
from auth.tables import account, audit_entry, session
from portal.commands import seed, setup
from portal.settings import ROOT, secrets
from portal.store import citypack, clock, deployment, divisions, engine
from tests.conftest import TestCluster
from tests.protocol.client import Browser
from tests.protocol.house import House, free_port, running

PROBE = ROOT / "tests" / "protocol" / "probe" / "server.py"
CLERK, OFFICER = "dongxing.clerk", "chengdong.district"


def _forget() -> None:
    engine.dispose()
    settings_module.reload()
    citypack.forget()
    divisions.forget()


@dataclass
class Town:
    """The database that all servers of these tests share, seen from outside any of them."""

    environment: dict[str, str]
    folder: Path
    password: str

    def start(
        self,
        stack: ExitStack,
        script: Path = ROOT / "server.py",
        by: str = "streamlit",
        **more: str,
    ) -> House:
        """A server process that nobody has talked to yet."""
        port = free_port()
        environment = self.environment | more
        environment["PORTAL_PUBLIC_URL"] = f"http://localhost:{port}"
        log = self.folder / f"server-{port}.log"
        return stack.enter_context(running(script, log, environment, port, by))

    def session_of(self, login: str) -> str:
        """The id of the person's newest session."""
        query = (
            select(session.c.id)
            .join(account, account.c.id == session.c.account_id)
            .where(account.c.login == login)
            .order_by(session.c.issued_at.desc())
            .limit(1)
        )
        with engine.begin() as connection:
            found: str = connection.execute(query).scalar_one()
            return found

    def revoke(self, login: str) -> None:
        """End the person's session, as an administrator in another process would."""
        sessions.revoke(self.session_of(login), "管理员终止")

    def fall_idle(self, login: str) -> None:
        """Let it be long ago that the person did anything."""
        with engine.begin() as connection:
            connection.execute(
                update(session)
                .where(session.c.id == self.session_of(login))
                .values(last_seen=clock.now() - timedelta(hours=2))
            )

    def refusals(self, action: str, login: str) -> int:
        """How often the audit says that the person was refused this."""
        query = select(audit_entry.c.seq).where(
            audit_entry.c.action == action,
            audit_entry.c.actor == login,
            audit_entry.c.outcome == "refused",
        )
        with engine.begin() as connection:
            return len(connection.execute(query).all())


@pytest.fixture(scope="package")
def town(cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The city's places and the demonstration's accounts in a database of their own.

    The servers run no recurring jobs, as when those have a process of their own.
    """
    folder = tmp_path_factory.mktemp("protocol")
    name = cluster.new_database("protocol", template="template_migrated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORTAL_VAR_DIR", str(folder / "var"))
        patch.setenv("DATABASE_URL", cluster.app_url(name))
        patch.delenv("REDIS_URL", raising=False)
        _forget()
        city = citypack.pack()
        deployment.mark(deployment.DEMO, city.id)
        setup.load_city(city)
        seed.add_accounts(city)
        assert city.demo is not None
        environment = {
            "PORTAL_VAR_DIR": str(folder / "var"),
            "DATABASE_URL": cluster.app_url(name),
            "STREAMLIT_SERVER_COOKIE_SECRET": secrets().cookie_secret,
            "PORTAL_JOBS_BEAT_SECONDS": "0.2",
            "PORTAL_JOBS_SILENT_SECONDS": "3",
        }
        yield Town(environment, folder, city.demo.password)
        _forget()
    _forget()
    cluster.server.drop_database(name)


@pytest.fixture(scope="package")
def fresh(town: Town) -> Iterator[House]:
    """The real portal for strangers only: nobody ever signs in there, so no page has run."""
    with ExitStack() as stack:
        yield town.start(stack)


@pytest.fixture(scope="package")
def portal(town: Town) -> Iterator[House]:
    """The real portal, shared by tests that do not need it fresh."""
    with ExitStack() as stack:
        yield town.start(stack)


@dataclass
class Probe:
    """A server with the probe's page, and the trace that its callbacks leave."""

    house: House
    effects: Path

    def done(self) -> int:
        """How often a callback has run."""
        return len(self.effects.read_text(encoding="utf-8").splitlines())


@pytest.fixture(scope="package")
def open_probe(town: Town) -> Iterator[Callable[..., Probe]]:
    """Starts servers with the probe's page."""
    with ExitStack() as stack:

        def start(**more: str) -> Probe:
            effects = town.folder / f"effects-{len(more)}"
            effects.touch()
            more["PROBE_EFFECTS"] = str(effects)
            return Probe(town.start(stack, PROBE, **more), effects)

        yield start


@pytest.fixture(scope="package")
def probe(open_probe: Callable[..., Probe]) -> Probe:
    """The probe behind the shield."""
    return open_probe()


@pytest.fixture(scope="package")
def bare_probe(open_probe: Callable[..., Probe]) -> Probe:
    """The probe with no shield at all."""
    return open_probe(PROBE_BARE="1")


@pytest.fixture(scope="package")
def people(town: Town) -> Callable[..., Browser]:
    """Signs people in, each in a browser of their own."""

    def sign_in(house: House, login: str = CLERK) -> Browser:
        browser = house.browser()
        answer = browser.sign_in(login, town.password)
        assert answer.status_code == 200, answer.text
        assert "_streamlit_user" in browser.http.cookies, answer.text
        return browser

    return sign_in
