"""Work orders of the systems that hand them over: read whole, commanded in their own dialect."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from portal.connectors.contract import (
    Capability,
    Command,
    ForeignOrder,
    ForeignTask,
    TaskState,
    TurnedDown,
)
from portal.connectors.registry import SYSTEMS as SYSTEMS_FOLDER
from portal.connectors.registry import ManifestError, read_manifest, read_manifests
from tests.connectors.desk import Desk, desk_on
from tests.connectors.grounds import Ground, in_the_past

MANIFESTS = {
    name: one for name, one in read_manifests().items() if Capability.ORDERS in one.capabilities
}
SYSTEMS = sorted(MANIFESTS)
SOURCES = {"hotline": "12345", "neighbour_orders": "邻里牵手", "police_nonurgent": "110非警务"}
DEMANDS = {"投诉", "求助", "咨询", "建议", "举报", "表扬", "其他"}
STATES = {"待签收", "办理中", "已办结", "退单审核"}


@pytest.fixture(params=["recorded", "sandbox"])
def ground(request: pytest.FixtureRequest) -> Ground:
    found: Ground = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def desk(configured: Path, ground: Ground) -> Iterator[Desk]:
    with desk_on(ground) as made:
        yield made


@pytest.fixture
def live(configured: Path, sandbox: Ground) -> Iterator[Desk]:
    with desk_on(sandbox) as made:
        yield made


def orders(desk: Desk, system_id: str) -> list[tuple[ForeignTask, ForeignOrder]]:
    pages = desk.gateway.tasks(system_id).changed(None)
    return [(one, one.order) for page in pages for one in page if one.order]


def in_state(desk: Desk, *states: str) -> ForeignTask:
    return next(one for one, order in orders(desk, "hotline") if order.state in states)


def send(desk: Desk, number: str, action: str, **form: str) -> None:
    command = Command(
        key=str(uuid4()),
        foreign_id=number,
        action=action,
        form=form,
        actor="dongxing.clerk",
        actor_name="王小梅",
        unit="com-1",
    )
    desk.gateway.tasks("hotline").act(command)


def state_of(desk: Desk, number: str) -> str:
    found = desk.gateway.tasks("hotline").one(number)
    assert found is not None and found.order is not None
    return found.order.state


def test_whose_orders_come_in() -> None:
    assert {name: one.tasks.order.source for name, one in MANIFESTS.items()
            if one.tasks and one.tasks.order} == SOURCES  # fmt: skip


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_every_order_says_what_a_desk_needs(system_id: str, desk: Desk) -> None:
    found = orders(desk, system_id)
    assert found
    for task, order in found:
        assert order.source == SOURCES[system_id]
        assert order.state in STATES and order.demand in DEMANDS
        assert (order.state == "已办结") == (task.state is TaskState.DONE)
        assert in_the_past(order.received_at, datetime.now(UTC))
        assert order.received_at <= task.changed_at
        assert order.content
    assert [row for row in desk.rows if row["capability"] == "orders"][-1]["outcome"] == "RETURNED"


def test_the_hotline_says_who_called_and_who_is_complained_about(desk: Desk) -> None:
    found = [order for _, order in orders(desk, "hotline")]
    assert all(one.caller_name and one.category and one.urgency for one in found)
    assert {one.confidential for one in found} == {False, True}
    assert all("王" not in repr(one) for one in found if one.caller_name == "王辉")
    assert all(one.lng and 101 < one.lng < 102 and one.lat and 36 < one.lat < 37 for one in found)


@pytest.mark.parametrize("system_id", ["neighbour_orders", "police_nonurgent"])
def test_others_say_nothing_of_who_called(system_id: str, desk: Desk) -> None:
    assert not any(order.caller_name or order.caller_phone for _, order in orders(desk, system_id))


def test_signing_answering_sending_back_and_asking_for_days(live: Desk) -> None:
    waiting = in_state(live, "待签收")
    send(live, waiting.foreign_id, "QS")
    assert state_of(live, waiting.foreign_id) == "办理中"
    send(live, waiting.foreign_id, "HF", text="已安排人员修复照明")
    assert state_of(live, waiting.foreign_id) == "已办结"
    handled = in_state(live, "办理中")
    send(live, handled.foreign_id, "TD", text="依职责清单应由城管部门办理")
    assert state_of(live, handled.foreign_id) == "退单审核"
    with pytest.raises(TurnedDown) as refused:
        send(live, handled.foreign_id, "HF", text="已安排人员修复照明")
    assert "退单审核" in refused.value.reason


def test_its_own_rules_about_more_days_are_told(live: Desk) -> None:
    handled = in_state(live, "办理中")
    with pytest.raises(TurnedDown) as refused:
        send(live, handled.foreign_id, "YQ", text="需协调产权单位", days="30")
    assert "1至11天" in refused.value.reason


def _broken(tmp_path: Path, name: str, old: str, new: str) -> str:
    text = (SYSTEMS_FOLDER / "governance" / f"{name}.toml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "governance" / f"{name}.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ManifestError) as refused:
        read_manifest(file)
    return str(refused.value)


@pytest.mark.parametrize(
    ("name", "old", "new", "why"),
    [
        ("hotline", '"orders"]', '"orders", "tasks"]', "出现两次"),
        ("hotline", '"orders"]', '"tasks"]', "须同时写明"),
        ("hotline", ', "orders"]', "]", "须同时写明"),
        ("hotline", '"code:secret"', '"code:nothing"', "nothing"),
        ("hotline", 'nr = "{form_text}", ', "", "没有发给对方"),
        (
            "police_nonurgent",
            'content = "flnr"',
            'content = "flnr"\ncaller_name = "bjr"',
            "不得带出诉求人",
        ),
    ],
)
def test_a_wrong_order_section_is_refused_in_words(
    tmp_path: Path, name: str, old: str, new: str, why: str
) -> None:
    assert why in _broken(tmp_path, name, old, new)


def test_what_cannot_be_read_is_kept_secret_and_never_costs_the_order(desk: Desk) -> None:
    reader = desk.gateway.registry.system("hotline").task_reader
    row = {
        "gdbh": "GD1", "bt": "路灯不亮", "sqlx": "1", "xqdm": "630102001001", "gdzt": "2",
        "gxsj": "2026-11-27 10:00:00", "slsj": "2026-11-27 09:00:00", "sfbm": "是否", "jd": "x",
        "wd": "999", "jjcd": "很急",
    }  # fmt: skip
    found = reader(row).order
    assert found is not None
    assert found.confidential
    assert (found.lng, found.lat, found.urgency) == (None, None, None)
    assert found.content == "路灯不亮"
    assert reader(row | {"sfbm": "0", "sqlx": "1"}).order.confidential is False  # type: ignore[union-attr]
