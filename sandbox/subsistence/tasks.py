"""The task centre of the subsistence system: visits to households, reviews, notices."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from starlette.requests import Request

from sandbox.distort import LOCAL_TIME, Clock, compact, local
from sandbox.subsistence.records import Records
from sandbox.tasks import DONE, UNREAD, Outcome, Task, TaskBook, written

_STYLE = "%Y%m%d%H%M%S"
_TITLES = {"01": "家庭低保入户核查", "02": "家庭低保动态复核", "03": "关于低保标准调整的告知"}
_STATES = {DONE: "1", UNREAD: "2"}
ACTIONS = {"BJ", "YY"}
Said = tuple[str, str, dict[str, Any] | None]


def book(records: Records, clock: Clock) -> TaskBook:
    """The tasks of a fresh start."""
    tasks = written(
        records.register,
        clock,
        number=lambda count: f"RW2026{count:08d}",
        kinds={69: "01", 99: "02"},
        notice="03",
    )
    return TaskBook(tasks, clock, "县区民政窗口", _objection)


def _objection(task: Task, outcome: str, note: str) -> str | None:
    if task.kind == "03":
        return None
    if outcome not in ("1", "2"):
        return "核查结果不能为空"
    return "核查结果为不符合时须填写核查意见" if outcome == "2" and not note else None


def row(task: Task) -> dict[str, Any]:
    """A task in the system's own words."""
    person = task.person
    title = _TITLES[task.kind]
    return {
        "rwbh": task.id,
        "rwlx": task.kind,
        "rwbt": f"{person.name}{title}" if person else title,
        "xm": person.name if person else "",
        "sfzh": person.id_number if person else None,
        "xzqh": task.region,
        "dz": person.home.address if person else "",
        "fbsj": f"{local(task.created):{_STYLE}}",
        "jzrq": compact(task.due),
        "zt": _STATES.get(task.state, "0"),
        "blr": task.handler or "",
        "bljg": task.outcome or "",
        "gxsj": f"{local(task.changed):{_STYLE}}",
    }


def read_since(text: str) -> datetime | None:
    """The moment in a request; nonsense raises ``ValueError``."""
    return datetime.strptime(text, _STYLE).replace(tzinfo=LOCAL_TIME) if text else None


async def submit(request: Request, book: TaskBook) -> Said:
    """One command: code, words, result."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict) or not body.get("lsh") or body.get("czdm") not in ACTIONS:
        return "0001", "lsh、czdm不能为空", None
    done = book.act(
        key=str(body["lsh"]),
        task_id=str(body.get("rwbh", "")),
        by=str(body.get("czr") or ""),
        outcome=str(body.get("hcjg") or ""),
        note=str(body.get("hcyj") or ""),
    )
    return _said(done)


def _said(done: Outcome) -> Said:
    if done.verdict == "unknown":
        return "1002", "任务编号不存在", None
    if done.verdict == "finished":
        return "1001", f"该任务{done.words}，不能重复提交", None
    if done.task is None or done.verdict == "refused":
        return "1002", done.words, None
    result = {
        "rwbh": done.task.id,
        "zt": "1",
        "cfbz": str(int(done.verdict == "again")),
        "gxsj": f"{local(done.task.changed):{_STYLE}}",
    }
    return "0000", "提交成功", result
