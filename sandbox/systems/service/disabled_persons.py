"""残疾人人口基础信息系统：只核验是否持有有效的残疾人证。"""

from __future__ import annotations

from sandbox.distort import Register
from sandbox.kit.declared import People, Row, Simulated
from sandbox.kit.soap import SoapFace, SoapOp
from sandbox.people import Person


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


SYSTEM = Simulated(
    id="disabled_persons",
    name="残疾人人口基础信息系统",
    people=People(holds=lambda person: person.disability is not None, full=_row, misses=0.05),
    face=SoapFace(
        path="/cdpf/CardVerify",
        namespace="urn:cdpf:card",
        columns=("IDCARD", "HOLDS", "VALID", "EXPIRES"),
        code="RET",
        message="INFO",
        as_of="STAMP",
        total="COUNT",
        codes={"good": "true", "missing": "none", "parameter": "bad", "busy": "busy"},
        ops=(
            SoapOp(kind="person", name="VerifyCard", names={"id_number": "IDCARD"}),
            SoapOp(kind="ping", name="Alive"),
        ),
    ),
)
