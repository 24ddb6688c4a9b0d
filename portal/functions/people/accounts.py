"""业务系统账号 by .xlsx: who of one's scope is known as whom over there; all or nothing.

Whose accounts one may see and change follows from the people in one's scope; a link that was made
while its person was in another unit goes with the person.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, func, insert, select, update

from auth import audit, permissions
from auth.posts import moments
from auth.principal import Principal
from portal.functions.entry.accounts import SERVICE, standing, taken, today
from portal.functions.entry.linkrules import LinkState, plain_account, state_of
from portal.functions.entry.tables import account_link
from portal.functions.people.base import among, member_now
from portal.functions.people.model import Group, Problem, Refused
from portal.functions.people.tables import staff_member
from portal.store import clock, listings
from portal.store.citypack import pack
from portal.store.scope import acting_as, scoped
from portal.store.sheets import Picked, pick, read_sheet

SHEET, FILE = "业务系统账号", "业务系统账号表"
COLUMNS = {
    "login": "账号",
    "system": "业务系统",
    "account": "对方账号",
    "until": "有效期至",
    "status": "状态",
}
ON, OFF = "启用", "解除"
SOURCE = "导入"
CHANGED = "预览之后，文件涉及的人员或账号已有变更，本次未导入任何一行。请重新上传并核对预览。"
_FORMULA = ("=", "+", "-", "@")
_MOST = 5000


@dataclass(frozen=True, kw_only=True)
class LinkRow:
    """One row: who, where, known as whom, until when."""

    login: str
    system_id: str
    account: str
    until: date | None
    on: bool


@dataclass(frozen=True, kw_only=True)
class LinkChange:
    """What one row does."""

    group: Group
    key: str
    title: str
    words: tuple[str, ...]
    row: LinkRow
    sheet: str = SHEET


@dataclass(frozen=True, kw_only=True)
class LinkPlan:
    """What a file would change; with a problem it changes nothing."""

    changes: tuple[LinkChange, ...]
    problems: tuple[Problem, ...]
    digest: str

    @property
    def acts(self) -> tuple[LinkChange, ...]:
        """The changes that change something."""
        return tuple(one for one in self.changes if one.group != Group.SAME)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """An account over there of somebody in one's scope."""

    login: str
    name: str
    unit: str
    system: str
    account: str
    state: LinkState
    expires_on: date | None
    source: str


class _Bad(Exception):
    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column, self.message = column, message


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    words = _text(value).replace("/", "-").replace(".", "-")
    if not words:
        return None
    try:
        return date(*map(int, words.split("-")))
    except (ValueError, TypeError):
        raise _Bad("until", "应为日期，例如 2027-06-30；没有期限的留空") from None


def _row(picked: Picked, systems: dict[str, str]) -> LinkRow:
    given = {key: _text(picked.values.get(key)) for key in ("login", "system", "account", "status")}
    for key in ("login", "system"):
        if not given[key]:
            raise _Bad(key, "必须填写")
    if given["system"] not in systems:
        raise _Bad("system", f"没有名为“{given['system'][:40]}”的业务系统")
    if (given["status"] or ON) not in (ON, OFF):
        raise _Bad("status", f"只能填：{ON}、{OFF}")
    on = (given["status"] or ON) == ON
    account = given["account"]
    if on and (not plain_account(account) or account.startswith(_FORMULA)):
        raise _Bad("account", "应为不超过 60 个字的账号，不能以等号、加减号或 @ 开头")
    return LinkRow(
        login=given["login"].lower(),
        system_id=systems[given["system"]],
        account=account,
        until=_day(picked.values.get("until")),
        on=on,
    )


def _read(data: bytes) -> tuple[list[tuple[int, LinkRow]], list[Problem]]:
    sheet = read_sheet(data, name=FILE, max_rows=_MOST)
    systems = {word: one.id for one in pack().systems for word in (one.id, one.name)}
    rows: list[tuple[int, LinkRow]] = []
    problems: list[Problem] = []
    met: dict[tuple[str, str], int] = {}
    for picked in pick(sheet, COLUMNS, optional=("until", "status")):
        try:
            row = _row(picked, systems)
            first = met.setdefault((row.login, row.system_id), picked.number)
            if first != picked.number:
                raise _Bad("login", f"与第 {first} 行重复")
            rows.append((picked.number, row))
        except _Bad as wrong:
            problems.append(_problem(picked.number, wrong.column, wrong.message))
    return rows, problems


def _problem(number: int, key: str, message: str) -> Problem:
    return Problem(sheet=SHEET, number=number, column=COLUMNS[key], message=message)


# -- planning -----------------------------------------------------------------------------------


def _people(connection: Connection, logins: Sequence[str]) -> dict[str, Row[Any]]:
    """The people of one's scope by login, each in one of their posts."""
    query = (
        select(staff_member)
        .where(among(staff_member.c.login, list(logins)), member_now())
        .order_by(staff_member.c.is_main)
    )
    return {row.login: row for row in connection.execute(query, moments())}


def _held(connection: Connection, login: str, system_id: str) -> Row[Any] | None:
    query = standing(login).where(account_link.c.system_id == system_id)
    with acting_as(connection, SERVICE):
        return connection.execute(query).first()


