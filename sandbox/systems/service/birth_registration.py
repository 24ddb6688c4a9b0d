"""人口家庭与生育登记系统：只回答是否已登记。"""

from __future__ import annotations

from sandbox.distort import Register
from sandbox.kit.declared import People, Row, Simulated
from sandbox.kit.rest import AppKey, Envelope, Op, RestFace, Said
from sandbox.kit.statistics import Statistics
from sandbox.people import Marital, Person


def _row(register: Register, person: Person) -> Row:
    return {
        "idno": person.id_number,
        "registered": 1 if register.happens(person, "registered", 0.6) else 0,
        "validTo": f"{register.world.today.year + 1}-12-31",
    }


def _holds(person: Person) -> bool:
    return not person.male and person.marital is Marital.MARRIED and person.born.year >= 1976


PEOPLE = People(holds=_holds, full=_row)
NUMBERS = Statistics(
    system="birth_registration",
    people=PEOPLE,
    number="statId",
    region="area",
    day="asOf",
    newest="current",
    marks=(1, 0),
    texts=False,
    flows={"births": lambda it: it.happened("births", len(it.people) * 0.006)},
)

SYSTEM = Simulated(
    id="birth_registration",
    name="人口家庭与生育登记系统",
    as_of_style="%Y-%m-%d",
    people=PEOPLE,
    things=NUMBERS,
    face=RestFace(
        auth=AppKey(header="Authorization-Key"),
        envelope=Envelope(
            code="error",
            good=0,
            rows="result",
            total="count",
            as_of="date",
            one=True,
            faults={
                "missing": Said(code=1, words="无登记信息"),
                "parameter": Said(code=2, words="参数不正确"),
                "key": Said(code=3, words="未授权"),
                "busy": Said(code=9, words="服务不可用"),
            },
        ),
        ops=(
            Op(
                kind="person",
                path="/sydj/verify",
                method="POST",
                names={"id_number": "idno"},
            ),
            Op(
                kind="things",
                path="/sydj/monthly",
                names={"page": "pageNo", "size": "pageRows", "from": "begin", "to": "end"},
            ),
            Op(kind="ping", path="/sydj/up"),
        ),
    ),
)
