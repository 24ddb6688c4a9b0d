"""110非警务诉求联动：分流单的任务与数量；没有报警人，没有任何个人记录。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from random import Random
from typing import Any

from sandbox.distort import Clock, local
from sandbox.kit.declared import Errands, Row, Simulated
from sandbox.kit.events import ended, events
from sandbox.kit.rest import Envelope, Op, RestFace, Said, Signed
from sandbox.population import World
from sandbox.tasks import DONE, Task

_STYLE = "%Y%m%d%H%M%S"
_TITLES = {
    "01": "非警务分流：噪声扰民",
    "02": "非警务分流：开锁换锁求助",
    "03": "非警务分流：供水供暖",
}


def _task(task: Task) -> Mapping[str, Any]:
    return {
        "fldbh": task.id,
        "fllb": task.kind,
        "flnr": _TITLES[task.kind],
        "flsj": f"{local(task.created):{_STYLE}}",
        "gxdm": task.region,
        "blsx": f"{task.due:%Y%m%d}" if task.due else "",
        "blzt": "9" if task.state == DONE else "1",
        "blr": task.handler or "",
        "bljg": task.outcome or "",
        "bgsj": f"{local(task.changed):{_STYLE}}",
    }


def _cases(world: World, clock: Clock) -> Iterator[Row]:
    today = local(clock()).date()

    def make(dice: Random, day: date, number: int, region: str) -> Row:
        end = ended(dice, day, today, within=3, open_share=0.08)
        return {
            "fldbh": f"F{day:%Y%m%d}{number:04d}",
            "fllb": dice.choice(tuple(_TITLES)),
            "gxdm": region,
            "flsj": f"{day:%Y%m%d}{dice.randint(0, 21):02d}0000",
            "fksj": f"{end:%Y%m%d}223000" if end else "",
            "_end": end,
        }

    return events(world, clock, "police_nonurgent", one_in=4000, make=make)


SYSTEM = Simulated(
    id="police_nonurgent",
    name="110非警务诉求联动",
    as_of_style=_STYLE,
    face=RestFace(
        auth=Signed(),
        envelope=Envelope(
            code="head.rc",
            good="000000",
            message="head.rm",
            rows="body.list",
            total="body.cnt",
            as_of="head.ts",
            faults={
                "parameter": Said(code="100001", words="报文格式错误"),
                "key": Said(code="200001", words="验签失败", status=401),
                "busy": Said(code="999999", words="系统忙"),
                "unknown": Said(code="300001", words="分流单不存在"),
                "finished": Said(code="300002", words="分流单已办结"),
                "refused": Said(code="300003", words="反馈要素不全"),
            },
        ),
        ops=(
            Op(
                kind="things",
                path="/ldapi/fld/query",
                method="POST",
                names={"page": "yh", "size": "mys", "from": "qsrq", "to": "jzrq"},
            ),
            Op(
                kind="tasks",
                path="/ldapi/fld/todo",
                method="POST",
                names={"page": "yh", "size": "mys", "since": "bgsj"},
            ),
            Op(kind="task", path="/ldapi/fld/get", method="POST", names={"task": "fldbh"}),
            Op(
                kind="act",
                path="/ldapi/fld/feedback",
                method="POST",
                names={
                    "key": "lsh",
                    "task": "fldbh",
                    "action": "czlx",
                    "by": "fkr",
                    "outcome": "fkjg",
                    "note": "fknr",
                },
            ),
            Op(kind="ping", path="/ldapi/echo"),
        ),
    ),
    things=_cases,
    errands=Errands(
        number=lambda count: f"FL{count:08d}",
        kinds={39: "01", 69: "02", 99: "03"},
        row=_task,
        style=_STYLE,
        desk="指挥中心",
    ),
    pages=("/ldjs/fld/{number}",),
)
