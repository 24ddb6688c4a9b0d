"""“邻里牵手”民生工单：任务与数量；不给出诉求人。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from sandbox.distort import LOCAL_TIME, Clock, local
from sandbox.kit.declared import Errands, Row, Simulated
from sandbox.kit.events import ended, events
from sandbox.kit.rest import AppKey, Envelope, Op, RestFace, Said
from sandbox.population import World
from sandbox.tasks import DONE, Task

_STYLE = "%Y/%m/%d %H:%M"
_TITLES = {"11": "楼院照明报修", "12": "环境卫生", "21": "邻里互助请求"}


def _task(task: Task) -> Mapping[str, Any]:
    return {
        "GDH": task.id,
        "GDLB": task.kind,
        "GDBT": _TITLES[task.kind],
        "SQDM": task.region,
        "NR": f"{_TITLES[task.kind]}，请尽快处理",
        "LRSJ": f"{local(task.created):{_STYLE}}",
        "DD": task.person.home.address if task.person else "",
        "XQ": f"{task.due:%Y/%m/%d}" if task.due else "",
        "GDZT": "已办结" if task.state == DONE else "处理中",
        "BLR": task.handler or "",
        "BLJG": task.outcome or "",
        "GXSJ": f"{local(task.changed):{_STYLE}}",
    }


def _orders(world: World, clock: Clock) -> Iterator[Row]:
    today = local(clock()).date()

    def make(dice: Random, day: date, number: int, region: str) -> Row:
        at = datetime.combine(day, time(8), LOCAL_TIME) + timedelta(minutes=dice.randint(0, 600))
        end = ended(dice, day, today, within=5, open_share=0.1)
        return {
            "GDH": f"LL{day:%Y%m%d}{number:04d}",
            "GDLB": dice.choice(tuple(_TITLES)),
            "SQDM": region,
            "LRSJ": f"{at:{_STYLE}}",
            "BJSJ": f"{end:%Y/%m/%d} 19:30" if end else "",
            "GDZT": "已办结" if end else "处理中",
            "_end": end,
        }

    return events(world, clock, "neighbour_orders", one_in=2000, make=make)


SYSTEM = Simulated(
    id="neighbour_orders",
    name="“邻里牵手”民生工单",
    as_of_style=_STYLE,
    face=RestFace(
        auth=AppKey(header="token"),
        envelope=Envelope(
            code="ErrCode",
            good=0,
            message="ErrMsg",
            rows="Data.List",
            total="Data.Total",
            as_of="Data.Time",
            encoding="gb18030",
            faults={
                "parameter": Said(code=400, words="参数错误"),
                "key": Said(code=401, words="令牌无效"),
                "busy": Said(code=500, words="服务器忙"),
                "unknown": Said(code=404, words="工单不存在"),
                "finished": Said(code=409, words="工单已办结"),
                "refused": Said(code=422, words="办理内容不完整"),
            },
        ),
        ops=(
            Op(
                kind="things",
                path="/Order/List.ashx",
                method="POST",
                names={"row": "Start", "size": "Limit", "from": "BeginDate", "to": "EndDate"},
            ),
            Op(
                kind="tasks",
                path="/Order/Todo.ashx",
                method="POST",
                names={"row": "Start", "size": "Limit", "since": "After"},
            ),
            Op(kind="task", path="/Order/Get.ashx", method="POST", names={"task": "GDH"}),
            Op(
                kind="act",
                path="/Order/Finish.ashx",
                method="POST",
                names={
                    "key": "Serial",
                    "task": "GDH",
                    "action": "Op",
                    "by": "User",
                    "outcome": "Result",
                    "note": "Memo",
                },
            ),
            Op(kind="ping", path="/Order/Ping.ashx"),
        ),
    ),
    things=_orders,
    errands=Errands(
        number=lambda count: f"LL26{count:06d}",
        kinds={39: "11", 79: "12", 99: "21"},
        row=_task,
        style=_STYLE,
        desk="区综合信息服务中心",
    ),
    pages=("/Order/View/{number}",),
)
