"""Persons under fourteen: whatever a system knows, of them it tells conclusions and who is meant.

个人信息保护法第二十八条: such a person's information is sensitive. The functions reduce what they
ask for; the gateway reduces it again, whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from portal.connectors.contract import Mask, Record, Sensitivity
from portal.connectors.registry import System

CHILD_UNTIL = 14
NO_CONCLUSION = "此人未满十四周岁，该系统没有可显示的结论，未向其查询。"
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
    return age < CHILD_UNTIL or len(id_number) != 18


def of_a_childs_record(record: Record, conclusions: frozenset[str], today: date) -> Record:
    """What is told of a record that names a child: who is meant, what is open, conclusions.

    It names a person by a field that is masked as an identity number.
    """
    named = [one for one in record.fields if one.mask is Mask.ID_NUMBER and one.value]
    if not any(is_child(one.value or "", today) for one in named):
        return record
    kept = [
        one
        for one in record.fields
        if one.name in conclusions
        or one.sensitivity is Sensitivity.OPEN
        or one.mask in (Mask.ID_NUMBER, Mask.NAME)
    ]
    return replace(record, fields=tuple(kept))


def of_a_child(
    systems: Iterable[System], readable: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    """Of each system its conclusions, and who is meant; a system without any is not asked."""
    kept: dict[str, frozenset[str]] = {}
    for system in systems:
        names = readable.get(system.id, frozenset())
        told = names & system.conclusions
        if told:
            kept[system.id] = told | (_WHO & names)
    return kept
