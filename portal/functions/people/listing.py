"""Lists of one's scope: units, posts, people, posts without a holder; as data and as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select, text

from auth import audit, permissions
from auth.posts import moments
from auth.principal import Principal
from auth.tables import unit
from portal.functions.people.base import member_now
from portal.functions.people.model import (
    COLUMNS,
    DISABLED,
    KINDS,
    NO,
    OFF,
    ON,
    PEOPLE,
    POSITIONS,
    STATUS,
    UNITS,
    YES,
)
from portal.functions.people.tables import staff_member, staff_position
from portal.store import divisions, listings
from portal.store.citypack import pack
from portal.store.scope import in_scope_sql, of_my_unit_sql, scoped

_KIND_WORD = {value: word for word, value in KINDS.items()}
_STATUS_WORD = {value: word for word, value in STATUS.items()}


@dataclass(frozen=True, kw_only=True)
class Member:
    """A person in a post, as a list shows it."""

    post_id: str
    login: str
    name: str
    account_status: str
    position_id: str
    title: str
    unit_id: str
    unit_name: str
    roles: tuple[str, ...]
    role_ids: tuple[str, ...]
    main: bool


@dataclass(frozen=True, kw_only=True)
class Vacancy:
    """A post with fewer holders than it is meant to have."""

    position_id: str
    title: str
    unit_id: str
    unit_name: str
    region_code: str
    region_name: str
    roles: tuple[str, ...]
    quota: int
    held: int

    @property
    def open(self) -> int:
        """How many are missing."""
        return self.quota - self.held


def role_names(roles: Sequence[str]) -> tuple[str, ...]:
    """Roles in the city's words."""
    return tuple(role.name if (role := pack().role(one)) else one for one in roles)


def members(principal: Principal, words: str = "", *, limit: int = 100) -> tuple[Member, ...]:
    """The people in post in one's scope, found by name, login, unit or post."""
    permissions.check(principal, "people.view")
    query = (
        select(staff_member)
        .where(member_now())
        .order_by(staff_member.c.region_code, staff_member.c.unit_id, staff_member.c.position_id)
    )
    if words.strip():
        columns = (staff_member.c.name, staff_member.c.login, staff_member.c.unit_name,
                   staff_member.c.title, staff_member.c.position_id)  # fmt: skip
        together = func.concat_ws(" ", *columns)
        for word in words.split():
            query = query.where(together.contains(word, autoescape=True))
    with scoped(principal.reach) as connection:
        rows = connection.execute(query.limit(limit), moments()).all()
    return tuple(_as_member(row) for row in rows)


def _as_member(row: Row[Any]) -> Member:
    return Member(
        post_id=str(row.post_id),
        login=row.login,
        name=row.name,
        account_status=row.account_status,
        position_id=row.position_id,
        title=row.title,
        unit_id=row.unit_id,
        unit_name=row.unit_name,
        roles=role_names(row.roles),
        role_ids=tuple(row.roles),
        main=bool(row.is_main),
    )


def vacancies(principal: Principal, *, limit: int = 500) -> tuple[Vacancy, ...]:
    """The posts of one's scope that nobody, or not everybody needed, holds."""
    permissions.check(principal, "people.view")
    held = (
        select(staff_member.c.position_id, func.count().label("held"))
        .where(member_now(), staff_member.c.account_status == "active")
        .group_by(staff_member.c.position_id)
        .subquery()
    )
    count = func.coalesce(held.c.held, 0)
    query = (
        select(staff_position, count.label("held"))
        .outerjoin(held, held.c.position_id == staff_position.c.id)
        .where(staff_position.c.status == "active", count < staff_position.c.quota)
        .order_by(staff_position.c.region_code, staff_position.c.id)
        .limit(limit)
    )
    with scoped(principal.reach) as connection:
        rows = connection.execute(query, moments()).all()
    return tuple(
        Vacancy(
            position_id=row.id,
            title=row.title,
            unit_id=row.unit_id,
            unit_name=row.unit_name,
            region_code=row.region_code,
            region_name=divisions.full_name(row.region_code),
            roles=role_names(row.roles),
            quota=row.quota,
            held=row.held,
        )
        for row in rows
    )


# -- files ---------------------------------------------------------------------------------------


def _choices(sheet: str) -> Mapping[str, Sequence[str]]:
    levels = [one.name for one in pack().levels]
    return {
        UNITS: {"单位类型": list(KINDS), "层级": levels, "状态": list(STATUS)},
        POSITIONS: {"状态": list(STATUS)},
        PEOPLE: {"主岗位": [YES, NO], "状态": [ON, OFF, DISABLED]},
    }[sheet]


def _page(sheet: str, rows: Sequence[Sequence[listings.Value]]) -> listings.Page:
    head = list(COLUMNS[sheet].values())
    return listings.Page(title=sheet, head=head, rows=rows, choices=_choices(sheet))


def template(principal: Principal) -> bytes:
    """An empty file with the right heads; the roles one may name are on a sheet of their own."""
    permissions.check(principal, "people.manage")
    place = principal.home
    roles = [
        [role.name, "、".join(_place_word(one) for one in role.places)]
        for role in pack().roles
        if place in role.grantable_by
    ]
    pages = [_page(sheet, []) for sheet in COLUMNS]
    pages.append(listings.Page(title="可授予的角色", head=["角色", "可设单位"], rows=roles))
    return listings.write(pages, author=principal.name)


def _place_word(place: str) -> str:
    return "部门" if place == "department" else pack().level(place).name


def export(principal: Principal) -> bytes:
    """What stands in one's scope, in the form that can be changed and sent back."""
    permissions.check(principal, "people.view")
    here = f"({in_scope_sql('region_code')} OR {of_my_unit_sql('id')})"
    with scoped(principal.reach) as connection:
        units = connection.execute(
            select(unit).where(text(here)).order_by(unit.c.region_code, unit.c.id)
        ).all()
        posts = connection.execute(
            select(staff_position).order_by(staff_position.c.region_code, staff_position.c.id)
        ).all()
        people = connection.execute(
            select(staff_member)
            .where(member_now())
            .order_by(staff_member.c.region_code, staff_member.c.position_id, staff_member.c.login),
            moments(),
        ).all()
    audit.append(
        action="people.export",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"units": len(units), "posts": len(posts), "people": len(people)},
    )
    pages = [
        _page(UNITS, [_unit_row(row) for row in units]),
        _page(POSITIONS, [_post_row(row) for row in posts]),
        _page(PEOPLE, [_person_row(row) for row in people]),
    ]
    return listings.write(pages, author=principal.name)


def _unit_row(row: Row[Any]) -> list[listings.Value]:
    level = pack().level(row.level).name
    return [row.id, row.name, _KIND_WORD[row.kind], level, row.region_code, row.line or "",
            _STATUS_WORD[row.status]]  # fmt: skip


def _post_row(row: Row[Any]) -> list[listings.Value]:
    return [row.id, row.unit_id, row.title, "、".join(role_names(row.roles)),
            "、".join(row.prefixes), row.quota, _STATUS_WORD[row.status]]  # fmt: skip


def _person_row(row: Row[Any]) -> list[listings.Value]:
    status = DISABLED if row.account_status == "disabled" else ON
    return [row.login, row.name, row.position_id, YES if row.is_main else NO, status]
