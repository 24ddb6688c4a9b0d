"""残疾人两项补贴系统：享受与否和发放状态；年审任务。"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sandbox.distort import Register, local, slashed
from sandbox.kit.declared import Errands, People, Row, Simulated
from sandbox.kit.rest import AppKey, Envelope, Op, RestFace, Said
from sandbox.people import Person
from sandbox.tasks import DONE, Task
from sandbox.traits import day_between

_STYLE = "%Y/%m/%d %H:%M:%S"
_TITLES = {"NS": "两项补贴年审", "TF": "两项补贴停发核实"}


def _brief(register: Register, person: Person) -> Row:
    home = register.home(person, stale=0.5)
    return {
        "BTBH": f"BT{person.no + 1:08d}",
        "XM": register.surname(person, 0.3),
        "SFZH": person.id_number,
        "LXDH": person.phone or "无",
        "QHDM": register.region(person, home.region, 0.2),
        "DZ": home.address,
        "SHBT": "Y" if register.world.household_of(person).allowance else "N",
        "HLBT": "Y" if person.disability in (1, 2) else "N",
        "FFZT": "1" if register.happens(person, "paid", 0.9) else "2",
    }


def _full(register: Register, person: Person) -> Row:
    today = register.world.today
    began = day_between(register.chance(person, "began"), date(2016, 1, 1), today)
    return {
        **_brief(register, person),
        "QSRQ": slashed(began),
        "NSRQ": slashed(day_between(register.chance(person, "review"), began, today)),
        "YHZH": f"62001{person.no:014d}",
    }


def _task(task: Task) -> Mapping[str, Any]:
    person = task.person
    return {
        "RWH": task.id,
        "RWLX": task.kind,
        "RWMC": f"{person.name}{_TITLES[task.kind]}" if person else _TITLES[task.kind],
        "XM": person.name if person else "",
        "SFZH": person.id_number if person else "",
        "QHDM": task.region,
        "JZRQ": slashed(task.due),
        "RWZT": "Y" if task.state == DONE else "N",
        "CLR": task.handler or "",
        "CLJG": task.outcome or "",
        "XGSJ": f"{local(task.changed):{_STYLE}}",
    }


SYSTEM = Simulated(
    id="disability_subsidy",
    name="残疾人两项补贴系统",
    as_of_style=_STYLE,
    people=People(holds=lambda person: person.disability is not None, full=_full, brief=_brief),
    face=RestFace(
        auth=AppKey(header="X-Lxbt-Key"),
        envelope=Envelope(
            code="RTNCODE",
            good="S",
            message="RTNMSG",
            rows="RTNDATA.ROWS",
            total="RTNDATA.CNT",
            as_of="RTNTIME",
            encoding="gb18030",
            faults={
                "parameter": Said(code="E1", words="入参不正确"),
                "key": Said(code="E9", words="密钥不正确"),
                "busy": Said(code="E8", words="数据库忙"),
                "unknown": Said(code="E2", words="任务不存在"),
                "finished": Said(code="E3", words="任务已完成"),
                "refused": Said(code="E4", words="审核结果不完整"),
            },
        ),
        ops=(
            Op(
                kind="person",
                path="/lxbt/rest/dxcx",
                method="POST",
                names={"id_number": "SFZH"},
            ),
            Op(kind="people", path="/lxbt/rest/dxlb", names={"offset": "start", "size": "limit"}),
            Op(
                kind="tasks",
                path="/lxbt/rest/rwlb",
                names={"offset": "start", "size": "limit", "since": "xgsj"},
            ),
            Op(kind="task", path="/lxbt/rest/rwxq", names={"task": "rwh"}),
            Op(
                kind="act",
                path="/lxbt/rest/rwtj",
                method="POST",
                names={
                    "key": "LSH",
                    "task": "RWH",
                    "action": "CZ",
                    "by": "CZR",
                    "outcome": "SHJG",
                    "note": "SHYJ",
                },
            ),
            Op(kind="ping", path="/lxbt/rest/zt"),
        ),
    ),
    errands=Errands(
        number=lambda count: f"LX{count:08d}",
        kinds={79: "NS", 99: "TF"},
        row=_task,
        style=_STYLE,
        desk="民政局残疾人福利科",
    ),
    pages=("/lxbt/dx/{number}",),
)
