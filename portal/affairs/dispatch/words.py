"""The words of dispatch: kinds of lists, entries, targets, and the one error."""

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["分类", "派单目录", "职责", "乡镇职责"]
CLASSES: Kind = "分类"
CATALOGUE: Kind = "派单目录"
DUTIES: Kind = "职责"
TOWNSHIP: Kind = "乡镇职责"
NAMES: dict[Kind, str] = {
    CLASSES: "五级事项分类",
    CATALOGUE: "三级派单目录",
    DUTIES: "部门职责（谁许可谁监管）",
    TOWNSHIP: "乡镇（街道）履行职责事项清单",
}
KINDS: tuple[Kind, ...] = tuple(NAMES)

LEVELS = ("市级", "区县级", "乡镇（街道）级", "社区（村）级")
TOWNSHIP_KINDS = ("基本履职", "配合履职", "上级收回")

DRAFT, STANDING, VOID = "草稿", "已发布", "已作废"


class DispatchError(Exception):
    """Nothing was done; the message says why, what was kept and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a list: a class, who handles it, whose duty it is, or what a township does.

    ``body`` holds what the kind adds; targets in it are ``unit:<id>``, ``line:<条线>`` or
    ``place:<level>`` and are resolved only where an order lies.
    """

    code: str
    name: str
    condition: str = ""
    body: dict[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A part of the body as text."""
        return str(self.body.get(name, "") or "")

    def texts(self, name: str) -> tuple[str, ...]:
        """A part of the body as several texts."""
        return tuple(str(one) for one in self.body.get(name, ()) or ())


def ancestors(code: str) -> tuple[str, ...]:
    """The code itself and those above it, the nearest first."""
    parts = code.split(".") if code else []
    return tuple(".".join(parts[:count]) for count in range(len(parts), 0, -1))


def key_of(kind: Kind, entry: Entry) -> tuple[str, str]:
    """What makes it this entry and no other within its list."""
    if kind == CLASSES:
        return (entry.code, "")
    return (entry.code, entry.condition if kind == CATALOGUE else entry.name)
