"""医疗救助“一站式”系统：只有结论，有或没有，没有病种和金额。"""

from __future__ import annotations

from sandbox.distort import Register
from sandbox.kit.declared import People, Row, Simulated
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


SYSTEM = Simulated(
    id="medical_assistance",
    name="医疗救助“一站式”系统",
    people=People(
        holds=lambda person: bool(person.chronic) or person.no % 50 == 0, full=_row, misses=0.04
    ),
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
        ),
    ),
)
