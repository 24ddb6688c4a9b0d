"""A community with systems that conclude something, for tests of 查询核验 and their worker."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from stdnum.cn import ric

from auth import posts
from auth.principal import Principal
from portal.connectors.gateway import Gateway
from portal.connectors.template import Values
from portal.functions.records import Records
from tests import people
from tests.connectors import support
from tests.connectors.support import FakeTransport

WILLOW, LOTUS = "990102001001", "990102001002"
GRADES = '[tables]\ngrade = { 1 = "符合", 2 = "不符合" }\n[fields]'


def concluding(text: str) -> str:
    """The manifest of a test system whose grade is a conclusion."""
    text = text.replace("[fields]", GRADES, 1)
    grade = 'grade = { label = "等级", sensitivity = "open" }'
    assert grade in text
    text = text.replace(grade, grade.replace(" }", ", conclusion = true }"))
    return text.replace('grade = "grade"', 'grade = { from = "grade", convert = ["code:grade"] }')


def id_number(serial: int) -> str:
    """One of many good identity numbers."""
    first = f"63010219600101{serial:03d}"
    return first + ric.calc_check_digit(first + "0")


async def knows(_call: Any, values: Values) -> Any:
    """A system that knows everybody."""
    row = {"no": "1", "id": values["id_number"], "name": "张三", "grade": "1"}
    return {"code": "0", "rows": [row]}


def gateway(folder: Path, transports: dict[str, FakeTransport]) -> Gateway:
    """A gateway to such systems; start it before use."""
    registry = support.load(folder, list(transports), concluding)
    return Gateway(registry, transports=lambda system: transports[system.id])


def records(folder: Path, transports: dict[str, FakeTransport]) -> Records:
    """The records function over them."""
    return Records(gateway=gateway(folder, transports))


def book(rows: Sequence[Sequence[Any]], head: Sequence[str] = ("姓名", "证件号")) -> bytes:
    """A file as somebody would send it."""
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.append(list(head))
    for row in rows:
        sheet.append(list(row))
    held = BytesIO()
    made.save(held)
    return held.getvalue()


def persons(count: int, place: str = WILLOW) -> list[tuple[str, str]]:
    """People of a community, in the index; as rows of a file."""
    found = [("张三", id_number(serial)) for serial in range(count)]
    for name, number in found:
        people.add_person(number, name=name, places=[("居住", place)])
    return found


def clerk(login: str, code: str = WILLOW, role: str = "community_clerk") -> Principal:
    """Somebody who holds a post in a community."""
    account = people.add_account(login)
    post = people.add_post(account, f"com-{code}", roles=[role], prefixes=[code])
    who = posts.principal_for(
        account_id=account, post_id=post, session_id="s" * 64, factors=("pwd",)
    )
    assert who is not None
    return who
