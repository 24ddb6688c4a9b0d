"""People and findings for tests of 未诉先办: the small second city."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auth.principal import Principal
from portal.affairs.findings import desk, linked
from portal.affairs.findings.book import SERVICE
from portal.affairs.findings.desk import Draft
from portal.affairs.findings.linked import Demand, Standing
from portal.affairs.findings.tables import finding
from portal.store.scope import scoped
from tests import people
from tests.orders.world import CITY, DISTRICT, PLACE, STREET, civil, command, district, urban

__all__ = ["CITY", "DISTRICT", "PLACE", "STREET", "civil", "command", "district", "urban"]
WHY, ANSWER = "社区没有执法权限", "已清运完毕并安装护栏"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


def _who(login: str, unit: str, kind: str, level: str, place: str, role: str) -> Principal:
    made = people.principal(
        roles=(role,), prefixes=(place,), unit_id=unit, kind=kind, level=level, region_code=place
    )
    return replace(made, login=login, name=login)


def community(place: str = PLACE) -> Principal:
    """Who finds."""
    return _who("community", f"com-{place}", "community", "community", place, "community_clerk")


def grid(place: str = PLACE) -> Principal:
    """Who may only hand one in."""
    return _who("grid", f"com-{place}", "community", "community", place, "grid_worker")


def street(place: str = STREET) -> Principal:
    """The street office."""
    return _who("street", f"gov-{place}", "government", "street", place, "street_officer")


def draft(number: str = "1", **over: Any) -> Draft:
    """A finding as it is written down."""
    values: dict[str, Any] = {
        "form_no": number,
        "class_": "环境卫生",
        "title": "楼后堆积建筑垃圾",
        "content": "3 号楼后堆积建筑垃圾约两车。",
        "place": "柳岸小区 3 号楼后",
    }
    return Draft(**{**values, **over})


def row(finding_id: UUID) -> Any:
    """A finding as it is stored."""
    with scoped(SERVICE) as connection:
        return connection.execute(select(finding).where(finding.c.id == finding_id)).one()


def handed(number: str = "1", **over: Any) -> UUID:
    """Handed in by the grid."""
    return desk.found(grid(), draft(number, source="网格员递交", **over))


def moved(finding_id: UUID, who: Principal, move: str, **form: Any) -> UUID:
    """After one move more."""
    desk.act(who, finding_id, move, form)
    return finding_id


class Orders:
    """Takes findings as orders, as a test wants it."""

    def __init__(self) -> None:
        self.taken: list[Demand] = []
        self.over: dict[UUID, Standing] = {}

    def take(self, connection: object, demand: Demand) -> tuple[UUID, str]:
        """One more."""
        self.taken.append(demand)
        return UUID(int=len(self.taken)), f"63{len(self.taken):04d}"

    def ended(self, ids: object) -> dict[UUID, Standing]:
        """Those that the test has ended."""
        return self.over


def with_orders() -> Orders:
    """Findings may become orders from now on."""
    orders = Orders()
    linked.become_orders(orders)
    return orders


# -- a finding in each state ----------------------------------------------------------------------


def reported(number: str) -> UUID:
    return moved(handed(number), community(), "report", reason=WHY)


def raised(number: str) -> UUID:
    return moved(reported(number), street(), "raise", reason=WHY)


def at_meeting(number: str) -> UUID:
    return moved(raised(number), district(), "table", reason=WHY)


def elevated(number: str) -> UUID:
    return moved(raised(number), district(), "elevate", reason=WHY)


def led(number: str) -> UUID:
    return moved(reported(number), street(), "lead", units=["dept-990102-urban"])


def joint(number: str) -> UUID:
    return moved(
        raised(number), district(), "dispatch", unit="dept-990102-urban", units=["dept-civil"]
    )


def ordered(number: str) -> UUID:
    with_orders()
    return moved(raised(number), district(), "to_order", reason=WHY)


def replied(number: str) -> UUID:
    return moved(joint(number), urban(), "reply", answer=ANSWER)


IN_STATE: dict[str, Callable[[str], UUID]] = {
    "待核实": handed,
    "自办中": lambda n: moved(handed(n), community(), "keep"),
    "待会商": reported,
    "待研判": raised,
    "待联席会议": at_meeting,
    "待市级联动": elevated,
    "协办中": led,
    "联办中": joint,
    "转工单办理": ordered,
    "待确认": replied,
    "已解决": lambda n: moved(replied(n), community(), "confirm"),
    "不成立": lambda n: moved(handed(n), community(), "reject", reason="经查看不属实"),
}
