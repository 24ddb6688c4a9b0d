"""政务服务网：本人的办件，帮办代办任务。"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sandbox.distort import Register, local
from sandbox.kit.declared import Errands, People, Row, Simulated
from sandbox.kit.rest import Envelope, OAuth, Op, RestFace, Said
from sandbox.people import Person
from sandbox.population import World
from sandbox.tasks import DONE, Task

_ITEMS = ("老年人优待证办理", "残疾人证办理", "城乡居民养老保险参保登记", "医保关系转移接续")
_ENTERPRISE_ITEMS = ("食品经营许可", "公共场所卫生许可", "户外招牌设置备案", "社保登记")
_TITLES = {"HELP": "帮办代办申请待受理", "VISIT": "上门服务预约待确认"}


def _row(register: Register, person: Person) -> Row:
    chance = register.chance(person, "case")
    began = register.world.today - timedelta(days=chance.randint(1, 60))
    done = chance.random() < 0.6
    finished = began + timedelta(days=chance.randint(1, 9))
    return {
        "applyNo": f"QH{began:%Y%m%d}{person.no:07d}",
        "applicantName": register.surname(person, 0.1),
        "certNo": person.id_number,
        "mobile": person.phone,
        "itemName": chance.choice(_ITEMS),
        "acceptedOn": began.isoformat(),
        "promisedDays": chance.choice((3, 5, 10, 20)),
        "state": "FINISHED" if done else "PROCESSING",
        "finishedOn": finished.isoformat() if done else None,
        "window": chance.choice(("街道便民服务中心", "区政务大厅", "网上申请")),
    }


def _of_enterprise(world: World, asked: Mapping[str, str]) -> list[Row]:
    """What an enterprise applied for; two of five never applied for anything here."""
    one = world.enterprises.find(asked.get("code", "").upper())
    if one is None or one.no % 5 in (1, 3):
        return []
    rows: list[Row] = []
    for number in range(1 + one.no % 3):
        began = world.today - timedelta(days=7 + (one.no * 13 + number * 31) % 300)
        done = (one.no + number) % 3 > 0
        rows.append(
            {
                "applyNo": f"QY{began:%Y%m%d}{one.no:05d}{number}",
                "unifiedCode": one.code,
                "enterpriseName": one.name,
                "itemName": _ENTERPRISE_ITEMS[(one.no + number) % len(_ENTERPRISE_ITEMS)],
                "acceptedOn": began.isoformat(),
                "promisedDays": (3, 5, 10)[number],
                "state": "FINISHED" if done else "PROCESSING",
                "finishedOn": (began + timedelta(days=3)).isoformat() if done else None,
                "window": "区政务大厅",
            }
        )
    return rows


def _task(task: Task) -> Mapping[str, Any]:
    person = task.person
    return {
        "todoId": task.id,
        "todoType": task.kind,
        "title": f"{person.name}{_TITLES[task.kind]}" if person else _TITLES[task.kind],
        "applicantName": person.name if person else None,
        "certNo": person.id_number if person else None,
        "divisionCode": task.region,
        "deadline": task.due.isoformat() if task.due else None,
        "state": "DONE" if task.state == DONE else "TODO",
        "operator": task.handler,
        "opinion": task.outcome,
        "modifiedAt": local(task.changed).isoformat(timespec="seconds"),
    }


SYSTEM = Simulated(
    id="gov_service",
    name="政务服务网",
    as_of_style="iso",
    people=People(holds=lambda person: person.no % 6 == 0, full=_row),
    look_up=_of_enterprise,
    face=RestFace(
        auth=OAuth(path="/oauth/token"),
        envelope=Envelope(
            code="status.code",
            good=200,
            message="status.message",
            rows="data.items",
            total="data.total",
            cursor="data.next",
            as_of="data.asOf",
            faults={
                "missing": Said(code=404, words="未查询到办件", status=404),
                "parameter": Said(code=400, words="参数不合法", status=400),
                "token": Said(code=401, words="访问令牌已失效", status=401),
                "busy": Said(code=500, words="服务异常"),
                "unknown": Said(code=404, words="待办不存在", status=404),
                "finished": Said(code=409, words="待办已处理", status=409),
                "refused": Said(code=422, words="处理意见不完整", status=422),
            },
        ),
        ops=(
            Op(
                kind="person",
                path="/openapi/v3/applications/search",
                method="POST",
                names={"id_number": "certNo"},
            ),
            Op(
                kind="look_up",
                path="/openapi/v3/enterprises/applications",
                method="POST",
                names={"code": "unifiedCode"},
            ),
            Op(
                kind="tasks",
                path="/openapi/v3/todos",
                names={"cursor": "cursor", "size": "limit", "since": "modifiedSince"},
            ),
            Op(kind="task", path="/openapi/v3/todos/{id}", names={"task": "id"}),
            Op(
                kind="act",
                path="/openapi/v3/todos/{id}/handle",
                method="POST",
                names={
                    "key": "header:X-Request-Id",
                    "task": "id",
                    "action": "action",
                    "by": "operator",
                    "outcome": "opinion",
                    "note": "remark",
                },
            ),
            Op(kind="ping", path="/openapi/v3/ping"),
        ),
    ),
    errands=Errands(
        number=lambda count: f"TD-{count:07d}",
        kinds={59: "HELP", 99: "VISIT"},
        row=_task,
        style="iso",
        desk="区政务服务中心",
        outcomes=("ACCEPT", "REJECT", "1"),
        wants_note="REJECT",
    ),
    pages=("/applications/{number}",),
)
