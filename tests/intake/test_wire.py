"""The whole way over the real protocols: pulled into orders, decided here, done over there."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

import portal.settings as settings_module
from auth.principal import Principal
from portal.affairs.orders import commands, desk, mirror
from portal.affairs.orders.commands import Commands, Outbox
from portal.affairs.orders.gone import Gone
from portal.affairs.orders.tables import order_caller, work_order
from portal.affairs.orders.tally import SERVICE
from portal.affairs.workflow.flow import FlowError
from portal.commands import setup
from portal.connectors.contract import Capability
from portal.functions import orders
from portal.functions.orders import Pulled, offers
from portal.functions.tasks import rules
from portal.store import citypack, clock
from portal.store.scope import scoped
from tests import people
from tests.conftest import TestDatabase
from tests.connectors.desk import Desk, desk_on
from tests.connectors.grounds import Ground, get
from tests.intake.world import rows, said

SYSTEMS = ("hotline", "neighbour_orders", "police_nonurgent")
SOURCES = {"hotline": "12345", "neighbour_orders": "邻里牵手", "police_nonurgent": "110非警务"}


@pytest.fixture(params=["recorded", "sandbox"])
def ground(request: pytest.FixtureRequest) -> Ground:
    found: Ground = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def town(database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_ORDER_BACK_DAYS", "2")
    settings_module.reload()
    setup.load_city(citypack.pack())


@pytest.fixture
def both(town: None, ground: Ground) -> Iterator[Desk]:
    with desk_on(ground) as made:
        yield made


@pytest.fixture
def live(town: None, sandbox: Ground) -> Iterator[Desk]:
    with desk_on(sandbox) as made:
        registry = made.gateway.registry
        desk.decide_elsewhere(Commands(offers=lambda system_id: offers(registry, system_id)))
        yield made
        desk.decide_elsewhere(None)
    assert sandbox.turn is not None
    sandbox.turn("hotline", "normal")


def pull(on: Desk, system_id: str, **how: Any) -> Pulled:
    system = on.gateway.registry.system(system_id)
    return orders.pull(on.gateway, system, mirror.take, Gone(), **how)


def drain(on: Desk) -> int:
    return orders.drain(on.gateway, on.gateway.registry.system("hotline"), Outbox())


def holder(order: Any) -> Principal:
    """The community that holds an order."""
    place = str(order.region_code)
    made = people.principal(
        roles=("community_clerk",), prefixes=(place,), unit_id=order.unit_id, kind="community",
        level="community", region_code=place,
    )  # fmt: skip
    return replace(made, login="clerk", name="王小梅")


def held(state: str) -> Any:
    return next(
        one
        for one in rows()
        if one.state == state and one.source == "12345" and one.unit_id.startswith("com-")
    )


def again(order_id: UUID) -> Any:
    return next(one for one in rows() if one.id == order_id)


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_every_dialect_becomes_orders_once(both: Desk, system_id: str) -> None:
    system = both.gateway.registry.system(system_id)
    assert system.serves(Capability.ORDERS) and not system.serves(Capability.TASKS)
    back = clock.now() - timedelta(days=2)
    listed = [one for page in both.gateway.tasks(system_id).changed(back) for one in page]
    assert listed
    first = pull(both, system_id)
    assert (first.added, first.unreadable, first.problem) == (len(listed), 0, "")
    found = {one.source_no: one for one in rows()}
    assert len(found) == len(listed)
    for task in listed:
        one = found[task.foreign_id]
        assert task.order is not None
        assert (one.state, one.source) == (task.order.state, SOURCES[system_id])
        assert one.simulated == "sandbox"
    second = pull(both, system_id, whole=True)
    assert second.added == 0
    assert len(rows()) == len(listed)


def test_who_called_lies_apart_and_encrypted(live: Desk) -> None:
    pull(live, "hotline")
    with scoped(SERVICE) as connection:
        callers = connection.execute(select(order_caller)).all()
        plain = str(connection.execute(select(work_order)).all())
    back = clock.now() - timedelta(days=2)
    listed = [one for page in live.gateway.tasks("hotline").changed(back) for one in page]
    assert len(callers) == len(rows())
    names = {one.order.caller_name for one in listed if one.order and one.order.caller_name}
    phones = {one.order.caller_phone for one in listed if one.order and one.order.caller_phone}
    assert names and phones
    assert not any(phone in plain or phone in str(callers) for phone in phones)
    assert not any(name in str(callers) for name in names)


def test_signing_and_answering_are_done_over_there_and_confirmed(
    live: Desk, sandbox: Ground
) -> None:
    pull(live, "hotline")
    order = held("办理中")
    desk.reply(holder(order), order.id, "已到现场修复照明")
    assert again(order.id).state == "办理中"
    assert drain(live) == 1
    assert again(order.id).state == "已办结"
    assert "12345诉求受理一体化管理平台：现为“已办结”" in said(order.id)[-1]
    shown = get(f"{sandbox.http_url}/_control/hotline/tasks")["tasks"]
    assert next(one for one in shown if one["id"] == order.source_no)["applied"] == 1


def test_its_refusal_is_told_to_the_clerk(live: Desk) -> None:
    pull(live, "hotline")
    order = held("办理中")
    who = holder(order)
    desk.act(who, order.id, "extend", {"text": "需协调产权单位", "days": "30"})
    assert drain(live) == 1
    standing = commands.standing(who, order.id)
    assert standing is not None
    assert (standing.state, standing.reason) == ("被拒绝", "延期天数须为1至11天")
    assert again(order.id).state == "办理中"


def test_sent_back_over_there_waits_there(live: Desk) -> None:
    pull(live, "hotline")
    order = held("办理中")
    form = {"reason": "不属社区职责", "legal_basis": "职责清单", "suggested_unit": "dept-urban"}
    desk.act(holder(order), order.id, "return", form)
    assert drain(live) == 1
    assert again(order.id).state == "退单审核"


def test_a_platform_that_is_away_gets_it_once_it_is_back(live: Desk, sandbox: Ground) -> None:
    pull(live, "hotline")
    order = held("办理中")
    who = holder(order)
    assert sandbox.turn is not None
    sandbox.turn("hotline", "down")
    desk.reply(who, order.id, "已到现场修复照明")
    assert drain(live) == 1
    standing = commands.standing(who, order.id)
    assert standing is not None and standing.state == "待发送" and standing.reason
    with pytest.raises(FlowError, match="正在送往"):
        desk.reply(who, order.id, "再答复一次看看")
    sandbox.turn("hotline", "normal")
    live.gateway.probe("hotline")
    with clock.use(clock.FrozenClock(clock.now() + rules.pause(1) + timedelta(seconds=1))):
        assert drain(live) == 1
    shown = get(f"{sandbox.http_url}/_control/hotline/tasks")
    assert next(one for one in shown["tasks"] if one["id"] == order.source_no)["applied"] == 1
    assert shown["keys"][str(standing.id)] == 1


def test_a_walk_that_breaks_keeps_what_there_was(live: Desk, sandbox: Ground) -> None:
    pull(live, "hotline")
    with scoped(SERVICE) as connection:
        before = connection.execute(select(func.count()).select_from(work_order)).scalar_one()
    assert sandbox.turn is not None
    sandbox.turn("hotline", "down")
    broken = pull(live, "hotline", whole=True)
    assert broken.problem
    assert len(rows()) == before


def test_an_order_that_its_list_left_out_is_asked_for_before_it_is_closed(live: Desk) -> None:
    pull(live, "hotline", whole=True)
    here = {one.source_no for one in rows()}
    still = next(one for one in rows() if one.closed_at is None)
    with scoped(SERVICE) as connection:
        open_ = work_order.c.closed_at.is_(None)
        made = connection.execute(
            update(work_order)
            .where(work_order.c.id == still.id)
            .values(source_no="GD-NO-MORE")
            .returning(work_order.c.id)
        ).scalar_one()
        before = connection.execute(select(func.count()).where(open_)).scalar_one()
    done = pull(live, "hotline", whole=True)
    # What is there came again under its number; what is not there was asked for and closed.
    assert (done.problem, done.gone) == ("", 1)
    assert again(made).state == "来源撤销"
    assert here <= {one.source_no for one in rows()}
    with scoped(SERVICE) as connection:
        after = connection.execute(select(func.count()).where(open_)).scalar_one()
    assert after == before, "one was closed and one came anew; nothing else was touched"
    assert pull(live, "hotline", whole=True).gone == 0
