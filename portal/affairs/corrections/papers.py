"""What a correction request puts into inboxes: a task for the owner, a result for who asked."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from auth.principal import Principal
from portal.store import platform_tasks

SOURCE = f"{platform_tasks.PREFIX}corrections"
REQUEST, RESULT = "校核申请", "校核结果"


def key_of(kind: str, correction_id: object, unit_id: str = "") -> str:
    """The name of a task: of the request itself, or of its result at a unit."""
    return f"{correction_id}" if kind == REQUEST else f"{correction_id}:{unit_id}"


def correction_of(key: str) -> str:
    """The request that a task is about."""
    return key.partition(":")[0]


def _about(row: Mapping[str, Any]) -> dict[str, Any]:
    same = ("person", "subject_hash", "region_code", "simulated")
    return {name: row[name] for name in same}


def to_owner(connection: Connection, row: Mapping[str, Any], unit_name: str) -> None:
    """The owner's unit finds the request among its tasks."""
    made = {
        **_about(row),
        "foreign_id": key_of(REQUEST, row["id"]),
        "kind": REQUEST,
        "title": f"核实“{row['label']}”（{row['system_name']}）",
        "subject_id": row["subject_id"],
        "unit_id": row["unit_id"],
        "due_on": row["due_on"],
        "state": platform_tasks.OPEN,
    }
    platform_tasks.put(connection, SOURCE, [made], words=f"{unit_name}提出校核")


def note(connection: Connection, row: Row[Any], words: str, actor: str) -> None:
    """Something happened to the request."""
    platform_tasks.change(connection, SOURCE, key_of(REQUEST, row.id), words=words, actor=actor)


def limit(connection: Connection, row: Row[Any], due: date) -> None:
    """Its limit was counted anew."""
    platform_tasks.due(connection, SOURCE, key_of(REQUEST, row.id), due)


def withdrawn(connection: Connection, row: Row[Any], principal: Principal) -> None:
    """There is nothing more to do for the owner."""
    words = f"{principal.unit.name}撤回"
    platform_tasks.finish(
        connection,
        SOURCE,
        key_of(REQUEST, row.id),
        handler=principal.name,
        result="已撤回",
        words=words,
    )


def answered(connection: Connection, row: Row[Any], state: str, principal: Principal) -> None:
    """The owner's task is done; each unit that asked finds the result among what is to be read."""
    platform_tasks.finish(
        connection,
        SOURCE,
        key_of(REQUEST, row.id),
        handler=principal.name,
        result=state,
        words=state,
    )
    results = [
        {
            **_about(row._asdict()),
            "foreign_id": key_of(RESULT, row.id, unit),
            "kind": RESULT,
            "title": f"{state}：{row.label}（{row.system_name}）",
            "unit_id": unit,
            "state": platform_tasks.UNREAD,
        }
        for unit in row.asked_units
    ]
    words = f"{principal.unit.name}答复：{state}"
    platform_tasks.put(connection, SOURCE, results, words=words, actor=principal.name)


def read(connection: Connection, key: str, principal: Principal) -> None:
    """A result was read."""
    platform_tasks.finish(
        connection, SOURCE, key, handler=principal.name, result="已阅", words="已阅"
    )
