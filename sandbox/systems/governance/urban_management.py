"""数字化城市管理系统：案件核查任务与数量，SOAP。"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random

from sandbox.distort import Clock, local
from sandbox.kit.declared import Errands, Row, Simulated
from sandbox.kit.events import ended, events
from sandbox.kit.soap import SoapFace, SoapOp
from sandbox.population import World
from sandbox.tasks import DONE, Task

_STYLE = "%Y-%m-%d %H:%M:%S"
_TITLES = {"A01": "井盖缺损核查", "A02": "占道经营核查", "B01": "暴露垃圾核查"}


def _task(task: Task) -> Row:
    return {
        "RecID": task.id,
        "EventTypeID": task.kind,
        "EventDesc": _TITLES[task.kind],
        "CommunityCode": task.region,
        "DeadLine": f"{task.due:%Y-%m-%d}" if task.due else None,
        "ActState": "2" if task.state == DONE else "1",
        "HumanName": task.handler,
        "CheckResult": task.outcome,
        "UpdateTime": f"{local(task.changed):{_STYLE}}",
    }


def _cases(world: World, clock: Clock) -> Iterator[Row]:
    today = local(clock()).date()

    def make(dice: Random, day: date, number: int, region: str) -> Row:
        end = ended(dice, day, today, within=7, open_share=0.15)
        return {
            "RecID": f"C{day:%Y%m%d}{number:04d}",
            "EventTypeID": dice.choice(tuple(_TITLES)),
            "CommunityCode": region,
            "CreateTime": f"{day:%Y-%m-%d} {dice.randint(7, 20):02d}:00:00",
            "ArchiveTime": f"{end:%Y-%m-%d} 21:30:00" if end else None,
            "_end": end,
        }

    return events(world, clock, "urban_management", one_in=1500, make=make)


SYSTEM = Simulated(
    id="urban_management",
    name="数字化城市管理系统",
    as_of_style=_STYLE,
    face=SoapFace(
        path="/egova/services/CaseService",
        namespace="http://service.case.szcg/",
        columns=("RecID", "EventTypeID", "CommunityCode", "CreateTime", "ArchiveTime"),
        task_columns=(
            *("RecID", "EventTypeID", "EventDesc", "CommunityCode", "DeadLine"),
            *("ActState", "HumanName", "CheckResult", "UpdateTime"),
        ),
        code="resultCode",
        message="resultMsg",
        as_of="resultTime",
        total="totalCount",
        codes={
            "good": "1",
            "parameter": "-1",
            "busy": "-9",
            "unknown": "0",
            "finished": "-2",
            "refused": "-3",
        },
        ops=(
            SoapOp(
                kind="things",
                name="listCases",
                names={
                    "page": "pageNum",
                    "size": "pageSize",
                    "from": "beginDay",
                    "to": "endDay",
                },
            ),
            SoapOp(
                kind="tasks",
                name="listCheckTasks",
                names={"page": "pageNum", "size": "pageSize", "since": "updateTime"},
            ),
            SoapOp(kind="task", name="getCheckTask", names={"task": "recID"}),
            SoapOp(
                kind="act",
                name="submitCheck",
                names={
                    "key": "serialNo",
                    "task": "recID",
                    "action": "actionCode",
                    "by": "humanName",
                    "outcome": "checkResult",
                    "note": "checkOpinion",
                },
            ),
            SoapOp(kind="ping", name="ping"),
        ),
    ),
    things=_cases,
    errands=Errands(
        number=lambda count: f"HC{count:08d}",
        kinds={29: "A01", 64: "A02", 99: "B01"},
        row=_task,
        style=_STYLE,
        desk="监督中心",
    ),
    pages=("/egova/check/{number}",),
)
