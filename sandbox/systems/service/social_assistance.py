"""社会救助“一门受理、协同办理”：救助申请，受理转办任务。"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sandbox.distort import Register, compact, local
from sandbox.kit.declared import Errands, People, Row, Simulated
from sandbox.kit.rest import AppKey, Envelope, Op, RestFace, Said
from sandbox.kit.statistics import Place, Statistics, lives
from sandbox.people import Person
from sandbox.tasks import DONE, Task

_STYLE = "%Y%m%d%H%M%S"
STALE = 0.4
_TITLES = {"1": "救助申请待转办", "2": "救助申请待入户", "3": "救助结果待告知"}


def _row(register: Register, person: Person) -> Row:
    chance = register.chance(person, "application")
    asked = register.world.today - timedelta(days=chance.randint(3, 200))
    home = register.home(person, stale=STALE)
    return {
        "sqbh": f"SQ{asked:%Y%m}{person.no:06d}",
        "sqrxm": register.surname(person, 0.2),
        "sqrsfzh": person.id_number,
        "lxdh": person.phone or "",
        "jtdz": home.address,
        "xzqh": register.region(person, home.region, 0.3),
        "sqjzlx": chance.choice(("01", "02", "03", "04")),
        "sqrq": compact(asked),
        "slzt": chance.choice(("1", "2", "2", "3")),
        "sldw": "街道社会救助窗口",
    }


def _task(task: Task) -> Mapping[str, Any]:
    person = task.person
    return {
        "dbbh": task.id,
        "dblx": task.kind,
        "dbbt": f"{person.name}{_TITLES[task.kind]}" if person else _TITLES[task.kind],
        "xm": person.name if person else "",
        "sfzh": person.id_number if person else "",
        "xzqh": task.region,
        "jzrq": compact(task.due),
        "dbzt": "1" if task.state == DONE else "0",
        "clr": task.handler or "",
        "cljg": task.outcome or "",
        "gxsj": f"{local(task.changed):{_STYLE}}",
    }


def _waiting(place: Place) -> int:
    """Applications taken in or passed on, and not yet finished."""
    return place.count(lambda one: _row(place.register, one)["slzt"] != "3")


def _temporary(place: Place) -> int:
    return place.happened("temporary", len(place.people) * 0.12)


PEOPLE = People(holds=lambda person: person.no % 25 == 0 or person.disability in (1, 2), full=_row)
NUMBERS = Statistics(
    system="social_assistance",
    people=PEOPLE,
    where=lives(STALE),
    number="tjbh",
    region="xzqh",
    day="tjrq",
    newest="zxbz",
    style="%Y%m%d",
    stocks={"dblsqs": _waiting},
    flows={
        "lsjzrc": _temporary,
        "lsjzje": lambda it: _temporary(it) * it.dice("amount").randint(8, 30) * 100,
    },
)

SYSTEM = Simulated(
    id="social_assistance",
    name="社会救助“一门受理、协同办理”",
    as_of_style=_STYLE,
    people=PEOPLE,
    things=NUMBERS,
    face=RestFace(
        auth=AppKey(header="appkey"),
        envelope=Envelope(
            code="ret",
            good="0",
            message="msg",
            rows="data.list",
            total="data.total",
            as_of="sjsj",
            faults={
                "parameter": Said(code="1", words="参数错误"),
                "key": Said(code="9", words="应用未授权"),
                "busy": Said(code="8", words="系统忙，请稍后"),
                "unknown": Said(code="4", words="待办编号不存在"),
                "finished": Said(code="5", words="待办已处理"),
                "refused": Said(code="6", words="处理结果不完整"),
            },
        ),
        ops=(
            Op(
                kind="person",
                path="/jzapi/sq/query",
                method="POST",
                names={"id_number": "sfzh"},
            ),
            Op(
                kind="tasks",
                path="/jzapi/db/list",
                names={"page": "page", "size": "rows", "since": "gxsj"},
            ),
            Op(kind="task", path="/jzapi/db/get", names={"task": "dbbh"}),
            Op(
                kind="act",
                path="/jzapi/db/submit",
                method="POST",
                names={
                    "key": "lsh",
                    "task": "dbbh",
                    "action": "cz",
                    "by": "czr",
                    "outcome": "jg",
                    "note": "yj",
                },
            ),
            Op(
                kind="things",
                path="/jzapi/tj/list",
                names={"page": "page", "size": "rows", "from": "ksrq", "to": "jsrq"},
            ),
            Op(kind="ping", path="/jzapi/ping"),
        ),
    ),
    errands=Errands(
        number=lambda count: f"SH2026{count:06d}",
        kinds={39: "1", 79: "2", 99: "3"},
        row=_task,
        style=_STYLE,
        desk="民政科",
    ),
    pages=("/sq/{number}",),
)
