"""From a system's rows to the portal's tasks, and the values of a command."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from portal.connectors.contract import Command, ForeignOrder, ForeignTask, TaskAction, TaskState
from portal.connectors.contract import FormField as Field
from portal.connectors.converters import Context, Unreadable
from portal.connectors.errands import ActionMap, OrderMap, TaskMap, TaskSection
from portal.connectors.expressions import Find
from portal.connectors.mapping import getter, text_of
from portal.connectors.parts import Value
from portal.connectors.template import FORM

NO, OTHER = "否", "其他"
_DETAILS = ("due_on", "person", "id_number", "handler", "result")


class TaskReader:
    """Turns a row into a task; a row that is none raises `Unreadable`."""

    def __init__(self, given: TaskMap, context: Context, order: OrderMap | None = None) -> None:
        self._order = OrderReader(order, context) if order else None
        self._needed = {
            name: getter(getattr(given, name), context)
            for name in ("foreign_id", "kind", "title", "region_code", "state", "changed_at")
        }
        self._details = {name: _maybe(getattr(given, name), context) for name in _DETAILS}

    def __call__(self, row: Mapping[str, Any]) -> ForeignTask:
        found = {name: text_of(read(row)) for name, read in self._needed.items()}
        if not all(found.values()):
            raise Unreadable("任务缺少编号、类型、标题、地点、状态或更新时间")
        detail = {name: _lenient(read, row) for name, read in self._details.items()}
        due = detail.pop("due_on")
        return ForeignTask(
            foreign_id=str(found["foreign_id"]),
            kind=str(found["kind"]),
            title=str(found["title"]),
            region_code=str(found["region_code"]),
            state=_state(str(found["state"])),
            changed_at=datetime.fromisoformat(str(found["changed_at"])),
            due_on=date.fromisoformat(due) if due else None,
            order=self._order(row, str(found["title"])) if self._order else None,
            **detail,
        )


class OrderReader:
    """Reads what a work order says besides; what it must say and does not, makes it unreadable."""

    def __init__(self, given: OrderMap, context: Context) -> None:
        self._source = given.source
        needed = ("state", "received_at")
        self._needed = {name: getter(getattr(given, name), context) for name in needed}
        more = OrderMap.model_fields.keys() - {*needed, "source"}
        self._may_be_secret = given.confidential is not None
        self._details = {name: _maybe(getattr(given, name), context) for name in more}

    def __call__(self, row: Mapping[str, Any], title: str) -> ForeignOrder:
        found = {name: text_of(read(row)) for name, read in self._needed.items()}
        if not all(found.values()):
            raise Unreadable("工单缺少状态或受理时间")
        detail = {name: _lenient(read, row) for name, read in self._details.items()}
        due, urgency = detail.pop("due_at"), detail.pop("urgency")
        return ForeignOrder(
            source=self._source,
            state=str(found["state"]),
            demand=detail.pop("demand") or OTHER,
            content=detail.pop("content") or title,
            received_at=datetime.fromisoformat(str(found["received_at"])),
            due_at=datetime.fromisoformat(due) if due else None,
            urgency=int(urgency) if urgency and urgency.isdecimal() else None,
            # What cannot be read is kept secret.
            confidential=detail.pop("confidential") != NO and self._may_be_secret,
            lng=_degrees(detail.pop("lng")),
            lat=_degrees(detail.pop("lat")),
            **detail,
        )


def _degrees(text: str | None) -> float | None:
    """A coordinate that cannot be one is left out; the address remains."""
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value if value is not None and 0 < abs(value) <= 180 else None


def _state(word: str) -> TaskState:
    try:
        return TaskState(word)
    except ValueError as error:
        raise Unreadable("对方返回了未登记的任务状态") from error


def _maybe(value: Value | None, context: Context) -> Find | None:
    return getter(value, context) if value else None


def _lenient(read: Find | None, row: Any) -> str | None:
    """An unreadable detail never costs the task."""
    try:
        return text_of(read(row)) if read else None
    except Unreadable:
        return None


def actions_for(tasks: TaskSection, kind: str, state: str) -> tuple[TaskAction, ...]:
    """What may be done to a task of that kind in that state."""
    return tuple(
        action_of(one)
        for one in tasks.actions
        if state in one.states and (not one.kinds or kind in one.kinds)
    )


def action_of(one: ActionMap) -> TaskAction:
    """An action of a manifest as pages and desks know it."""
    form = tuple(Field(**part.model_dump()) for part in one.form)
    return TaskAction(id=one.id, label=one.label, form=form, batch=one.batch)


def command_values(command: Command) -> dict[str, str | int | None]:
    """The placeholders of a command; a field that was left empty is not sent."""
    return {
        "task_id": command.foreign_id,
        "key": command.key,
        "action": command.action,
        "actor": command.actor,
        "actor_name": command.actor_name,
        "unit": command.unit,
        **{f"{FORM}{name}": value or None for name, value in command.form.items()},
    }
