"""The words of 人员与岗位: what a file asks for, what stands now, and what would change."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from auth.administration import Where

UNITS, POSITIONS, PEOPLE = "单位", "岗位", "人员"

# sheet -> key -> heading, in the order of the template
COLUMNS: dict[str, dict[str, str]] = {
    UNITS: {
        "id": "单位编号",
        "name": "单位名称",
        "kind": "单位类型",
        "level": "层级",
        "region_code": "区划代码",
        "line": "条线",
        "status": "状态",
    },
    POSITIONS: {
        "id": "岗位编号",
        "unit_id": "单位编号",
        "title": "岗位名称",
        "roles": "角色",
        "prefixes": "管辖范围",
        "quota": "编制人数",
        "status": "状态",
    },
    PEOPLE: {
        "login": "账号",
        "name": "姓名",
        "position_id": "岗位编号",
        "main": "主岗位",
        "status": "状态",
    },
}
KINDS = {"政府": "government", "部门": "department", "社区（村）": "community"}
STATUS = {"启用": "active", "停用": "closed"}
ON, OFF, DISABLED = "在岗", "离岗", "停用"
YES, NO = "是", "否"


class Group(StrEnum):
    """What happens to a row."""

    NEW = "新增"
    CHANGED = "修改"
    CLOSED = "停用"
    SAME = "无变化"


@dataclass(frozen=True, kw_only=True)
class UnitRow:
    """A unit, asked for or as it stands."""

    id: str
    name: str
    kind: str
    level: str
    region_code: str
    line: str | None = None
    status: str = "active"

    @property
    def where(self) -> Where:
        """The unit as the rules see it."""
        return Where(
            unit_id=self.id, kind=self.kind, level=self.level, region_code=self.region_code
        )


@dataclass(frozen=True, kw_only=True)
class PositionRow:
    """An established post, asked for or as it stands; roles by id."""

    id: str
    unit_id: str
    title: str
    roles: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    quota: int = 1
    status: str = "active"

    @property
    def rights(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What it opens."""
        return self.roles, self.prefixes


@dataclass(frozen=True, kw_only=True)
class PersonRow:
    """A person in a post, as a row asks for it."""

    login: str
    name: str
    position_id: str
    main: bool = False
    status: str = ON


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account as it stands. ``inside``: known in scope; ``outside``: in post elsewhere too."""

    id: UUID
    login: str
    name: str
    status: str
    inside: bool
    outside: bool


@dataclass(frozen=True, kw_only=True)
class Holding:
    """Somebody's post as it stands."""

    post_id: UUID
    login: str
    position_id: str
    main: bool


Row = UnitRow | PositionRow | PersonRow


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """A row of the file with the number that a spreadsheet shows for it."""

    number: int
    row: Row


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why the file is not taken: where it is, and what to do."""

    sheet: str
    number: int
    column: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A file, read."""

    units: tuple[Numbered, ...] = ()
    positions: tuple[Numbered, ...] = ()
    people: tuple[Numbered, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Base:
    """What stands now of everything a file speaks of."""

    units: dict[str, UnitRow] = field(default_factory=dict)
    positions: dict[str, PositionRow] = field(default_factory=dict)  # in scope
    pending: dict[str, PositionRow] = field(default_factory=dict)  # rights asked for, undecided
    elsewhere: frozenset[str] = frozenset()  # ids of posts out of scope
    accounts: dict[str, Account] = field(default_factory=dict)
    holdings: dict[tuple[str, str], Holding] = field(default_factory=dict)  # standing, in scope
    holders: dict[str, tuple[str, ...]] = field(default_factory=dict)  # post -> logins
    roles: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)  # login -> post


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one row does, in words for the preview and as the row itself for doing it."""

    sheet: str
    group: Group
    key: str
    title: str
    words: tuple[str, ...]
    row: Row
    approval: bool = False  # waits for the security administrator


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a file would change; with a problem it changes nothing."""

    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]
    digest: str

    def count(self, group: Group) -> int:
        """How many rows fall into a group."""
        return sum(one.group == group for one in self.changes)

    @property
    def acts(self) -> tuple[Change, ...]:
        """The changes that change something."""
        return tuple(one for one in self.changes if one.group != Group.SAME)


class Refused(Exception):
    """What was asked for is not done; a Chinese sentence says why and what was kept."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
