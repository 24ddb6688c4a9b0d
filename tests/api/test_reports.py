"""A report as a file over HTTP: only for a live session, only within its scope, and audited."""

import asyncio
from datetime import UTC, datetime
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from starlette.applications import Starlette

from auth.sessions import LiveSession
from auth.tables import audit_entry
from portal.api import reports as api
from portal.functions.reports import Reports, xlsx
from portal.shield.paths import Paths
from portal.store.citypack import CityPack
from portal.store.engine import begin
from tests import people

ADDRESS = "/api/v1/reports/population.xlsx"
WILLOW = "990102001001"


class Browser:
    """Asks the route, with or without a cookie."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.cookies = {"in": "1"}

    def send(self, method: str, path: str, params: dict[str, str]) -> httpx.Response:
        async def ask() -> httpx.Response:
            wire = httpx.ASGITransport(app=self.app)
            base = "http://portal.test"
            async with httpx.AsyncClient(
                transport=wire, base_url=base, cookies=self.cookies
            ) as client:
                return await client.request(method, path, params=params)

        return asyncio.run(ask())

    def get(self, path: str, params: dict[str, str]) -> httpx.Response:
        return self.send("GET", path, params)

    def post(self, path: str, params: dict[str, str]) -> httpx.Response:
        return self.send("POST", path, params)


@pytest.fixture
def client(hailing: CityPack) -> Browser:
    """The route behind the guard of addresses; the cookie says which login is signed in."""
    account = people.add_account("clerk")
    post = people.add_post(
        account, f"com-{WILLOW}", roles=["community_clerk"], prefixes=[WILLOW], main=True
    )
    live = LiveSession(
        id="s" * 64,
        account_id=account,
        login="clerk",
        post_id=post,
        issued_at=datetime.now(UTC),
        last_seen=datetime.now(UTC),
        factors=frozenset({"pwd"}),
    )
    reports = Reports(registry=SimpleNamespace(systems={}))  # type: ignore[arg-type]
    routes = api.routes(lambda: reports, lambda cookies: live if "in" in cookies else None)
    app = Paths(
        Starlette(routes=routes), pages=[], files=[], routes=routes, public_url="http://portal.test"
    )
    return Browser(app)


def ask(client: Browser, region: str = WILLOW, period: str = "2026-11") -> Any:
    return client.get(ADDRESS, params={"region": region, "period": period})


def last_audit() -> Any:
    with begin() as connection:
        return connection.execute(select(audit_entry).order_by(audit_entry.c.seq.desc())).first()


def test_a_clerk_downloads_the_report_of_the_own_community(client: Browser) -> None:
    answer = ask(client)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == xlsx.MEDIA_TYPE
    name = answer.headers["content-disposition"].partition("filename*=UTF-8''")[2]
    assert unquote(name) == "柳岸社区居民委员会人口结构统计表_2026-11.xlsx"
    assert answer.headers["content-disposition"].isascii()
    sheet = load_workbook(BytesIO(answer.content)).worksheets[0]
    assert sheet["A1"].value == "人口结构统计表"
    row = last_audit()
    assert (row.action, row.actor, row.region_code) == ("reports.export", "clerk", WILLOW)


def test_who_is_not_signed_in_gets_nothing(client: Browser) -> None:
    client.cookies.clear()
    answer = ask(client)
    assert answer.status_code == 401
    assert "登录" in answer.json()["error"]["message"]
    assert last_audit() is None


@pytest.mark.parametrize("region", ["9901", "990102001002", "990102", "", "' OR 1=1"])
def test_another_region_is_refused_in_chinese(client: Browser, region: str) -> None:
    answer = ask(client, region)
    assert answer.status_code == 403
    assert "不能查看统计报表" in answer.json()["error"]["message"]
    assert last_audit().outcome == "refused"


@pytest.mark.parametrize("period", ["", "2026", "2026-11-01", "../etc", "九月", "1" * 4000])
def test_a_period_is_a_period_or_not_found(client: Browser, period: str) -> None:
    assert ask(client, period=period).status_code == (200 if period == "2026" else 404)


def test_another_report_and_another_method_are_not_there(client: Browser) -> None:
    asked = {"region": WILLOW, "period": "2026-11"}
    assert client.get("/api/v1/reports/nothing.xlsx", params=asked).status_code == 404
    assert client.get("/api/v1/reports/population.csv", params=asked).status_code == 404
    assert client.post(ADDRESS, params=asked).status_code == 405
