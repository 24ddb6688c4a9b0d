"""权限矩阵: which role may do what, which post has which role where, who holds which post."""

from sqlalchemy import select

from auth import audit, permissions
from auth.permissions import PERMISSIONS
from auth.posts import moments
from auth.principal import Principal
from portal.functions.people.base import member_now
from portal.functions.people.listing import role_names
from portal.functions.people.tables import staff_member, staff_position
from portal.store import divisions, listings
from portal.store.citypack import pack
from portal.store.scope import scoped

_MARK = "√"


def roles_page() -> listings.Page:
    """角色×权限: one line per role; the same for every scope."""
    labels = list(PERMISSIONS.items())
    rows = [
        [role.name, *(_MARK if one in role.permissions else "" for one, _ in labels)]
        for role in pack().roles
    ]
    return listings.Page(
        title="角色×权限", head=["角色", *(label for _, label in labels)], rows=rows
    )


def _place(code: str) -> str:
    found = divisions.find(code)
    return f"{found.name}（{code}）" if found else code


def file(principal: Principal) -> bytes:
    """The matrix of one's scope as a file, recorded in the audit."""
    permissions.check(principal, "matrix.view")
    with scoped(principal.reach) as connection:
        posts = connection.execute(
            select(staff_position)
            .where(staff_position.c.status == "active")
            .order_by(staff_position.c.region_code, staff_position.c.id)
        ).all()
        people = connection.execute(
            select(staff_member)
            .where(member_now())
            .order_by(staff_member.c.region_code, staff_member.c.position_id, staff_member.c.login),
            moments(),
        ).all()
    audit.append(
        action="matrix.export",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"posts": len(posts), "people": len(people)},
    )
    names = [role.name for role in pack().roles]
    grants = [
        [row.unit_name, row.id, row.title,
         *(_MARK if one in role_names(row.roles) else "" for one in names),
         "、".join(map(_place, row.prefixes)) or "仅分派给本单位的事项"]
        for row in posts
    ]  # fmt: skip
    held = [
        [row.name, row.login, row.unit_name, row.position_id, row.title,
         "、".join(role_names(row.roles)), "启用" if row.account_status == "active" else "停用"]
        for row in people
    ]  # fmt: skip
    pages = [
        roles_page(),
        listings.Page(
            title="岗位×角色×范围",
            head=["单位", "岗位编号", "岗位名称", *names, "管辖范围"],
            rows=grants,
        ),
        listings.Page(
            title="人员×岗位",
            head=["姓名", "账号", "单位", "岗位编号", "岗位名称", "角色", "账号状态"],
            rows=held,
        ),
    ]
    return listings.write(pages, author=principal.name)
