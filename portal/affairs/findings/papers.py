"""What findings put into inboxes: a row at the unit whose turn it is, and what is to be read."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from portal.affairs.workflow.flow import Flow
from portal.affairs.workflow.ledger import Step
from portal.store import platform_tasks

SOURCE = f"{platform_tasks.PREFIX}findings"
DAILY = "问题日报告"
_DAILY = "daily"


def key_of(finding_id: object, unit_id: str) -> str:
    """The name of a task."""
    return f"{finding_id}:{unit_id}"


def daily_key(unit_id: str, day: date) -> str:
    """The name of the task to read a day's report."""
    return f"{_DAILY}:{unit_id}:{day:%Y%m%d}"


def finding_of(key: str) -> UUID | None:
    """The finding that a task is about; ``None``: a daily report."""
    head = key.partition(":")[0]
    return None if head == _DAILY else UUID(head)


def kind_of(state: str) -> str:
    """What the inbox calls it."""
    return f"问题·{state}"


def kinds(flow: Flow) -> tuple[str, ...]:
    """Every kind of task that there may be."""
    return (*(kind_of(one.id) for one in flow.text.state if one.waits), DAILY)


def row_of(flow: Flow, one: Mapping[str, Any]) -> dict[str, Any] | None:
    """The row of a finding in the inbox of the unit whose turn it is."""
    if not flow.states[one["state"]].waits:
        return None
    return {
        "foreign_id": key_of(one["id"], one["unit_id"]),
        "kind": kind_of(one["state"]),
        "title": one["title"],
        "region_code": one["region_code"],
        "unit_id": one["unit_id"],
        "due_on": one["due_on"],
        "state": platform_tasks.OPEN,
        "simulated": one["simulated"],
    }


def follow(step: Step) -> None:
    """After every move: the row leaves the unit that is done with it and lies at the next one."""
    step.after.append(lambda: _follow(step))


def _follow(step: Step) -> None:
    before = step.row._asdict()
    was = row_of(step.flow, before)
    now = row_of(step.flow, {**before, **step.values, "state": step.to})
    if was is not None and (now is None or was["foreign_id"] != now["foreign_id"]):
        platform_tasks.finish(
            step.connection, SOURCE, was["foreign_id"],
            handler=step.by.name, result=step.move.label, words=step.move.label,
        )  # fmt: skip
    if now is not None and now != was:
        platform_tasks.hold(step.connection, SOURCE, [now], words=step.move.label)


def arrived(connection: Connection, flow: Flow, one: Mapping[str, Any]) -> None:
    """A new finding lies at its community."""
    row = row_of(flow, one)
    if row is not None:
        platform_tasks.hold(connection, SOURCE, [row], words="收到问题")


def tell(connection: Connection, unit_id: str, region_code: str, day: date, title: str) -> None:
    """A daily report, to be read."""
    row = {
        "foreign_id": daily_key(unit_id, day),
        "kind": DAILY,
        "title": title,
        "region_code": region_code,
        "unit_id": unit_id,
        "due_on": None,
        "state": platform_tasks.UNREAD,
        "simulated": None,
    }
    platform_tasks.hold(connection, SOURCE, [row], words=DAILY)
