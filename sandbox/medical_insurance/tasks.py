"""The work items of the medical insurance platform: enrolment drives, checks, notices."""

from __future__ import annotations

from typing import Any

from sandbox.distort import Clock, iso, local
from sandbox.medical_insurance.records import Records
from sandbox.tasks import DONE, UNREAD, Outcome, Task, TaskBook, written

DRIVE, CHECK, NOTICE = "ENROLMENT_DRIVE", "INFO_CHECK", "NOTICE"
_TITLES = {DRIVE: "居民医保参保动员", CHECK: "参保信息核实", NOTICE: "2027年度居民医保集中缴费通知"}
_OUTCOMES = {DRIVE: ("AGREED", "DECLINED", "UNREACHED"), CHECK: ("CONFIRMED", "CORRECTED")}
_STATES = {DONE: "COMPLETED", UNREAD: "UNREAD"}
ACTIONS = {"COMPLETE", "ACKNOWLEDGE"}


def book(records: Records, clock: Clock) -> TaskBook:
    """The work items of a fresh start."""
    tasks = written(
        records.register,
        clock,
        number=lambda count: f"WI2026{count:012d}",
        kinds={59: DRIVE, 99: CHECK},
        notice=NOTICE,
    )
    return TaskBook(tasks, clock, "医保经办大厅", _objection)


def _objection(task: Task, outcome: str, note: str) -> str | None:
    allowed = _OUTCOMES.get(task.kind)
    if allowed is None:
        return None
    if outcome not in allowed:
        return "办理结果与工作项类型不符"
    return "选择未联系上时须在备注中说明联系情况" if outcome == "UNREACHED" and not note else None


def row(task: Task) -> dict[str, Any]:
    """A work item in the platform's own words."""
    person = task.person
    return {
        "workItemId": task.id,
        "type": task.kind,
        "title": _TITLES[task.kind],
        "psnName": person.name if person else None,
        "certNo": person.id_number if person else None,
        "regionCode": task.region,
        "createdAt": local(task.created).isoformat(timespec="seconds"),
        "deadline": iso(task.due),
        "status": _STATES.get(task.state, "PENDING"),
        "revision": task.revision,
        "handler": task.handler,
        "outcome": task.outcome,
        "updatedAt": local(task.changed).isoformat(timespec="seconds"),
    }


def complaint(done: Outcome) -> tuple[int, str, str] | None:
    """Status, code and words of a command that was not carried out."""
    if done.verdict == "unknown":
        return 404, "WORK_ITEM_NOT_FOUND", "工作项不存在"
    if done.verdict == "finished":
        return 409, "ALREADY_COMPLETED", f"该工作项{done.words}"
    return (422, "REJECTED", done.words) if done.verdict == "refused" else None
