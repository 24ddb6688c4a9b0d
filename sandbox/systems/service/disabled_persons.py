"""残疾人人口基础信息系统：对个人只核验是否持有有效的残疾人证；另按月给各社区的人数合计。"""

from __future__ import annotations

from sandbox.distort import Register
from sandbox.kit.declared import People, Row, Simulated
from sandbox.kit.soap import SoapFace, SoapOp
from sandbox.kit.statistics import Number, Place, Statistics
from sandbox.people import Person

_KINDS = {
    "SIGHT": 10,
    "HEARING": 14,
    "SPEECH": 4,
    "LIMB": 46,
    "INTELLECT": 10,
    "MENTAL": 11,
    "SEVERAL": 5,
}
_LAST_YEAR = {True: 59, False: 54}  # of the working age, by whether it is a man


def _row(register: Register, person: Person) -> Row:
    valid = register.happens(person, "valid", 0.93)
    year = register.world.today.year
    return {
        "IDCARD": person.id_number,
        "HOLDS": "1",
        "VALID": "1" if valid else "0",
        "EXPIRES": f"{year + register.chance(person, 'until').randint(1, 9)}-12-31"
        if valid
        else f"{year - 1}-12-31",
    }


def _valid(place: Place, person: Person) -> bool:
    return bool(_row(place.register, person)["VALID"] == "1")


def _of_kind(kind: str) -> Number:
    def number(place: Place) -> int:
        def is_so(person: Person) -> bool:
            dice = place.register.chance(person, "kind")
            return dice.choices(list(_KINDS), list(_KINDS.values()))[0] == kind

        return place.count(lambda one: _valid(place, one) and is_so(one))

    return number


def _severe(place: Place) -> int:
    return place.count(lambda one: _valid(place, one) and one.disability in (1, 2))


def _of_working_age(place: Place, person: Person) -> bool:
    return _valid(place, person) and (
        16 <= person.age(place.world.today) <= _LAST_YEAR[person.male]
    )


def _working_age(place: Place) -> int:
    return place.count(lambda one: _of_working_age(place, one))


def _at_work(place: Place) -> int:
    def works(person: Person) -> bool:
        own = person.employer is not None or place.register.happens(person, "own work", 0.2)
        return own and _of_working_age(place, person)

    return place.count(works)


def _aids(place: Place) -> int:
    return place.count(lambda one: _valid(place, one) and place.register.happens(one, "aids", 0.25))


PEOPLE = People(holds=lambda person: person.disability is not None, full=_row, misses=0.05)
NUMBERS = Statistics(
    system="disabled_persons",
    people=PEOPLE,
    number="STATNO",
    region="AREA",
    day="STATDAY",
    newest="NEWEST",
    marks=("true", "false"),
    retired=True,
    stocks={
        "HOLDERS": lambda it: it.count(lambda one: _valid(it, one)),
        **{name: _of_kind(name) for name in _KINDS},
        "SEVERE": _severe,
        "WORKINGAGE": _working_age,
        "ATWORK": _at_work,
        "AIDS": _aids,
    },
    flows={
        "ISSUED": lambda it: it.happened("issued", len(it.people) * 0.05),
        "CANCELLED": lambda it: it.happened("cancelled", len(it.people) * 0.04),
    },
)

SYSTEM = Simulated(
    id="disabled_persons",
    name="残疾人人口基础信息系统",
    people=PEOPLE,
    things=NUMBERS,
    face=SoapFace(
        path="/cdpf/CardVerify",
        namespace="urn:cdpf:card",
        columns=("IDCARD", "HOLDS", "VALID", "EXPIRES"),
        thing_columns=NUMBERS.columns,
        code="RET",
        message="INFO",
        as_of="STAMP",
        total="COUNT",
        codes={"good": "true", "missing": "none", "parameter": "bad", "busy": "busy"},
        ops=(
            SoapOp(kind="person", name="VerifyCard", names={"id_number": "IDCARD"}),
            SoapOp(
                kind="things",
                name="ListNumbers",
                names={"page": "PAGENO", "size": "PAGEROWS", "from": "FROMDAY", "to": "TODAY"},
            ),
            SoapOp(kind="ping", name="Alive"),
        ),
    ),
)
