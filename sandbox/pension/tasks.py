"""The certification tasks of the pension system: is somebody who draws a pension still entitled."""

from __future__ import annotations

from datetime import datetime

from sandbox.distort import LOCAL_TIME, Clock, local, question_marks, slashed
from sandbox.pension.records import Records
from sandbox.tasks import DONE, Outcome, Task, TaskBook, written

_STYLE = "%Y/%m/%d %H:%M:%S"
_TITLES = {"1": "养老待遇资格认证", "2": "待遇暂停人员核实"}


def book(records: Records, clock: Clock) -> TaskBook:
    """The tasks of a fresh start."""
    tasks = written(
        records.register,
        clock,
        number=lambda count: f"RZ2026{count:09d}",
        kinds={79: "1", 99: "2"},
        notice=None,
    )
    return TaskBook(tasks, clock, "经办大厅", _objection)


def _objection(task: Task, outcome: str, note: str) -> str | None:
    if outcome not in ("0", "1"):
        return "认证结果不能为空"
    return "认证不通过时须填写原因" if outcome == "0" and not note else None


def row(task: Task, retired: str) -> dict[str, str | None]:
    """A task under the system's field codes; ``retired`` is the region in its numbering."""
    person = task.person
    return {
        "BAZ001": task.id,
        "BAZ002": task.kind,
        "BAZ003": _TITLES[task.kind],
        "AAC003": question_marks(person.name) if person else None,
        "AAC002": person.id_number if person else None,
        "BAB301": retired,
        "BAE003": slashed(task.due),
        "BAZ004": "1" if task.state == DONE else "0",
        "AAE011": task.handler or "",
        "BAZ005": task.outcome,
        "BAZ006": f"{local(task.changed):{_STYLE}}",
    }


def read_since(text: str) -> datetime | None:
    """The moment in a request; nonsense raises ``ValueError``."""
    return datetime.strptime(text, _STYLE).replace(tzinfo=LOCAL_TIME) if text else None


def said(done: Outcome) -> tuple[str, str]:
    """Code and words of a command."""
    if done.verdict == "unknown":
        return "-3", "任务编号不存在"
    if done.verdict == "finished":
        return "-2", f"该认证任务{done.words.replace('办结', '办理')}"
    if done.verdict == "refused":
        return "-3", done.words
    again = "（流水号重复，未再登记）" if done.verdict == "again" else ""
    return "1", f"认证结果已登记{again}"
