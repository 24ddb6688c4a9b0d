"""接: each demand once, however it comes; what is unfit is refused and costs no other."""

from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.affairs.orders import intake, reading
from portal.affairs.orders.files import Attachment
from portal.affairs.orders.tables import order_caller, order_event, order_tally, work_order
from portal.affairs.orders.tally import SERVICE
from portal.store import clock
from portal.store.scope import scoped
from tests.orders import world

pytestmark = pytest.mark.usefixtures("hailing", "frozen")


def _counted(table: Any = work_order) -> int:
    with scoped(SERVICE) as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_a_demand_becomes_an_order_with_its_number_desk_and_history() -> None:
    (taken,) = intake.take([world.demand()])
    assert taken.outcome == "新收" and taken.order_no == "99202611230000001"
    row = world.row(taken.order_id)  # type: ignore[arg-type]
    assert (row.state, row.unit_id, row.urgency, row.master) == (
        "待派单", "dept-command", 2, "本平台为主",
    )  # fmt: skip
    assert _counted(order_caller) == _counted(order_event) == 1


def test_the_same_order_pushed_ten_times_is_one_order() -> None:
    pushed = [intake.take([world.demand()])[0] for _ in range(10)]
    assert [one.outcome for one in pushed] == ["新收"] + ["已有"] * 9
    assert len({one.order_id for one in pushed}) == len({one.order_no for one in pushed}) == 1
    assert _counted() == _counted(order_event) == 1


def test_the_same_order_twice_in_one_delivery_is_one_order() -> None:
    taken = intake.take([world.demand(), world.demand("2"), world.demand(title="改过的标题")])
    assert [one.outcome for one in taken] == ["已有", "新收", "新收"]
    assert taken[0].order_id == taken[2].order_id
    assert _counted() == 2


def test_the_same_orders_pushed_at_once_from_both_ends_are_there_once() -> None:
    """Two deliveries of the same orders, one in each order: neither hangs, nothing is doubled."""
    orders = [world.demand(str(n)) for n in range(300)]
    gate, outcomes = Barrier(2), []

    def push(these: list[Any]) -> None:
        gate.wait(timeout=30)
        outcomes.append([one.outcome for one in intake.take(these)])

    threads = [Thread(target=push, args=(one,)) for one in (orders, orders[::-1])]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=120)
    first, second = outcomes
    assert sum(one.count("新收") for one in (first, second)) == 300
    assert set(first) | set(second) <= {"新收", "已有"}
    assert _counted() == _counted(order_event) == 300


def test_the_same_number_from_another_source_is_another_order() -> None:
    taken = intake.take([world.demand(), world.demand(source="领导信箱")])
    assert [one.outcome for one in taken] == ["新收", "新收"]


def test_where_the_other_side_is_master_its_new_words_are_taken_over_and_told() -> None:
    theirs = {"master": "对方为主", "source_system": "hotline"}
    intake.take([world.demand(**theirs)])
    (again,) = intake.take([world.demand(**theirs, title="楼道杂物起火隐患", kind="求助")])
    assert again.outcome == "已更新"
    row = world.row(again.order_id)  # type: ignore[arg-type]
    assert (row.title, row.kind, row.version) == ("楼道杂物起火隐患", "求助", 2)
    (third,) = intake.take([world.demand(**theirs, title="楼道杂物起火隐患", kind="求助")])
    assert third.outcome == "已有"
    found = reading.opened(world.command(), again.order_id)  # type: ignore[arg-type]
    assert found.events[-1].words == "来源方更新：诉求类型、标题"


def test_where_we_are_master_their_new_words_change_nothing() -> None:
    intake.take([world.demand()])
    (again,) = intake.take([world.demand(title="别的标题")])
    assert again.outcome == "已有"
    assert world.row(again.order_id).title == "楼道堆放杂物"  # type: ignore[arg-type]


FUTURE = datetime(2026, 11, 23, 9, 6, tzinfo=clock.LOCAL)
UNFIT: list[tuple[dict[str, Any], str]] = [
    ({"source": "微博"}, "不认识的来源“微博”"),
    ({"kind": "吐槽"}, "诉求类型“吐槽”不在目录内"),
    ({"source_no": "  "}, "没有来源编号"),
    ({"region_code": "110101001001"}, "不在本市"),
    ({"region_code": "990102009001"}, "没有区划代码“990102009001”"),
    ({"region_code": "99O102"}, "不在本市"),
    ({"urgency": 5}, "紧急程度“5”不在"),
    ({"against_unit": "dept-none"}, "被反映单位“dept-none”不在单位目录内"),
    ({"received_at": FUTURE}, "受理时间 2026-11-23 09:06 在将来"),
    ({"received_at": datetime(2026, 11, 23, 9, 0)}, "受理时间没有时区"),
    ({"title": "", "content": " \n "}, "标题和内容都是空的"),
    ({"content": "长" * 5001}, "“内容”有 5001 个字"),
    ({"lng": 361.0, "lat": 36.6}, "不在取值范围内"),
    ({"master": "都不为主"}, "主办系统"),
    ({"attachments": (Attachment(name="病毒.pdf", data=b"MZ" * 9),)}, "不是可收的文件"),
]


def test_what_is_unfit_is_refused_with_its_reason_and_costs_no_other() -> None:
    good = [world.demand(f"good-{n}") for n in range(len(UNFIT))]
    bad = [world.demand(**{"source_no": f"bad-{n}", **over}) for n, (over, _) in enumerate(UNFIT)]
    mixed = [one for pair in zip(good, bad, strict=True) for one in pair]
    taken = intake.take(mixed)
    assert [one.outcome for one in taken[::2]] == ["新收"] * len(good)
    for one, (_, words) in zip(taken[1::2], UNFIT, strict=True):
        assert (one.outcome, one.order_id) == ("拒收", None)
        assert words in one.reason, one.reason
    assert _counted() == len(good)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<script>alert(1)</script>路灯不亮", "<script>alert(1)</script>路灯不亮"),
        ("=1+1", "=1+1"),
        ("楼\u202e道\u200b堆\x00放\x1b杂物", "楼道堆放杂物"),
        ("第一行\r\n第二行", "第一行\n第二行"),
        ("'; DROP TABLE work_order; --", "'; DROP TABLE work_order; --"),
    ],
)
def test_whatever_is_written_is_kept_as_text(given: str, kept: str) -> None:
    order = world.taken(content=given)
    assert reading.opened(world.command(), order).content == kept


def test_places_and_times_are_what_they_say() -> None:
    order = world.taken(
        region_code="990102001001007", received_at=clock.now() + timedelta(minutes=4)
    )
    row = world.row(order)
    assert row.region_code == "990102001001" and row.received_at == clock.now()
    assert world.row(world.taken("2", region_code=None)).region_code == "9901"
    assert world.row(world.taken("3", region_code="990102000000")).region_code == "990102"


def test_a_title_is_made_of_the_content_where_there_is_none() -> None:
    assert world.row(world.taken(title="")).title == "三单元楼道长期堆放杂物，请清理。"


def test_what_comes_in_is_noted_for_the_measures_in_the_same_transaction() -> None:
    intake.take([world.demand(str(n)) for n in range(5)])
    assert _counted(order_tally) == 1  # one note for the whole delivery
