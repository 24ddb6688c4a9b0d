"""居民家庭经济状况核对系统：只有核对结论，没有任何财产、收入内容。"""

from __future__ import annotations

from datetime import timedelta

from sandbox.distort import Register, compact
from sandbox.kit.declared import People, Row, Simulated
from sandbox.kit.soap import SoapFace, SoapOp
from sandbox.people import Person


def _row(register: Register, person: Person) -> Row:
    chance = register.chance(person, "verdict")
    checked = register.world.today - timedelta(days=chance.randint(5, 300))
    return {
        "HDBH": f"HD{checked:%Y%m%d}{person.no:06d}",
        "SFZH": person.id_number,
        "HDJL": chance.choice(("1", "1", "1", "2", "3")),
        "HDRQ": compact(checked),
        "YXQZ": compact(checked + timedelta(days=365)),
    }


SYSTEM = Simulated(
    id="family_economy",
    name="居民家庭经济状况核对系统",
    as_of_style="%Y%m%d%H%M%S",
    people=People(
        holds=lambda person: person.no % 30 == 0 or person.disability in (1, 2), full=_row
    ),
    face=SoapFace(
        path="/jjhd/ws/HdjlService",
        namespace="http://hd.mz.gov/jl",
        charset="GBK",
        columns=("HDBH", "SFZH", "HDJL", "HDRQ", "YXQZ"),
        code="FHDM",
        message="FHXX",
        as_of="FHSJ",
        total="ZS",
        codes={"good": "00", "missing": "01", "parameter": "02", "busy": "99"},
        ops=(
            SoapOp(kind="person", name="cxHdjl", names={"id_number": "SFZH"}),
            SoapOp(kind="ping", name="csLj"),
        ),
    ),
)
