"""What a notice puts into inboxes: one thing to read for each unit it is for."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from auth.principal import Unit
from portal.store import platform_tasks

SOURCE = f"{platform_tasks.PREFIX}notices"
RECEIPT, PLAIN = "通知（须回执）", "通知"


def key_of(notice_id: object, unit_id: str) -> str:
    """The name of the task of one unit."""
    return f"{notice_id}:{unit_id}"


def notice_of(key: str) -> str:
    """The notice that a task is about."""
    return key.partition(":")[0]


def to_units(connection: Connection, row: Mapping[str, Any], units: Sequence[Unit]) -> None:
    """Every unit finds the notice among what is to be read."""
    made = [
        {
            "foreign_id": key_of(row["id"], one.id),
            "kind": RECEIPT if row["receipt"] else PLAIN,
            "title": row["title"],
            "unit_id": one.id,
            "region_code": one.region_code,
            "due_on": row["due_on"],
            "state": platform_tasks.UNREAD,
        }
        for one in units
    ]
    platform_tasks.put(
        connection,
        SOURCE,
        made,
        words=f"{row['unit_name']}发来通知",
        actor=row["actor_name"],
    )


def read(connection: Connection, key: str, reader: str) -> None:
    """A unit has read it."""
    platform_tasks.finish(connection, SOURCE, key, handler=reader, result="已阅", words="已阅")


def reminded(connection: Connection, key: str, sender: str) -> None:
    """The sender asks once more."""
    platform_tasks.change(connection, SOURCE, key, words=f"{sender}提醒查看", actor=sender)


def withdrawn(connection: Connection, key: str, sender: str, why: str) -> None:
    """There is nothing to read any more."""
    platform_tasks.finish(
        connection, SOURCE, key, handler=sender, result=f"已撤回：{why}", words=f"撤回：{why}"
    )


def left(connection: Connection, key: str) -> None:
    """A notice that asks for no receipt leaves the inbox by itself."""
    platform_tasks.finish(
        connection, SOURCE, key, handler="平台", result="不需回执，到期自动移出", words="到期移出"
    )
