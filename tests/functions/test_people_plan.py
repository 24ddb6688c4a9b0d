"""上传人员岗位表: what a file would change, what is wrong in it, and that it is all or nothing."""

from typing import Any

import pytest
from sqlalchemy import func, select

from auth import posts
from auth.permissions import Denied
from auth.principal import Principal
from auth.tables import account, audit_entry, position, post
from portal.functions.people import apply, listing
from portal.functions.people.grants import decide, waiting
from portal.functions.people.model import Group, Plan, Refused
from portal.functions.people.tables import grant_request
from portal.store.engine import begin
from portal.store.sheets import SheetRefusedError
from tests.functions import staff
from tests.functions.staff import (
    CITY,
    EAST,
    LOTUS,
    STREET,
    UNIT,
    WILLOW,
    file,
    person_row,
    post_row,
)

pytestmark = pytest.mark.usefixtures("hailing")
P1, P2, P3 = "P-001", "P-002", "P-003"


@pytest.fixture
def admin(hailing: object) -> Principal:
    return staff.administrator(CITY)


@pytest.fixture
def desk(admin: Principal) -> Principal:
    """A city administrator, and two approved posts of a community that nobody holds."""
    common = {"unit_id": UNIT[WILLOW], "title": "民政专干", "roles": ["community_clerk"]}
    posts.put_positions([{"id": one, **common, "prefixes": [WILLOW]} for one in (P1, P2, P3)])
    return admin


def problems(plan: Plan) -> list[tuple[str, int, str]]:
    return [(one.sheet, one.number, one.column) for one in plan.problems]


def do(who: Principal, data: bytes) -> apply.Applied:
    plan = apply.preview(who, data)
    assert not plan.problems, plan.problems
    return apply.apply(who, data, plan.digest, {})


def accounts() -> int:
    with begin() as connection:
        return connection.execute(select(func.count()).select_from(account)).scalar_one()


def roles_of(login: str) -> list[str]:
    found = posts.account_by_login(login)
    assert found is not None
    return [role for one in posts.posts_of(found.id) for role in one.roles]


def test_a_file_of_every_kind_of_change_is_shown_by_group_and_then_done(desk: Principal) -> None:
    data = file(
        units=[{"id": "dept-east-civil", "name": "东湖区民政局", "kind": "部门", "level": "区县级",
                "region_code": EAST, "line": "民政", "status": "启用"}],
        positions=[post_row(P1), post_row("P-004"), post_row(P2, status="停用")],
        people=[person_row("zhang.sf", P1)],
    )  # fmt: skip
    before = accounts()
    plan = apply.preview(desk, data)
    assert [(one.sheet, one.key, str(one.group)) for one in plan.changes] == [
        ("单位", "dept-east-civil", "新增"),
        ("岗位", P1, "无变化"),
        ("岗位", "P-004", "新增"),
        ("岗位", P2, "停用"),
        ("人员", "zhang.sf", "新增"),
    ]
    assert accounts() == before, "a preview writes nothing"
    done = do(desk, data)
    assert done.new_logins == ("zhang.sf",)
    assert roles_of("zhang.sf") == ["community_clerk"]
    again = apply.preview(desk, data)
    assert {one.group for one in again.changes} == {Group.SAME}


def test_what_is_exported_comes_back_without_a_change(desk: Principal) -> None:
    do(desk, file(people=[person_row("zhang.sf", P1)]))
    plan = apply.preview(desk, listing.export(desk))
    own = {"system-admin.9901"}
    assert not plan.problems
    assert {one.group for one in plan.changes if one.key not in own} == {Group.SAME}


def test_the_template_can_be_sent_back_empty(desk: Principal) -> None:
    plan = apply.preview(desk, listing.template(desk))
    assert (plan.changes, plan.problems) == ((), ())


