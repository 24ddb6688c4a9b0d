"""实有人口·实有房屋系统：只核验，回答一致、不一致或查无，不给出任何登记内容。"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sandbox.distort import Register
from sandbox.kit.declared import People, Row, Simulated
from sandbox.kit.rest import Envelope, Op, RestFace, Said, Signed
from sandbox.people import Person, Tie
from sandbox.population import World

_STYLE = "%Y%m%d%H%M%S"
_MOVED_UNTOLD = 0.1  # of those who moved, the share that is still on file at the former home
_TAIL = re.compile(r"(?<=^\d{6})0{6}$|(?<=^\d{9})0{3}$")  # a whole county or street, padded


def _checked(register: Register, person: Person, asked: Mapping[str, str]) -> Row:
    registered = person.current(Tie.REGISTERED)
    inside = registered is not None and registered.region in register.world.region.divisions
    return {
        "gmsfhm": person.id_number,
        "xmyz": "1" if asked.get("name") == person.name else "0",
        "hjzs": "1" if inside else "0",
        "xzzs": _lives_there(register, person, asked.get("place", "")),
        "yzbh": f"YZ{person.no:010d}",
    }


def _lives_there(register: Register, person: Person, stated: str) -> str:
    """Whether the stated place is, or holds, the home on file; empty when none was stated."""
    if not stated:
        return ""
    home = register.home(person, _MOVED_UNTOLD).region
    return "1" if home.startswith(_TAIL.sub("", stated)) else "0"


def _full(register: Register, person: Person) -> Row:
    return _checked(register, person, {"name": person.name})


def _house(world: World, asked: Mapping[str, str]) -> list[Row]:
    """Whether an address is on file as a house of that place; one in thirty was never entered."""
    dwelling, place = asked.get("address", ""), asked.get("place", "")
    if not dwelling or not place:
        raise ValueError("address and place")
    known = any(
        one.dwelling == dwelling and one.region == place and one.no % 30 != 11
        for one in world.households
    )
    return [{"fwdj": "1" if known else "0"}]


SYSTEM = Simulated(
    id="population_housing",
    name="实有人口·实有房屋系统",
    as_of_style=_STYLE,
    people=People(holds=lambda person: True, full=_full, verify=_checked, misses=0.04),
    look_up=_house,
    face=RestFace(
        auth=Signed(),
        envelope=Envelope(
            code="jgdm",
            good="00",
            message="jgms",
            rows="yzjg",
            as_of="yzsj",
            one=True,
            faults={
                "missing": Said(code="01", words="查无此人"),
                "parameter": Said(code="02", words="请求要素不全"),
                "key": Said(code="03", words="验签失败", status=403),
                "busy": Said(code="99", words="核验服务忙"),
            },
        ),
        ops=(
            Op(
                kind="person",
                path="/hyfw/rkhy",
                method="POST",
                names={"id_number": "gmsfhm", "name": "xm", "place": "xzqh"},
            ),
            Op(
                kind="look_up",
                path="/hyfw/fwhy",
                method="POST",
                names={"address": "fwdz", "place": "xzqh"},
            ),
            Op(kind="ping", path="/hyfw/zt"),
        ),
    ),
    pages=("/caiji",),
)
