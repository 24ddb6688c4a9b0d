"""What is held back whatever a post may read: of a child everything but conclusions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from portal.connectors.registry import Registry

CHILD_UNTIL = 14  # 个人信息保护法第二十八条：不满十四周岁未成年人的个人信息是敏感个人信息
WHY = "未满十四周岁，仅显示结论。"
_WHO = frozenset({"name", "id_number"})


def is_child(id_number: str, today: date) -> bool:
    """Whether an 18-digit identity number is that of somebody under fourteen.

    A number that tells no day of birth counts as a child's: what cannot be known is held back.
    """
    try:
        born = date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))
    except ValueError:
        return True
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return age < CHILD_UNTIL


def notes(child: bool, unauthorised: Sequence[str]) -> tuple[str, ...]:
    """Why less is shown than there is, in words for the clerk."""
    said = [WHY] if child else []
    if unauthorised:
        said.append(
            f"{'、'.join(unauthorised)}：须有本人及家庭成员的授权在案方可调取，本次未列入。"
        )
    return tuple(said)


def of_a_child(
    registry: Registry, readable: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    """Of each system its conclusions, and who is meant; a system without any is not asked."""
    kept: dict[str, frozenset[str]] = {}
    for system_id, names in readable.items():
        rules = registry.system(system_id).manifest.fields
        told = {name for name in names if rules[name].conclusion}
        if told:
            kept[system_id] = frozenset(told | (_WHO & names))
    return kept
