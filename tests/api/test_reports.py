"""A report as a file over HTTP: only for a live session, only within its scope, and audited."""

from io import BytesIO
from typing import Any
from urllib.parse import unquote

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from auth.tables import audit_entry
from portal.functions.reports import xlsx
from portal.store.engine import begin
from tests.doorway import Browser, Doorway

ADDRESS = "/api/v1/reports/population.xlsx"
WILLOW = "990102001001"


@pytest.fixture
def client(doorway: Doorway) -> Browser:
    """A browser in which a clerk is signed in."""
    doorway.sign_in("clerk")
    return Browser(doorway.app(), login="clerk")


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


@pytest.mark.parametrize(
    ("period", "status"),
    [
        ("", 404),
        ("2026", 200),
        ("2026-11-01", 200),
        ("2026-W48", 200),
        ("2026-11-31", 404),
        ("../etc", 404),
        ("九月", 404),
        ("1" * 65, 422),
    ],
)
def test_a_period_is_a_period_or_not_found(client: Browser, period: str, status: int) -> None:
    assert ask(client, period=period).status_code == status


def test_another_report_and_another_method_are_not_there(client: Browser) -> None:
    asked = {"region": WILLOW, "period": "2026-11"}
    assert client.get("/api/v1/reports/nothing.xlsx", params=asked).status_code == 404
    assert client.get("/api/v1/reports/population.csv", params=asked).status_code in {401, 404}
    assert client.post(ADDRESS, params=asked).status_code == 405
