"""The files of 人员与岗位 over HTTP: for a live session, within the scope, and nobody else."""

import asyncio
from datetime import UTC, datetime
from io import BytesIO
from typing import NoReturn
from urllib.parse import unquote

import httpx
import pytest
from openpyxl import load_workbook
from starlette.applications import Starlette

from auth.sessions import LiveSession
from portal.api import application
from portal.api.application import Functions
from portal.store.citypack import CityPack
from tests.functions import staff
from tests.functions.staff import CITY, WILLOW


def _unasked() -> NoReturn:
    raise AssertionError("these files need none of the other functions")


NOTHING_ELSE = Functions(
    records=_unasked, reports=_unasked, tasks=_unasked, entry=_unasked, verify=_unasked
)


def get(role: str | None, name: str, code: str = WILLOW) -> httpx.Response:
    """Ask for a file as somebody in that role, or as nobody."""
    live = None
    if role is not None:
        who = staff.administrator(code, role)
        live = LiveSession(
            id="s" * 64, account_id=who.account_id, login=who.login, post_id=who.post_id,
            issued_at=datetime.now(UTC), last_seen=datetime.now(UTC), factors=("pwd",),
        )  # fmt: skip
    app = Starlette(routes=application.routes(NOTHING_ELSE, lambda cookies: live))

    async def ask() -> httpx.Response:
        wire = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=wire, base_url="http://portal.test") as client:
            return await client.get(f"/api/v1/people/{name}.xlsx")

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("role", "name", "status"),
    [
        ("system_admin", "template", 200),
        ("system_admin", "current", 200),
        ("system_admin", "matrix", 200),
        ("system_admin", "audit", 403),
        ("security_admin", "matrix", 200),
        ("security_admin", "template", 403),
        ("audit_admin", "audit", 200),
        ("audit_admin", "current", 403),
        ("community_clerk", "current", 403),
        ("community_clerk", "matrix", 403),
        ("system_admin", "nothing", 422),
        (None, "current", 401),
        (None, "nothing", 401),
    ],
)
def test_each_file_is_for_who_may_have_it(
    hailing: CityPack, role: str | None, name: str, status: int
) -> None:
    code = CITY if role in ("security_admin", "audit_admin") else WILLOW
    answer = get(role, name, code)
    assert answer.status_code == status
    if status == 200:
        assert load_workbook(BytesIO(answer.content)).worksheets
        told = answer.headers["content-disposition"]
        assert told.isascii() and unquote(told.partition("''")[2]).endswith(".xlsx")
    else:
        assert any("一" <= one <= "鿿" for one in answer.json()["error"]["message"])


def test_the_matrix_says_which_role_may_do_what_and_who_holds_which_post(
    hailing: CityPack,
) -> None:
    book = load_workbook(BytesIO(get("system_admin", "matrix").content))
    assert book.sheetnames == ["角色×权限", "岗位×角色×范围", "人员×岗位"]
    roles = {row[0].value: [one.value for one in row] for row in book["角色×权限"].iter_rows()}
    place = roles["角色"].index("审批岗位授权")
    assert roles["安全管理员"][place] == "√" and roles["系统管理员"][place] in (None, "")
    assert book["人员×岗位"].max_row == 2
