"""Four small systems with doors of every kind, people signed in before them, and the API."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import insert, select
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

import portal.settings as settings_module
from auth import clients, posts, sessions
from auth.clients import Wish
from auth.principal import Principal
from auth.sessions import LiveSession
from auth.tables import audit_entry, session
from portal.api import application
from portal.api.application import Functions
from portal.connectors.contract import TimedOut
from portal.connectors.gateway import Gateway
from portal.connectors.registry import load_registry
from portal.functions.entry import Entry
from portal.functions.records import Records
from portal.functions.reports import Reports
from portal.functions.tasks import Tasks
from portal.functions.verify import Verify
from portal.shield.errors import Errors
from portal.shield.headers import Headers
from portal.shield.origin import Origin
from portal.shield.paths import Paths
from portal.store import clock
from portal.store.citypack import CityPack
from portal.store.engine import begin
from tests import people
from tests.connectors import support
from tests.connectors.support import GOOD, NOBODY, FakeTransport, always

PORTAL = "http://portal.test"
WILLOW, LOTUS = "990102001001", "990102001002"
KINDS = {"a": "平台票据", "b": "对方统一认证", "c": "需再次登录", "d": "平台票据"}
PASSWORDS = {
    "a_ticket": "password-of-a",
    "d_ticket": "password-of-d",
    "a_link": "secret-between-a-and-the-platform",
    "b_link": "secret-between-b-and-the-platform",
    "c_link": "secret-between-c-and-the-platform",
}
ENTRY = """
[entry]
landing = "/sso/login"
linking = "/sso/link"
front = "/portal"
[entry.links.review]
name = "定期复核"
path = "/review"
[entry.links.household]
name = "家庭详情"
path = "/household/{number}"
[limits]
"""


def _manifest(text: str) -> str:
    system_id = text.split('id = "')[1][0]
    return text.replace("[limits]\n", ENTRY).replace(KINDS["a"], KINDS[system_id])


@dataclass
class Doorway:
    """The functions of one process, and whoever stands before the doors."""

    entry: Entry
    records: Records
    reports: Reports
    tasks: Tasks
    transports: dict[str, FakeTransport]
    signed_in: dict[str, LiveSession] = field(default_factory=dict)

    def sign_in(
        self, login: str, *, roles: Sequence[str] = ("community_clerk",), prefix: str = WILLOW
    ) -> Principal:
        """A person with a live session; the cookie ``in`` with the login's value is theirs."""
        account_id = people.add_account(login, name=f"王{login}")
        people.add_post(account_id, f"com-{prefix}", roles=roles, prefixes=[prefix], main=True)
        return self.sign_in_again(login, account_id)

    def sign_in_again(self, login: str, account_id: UUID) -> Principal:
        """One more session of the same person."""
        number = uuid4().hex * 2
        now = clock.now()
        with begin() as connection:
            connection.execute(
                insert(session).values(
                    id=number, account_id=account_id, issued_at=now, last_seen=now, factors=["pwd"]
                )
            )
        live = sessions.check(number)
        assert live is not None
        self.signed_in[login] = live
        who = self.who({"in": login})
        assert who is not None
        return who

    def identify(self, cookies: Mapping[str, str]) -> LiveSession | None:
        live = self.signed_in.get(cookies.get("in", ""))
        return sessions.check(live.id) if live else None

    def who(self, cookies: Mapping[str, str]) -> Principal | None:
        live = self.identify(cookies)
        return live and posts.principal_for(  # type: ignore[return-value]
            account_id=live.account_id, post_id=live.post_id, session_id=live.id, factors=("pwd",)
        )

    def app(self) -> ASGIApp:
        """The portal's own addresses behind the guards that stand before them."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            _asked.set(self)
            await _addresses()(scope, receive, send)

        return app


# Whose functions a request is for: the addresses are made once, and take half a second.
_asked: ContextVar[Doorway] = ContextVar("_asked")


@cache
def _addresses() -> ASGIApp:
    functions = Functions(
        records=lambda: _asked.get().records,
        reports=lambda: _asked.get().reports,
        tasks=lambda: _asked.get().tasks,
        entry=lambda: _asked.get().entry,
        verify=lambda: Verify(records=_asked.get().records),
    )
    routes = application.routes(functions, lambda cookies: _asked.get().identify(cookies))
    inner = Paths(
        Starlette(routes=routes), pages=["/", "/entry"], files=[], routes=routes,
        public_url=PORTAL,
    )  # fmt: skip
    return Headers(Errors(Origin(inner, public_url=PORTAL)), https=False)


class Browser:
    """Asks the portal: a browser with a cookie, or a program with a token."""

    def __init__(self, app: ASGIApp, *, login: str = "", token: str = "") -> None:
        self.app = app
        self.cookies = {"in": login} if login else {}
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            wire = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(
                transport=wire, base_url=PORTAL, cookies=self.cookies, headers=self.headers
            ) as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.send("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.send("POST", path, **options)


def wish(**changes: Any) -> Wish:
    """A program of the community that may search, open and report."""
    values: dict[str, Any] = {
        "client": "核对程序",
        "unit_id": f"com-{WILLOW}",
        "role": "community_clerk",
        "permissions": tuple(one for one in clients.OFFERED if "orders." not in one),
        "prefixes": (WILLOW,),
        "purposes": ("counter", "case"),
        "days": 30,
    }
    return Wish(**{**values, **changes})


def audit() -> list[Any]:
    """Everything recorded so far."""
    with begin() as connection:
        return list(connection.execute(select(audit_entry).order_by(audit_entry.c.seq)).all())


@pytest.fixture
def doorway(
    hailing: CityPack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Doorway]:
    """Doors in the small second city."""
    monkeypatch.setenv("PORTAL_PUBLIC_URL", PORTAL)
    settings_module.reload()
    with opened(tmp_path) as made:
        yield made


@contextmanager
def opened(folder: Path) -> Iterator[Doorway]:
    """The functions over fake systems, running."""
    transports = {
        "a": FakeTransport(always(GOOD)),
        "b": FakeTransport(always(TimedOut())),
        "c": FakeTransport(always(NOBODY)),
        "d": FakeTransport(always(GOOD)),
    }
    sites = [
        support.site(
            one, entry=f"http://{one}.test/app", name=f"{one.upper()}系统",
            credentials={"ticket": f"{one}_ticket"}
            | ({"link": f"{one}_link"} if f"{one}_link" in PASSWORDS else {}),
        )
        for one in KINDS
    ]  # fmt: skip
    registry = load_registry(
        sites,
        folder=support.write_manifests(folder, list(KINDS), _manifest),
        secret=PASSWORDS.__getitem__,
    )
    gateway = Gateway(registry, transports=lambda system: transports[system.id])
    gateway.start()
    try:
        yield Doorway(
            entry=Entry(gateway=gateway),
            records=Records(gateway=gateway),
            reports=Reports(registry=SimpleNamespace(systems={})),  # type: ignore[arg-type]
            tasks=Tasks(registry=registry),
            transports=transports,
        )
    finally:
        gateway.stop()