@pytest.mark.parametrize(
    ("sheets", "where"),
    [
        ({"people": [person_row("zs", P1)]}, ("人员", 2, "账号")),
        ({"people": [person_row("张三", P1)]}, ("人员", 2, "账号")),
        ({"people": [person_row("zhang.sf", P1, name="=1+1")]}, ("人员", 2, "姓名")),
        ({"people": [person_row("zhang.sf", P1, name=None)]}, ("人员", 2, "姓名")),
        ({"people": [person_row("zhang.sf", "P-999")]}, ("人员", 2, "岗位编号")),
        ({"people": [person_row("zhang.sf", P1, main="对")]}, ("人员", 2, "主岗位")),
        ({"people": [person_row("zhang.sf", P1, status="休假")]}, ("人员", 2, "状态")),
        ({"people": [person_row("zhang.sf", P1, status="离岗")]}, ("人员", 2, "账号")),
        (
            {"people": [person_row("zhang.sf", P1), person_row("zhang.sf", P1)]},
            ("人员", 3, "账号"),
        ),
        (
            {"people": [person_row("zhang.sf", P1), person_row("li.si", P1)]},
            ("人员", 3, "岗位编号"),
        ),
        (
            {"people": [person_row("zhang.sf", P1),
                        person_row("zhang.sf", P3, name="李四", main="否")]},
            ("人员", 3, "姓名"),
        ),
        (
            {"people": [person_row("zhang.sf", P1), person_row("zhang.sf", P3)]},
            ("人员", 3, "主岗位"),
        ),
        ({"positions": [post_row("P-9", roles="书记长")]}, ("岗位", 2, "角色")),
        ({"positions": [post_row("P-9", roles="市级经办")]}, ("岗位", 2, "角色")),
        ({"positions": [post_row("P-9", unit_id="com-1")]}, ("岗位", 2, "单位编号")),
        ({"positions": [post_row("P-9", prefixes="880000")]}, ("岗位", 2, "管辖范围")),
        ({"positions": [post_row("P-9", prefixes=LOTUS)]}, ("岗位", 2, "管辖范围")),
        ({"positions": [post_row("P-9", quota=0)]}, ("岗位", 2, "编制人数")),
        ({"positions": [post_row("P-9", quota="很多")]}, ("岗位", 2, "编制人数")),
        ({"positions": [post_row("P-9", quota=True)]}, ("岗位", 2, "编制人数")),
        ({"positions": [post_row(P1, unit_id=UNIT[LOTUS])]}, ("岗位", 2, "单位编号")),
        (
            {"units": [{"id": "com-9", "name": "新社区", "kind": "社区（村）",
                        "level": "社区（村）", "region_code": WILLOW}]},
            ("单位", 2, "单位类型"),
        ),
        (
            {"units": [{"id": "gov-9901", "name": "别名", "kind": "政府", "level": "市级",
                        "region_code": CITY}]},
            ("单位", 2, "单位编号"),
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_row_and_column_and_nothing_is_done(
    desk: Principal, sheets: dict[str, Any], where: tuple[str, int, str]
) -> None:
    good = person_row("good.one", P2)
    data = file(**{**sheets, "people": [*sheets.get("people", ()), good]})
    before = accounts()
    plan = apply.preview(desk, data)
    assert problems(plan) == [where]
    with pytest.raises(Refused, match="未导入任何一行"):
        apply.apply(desk, data, plan.digest, {})
    assert accounts() == before


def test_wrong_columns_are_refused_with_their_names(desk: Principal) -> None:
    from io import BytesIO

    from openpyxl import Workbook

    book = Workbook()
    page = book.worksheets[0]
    page.title = "人员"
    page.append(["账号", "姓名", "岗位", "主岗位", "状态", "身份证号"])
    held = BytesIO()
    book.save(held)
    with pytest.raises(SheetRefusedError, match=r"岗位编号.*F 列“身份证号”"):
        apply.preview(desk, held.getvalue())


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"not a table", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
)
def test_what_is_no_table_is_refused(desk: Principal, data: bytes) -> None:
    with pytest.raises(SheetRefusedError):
        apply.preview(desk, data)


def test_only_an_administrator_uploads(hailing: object) -> None:
    clerk = staff.acting(staff.staff("clerk", WILLOW, "community_clerk")[0])
    with pytest.raises(Denied):
        apply.preview(clerk, file(people=[]))
    with pytest.raises(Denied):
        apply.apply(clerk, file(people=[]), "", {})


# -- scope -----------------------------------------------------------------------------------------


def test_a_community_administrator_changes_nothing_next_door(desk: Principal) -> None:
    here = staff.administrator(WILLOW)
    posts.put_positions(
        [{"id": "L-1", "unit_id": UNIT[LOTUS], "title": "专干", "roles": [], "prefixes": []}]
    )
    rows = file(
        positions=[post_row("L-2", LOTUS), post_row("L-1", WILLOW)],
        people=[person_row("zhang.sf", "L-1"), person_row("li.si", P1)],
    )
    plan = apply.preview(here, rows)
    assert problems(plan) == [
        ("岗位", 2, "单位编号"),
        ("岗位", 3, "单位编号"),
        ("人员", 2, "岗位编号"),
    ]
    assert "管辖范围" in plan.problems[0].message and "已被其他单位使用" in plan.problems[1].message


def test_somebody_elses_person_is_not_taken_over_by_naming_the_login(desk: Principal) -> None:
    here = staff.administrator(WILLOW)
    staff.staff("lotus.clerk", LOTUS, "community_clerk", name="赵六")
    plan = apply.preview(here, file(people=[person_row("lotus.clerk", P1)]))
    assert problems(plan) == [("人员", 2, "账号")]
    assert "赵六" not in plan.problems[0].message


def test_nobody_changes_the_own_account(desk: Principal) -> None:
    plan = apply.preview(desk, file(people=[person_row(desk.login, P1)]))
    assert "自己的账号" in plan.problems[0].message


def test_an_administrator_of_the_own_level_is_not_made(desk: Principal) -> None:
    rows = [post_row("A-1", CITY, roles="系统管理员"), post_row("A-2", CITY, roles="安全管理员")]
    plan = apply.preview(desk, file(positions=rows))
    assert problems(plan) == [("岗位", 2, "角色"), ("岗位", 3, "角色")]


def test_two_of_the_three_administrators_are_never_one_person(desk: Principal) -> None:
    staff.staff("auditor", CITY, "audit_admin")
    posts.put_positions(
        [{"id": "A-1", "unit_id": UNIT[EAST], "title": "管理员", "roles": ["system_admin"],
          "prefixes": [EAST]}]
    )  # fmt: skip
    plan = apply.preview(desk, file(people=[person_row("auditor", "A-1", name="王小梅")]))
    assert "三员分立" in plan.problems[0].message


# -- rights wait for the security administrator ----------------------------------------------------


def test_new_rights_open_nothing_until_the_security_administrator_agrees(desk: Principal) -> None:
    guard = staff.administrator(CITY, "security_admin")
    data = file(positions=[post_row("P-9")], people=[person_row("zhang.sf", "P-9")])
    assert do(desk, data).waiting == 1
    assert roles_of("zhang.sf") == []
    with pytest.raises(Denied):
        decide(desk, waiting(guard)[0].id, agree=True)
    assert {one.group for one in apply.preview(desk, data).changes} == {Group.SAME}
    request = waiting(guard)[0]
    assert request.roles == ("社区工作人员",)
    decide(guard, request.id, agree=True)
    assert roles_of("zhang.sf") == ["community_clerk"]
    assert waiting(guard) == ()
    with pytest.raises(Refused, match="已被处理"):
        decide(guard, request.id, agree=True)


def test_less_is_less_at_once_and_a_returned_request_changes_nothing(desk: Principal) -> None:
    guard = staff.administrator(CITY, "security_admin")
    do(desk, file(people=[person_row("zhang.sf", P1)]))
    do(desk, file(positions=[post_row(P1, roles="社区工作人员、只读")]))
    assert roles_of("zhang.sf") == ["community_clerk"]
    with pytest.raises(Refused, match="理由"):
        decide(guard, waiting(guard)[0].id, agree=False)
    decide(guard, waiting(guard)[0].id, agree=False, reason="岗位职责不含此项")
    assert roles_of("zhang.sf") == ["community_clerk"]
    do(desk, file(positions=[post_row(P1, roles="", prefixes="")]))
    assert roles_of("zhang.sf") == []


def test_nobody_agrees_to_their_own_request(desk: Principal) -> None:
    guard = staff.administrator(CITY, "security_admin")
    do(desk, file(positions=[post_row("P-9")]))
    with begin() as connection:
        connection.execute(position.update().where(position.c.id == "P-9").values(title="x"))
    from portal.store.scope import scoped

    with scoped(guard.reach) as connection:
        connection.execute(grant_request.update().values(asked_by=guard.login))
    with pytest.raises(Denied, match="自己"):
        decide(guard, waiting(guard)[0].id, agree=True)


# -- the base -----------------------------------------------------------------------------------


def test_a_plan_is_refused_when_what_it_speaks_of_changed(desk: Principal) -> None:
    data = file(people=[person_row("zhang.sf", P1)])
    plan = apply.preview(desk, data)
    do(desk, file(positions=[post_row(P1, title="社会救助专干")]))
    with pytest.raises(Refused, match="已被他人变更"):
        apply.apply(desk, data, plan.digest, {})
    assert posts.account_by_login("zhang.sf") is None


def test_a_plan_stands_when_something_else_changed(desk: Principal) -> None:
    data = file(people=[person_row("zhang.sf", P1)])
    plan = apply.preview(desk, data)
    do(desk, file(positions=[post_row(P2, title="社会救助专干")]))
    apply.apply(desk, data, plan.digest, {})
    assert roles_of("zhang.sf") == ["community_clerk"]


def test_another_administrators_preview_is_not_mine(desk: Principal) -> None:
    other = staff.administrator(STREET)
    data = file(people=[person_row("zhang.sf", P1)])
    plan = apply.preview(other, data)
    with pytest.raises(Refused):
        apply.apply(desk, data, plan.digest, {})


def test_of_two_who_apply_the_same_file_at_once_one_wins(desk: Principal) -> None:
    from concurrent.futures import ThreadPoolExecutor

    data = file(people=[person_row("zhang.sf", P1)])
    word = apply.preview(desk, data).digest

    def go(_: int) -> str:
        try:
            apply.apply(desk, data, word, {})
        except Refused as refusal:
            return refusal.message
        return "done"

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(go, range(2)))
    assert told[0] == "done" and "已被他人变更" in told[1]
    with begin() as connection:
        held = select(func.count()).select_from(post).where(post.c.position_id == P1)
        assert connection.execute(held).scalar_one() == 1


def test_a_failure_in_the_middle_leaves_nothing_behind(
    desk: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = file(positions=[post_row("P-9")], people=[person_row("zhang.sf", P1)])
    plan = apply.preview(desk, data)

    def fail(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(apply.holdings, "take_over", fail)
    with pytest.raises(RuntimeError):
        apply.apply(desk, data, plan.digest, {})
    assert posts.account_by_login("zhang.sf") is None
    with begin() as connection:
        assert connection.execute(select(position).where(position.c.id == "P-9")).first() is None


def test_what_was_done_stands_in_the_audit(desk: Principal) -> None:
    do(desk, file(people=[person_row("zhang.sf", P1)]))
    with begin() as connection:
        row = connection.execute(
            select(audit_entry).where(audit_entry.c.action == "people.apply")
        ).one()
    assert row.actor == desk.login
    assert row.detail["counts"]["新增"] == 1
    assert "zhang.sf" in row.detail["changes"][0]


def test_leaving_by_file_ends_the_post_and_frees_it(desk: Principal) -> None:
    do(desk, file(people=[person_row("zhang.sf", P1)]))
    done = do(desk, file(people=[person_row("zhang.sf", P1, status="离岗"),
                                 person_row("li.si", P1, name="李四")]))  # fmt: skip
    assert len(done.handovers) == 1
    assert roles_of("zhang.sf") == [] and roles_of("li.si") == ["community_clerk"]
    done = do(desk, file(people=[person_row("li.si", P1, name="李四", status="停用")]))
    found = posts.account_by_login("li.si")
    assert found is not None and found.status == "disabled"
    do(desk, file(people=[person_row("li.si", P1, name="李四")]))
    assert roles_of("li.si") == ["community_clerk"]


def test_twenty_thousand_rows_are_planned_and_one_more_is_refused(desk: Principal) -> None:
    posts.put_positions(
        [{"id": "MANY", "unit_id": UNIT[WILLOW], "title": "网格", "roles": [], "prefixes": [],
          "quota": 999}]
    )  # fmt: skip
    rows = [person_row(f"person{one}", "MANY") for one in range(20_000)]
    plan = apply.preview(desk, file(people=rows))
    assert plan.count(Group.NEW) == 20_000
    assert [one.column for one in plan.problems] == ["岗位编号"]
    with pytest.raises(SheetRefusedError, match="超过 20000 行"):
        apply.preview(desk, file(people=[*rows, person_row("one.more", "MANY")]))


@pytest.mark.parametrize("code", ["990102001000", "990102001999", "880101001001", "东湖区"])
def test_a_scope_is_written_with_the_code_of_a_place(desk: Principal, code: str) -> None:
    plan = apply.preview(desk, file(positions=[post_row("P-9", prefixes=code)]))
    assert not plan.acts
    assert any(f"没有区划代码 {code}" in one.message for one in plan.problems)
