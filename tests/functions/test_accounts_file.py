"""业务系统账号 by file: all or nothing, within one's scope, audited; and gone with the person."""

from datetime import date
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import select

from auth.permissions import Denied
from portal.functions.entry.tables import account_link
from portal.functions.people import Refused, accounts, handover
from portal.store.citypack import CityPack
from portal.store.scope import Reach, scoped
from portal.store.sheets import SheetRefusedError
from tests import people
from tests.connectors import support
from tests.doorway import audit
from tests.functions import staff
from tests.functions.staff import LOTUS, WILLOW

HEADS = list(accounts.COLUMNS.values())


@pytest.fixture(autouse=True)
def systems(hailing: CityPack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two systems with names of their own."""
    sites = (support.site("a", name="低保系统"), support.site("b", name="养老系统"))
    with_sites = hailing.model_copy(update={"systems": sites})
    monkeypatch.setattr("portal.functions.people.accounts.pack", lambda: with_sites)


def sheet(*rows: tuple[Any, ...], heads: list[str] = HEADS) -> bytes:
    book = Workbook()
    page = book.worksheets[0]
    page.append(heads)
    for row in rows:
        page.append(list(row))
    held = BytesIO()
    book.save(held)
    return held.getvalue()


def take(admin: Any, data: bytes) -> dict[str, int]:
    return accounts.apply(admin, data, accounts.preview(admin, data).digest)


def standing() -> list[tuple[str, str, str, date | None]]:
    everything = Reach(prefixes=("9901",), unit_id=None, actor="x")
    query = select(account_link).where(account_link.c.ended_at.is_(None))
    with scoped(everything) as connection:
        rows = connection.execute(query.order_by(account_link.c.login)).all()
    return [(one.login, one.system_id, one.foreign_account, one.expires_on) for one in rows]


def test_a_file_links_changes_and_ends(hailing: CityPack) -> None:
    admin = staff.administrator()
    staff.staff("wang", WILLOW, "community_clerk")
    staff.staff("li", LOTUS, "community_clerk")
    rows = (("wang", "低保系统", "db001", "2027-06-30", "启用"), ("li", "b", "yl1", None, None))
    assert take(admin, sheet(*rows)) == {"新增": 2, "修改": 0, "停用": 0, "无变化": 0}
    assert standing() == [("li", "b", "yl1", None), ("wang", "a", "db001", date(2027, 6, 30))]
    last = audit()[-1]
    assert (last.action, sorted(last.detail["logins"])) == ("links.import", ["li", "wang"])
    rows = (("wang", "低保系统", "db002", "2027/6/30", ""), ("li", "养老系统", "", "", "解除"))
    assert take(admin, sheet(*rows)) == {"新增": 0, "修改": 1, "停用": 1, "无变化": 0}
    assert standing() == [("wang", "a", "db002", date(2027, 6, 30))]
    assert accounts.preview(admin, sheet(rows[0])).acts == ()


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (("", "a", "x", "", ""), "账号", "必须填写"),
        (("nobody", "a", "x", "", ""), "账号", "管辖范围内没有"),
        (("wang", "没有的", "x", "", ""), "业务系统", "没有名为"),
        (("wang", "a", "", "", ""), "对方账号", "不超过 60 个字"),
        (("wang", "a", "=1+1", "", ""), "对方账号", "等号"),
        (("wang", "a", "长" * 61, "", ""), "对方账号", "不超过 60 个字"),
        (("wang", "a", "x", "明年", ""), "有效期至", "应为日期"),
        (("wang", "a", "x", "2027-13-01", ""), "有效期至", "应为日期"),
        (("wang", "a", "x", "", "停"), "状态", "只能填"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_of_the_file_is_done(
    hailing: CityPack, row: tuple[str, ...], column: str, words: str
) -> None:
    admin = staff.administrator()
    staff.staff("wang", WILLOW, "community_clerk")
    staff.staff("li", LOTUS, "community_clerk")
    data = sheet(("li", "a", "good", "", ""), row)
    plan = accounts.preview(admin, data)
    (problem,) = plan.problems
    assert (problem.number, problem.column) == (3, column)
    assert words in problem.message
    with pytest.raises(Refused):
        accounts.apply(admin, data, plan.digest)
    assert standing() == []


def test_one_account_over_there_is_not_two_people_s(hailing: CityPack) -> None:
    admin = staff.administrator()
    for login in ("wang", "li"):
        staff.staff(login, WILLOW, "community_clerk")
    twice = accounts.preview(admin, sheet(("wang", "a", "x", "", ""), ("li", "a", "x", "", "")))
    assert "第 2 行是同一个对方账号" in twice.problems[0].message
    take(admin, sheet(("wang", "a", "x", "", "")))
    later = accounts.preview(admin, sheet(("li", "a", "x", "", "")))
    assert "已关联其他人员" in later.problems[0].message
    again = accounts.preview(admin, sheet(("wang", "a", "y", "", ""), ("wang", "a", "z", "", "")))
    assert "与第 2 行重复" in again.problems[0].message


def test_what_changed_since_the_preview_is_not_overwritten(hailing: CityPack) -> None:
    admin = staff.administrator()
    staff.staff("wang", WILLOW, "community_clerk")
    first, second = sheet(("wang", "a", "x", "", "")), sheet(("wang", "a", "y", "", ""))
    old = accounts.preview(admin, second)
    take(admin, first)
    with pytest.raises(Refused, match="本次未导入任何一行"):
        accounts.apply(admin, second, old.digest)
    assert standing() == [("wang", "a", "x", None)]


def test_an_administrator_reaches_the_own_scope_only(hailing: CityPack) -> None:
    here = staff.administrator(WILLOW)
    staff.staff("li", LOTUS, "community_clerk")
    plan = accounts.preview(here, sheet(("li", "a", "x", "", "")))
    assert "管辖范围内没有" in plan.problems[0].message
    take(staff.administrator(), sheet(("li", "a", "x", "", "")))
    assert accounts.listed(here) == ()
    with pytest.raises(Denied):
        accounts.preview(people.principal(), sheet(("li", "a", "x", "", "")))


def test_the_list_as_a_file_can_be_sent_back_and_changes_nothing(hailing: CityPack) -> None:
    admin = staff.administrator()
    staff.staff("wang", WILLOW, "community_clerk")
    take(admin, sheet(("wang", "a", "x", "2027-01-01", "")))
    (listed,) = accounts.listed(admin)
    assert (listed.login, listed.system, listed.source) == ("wang", "低保系统", "导入")
    data = accounts.file(admin)
    assert [cell.value for cell in load_workbook(BytesIO(data)).worksheets[0][1]] == HEADS
    plan = accounts.preview(admin, data)
    assert plan.problems == () and plan.acts == ()


def test_a_file_of_another_kind_is_refused(hailing: CityPack) -> None:
    admin = staff.administrator()
    for data in (b"x", sheet(heads=["账号", "别的"])):
        with pytest.raises(SheetRefusedError):
            accounts.preview(admin, data)


def test_leaving_ends_the_accounts_and_moving_keeps_them(hailing: CityPack) -> None:
    admin = staff.administrator()
    for login in ("wang", "li"):
        staff.staff(login, WILLOW, "community_clerk")
    _, post = staff.staff("zhao", WILLOW, "community_clerk")
    take(admin, sheet(*((login, "a", f"x-{login}", "", "") for login in ("wang", "zhao"))))
    handover.make(admin, str(post), kind="离任", carriers={})
    assert [one[0] for one in standing()] == ["wang"]
