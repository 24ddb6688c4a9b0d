"""医疗救助“一站式”系统：对个人只有结论，没有病种和金额；另按月给各社区的救助人次和金额合计。"""

from __future__ import annotations

from sandbox.distort import Register
from sandbox.kit.declared import People, Row, Simulated
from sandbox.kit.statistics import Place, Statistics
from sandbox.kit.views import View, ViewFace
from sandbox.people import Person


def _row(register: Register, person: Person) -> Row:
    this_year = register.happens(person, "this year", 0.4)
    return {
        "jzbh": f"YJ{person.no + 1:09d}",
        "xm": register.surname(person, 0.2),
        "sfzh": person.id_number,
        "jzdx": "1" if register.world.household_of(person).allowance else "0",
        "bndjz": "1" if this_year else "0",
        "yxqz": f"{register.world.today.year}1231",
    }


def _helped(place: Place) -> int:
    """Times that somebody was helped: of those with help this year, some in each month."""
    this_year = place.count(lambda one: _row(place.register, one)["bndjz"] == "1")
    return place.happened("helped", this_year * 0.4)


PEOPLE = People(
    holds=lambda person: bool(person.chronic) or person.no % 50 == 0, full=_row, misses=0.04
)
NUMBERS = Statistics(
    system="medical_assistance",
    people=PEOPLE,
    number="tjbh",
    region="xzqh",
    day="tjrq",
    newest="sfzx",
    flows={
        "jzrc": _helped,
        "jzje": lambda it: _helped(it) * it.dice("amount").randint(4, 40) * 100,
    },
    more=lambda today: {"sjsj": f"{today:%Y-%m-%d} 03:00:00"},
)

SYSTEM = Simulated(
    id="medical_assistance",
    name="医疗救助“一站式”系统",
    people=PEOPLE,
    things=NUMBERS,
    face=ViewFace(
        schema="yljz",
        reader="medical_assistance_reader",
        views=(
            View(
                name="v_jzjl",
                columns=("jzbh", "xm", "sfzh", "jzdx", "bndjz", "yxqz"),
                rows="people",
                garbled=("xm", "jzdx", "bndjz", "yxqz"),
            ),
            View(
                name="v_jztj",
                columns=NUMBERS.columns,
                rows="things",
                garbled=("jzrc", "jzje"),
            ),
        ),
    ),
)
