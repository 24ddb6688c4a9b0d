"""People, units and demands for tests of orders: the small second city."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auth.principal import Principal
from portal.affairs.orders import desk, intake
from portal.affairs.orders.intake import Incoming, Taken
from portal.affairs.orders.tables import work_order
from portal.affairs.orders.tally import SERVICE
from portal.store import clock
from portal.store.scope import scoped
from tests import people

CITY, DISTRICT, STREET, PLACE = "9901", "990102", "990102001", "990102001001"
MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # nine in the morning


def _who(login: str, unit: str, kind: str, level: str, region: str, roles: tuple[str, ...],
         prefixes: tuple[str, ...]) -> Principal:  # fmt: skip
    made = people.principal(
        roles=roles, prefixes=prefixes, unit_id=unit, kind=kind, level=level, region_code=region
    )
    return replace(made, login=login, name=login)


def command() -> Principal:
    """The city's desk."""
    return _who("command", "dept-command", "department", "city", CITY, ("order_desk",), (CITY,))


def district() -> Principal:
    """The district's desk."""
    return _who("district", "dept-990102-command", "department", "district", DISTRICT,
                ("order_desk",), (DISTRICT,))  # fmt: skip


def urban() -> Principal:
    """A department of the district: it sees what is given to it."""
    return _who("urban", "dept-990102-urban", "department", "district", DISTRICT,
                ("department_officer",), ())  # fmt: skip


def civil() -> Principal:
    """A department of the city."""
    return _who("civil", "dept-civil", "department", "city", CITY, ("department_officer",), ())


def visitor() -> Principal:
    """Who rings back where the desk itself had a hand in it."""
    return _who("visitor", "dept-business", "department", "city", CITY, ("order_visitor",),
                (CITY,))  # fmt: skip


def street() -> Principal:
    """The street office."""
    return _who("street", f"gov-{STREET}", "government", "street", STREET, ("street_officer",),
                (STREET,))  # fmt: skip


def community() -> Principal:
    """The community."""
    return _who("community", f"com-{PLACE}", "community", "community", PLACE,
                ("community_clerk",), (PLACE,))  # fmt: skip


def demand(number: str = "1", **over: Any) -> Incoming:
    """A demand as the hotline sends it."""
    values: dict[str, Any] = {
        "source": "12345",
        "source_no": number,
        "kind": "投诉",
        "category": "04.02",
        "title": "楼道堆放杂物",
        "content": "三单元楼道长期堆放杂物，请清理。",
        "place": "湖滨街道柳岸小区 3 号楼",
        "region_code": PLACE,
        "caller_name": "张三丰",
        "caller_phone": "13800138000",
        "received_at": clock.now(),
        "simulated": "test",
    }
    return Incoming(**{**values, **over})


def taken(number: str = "1", **over: Any) -> UUID:
    """The id of an order that was taken in."""
    one: Taken
    (one,) = intake.take([demand(number, **over)])
    assert one.order_id is not None, one.reason
    return one.order_id


def row(order_id: UUID) -> Any:
    """An order as it is stored."""
    with scoped(SERVICE) as connection:
        return connection.execute(select(work_order).where(work_order.c.id == order_id)).one()


def sent(order_id: UUID, unit: str = f"gov-{STREET}") -> None:
    """Dispatched by the city's desk."""
    desk.dispatch(command(), order_id, unit)


def handled(order_id: UUID, who: Principal) -> None:
    """Signed, spoken to, answered."""
    desk.sign(who, order_id)
    desk.contact(who, order_id, "已电话联系")
    desk.reply(who, order_id, "已清理完毕，并约谈物业。")
