"""Who sees an order and who never does, in the function and in the database itself."""

from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, func, select, text
from sqlalchemy.exc import DBAPIError

from auth.permissions import Denied
from auth.tables import audit_entry
from portal.affairs.orders import desk, queries, reading
from portal.affairs.orders.filters import Filters
from portal.affairs.orders.rules import OrderError
from portal.affairs.orders.tables import (
    order_attachment,
    order_caller,
    order_event,
    order_seat,
    order_tally,
    work_order,
)
from portal.store.engine import begin, driver_url
from portal.store.scope import NOTHING, Reach, scoped
from tests import people
from tests.conftest import TestDatabase
from tests.orders import world

pytestmark = pytest.mark.usefixtures("hailing", "frozen")

TABLES = (work_order, order_caller, order_seat, order_event, order_attachment, order_tally)
STREET = f"gov-{world.STREET}"


def _number(connection: Connection, table: object) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[call-overload]


def _sees(who: object, order: UUID) -> bool:
    with scoped(who.reach) as connection:  # type: ignore[attr-defined]
        return connection.execute(
            select(work_order.c.id).where(work_order.c.id == order)
        ).first() is not None  # fmt: skip


def test_without_a_scope_there_is_nothing_on_a_fresh_and_on_a_used_connection() -> None:
    world.IN_STATE["办理中"]("1")
    with scoped(world.command().reach) as connection:
        assert _number(connection, work_order) == 1
    for _ in range(2):
        with begin() as connection:
            assert [_number(connection, one) for one in TABLES] == [0] * len(TABLES)
        with scoped(NOTHING) as connection:
            assert [_number(connection, one) for one in TABLES] == [0] * len(TABLES)


def test_an_order_is_seen_in_its_scope_and_by_who_has_a_seat() -> None:
    order = world.taken()
    assert _sees(world.community(), order) and _sees(world.street(), order)
    assert not _sees(world.urban(), order)
    world.sent(order, "dept-990102-urban")
    assert _sees(world.urban(), order)
    elsewhere = people.principal(prefixes=("990102001002",), unit_id="com-990102001002")
    assert not _sees(elsewhere, order)
    with pytest.raises(OrderError, match="没有找到"):
        reading.opened(elsewhere, order)
    assert queries.listed(elsewhere).rows == ()


def test_the_unit_that_is_complained_about_never_sees_the_order_and_it_goes_one_level_up() -> None:
    order = world.taken(against_unit=STREET, title="反映街道工作人员态度")
    assert not _sees(world.street(), order)
    assert queries.listed(world.street(), Filters(open=None)).rows == ()
    assert queries.by_number(world.street(), world.row(order).order_no) is None
    for unit in (STREET, f"com-{world.PLACE}"):
        with pytest.raises(OrderError, match="须由其上级办理"):
            desk.dispatch(world.command(), order, unit)
    desk.dispatch(world.command(), order, "dept-990102-command")
    assert world.row(order).unit_id == "dept-990102-command"
    with pytest.raises(OrderError, match="没有找到"):
        reading.opened(world.street(), order)
    with scoped(world.street().reach) as connection:
        for table in (order_caller, order_event, order_attachment):
            assert _number(connection, table) == 0


def test_a_complaint_about_a_desk_is_taken_in_by_the_one_above_it() -> None:
    district = world.taken("1", source="未诉先办", against_unit="dept-990102-command")
    assert world.row(district).unit_id == "dept-command"
    city = world.taken("2", against_unit="dept-command")
    assert world.row(city).unit_id == "gov-9901"
    assert not _sees(world.command(), city)


