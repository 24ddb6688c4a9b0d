"""在职党员入格报到：活动的任务和次数，不说谁报到。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from random import Random
from typing import Any

from sandbox.distort import Clock, local
from sandbox.kit.declared import Errands, Row, Simulated
from sandbox.kit.events import events
from sandbox.kit.rest import Envelope, OAuth, Op, RestFace, Said
from sandbox.population import World
from sandbox.tasks import DONE, Task

_TITLES = {"ACTIVITY": "入格服务活动待反馈", "WISH": "微心愿待认领"}


def _task(task: Task) -> Mapping[str, Any]:
    return {
        "id": task.id,
        "type": task.kind,
        "title": _TITLES[task.kind],
        "regionCode": task.region,
        "dueDate": task.due.isoformat() if task.due else None,
        "status": "CLOSED" if task.state == DONE else "OPEN",
        "closedBy": task.handler,
        "result": task.outcome,
        "updatedAt": local(task.changed).isoformat(timespec="seconds"),
    }


def _activities(world: World, clock: Clock) -> Iterator[Row]:
    def make(dice: Random, day: date, number: int, region: str) -> Row:
        return {
            "activityNo": f"A{day:%y%m%d}{number:04d}",
            "regionCode": region,
            "heldOn": day.isoformat(),
            "attendance": dice.randint(3, 28),
        }

    return events(world, clock, "member_checkin", one_in=3000, make=make)


def _faults() -> dict[str, Said]:
    return {
        "parameter": Said(code="BAD_REQUEST", words="请求参数有误", status=400),
        "token": Said(code="TOKEN_EXPIRED", words="访问令牌无效或已过期", status=401),
        "busy": Said(code="INTERNAL", words="服务内部错误"),
        "unknown": Said(code="NOT_FOUND", words="事项不存在", status=404),
        "finished": Said(code="ALREADY_CLOSED", words="事项已办结", status=409),
        "refused": Said(code="REFUSED", words="反馈内容不完整", status=422),
    }


SYSTEM = Simulated(
    id="member_checkin",
    name="在职党员入格报到",
    as_of_style="iso",
    face=RestFace(
        auth=OAuth(path="/auth/token"),
        envelope=Envelope(
            code="code",
            good="OK",
            message="message",
            rows="items",
            cursor="next",
            as_of="asOf",
            faults=_faults(),
        ),
        ops=(
            Op(
                kind="things",
                path="/v2/activities",
                names={"cursor": "after", "size": "limit", "from": "from", "to": "to"},
            ),
            Op(
                kind="tasks",
                path="/v2/todos",
                names={"cursor": "after", "size": "limit", "since": "updatedSince"},
            ),
            Op(kind="task", path="/v2/todos/{id}", names={"task": "id"}),
            Op(
                kind="act",
                path="/v2/todos/{id}/close",
                method="POST",
                names={
                    "key": "header:Idempotency-Key",
                    "task": "id",
                    "action": "action",
                    "by": "operator",
                    "outcome": "result",
                    "note": "remark",
                },
            ),
            Op(kind="ping", path="/v2/health"),
        ),
    ),
    things=_activities,
    errands=Errands(
        number=lambda count: f"td-{count:06d}",
        kinds={74: "ACTIVITY", 99: "WISH"},
        row=_task,
        style="iso",
        desk="社区党委",
        outcomes=("DONE", "CANCELLED", "1"),
        wants_note="CANCELLED",
    ),
)
