"""What a file would change: pure, from the rows asked for, what stands, and who asks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from auth import administration as rules
from auth.administration import Administrator, Reasons
from portal.functions.people.model import (
    COLUMNS,
    DISABLED,
    OFF,
    ON,
    PEOPLE,
    POSITIONS,
    UNITS,
    Base,
    Change,
    Group,
    Numbered,
    PersonRow,
    PositionRow,
    Problem,
    Row,
    UnitRow,
    Wanted,
)
from portal.functions.people.words import differences
from portal.store.citypack import RoleText


class Planner:
    """Goes through the sheets in order: units, then posts in them, then people in those."""

    def __init__(
        self,
        wanted: Wanted,
        base: Base,
        admin: Administrator,
        roles: Mapping[str, RoleText],
    ) -> None:
        self._wanted, self._base, self._admin, self._roles = wanted, base, admin, roles
        self._changes: list[Change] = []
        self._problems: list[Problem] = []
        self._units = dict(base.units)
        self._positions = dict(base.positions)
        self._holders = {key: set(logins) for key, logins in base.holders.items()}
        self._held = {login: dict(posts) for login, posts in base.roles.items()}

    def run(self) -> tuple[list[Change], list[Problem]]:
        """The changes, and every reason why they may not be made."""
        self._each(UNITS, self._wanted.units, self._unit, "id", lambda row: row.id)
        self._each(POSITIONS, self._wanted.positions, self._position, "id", lambda row: row.id)
        key: Callable[[Any], Any] = lambda row: (row.login, row.position_id)  # noqa: E731
        self._each(PEOPLE, self._wanted.people, self._person, "login", key)
        self._names()
        self._after()
        return self._changes, self._problems

    def _each(
        self,
        sheet: str,
        rows: Sequence[Numbered],
        plan: Callable[[int, Any], None],
        column: str,
        key: Callable[[Any], Any],
    ) -> None:
        seen: dict[Any, int] = {}
        for one in rows:
            first = seen.setdefault(key(one.row), one.number)
            if first != one.number:
                self._problem(sheet, one.number, column, f"与第 {first} 行重复")
            else:
                plan(one.number, one.row)

    def _problem(self, sheet: str, number: int, column: str, message: str) -> None:
        heading = COLUMNS[sheet][column]
        self._problems.append(Problem(sheet=sheet, number=number, column=heading, message=message))

    def _against(self, sheet: str, number: int, column: str, reasons: Iterable[str]) -> bool:
        told = list(dict.fromkeys(reasons))
        for reason in told:
            self._problem(sheet, number, column, reason)
        return bool(told)

    def _change(
        self, sheet: str, group: Group, row: Row, *words: str, approval: bool = False
    ) -> None:
        key = row.login if isinstance(row, PersonRow) else row.id
        title = row.title if isinstance(row, PositionRow) else row.name
        self._changes.append(
            Change(
                sheet=sheet,
                group=group,
                key=key,
                title=title,
                words=words,
                row=row,
                approval=approval,
            )
        )

    # -- units -----------------------------------------------------------------------------------

    def _unit(self, number: int, row: UnitRow) -> None:
        old = self._base.units.get(row.id)
        if old == row:
            self._change(UNITS, Group.SAME, row)
            return
        if self._against(UNITS, number, "id", rules.change_unit(self._admin, (old or row).where)):
            return
        if old is None and row.kind != "department":
            words = "政府和社区（村）单位由区划生成，只能新增部门"
            self._problem(UNITS, number, "kind", words)
            return
        if old is not None and (old.kind, old.level, old.region_code) != (
            row.kind,
            row.level,
            row.region_code,
        ):
            self._problem(UNITS, number, "level", "单位的类型、层级和区划不能变更，请停用后新建")
            return
        self._units[row.id] = row
        if old is None:
            self._change(UNITS, Group.NEW, row)
        elif row.status == "closed" and old.status == "active":
            self._change(UNITS, Group.CLOSED, row)
        else:
            self._change(UNITS, Group.CHANGED, row, *differences(UNITS, old, row))

    # -- posts -----------------------------------------------------------------------------------

    def _position(self, number: int, row: PositionRow) -> None:
        unit = self._units.get(row.unit_id)
        if unit is None:
            self._problem(POSITIONS, number, "unit_id", f"没有单位 {row.unit_id}")
            return
        old = self._base.positions.get(row.id)
        stands = self._base.pending.get(row.id, old)
        if stands == row:
            waits = row.id in self._base.pending
            self._change(POSITIONS, Group.SAME, row, *(["授权待安全管理员审批"] if waits else []))
            return
        if self._against(POSITIONS, number, "unit_id", self._position_place(row, old, unit)):
            return
        if self._against(POSITIONS, number, "roles", self._position_roles(row, old, unit)):
            return
        if self._against(POSITIONS, number, "prefixes", self._position_scope(row, old, unit)):
            return
        self._positions[row.id] = row
        self._note_position(row, old)

    def _position_place(self, row: PositionRow, old: PositionRow | None, unit: UnitRow) -> Reasons:
        reasons = rules.own_post(self._admin, row.id) or rules.over_unit(self._admin, unit.where)
        if reasons:
            return reasons
        if row.id in self._base.elsewhere:
            return ("岗位编号已被其他单位使用，请换一个编号",)
        if old is not None and old.unit_id != row.unit_id:
            return ("岗位不能换单位，请停用后在新单位新建",)
        if unit.status != "active" and row.status == "active":
            return ("该单位已停用",)
        return ()

    def _position_roles(self, row: PositionRow, old: PositionRow | None, unit: UnitRow) -> Reasons:
        had = set(old.roles) if old else set()
        touched = set(row.roles) ^ had
        if old is not None and row.status != old.status:
            touched |= set(row.roles)
        reasons = [
            reason
            for role in touched
            for reason in rules.grant(self._admin, unit.where, self._roles[role])
        ]
        reasons += rules.separate(self._known(row.roles))
        for login in sorted(self._holders.get(row.id, ())):
            others = {**self._held.get(login, {}), row.id: row.roles}
            reasons += [f"{login}：{one}" for one in self._separate(others)]
        return tuple(reasons)

    def _position_scope(self, row: PositionRow, old: PositionRow | None, unit: UnitRow) -> Reasons:
        if old is not None and old.rights == row.rights:
            return ()
        return rules.scope(self._admin, unit.where, self._known(row.roles), row.prefixes)

    def _known(self, roles: Iterable[str]) -> list[RoleText]:
        return [self._roles[one] for one in roles if one in self._roles]

    def _separate(self, posts: Mapping[str, Iterable[str]]) -> Reasons:
        return rules.separate(self._known(role for roles in posts.values() for role in roles))

    def _note_position(self, row: PositionRow, old: PositionRow | None) -> None:
        before = old.rights if old else ((), ())
        asks = row.status == "active" and rules.more(before, row.rights)
        told = ("新的角色或范围须安全管理员审批后生效",) if asks else ()
        if old is None:
            self._change(POSITIONS, Group.NEW, row, *self._new_words(row), *told, approval=asks)
        elif row.status == "closed" and old.status == "active":
            self._change(POSITIONS, Group.CLOSED, row)
        else:
            words = differences(POSITIONS, old, row, self._role_names)
            self._change(POSITIONS, Group.CHANGED, row, *words, *told, approval=asks)

    def _role_names(self, roles: Iterable[str]) -> str:
        return "、".join(self._roles[one].name if one in self._roles else one for one in roles)

    def _new_words(self, row: PositionRow) -> tuple[str, ...]:
        unit = self._units[row.unit_id].name
        return (f"单位：{unit}", f"角色：{self._role_names(row.roles) or '无'}")

    # -- people ----------------------------------------------------------------------------------

    def _person(self, number: int, row: PersonRow) -> None:
        place = self._positions.get(row.position_id)
        if place is None:
            known = row.position_id in self._base.elsewhere
            words = "该岗位不在您的管辖范围内" if known else f"没有岗位 {row.position_id}"
            self._problem(PEOPLE, number, "position_id", words)
            return
        if self._same_person(row):
            self._change(PEOPLE, Group.SAME, row)
            return
        if self._against(PEOPLE, number, "login", self._person_account(row)):
            return
        if self._against(PEOPLE, number, "position_id", self._person_place(row, place)):
            return
        self._note_person(row, place)

    def _same_person(self, row: PersonRow) -> bool:
        account = self._base.accounts.get(row.login)
        holding = self._base.holdings.get((row.login, row.position_id))
        if account is None or account.name != row.name or not account.inside:
            return False
        if row.status == DISABLED:
            return account.status == "disabled"
        if row.status == OFF:
            return holding is None
        stands = account.status in ("active", "locked")
        return holding is not None and stands and holding.main == row.main

    def _person_account(self, row: PersonRow) -> Reasons:
        account = self._base.accounts.get(row.login)
        if account is None:
            return () if row.status == ON else ("没有这个账号，不能离岗或停用",)
        if reasons := rules.own_account(self._admin, account.id):
            return reasons
        if not account.inside:
            return ("该账号已被使用，且不属于您管辖的单位",)
        if account.status == "locked":
            return ("该账号已由安全管理员锁定，解锁前不能变更",)
        shared = account.name != row.name or row.status == DISABLED
        if account.outside and shared:
            return ("该人员还在您管辖以外任职，姓名和停用由共同的上级管理员办理",)
        return ()

    def _person_place(self, row: PersonRow, place: PositionRow) -> Reasons:
        unit = self._units[place.unit_id]
        reasons = list(rules.over_unit(self._admin, unit.where))
        reasons += rules.own_post(self._admin, row.position_id)
        held = self._held.get(row.login, {})
        touched = [place.roles] if row.status != DISABLED else [place.roles, *held.values()]
        for role in dict.fromkeys(role for roles in touched for role in roles):
            if role in self._roles:
                reasons += rules.grant(self._admin, unit.where, self._roles[role])
        if row.status == ON:
            reasons += self._separate({**held, row.position_id: place.roles})
            if place.status != "active" or unit.status != "active":
                reasons.append("该岗位或单位已停用")
        return tuple(reasons)

    def _note_person(self, row: PersonRow, place: PositionRow) -> None:
        account = self._base.accounts.get(row.login)
        holders = self._holders.setdefault(row.position_id, set())
        words = [f"岗位：{place.title}（{self._units[place.unit_id].name}）"]
        if row.status == DISABLED:
            for position_id in self._held.pop(row.login, {}):
                self._holders.get(position_id, set()).discard(row.login)
            self._change(PEOPLE, Group.CLOSED, row, "账号停用，全部任职即时终止")
            return
        if row.status == OFF:
            holders.discard(row.login)
            self._held.get(row.login, {}).pop(row.position_id, None)
            self._change(PEOPLE, Group.CLOSED, row, *words, "离岗，即时生效并生成交接单")
            return
        if row.login not in holders:
            words.append("到岗")
        holders.add(row.login)
        self._held.setdefault(row.login, {})[row.position_id] = place.roles
        if account is None:
            self._change(PEOPLE, Group.NEW, row, *words)
            return
        if account.name != row.name:
            words.append(f"姓名：{account.name} → {row.name}")
        if account.status != "active":
            words.append("账号恢复使用")
        self._change(PEOPLE, Group.CHANGED, row, *words)

    # -- what can only be seen at the end ----------------------------------------------------------

    def _names(self) -> None:
        """One account, one name."""
        names: dict[str, str] = {}
        for one in self._wanted.people:
            if isinstance(one.row, PersonRow):
                known = names.setdefault(one.row.login, one.row.name)
                if known != one.row.name:
                    words = f"同一账号写了两个姓名：{known}、{one.row.name}"
                    self._problem(PEOPLE, one.number, "name", words)
        mains: dict[str, str] = {}
        for one in self._wanted.people:
            row = one.row
            if not isinstance(row, PersonRow) or not row.main:
                continue
            if mains.setdefault(row.login, row.position_id) != row.position_id:
                self._problem(PEOPLE, one.number, "main", "同一账号只能有一个主岗位")

    def _after(self) -> None:
        numbers = {one.row.id: one.number for one in self._wanted.positions}  # type: ignore[union-attr]
        people: dict[str, int] = {}
        for one in self._wanted.people:
            if isinstance(one.row, PersonRow) and one.row.status == ON:
                people[one.row.position_id] = one.number
        for key, row in self._positions.items():
            held = len(self._holders.get(key, ()))
            if row.status != "active" and held and key in numbers:
                self._problem(POSITIONS, numbers[key], "status", f"还有 {held} 人在岗，不能停用")
            elif held > row.quota and key in people:
                words = f"岗位编制 {row.quota} 人，导入后将有 {held} 人"
                self._problem(PEOPLE, people[key], "position_id", words)
            elif held > row.quota and key in numbers:
                words = f"现有 {held} 人在岗，编制不能少于此数"
                self._problem(POSITIONS, numbers[key], "quota", words)
        self._closed_units()

    def _closed_units(self) -> None:
        for one in self._wanted.units:
            unit = one.row
            if not isinstance(unit, UnitRow) or unit.status == "active":
                continue
            open_posts = [
                row.id
                for row in self._positions.values()
                if row.unit_id == unit.id and row.status == "active"
            ]
            if open_posts and self._base.units.get(unit.id) != unit:
                words = f"还有 {len(open_posts)} 个岗位未停用，不能停用单位"
                self._problem(UNITS, one.number, "status", words)
