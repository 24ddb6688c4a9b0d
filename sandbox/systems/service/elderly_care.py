"""养老服务与高龄津贴系统：老人名册、津贴状态，巡访任务。"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sandbox.distort import Register, iso, local
from sandbox.kit.declared import Errands, People, Row, Simulated
from sandbox.kit.rest import Envelope, Op, RestFace, Said, Signed
from sandbox.kit.statistics import Place, Statistics, lives
from sandbox.people import Household, Person
from sandbox.tasks import DONE, UNREAD, Task

_TITLES = {
    "VISIT": "独居老人巡访",
    "CERTIFY": "高龄津贴年度认证",
    "NOTICE": "关于高龄津贴发放的告知",
}
_STATES = {DONE: "done", UNREAD: "unread"}
ALLOWANCE_AGE = 70
OLD = 60
STALE = 0.3


def _brief(register: Register, person: Person) -> Row:
    home = register.home(person, stale=STALE)
    entitled = person.age(register.world.today) >= ALLOWANCE_AGE
    paid = entitled and register.happens(person, "paid", 0.95)
    return {
        "elderNo": f"E{person.no + 1:09d}",
        "name": register.surname(person, 0.2),
        "idCard": person.id_number,
        "mobile": person.phone,
        "areaCode": home.region,
        "address": home.address,
        "movedIn": iso(home.since),
        "livesAlone": register.world.lives_alone(person),
        "allowance": "paid" if paid else "suspended" if entitled else "none",
    }


def _full(register: Register, person: Person) -> Row:
    chance = register.chance(person, "visit")
    today = register.world.today
    return {
        **_brief(register, person),
        "birthday": person.born.isoformat(),
        "sex": "M" if person.male else "F",
        "monthlyCents": chance.choice((10000, 12000, 20000)),
        "lastVisit": (today - timedelta(days=chance.randint(1, 90))).isoformat(),
        "account": f"62001{person.no:014d}",
    }


def _task(task: Task) -> Mapping[str, Any]:
    person = task.person
    return {
        "taskNo": task.id,
        "taskType": task.kind,
        "subject": f"{person.name}{_TITLES[task.kind]}" if person else _TITLES[task.kind],
        "elderName": person.name if person else None,
        "elderIdCard": person.id_number if person else None,
        "areaCode": task.region,
        "dueDate": iso(task.due),
        "status": _STATES.get(task.state, "todo"),
        "handler": task.handler,
        "conclusion": task.outcome,
        "changedAt": local(task.changed).isoformat(timespec="seconds"),
    }


def _empty_nests(place: Place) -> int:
    """Households with nobody below sixty, an elder alone among them."""
    world = place.world

    def empty(one: Household) -> bool:
        return all(world.persons[no].age(world.today) >= OLD for no in one.members)

    return sum(map(empty, place.households))


def _frail(place: Place) -> int:
    """Elders who cannot, or hardly, look after themselves: assessed by this system alone."""
    register, today = place.register, place.world.today

    def frail(person: Person) -> bool:
        if person.age(today) < OLD:
            return False
        return person.disability in (1, 2) or register.happens(person, "frail", 0.06)

    return place.count(frail)


def _aged(place: Place, age: int) -> int:
    return place.count(lambda one: one.age(place.world.today) >= age)


def _alone(place: Place) -> int:
    return place.count(place.world.lives_alone)


PEOPLE = People(
    holds=lambda person: person.born.year <= 1966, full=_full, brief=_brief, misses=0.04
)
NUMBERS = Statistics(
    system="elderly_care",
    people=PEOPLE,
    where=lives(STALE),
    number="statNo",
    region="areaCode",
    day="statDate",
    newest="latest",
    marks=("Y", "N"),
    texts=False,
    stocks={"emptyNestHouseholds": _empty_nests, "frailElders": _frail},
    flows={
        "allowanceAdded": lambda it: it.happened("added", _aged(it, ALLOWANCE_AGE) * 0.02),
        "allowanceStopped": lambda it: it.happened("stopped", _aged(it, ALLOWANCE_AGE) * 0.015),
        "dayCareVisits": lambda it: it.happened("day care", _aged(it, OLD) * 0.4),
        "mealServings": lambda it: it.happened("meals", _aged(it, OLD) * 1.5),
        "aloneVisits": lambda it: it.happened("visits", _alone(it) * 4),
    },
)

SYSTEM = Simulated(
    id="elderly_care",
    name="养老服务与高龄津贴系统",
    as_of_style="iso",
    people=PEOPLE,
    things=NUMBERS,
    face=RestFace(
        auth=Signed(),
        envelope=Envelope(
            code="code",
            good=0,
            message="msg",
            rows="payload.records",
            total="payload.total",
            as_of="timestamp",
            faults={
                "parameter": Said(code=4000, words="参数有误"),
                "key": Said(code=4010, words="签名无效", status=401),
                "busy": Said(code=5000, words="服务繁忙"),
                "unknown": Said(code=4040, words="任务不存在"),
                "finished": Said(code=4090, words="任务已完成"),
                "refused": Said(code=4220, words="巡访结果不完整"),
            },
        ),
        ops=(
            Op(
                kind="person",
                path="/ylfw/v1/elder",
                method="POST",
                names={"id_number": "idCard"},
            ),
            Op(
                kind="people",
                path="/ylfw/v1/elders",
                names={"page": "current", "size": "size"},
            ),
            Op(
                kind="tasks",
                path="/ylfw/v1/tasks",
                names={"page": "current", "size": "size", "since": "changedSince"},
            ),
            Op(kind="task", path="/ylfw/v1/tasks/{no}", names={"task": "no"}),
            Op(
                kind="act",
                path="/ylfw/v1/tasks/{no}/finish",
                method="POST",
                names={
                    "key": "requestNo",
                    "task": "no",
                    "action": "action",
                    "by": "operatorName",
                    "outcome": "conclusion",
                    "note": "remark",
                },
            ),
            Op(
                kind="things",
                path="/ylfw/v1/statistics",
                names={"page": "current", "size": "size", "from": "startDate", "to": "endDate"},
            ),
            Op(kind="ping", path="/ylfw/v1/health"),
        ),
    ),
    errands=Errands(
        number=lambda count: f"YL{count:08d}",
        kinds={69: "VISIT", 99: "CERTIFY"},
        row=_task,
        style="iso",
        notice="NOTICE",
        desk="养老服务指导中心",
    ),
    pages=("/elders/{number}",),
)