def test_who_called_is_told_with_the_right_and_recorded(hailing: object) -> None:
    order = world.IN_STATE["办理中"]("1")
    found = reading.opened(world.street(), order)
    assert found.caller == reading.Caller(name="张三丰", phone="13800138000")
    officer = people.principal(
        roles=("city_officer",), prefixes=("9901",), unit_id="gov-9901", kind="government",
        level="city", region_code="9901",
    )  # fmt: skip
    without = reading.opened(officer, order)
    assert without.caller is None and "不能查看诉求人信息" in without.why
    with begin() as connection:
        rows = connection.execute(
            select(audit_entry.c.detail).where(audit_entry.c.action == "orders.open")
        ).scalars().all()  # fmt: skip
    number = world.row(order).order_no
    assert rows == [{"number": number, "caller": True}, {"number": number, "caller": False}]


def test_a_confidential_order_is_handled_without_knowing_who_called() -> None:
    order = world.taken(confidential=True)
    assert reading.opened(world.command(), order).caller is not None
    world.sent(order)
    found = reading.opened(world.street(), order)
    assert found.content and found.caller is None and found.why == "诉求人要求保密"
    with scoped(world.street().reach) as connection:
        assert _number(connection, order_caller) == 0
    world.handled(order, world.street())
    desk.act(world.command(), order, "approve")
    assert reading.opened(world.command(), order).caller is not None  # who rings back


def test_an_order_becomes_confidential_on_request() -> None:
    order = world.IN_STATE["办理中"]("1")
    assert reading.opened(world.street(), order).caller is not None
    desk.act(world.command(), order, "confide", {"reason": "诉求人要求保密"})
    assert reading.opened(world.street(), order).caller is None
    assert reading.opened(world.command(), order).caller is not None


def test_nothing_of_the_caller_lies_open_in_the_database(database: TestDatabase) -> None:
    world.IN_STATE["归档"]("1")
    owner = create_engine(driver_url(database.owner_url))
    with owner.connect() as connection:
        for table in ("work_order", "order_caller", "order_event", "order_tally", "task"):
            rows = connection.execute(text(f"SELECT t::text FROM {table} t")).scalars()
            assert not any("13800138000" in row or "张三丰" in row for row in rows), table
    owner.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE order_event SET words = '改'",
        "DELETE FROM order_event",
        "DELETE FROM work_order",
        "DELETE FROM order_attachment",
        "TRUNCATE order_event",
    ],
)
def test_history_is_added_to_and_never_changed(statement: str) -> None:
    world.IN_STATE["办理中"]("1")
    with (
        pytest.raises(DBAPIError, match="permission denied"),
        scoped(
            Reach(prefixes=("9901",), unit_id="dept-command", actor="service:orders")
        ) as connection,
    ):
        connection.execute(text(statement))


def test_nobody_writes_past_the_desk() -> None:
    order = world.IN_STATE["办理中"]("1")
    with scoped(world.command().reach) as connection:
        touched = connection.execute(text("UPDATE work_order SET state = '已办结'")).rowcount
    assert touched == 0 and world.row(order).state == "办理中"
    with (
        pytest.raises(DBAPIError, match="row-level security"),
        scoped(world.command().reach) as connection,
    ):
        connection.execute(
            text(
                "INSERT INTO order_event (order_id, at, move, from_state, to_state, actor,"
                " actor_name, words, detail) VALUES (:id, now(), 'x', '', '', '', '', '', '{}')"
            ),
            {"id": order},
        )


def test_the_places_are_found_by_any_two_characters_within_the_scope_only() -> None:
    here = world.taken("1", place="湖滨街道 柳岸小区3号楼")
    world.taken("2", place="石桥镇柳岸小区", region_code="990103100001")
    mine = [row.id for row in queries.listed(world.street(), Filters(place="柳岸")).rows]
    assert mine == [here]
    assert len(queries.listed(world.command(), Filters(place="柳岸小区")).rows) == 2
    for odd in ("柳%", "_岸", "柳岸'; --"):
        assert queries.listed(world.command(), Filters(place=odd)).rows == ()
    with pytest.raises(OrderError, match="至少填 2 个字"):
        queries.listed(world.command(), Filters(place="柳"))


def test_a_list_asks_for_the_right_to_see_orders() -> None:
    with pytest.raises(Denied, match="查看工单"):
        queries.listed(people.principal(roles=("reader",)))
