"""A browser and a client for the tests: they speak to the provider as the real ones do."""

import asyncio
import base64
import hashlib
import html
import re
import secrets as random_secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet
from starlette.applications import Starlette
from starlette.types import ASGIApp

from auth import provider
from auth.provider import Branding, Demo, DemoAccount, Deps, LevelBadge
from portal.settings import secrets, settings

BASE = "http://localhost:8501"
ISSUER = f"{BASE}/idp"
CALLBACK = f"{BASE}/oauth2callback"
PASSWORD = "Correct-Horse-7"
WRONG = "Wrong-Horse-77"

BRANDING = Branding(
    name="测试市社区事务管理服务平台",
    city="测试市",
    levels=(
        LevelBadge(id="city", name="市级", colour="#8a1c2c"),
        LevelBadge(id="community", name="社区", colour="#1d6b4f"),
    ),
)
DEMO = Demo(
    password="Demo-2026!",
    accounts=(
        DemoAccount(
            login="li.clerk", name="李小梅", unit="甲社区", post="社区工作人员", level="community"
        ),
        DemoAccount(login="wang.city", name="王建国", unit="市政府", post="市领导", level="city"),
    ),
)


@dataclass
class Recorder:
    """Stands in for the audit, the roles and the portal's sessions, and remembers what it heard."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    second_factor: set[str] = field(default_factory=set)

    def audit(self, *, action: str, actor: str, outcome: str, detail: Mapping[str, Any]) -> object:
        self.rows.append(
            {"action": action, "actor": actor, "outcome": outcome, "detail": dict(detail)}
        )
        return None

    def heard(self, action: str) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["action"] == action]

    def deps(self, demo: Demo | None = None) -> Deps:
        return Deps(
            branding=BRANDING,
            audit=self.audit,
            requires_second_factor=self.second_factor.__contains__,
            on_end_session=self.ended.append,
            demo=demo,
        )


def application(recorder: Recorder, demo: Demo | None = None) -> Starlette:
    """The provider alone, as one process would serve it."""
    return Starlette(routes=provider.routes(recorder.deps(demo)))


@dataclass
class Browser:
    """One browser with its cookies. ``app`` may be swapped: another process answers then."""

    app: ASGIApp
    address: str = "192.0.2.10"
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def send(self, method: str, url: str, **options: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(
                app=self.app, client=(self.address, 50000), raise_app_exceptions=True
            )
            async with httpx.AsyncClient(
                transport=transport, base_url=BASE, cookies=self.cookies
            ) as client:
                answer = await client.request(method, url, **options)
                self.cookies = client.cookies
                return answer

        return asyncio.run(go())

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.send("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx.Response:
        return self.send("POST", url, **options)

    # -- the pages ---------------------------------------------------------------------------

    def open(self, attempt: "Attempt", **changed: str | None) -> httpx.Response:
        return self.get(attempt.url(**changed))

    def submit(self, page: httpx.Response, **fields: str) -> httpx.Response:
        """Fill in the form of a page and send it."""
        return self.post("/idp/authorize", data={"form": sealed(page), **fields})

    def sign_in(
        self, attempt: "Attempt", login: str = "li.clerk", password: str = PASSWORD
    ) -> httpx.Response:
        return self.submit(self.open(attempt), login=login, password=password)

    def tokens(self, attempt: "Attempt", issued: str, /, **changed: Any) -> httpx.Response:
        """What the portal does with a code."""
        return self.post(
            "/idp/token",
            data=attempt.token_form(issued, **changed),
            auth=(settings().oidc_client_id, secrets().idp_client_secret),
        )


@dataclass
class Attempt:
    """One authorization request, as the portal makes it."""

    state: str = field(default_factory=lambda: random_secrets.token_urlsafe(16))
    nonce: str = field(default_factory=lambda: random_secrets.token_urlsafe(16))
    verifier: str = field(default_factory=lambda: random_secrets.token_urlsafe(48))

    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def url(self, **changed: str | None) -> str:
        wanted: dict[str, str | None] = {
            "response_type": "code",
            "client_id": settings().oidc_client_id,
            "redirect_uri": CALLBACK,
            "scope": "openid email profile",
            "state": self.state,
            "nonce": self.nonce,
            "prompt": "select_account",
            "code_challenge": self.challenge(),
            "code_challenge_method": "S256",
            **changed,
        }
        kept = {name: value for name, value in wanted.items() if value is not None}
        return f"/idp/authorize?{urlencode(kept)}"

    def token_form(self, issued: str, /, **changed: Any) -> dict[str, str]:
        wanted = {
            "grant_type": "authorization_code",
            "code": issued,
            "redirect_uri": CALLBACK,
            "code_verifier": self.verifier,
            **changed,
        }
        return {name: value for name, value in wanted.items() if value is not None}


def sealed(page: httpx.Response) -> str:
    """The hidden field of a form."""
    found = re.search(r'name="form" value="([^"]+)"', page.text)
    assert found, page.text
    return html.unescape(found.group(1))


def error_of(page: httpx.Response) -> str:
    """What the page says went wrong."""
    found = re.search(r'role="alert">([^<]*)<', page.text)
    return html.unescape(found.group(1)) if found else ""


def sent_back(response: httpx.Response) -> dict[str, str]:
    """The parameters with which a browser is sent back to the portal."""
    assert response.status_code in (302, 303), response.text
    target = urlsplit(response.headers["location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == CALLBACK
    return {name: values[0] for name, values in parse_qs(target.query).items()}


def id_claims(browser: Browser, id_token: str) -> dict[str, Any]:
    """The claims of an id_token, its signature checked against the published keys."""
    published = KeySet.import_key_set(browser.get("/idp/jwks").json())
    token = jwt.decode(id_token, published, algorithms=["ES256"])
    return dict(token.claims)


def full_sign_in(browser: Browser, login: str = "li.clerk", password: str = PASSWORD) -> Any:
    """The whole way; gives the token response."""
    attempt = Attempt()
    code = sent_back(browser.sign_in(attempt, login, password))["code"]
    answer = browser.tokens(attempt, code)
    assert answer.status_code == 200, answer.text
    return answer.json()
