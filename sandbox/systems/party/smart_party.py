"""智慧党建平台：组织生活的登记任务和次数。任务说支部，不说党员。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from random import Random
from typing import Any

from sandbox.distort import Clock, local
from sandbox.kit.declared import Errands, Row, Simulated
from sandbox.kit.events import events
from sandbox.kit.rest import AppKey, Envelope, Op, RestFace, Said
from sandbox.population import World
from sandbox.tasks import DONE, UNREAD, Task

_STYLE = "%Y-%m-%d %H:%M:%S"
_TITLES = {"DYDH": "支部党员大会待登记", "DK": "党课待登记", "TZ": "关于做好组织生活登记的通知"}
_STATES = {DONE: "3", UNREAD: "2"}


def _task(task: Task) -> Mapping[str, Any]:
    return {
        "dbid": task.id,
        "dblx": task.kind,
        "bt": _TITLES[task.kind],
        "xzqhdm": task.region,
        "jzsj": f"{task.due:%Y-%m-%d}" if task.due else None,
        "zt": _STATES.get(task.state, "1"),
        "clr": task.handler,
        "cljg": task.outcome,
        "gxsj": f"{local(task.changed):{_STYLE}}",
    }


def _meetings(world: World, clock: Clock) -> Iterator[Row]:
    def make(dice: Random, day: date, number: int, region: str) -> Row:
        return {
            "hybh": f"HY{day:%Y%m%d}{number:04d}",
            "hylx": dice.choice(("1", "2", "3", "4")),
            "xzqhdm": region,
            "hyrq": f"{day:%Y-%m-%d}",
            "sdrs": dice.randint(8, 45),
        }

    return events(world, clock, "smart_party", one_in=2500, make=make)


SYSTEM = Simulated(
    id="smart_party",
    name="智慧党建平台",
    face=RestFace(
        auth=AppKey(header="X-Access-Key"),
        envelope=Envelope(
            code="success",
            good=True,
            message="message",
            rows="data.rows",
            total="data.count",
            as_of="serverTime",
            faults={
                "parameter": Said(code=False, words="参数不正确"),
                "key": Said(code=False, words="接入密钥无效", status=401),
                "busy": Said(code=False, words="系统繁忙"),
                "unknown": Said(code=False, words="待办不存在"),
                "finished": Said(code=False, words="待办已登记"),
                "refused": Said(code=False, words="登记内容不完整"),
            },
        ),
        ops=(
            Op(
                kind="things",
                path="/dj/api/zzsh/list",
                names={"page": "pageNo", "size": "pageSize", "from": "ksrq", "to": "jsrq"},
            ),
            Op(
                kind="tasks",
                path="/dj/api/db/list",
                names={"page": "pageNo", "size": "pageSize", "since": "gxsj"},
            ),
            Op(kind="task", path="/dj/api/db/detail", names={"task": "dbid"}),
            Op(
                kind="act",
                path="/dj/api/db/dj",
                method="POST",
                names={
                    "key": "qqbh",
                    "task": "dbid",
                    "action": "cz",
                    "by": "czr",
                    "outcome": "jg",
                    "note": "sm",
                },
            ),
            Op(kind="ping", path="/dj/api/ping"),
        ),
    ),
    things=_meetings,
    errands=Errands(
        number=lambda count: f"DB{count:07d}",
        kinds={69: "DYDH", 99: "DK"},
        row=_task,
        style=_STYLE,
        notice="TZ",
        desk="组织科",
        wants_note="2",
    ),
    pages=("/dj/db/{number}",),
)