def _change(connection: Connection, row: LinkRow, person: Row[Any]) -> LinkChange:
    held = _held(connection, row.login, row.system_id)
    name = next(one.name for one in pack().systems if one.id == row.system_id)
    until = f"，有效期至 {row.until}" if row.until else ""
    if not row.on:
        group = Group.CLOSED if held else Group.SAME
        words = (f"解除对方账号 {held.foreign_account}",) if held else ("没有关联",)
    elif held is None:
        group, words = Group.NEW, (f"对方账号 {row.account}{until}",)
    elif (held.foreign_account, held.expires_on) == (row.account, row.until):
        group, words = Group.SAME, ("没有变化",)
    else:
        group = Group.CHANGED
        words = (f"对方账号 {held.foreign_account} 改为 {row.account}{until}",)
    return LinkChange(
        group=group, key=row.login, title=f"{person.name} · {name}", words=words, row=row
    )


def _plan(connection: Connection, data: bytes, read_as: Any) -> LinkPlan:
    rows, wrong = read_as
    problems: list[Problem] = list(wrong)
    people = _people(connection, [row.login for _, row in rows])
    changes: list[LinkChange] = []
    there: dict[tuple[str, str], int] = {}
    for number, row in rows:
        person = people.get(row.login)
        first = there.setdefault((row.system_id, row.account), number) if row.on else number
        if person is None:
            problems.append(_problem(number, "login", "管辖范围内没有这个账号的在岗人员"))
        elif first != number:
            problems.append(_problem(number, "account", f"与第 {first} 行是同一个对方账号"))
        elif row.on and taken(connection, row.system_id, row.account, row.login):
            problems.append(_problem(number, "account", "该对方账号已关联其他人员"))
        else:
            changes.append(_change(connection, row, person))
    told = repr([(one.group.value, one.row, one.words) for one in changes]).encode() + data
    return LinkPlan(
        changes=tuple(changes),
        problems=tuple(sorted(problems, key=lambda one: one.number)),
        digest=hashlib.sha256(told).hexdigest(),
    )


def preview(principal: Principal, data: bytes) -> LinkPlan:
    """What a file would change, row by row; nothing is written."""
    permissions.check(principal, "people.manage")
    read_as = _read(data)
    with scoped(principal.reach) as connection:
        return _plan(connection, data, read_as)


def apply(principal: Principal, data: bytes, digest: str) -> dict[str, int]:
    """Do what the preview with that digest showed; ``Refused`` when something has changed."""
    permissions.check(principal, "people.manage")
    read_as = _read(data)
    with scoped(principal.reach) as connection:
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("account_link"))))
        plan = _plan(connection, data, read_as)
        if plan.digest != digest or plan.problems:
            raise Refused(CHANGED)
        people = _people(connection, [one.row.login for one in plan.acts])
        with acting_as(connection, SERVICE):
            for one in plan.acts:
                _do(connection, one, people[one.row.login])
    counts = {str(group): sum(one.group == group for one in plan.changes) for group in Group}
    audit.append(
        action="links.import",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"counts": counts, "logins": [one.row.login for one in plan.acts][:100]},
    )
    return counts


def _do(connection: Connection, one: LinkChange, person: Row[Any]) -> None:
    now, row = clock.now(), one.row
    connection.execute(
        update(account_link)
        .where(
            account_link.c.login == row.login,
            account_link.c.system_id == row.system_id,
            account_link.c.ended_at.is_(None),
        )
        .values(ended_at=now, ended_why="管理员导入")
    )
    if row.on:
        connection.execute(
            insert(account_link).values(
                id=uuid4(),
                account_id=person.account_id,
                login=row.login,
                system_id=row.system_id,
                foreign_account=row.account,
                expires_on=row.until,
                source=SOURCE,
                unit_id=person.unit_id,
                region_code=person.region_code,
                made_at=now,
            )
        )


# -- reading ------------------------------------------------------------------------------------


def listed(principal: Principal, limit: int = 1000) -> tuple[Listed, ...]:
    """The accounts over there of the people of one's scope, those that end first on top."""
    permissions.check(principal, "people.view")
    query = (
        select(account_link, staff_member.c.name, staff_member.c.unit_name)
        .join(staff_member, staff_member.c.login == account_link.c.login)
        .where(account_link.c.ended_at.is_(None), member_now(), staff_member.c.is_main == 1)
        .order_by(account_link.c.expires_on.nulls_last(), account_link.c.login)
        .limit(limit)
    )
    with scoped(principal.reach) as connection, acting_as(connection, SERVICE):
        return tuple(_listed(connection.execute(query, moments())))


def _listed(rows: Any) -> Iterator[Listed]:
    names = {one.id: one.name for one in pack().systems}
    day, warn = today(), pack().link_warn_days
    for row in rows:
        yield Listed(
            login=row.login,
            name=row.name,
            unit=row.unit_name,
            system=names.get(row.system_id, row.system_id),
            account=row.foreign_account,
            state=state_of(True, row.expires_on, row.checked_at, day, warn),
            expires_on=row.expires_on,
            source=row.source,
        )


def file(principal: Principal) -> bytes:
    """What stands, in the form that can be changed and sent back; the template as well."""
    rows = [
        [one.login, one.system, one.account, str(one.expires_on or ""), ON]
        for one in listed(principal)
    ]
    choices = {COLUMNS["status"]: (ON, OFF)}
    page = listings.Page(title=SHEET, head=list(COLUMNS.values()), rows=rows, choices=choices)
    return listings.write([page], author=principal.name)
