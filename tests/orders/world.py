"""People, units and demands for tests of orders: the small second city."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auth.principal import Principal
from portal.affairs.orders import desk, intake
from portal.affairs.orders.gone import Gone
from portal.affairs.orders.intake import Incoming, Taken
from portal.affairs.orders.tables import work_order
from portal.affairs.orders.tally import SERVICE
from portal.functions.orders import Origin
from portal.store import clock
from portal.store.scope import scoped
from tests import people

CITY, DISTRICT, STREET, PLACE = "9901", "990102", "990102001", "990102001001"
HOTLINE = Origin(system_id="hotline", name="12345平台", master="对方为主", simulated=None)
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


# -- an order in each state ---------------------------------------------------------------------

ANSWER = "已清理完毕，并约谈物业。"
WHY, BASIS = "情况复杂，需要时间", "《城市管理职责清单》第三条"


def returning() -> dict[str, Any]:
    """The form of a return."""
    return {"reason": "不属于本单位职责", "legal_basis": BASIS, "suggested_unit": "dept-civil"}


def _received(number: str) -> UUID:
    return taken(number, source="领导信箱")


def _sent(number: str) -> UUID:
    order = taken(number)
    sent(order)
    return order


def _signed(number: str) -> UUID:
    order = _sent(number)
    desk.sign(street(), order)
    return order


def _after(order: UUID, who: Principal, move: str, **form: Any) -> UUID:
    desk.act(who, order, move, form)
    return order


def _answered(number: str) -> UUID:
    order = _sent(number)
    handled(order, street())
    return order


def _to_visit(number: str) -> UUID:
    return _after(_answered(number), command(), "approve")


def _visited(order: UUID, resolved: str, satisfied: str) -> UUID:
    answers = {"resolved": resolved, "satisfied": satisfied}
    return _after(order, command(), "visit", visit_answers=answers)


def _supervised(number: str) -> UUID:
    return _after(_signed(number), command(), "supervise", reason=WHY)


def _merged(number: str) -> UUID:
    other = row(taken(f"{number}-other")).order_no
    return _after(taken(number), command(), "merge", target=other)


def _disputed(number: str) -> UUID:
    return _after(_signed(number), street(), "dispute", reason=WHY, legal_basis=BASIS)


def _archived(number: str) -> UUID:
    order = IN_STATE["直接答复"](number)
    desk.by_platform(order, "archive")
    return order


def _taken_back(number: str) -> UUID:
    order = taken(number, master="对方为主", source_system=HOTLINE.system_id)
    assert Gone().close(HOTLINE, number)
    return order


IN_STATE: dict[str, Callable[[str], UUID]] = {
    "待受理": _received,
    "待派单": taken,
    "待会商": lambda n: _after(_disputed(n), command(), "confer", reason=WHY),
    "争议": _disputed,
    "待签收": _sent,
    "办理中": _signed,
    "退单审核": lambda n: _after(_signed(n), street(), "return", **returning()),
    "延期审核": lambda n: _after(_signed(n), street(), "extend", reason=WHY, until="2026-12-01"),
    "待审核": _answered,
    "待回访": _to_visit,
    "重办": lambda n: _visited(_to_visit(n), "未解决", "不满意"),
    "督办": _supervised,
    "挂账": lambda n: _after(_signed(n), command(), "hang", reason=WHY, until="2027-03-01"),
    "已办结": lambda n: _visited(_to_visit(n), "已解决", "满意"),
    "直接答复": lambda n: _after(taken(n), command(), "answer", answer=ANSWER),
    "不予受理": lambda n: _after(_received(n), command(), "reject", reason="属于信访事项"),
    "已转出": lambda n: _after(taken(n), command(), "hand_out", reason="转纪检监察机关"),
    "已并单": _merged,
    "来源撤销": _taken_back,
    "归档": _archived,
}
