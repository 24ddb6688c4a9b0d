"""Administrators and files for the tests of 人员与岗位."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any
from uuid import UUID

from openpyxl import Workbook

from auth import posts
from auth.principal import Principal
from portal.functions.people.model import COLUMNS
from tests import people

CITY, EAST, STREET, WILLOW, LOTUS = (
    "9901",
    "990102",
    "990102001",
    "990102001001",
    "990102001002",
)
UNIT = {CITY: "gov-9901", EAST: "gov-990102", STREET: "gov-990102001",
        WILLOW: f"com-{WILLOW}", LOTUS: f"com-{LOTUS}"}  # fmt: skip


def acting(account: UUID, post: UUID | None = None, session: str = "s" * 64) -> Principal:
    """The person as the database has them now."""
    found = posts.principal_for(
        account_id=account, post_id=post, session_id=session, factors=("pwd",)
    )
    assert found is not None
    return found


def staff(
    login: str,
    code: str,
    role: str,
    *,
    name: str = "王小梅",
    title: str = "工作人员",
    prefixes: Sequence[str] | None = None,
    unit: str | None = None,
) -> tuple[UUID, UUID]:
    """An account with one post; gives both ids."""
    account = people.add_account(login, name)
    held = [code] if prefixes is None else list(prefixes)
    post = people.add_post(
        account, unit or UNIT[code], roles=[role], prefixes=held, title=title, main=True
    )
    return account, post


def administrator(code: str = CITY, role: str = "system_admin") -> Principal:
    """An administrator of a place."""
    account, _ = staff(
        f"{role}.{code}".replace("_", "-"), code, role, name="韩志远", title="管理员"
    )
    return acting(account)


def file(**sheets: Sequence[Mapping[str, Any]]) -> bytes:
    """A workbook of rows given by column key; the sheets are named in English here."""
    names = {"units": "单位", "positions": "岗位", "people": "人员"}
    return table({names[key]: rows for key, rows in sheets.items()})


def table(sheets: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """The same by the sheets' own names."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet, rows in sheets.items():
        page = book.create_sheet(sheet)
        columns = COLUMNS[sheet]
        page.append(list(columns.values()))
        for row in rows:
            page.append([row.get(key) for key in columns])
    held = BytesIO()
    book.save(held)
    return held.getvalue()


def post_row(key: str, code: str = WILLOW, **over: Any) -> dict[str, Any]:
    """A row of 岗位."""
    return {"id": key, "unit_id": UNIT[code], "title": "民政专干", "roles": "社区工作人员",
            "prefixes": code, "quota": 1, "status": "启用", **over}  # fmt: skip


def person_row(login: str, position: str, **over: Any) -> dict[str, Any]:
    """A row of 人员."""
    return {"login": login, "name": "张三丰", "position_id": position, "main": "是", **over}
