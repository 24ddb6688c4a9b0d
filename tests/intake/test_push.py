"""Orders pushed by another platform: each once, answers row by row, nothing for strangers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from sqlalchemy import select

import portal.settings as settings_module
from auth import clients
from portal.affairs.orders import desk
from portal.affairs.orders.tables import order_event
from portal.affairs.orders.tally import SERVICE
from portal.store import citypack, clock
from portal.store.scope import scoped
from tests.api.test_access import error_of
from tests.doorway import Browser, Doorway, wish
from tests.intake.world import Origin, foreign, row, rows, said, taken
from tests.orders import world

PUSH, STATUS = "/api/v1/orders/push", "/api/v1/orders/status"


def order(number: str = "GD1", **over: Any) -> dict[str, Any]:
    values = {
        "number": number,
        "kind": "投诉",
        "title": "楼道堆放杂物",
        "content": "三单元楼道长期堆放杂物",
        "received_at": "2026-11-23T08:30:00+08:00",
        "region_code": world.PLACE,
        "caller_name": "张三丰",
        "caller_phone": "13800138000",
    }
    return {**values, **over}


def token(client: str = "信箱推送", **over: Any) -> str:
    given = {
        "client": client,
        "unit_id": "dept-command",
        "role": "order_source",
        "permissions": ("orders.push",),
        "prefixes": (),
        "purposes": (),
    }
    return clients.issue(wish(**{**given, **over}))[1]


@pytest.fixture
def program(doorway: Doorway, frozen: clock.FrozenClock) -> Browser:
    return Browser(doorway.app(), token=token())


def push(program: Browser, *orders: dict[str, Any]) -> Any:
    answer = program.post(PUSH, json={"orders": list(orders)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_one_order_is_taken_and_its_number_told(program: Browser) -> None:
    told = push(program, order())
    assert (told["received"], told["refused"]) == (1, 0)
    (one,) = told["rows"]
    assert (one["number"], one["outcome"], one["order_no"]) == ("GD1", "新收", row().order_no)
    assert (row().source, row().state) == ("领导信箱", "待受理")


def test_ten_times_is_once(program: Browser) -> None:
    outcomes = [push(program, order())["rows"][0]["outcome"] for _ in range(10)]
    assert outcomes == ["新收"] + ["已有"] * 9
    assert len(rows()) == 1


def test_twice_at_once_is_once(program: Browser) -> None:
    many = [order(f"GD{number}") for number in range(50)]
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda _: push(program, *many), range(2)))
    new = sum(one["outcome"] == "新收" for answer in told for one in answer["rows"])
    assert new == 50
    assert len(rows()) == 50


def test_each_row_is_answered_and_a_bad_one_stops_no_other(program: Browser) -> None:
    told = push(
        program, order("A"), order("B", region_code="110102001001"), order("C", kind="聊天"),
        order("D"),
    )  # fmt: skip
    assert [one["outcome"] for one in told["rows"]] == ["新收", "拒收", "拒收", "新收"]
    assert "不在本市" in told["rows"][1]["reason"] and "聊天" in told["rows"][2]["reason"]
    assert (told["received"], told["refused"]) == (2, 2)
    assert [one.source_no for one in rows()] == ["A", "D"]


def test_a_day_in_the_future_is_refused(program: Browser) -> None:
    told = push(program, order(received_at="2030-01-01T00:00:00+08:00"))
    assert told["rows"][0]["outcome"] == "拒收" and "在将来" in told["rows"][0]["reason"]


WRONG: list[tuple[Any, int]] = [
    ({}, 422),
    ({"orders": []}, 422),
    ({"orders": [order(f"N{number}") for number in range(501)]}, 422),
    ({"orders": [order(colour="red")]}, 422),
    ({"orders": [order(received_at="2026-11-23T08:30:00")]}, 422),
    ({"orders": [order(number="")]}, 422),
    ({"orders": [order(title="\x00x")]}, 422),
    ({"orders": [order(lng=999)]}, 422),
    ({"orders": [order(urgency=7)]}, 422),
]


@pytest.mark.parametrize(("body", "status"), WRONG)
def test_what_cannot_be_read_is_refused_whole(program: Browser, body: Any, status: int) -> None:
    error_of(program.post(PUSH, json=body), status)
    assert rows() == []


def test_a_big_push_is_taken_and_a_huge_one_is_not(program: Browser) -> None:
    told = push(program, *(order(f"N{number}", content="杂" * 600) for number in range(500)))
    assert told["received"] == 500
    error_of(program.post(PUSH, content=b" " * (5 * 1024 * 1024),
                          headers={"Content-Type": "application/json"}), 413)  # fmt: skip


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"client": "没登记的程序"}, 403),
        ({"permissions": ("orders.report",)}, 403),
    ],
)
def test_who_is_not_listed_hands_nothing_over(
    doorway: Doorway, given: dict[str, Any], status: int
) -> None:
    stranger = Browser(doorway.app(), token=token(**given))
    error_of(stranger.post(PUSH, json={"orders": [order()]}), status)
    error_of(stranger.get(f"{STATUS}?number=GD1"), status)
    error_of(Browser(doorway.app()).post(PUSH, json={"orders": [order()]}), 401)
    assert rows() == []


def test_a_source_asks_where_its_own_orders_are_and_no_other(
    program: Browser, doorway: Doorway
) -> None:
    push(program, order("A"), order("B"))
    other = world.taken("A")  # of the hotline, under the same number
    world.sent(other)
    told = program.get(f"{STATUS}?number=A&number=B&number=C").json()["orders"]
    assert [(one["number"], one["state"], one["answer"]) for one in told] == [
        ("A", "待受理", ""), ("B", "待受理", ""),
    ]  # fmt: skip
    assert "张三丰" not in str(told)
    who = world.command()
    mine = row("B").id
    desk.act(who, mine, "answer", {"answer": "已电话答复来信人"})
    told = program.get(f"{STATUS}?number=B").json()["orders"][0]
    assert (told["state"], told["answer"]) == ("直接答复", "已电话答复来信人")
    assert datetime.fromisoformat(told["closed_at"]) == clock.now()


def test_who_brought_an_order_stands_in_its_history(program: Browser) -> None:
    push(program, order("A"))
    with scoped(SERVICE) as connection:
        (line,) = connection.execute(select(order_event)).all()
    assert (line.move, line.actor) == ("born", "program:信箱推送")


# -- where the other platform is the master -------------------------------------------------------

SITE = '[[system]]\nid = "a"\nname = "海陵热线"\nowner = "指挥中心"\nlevel = "市级"\n'


@pytest.fixture
def hotline(
    doorway: Doorway, frozen: clock.FrozenClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Browser:
    folder = copytree(citypack.pack().folder, tmp_path / "city")
    (folder / "systems.toml").write_text(SITE, encoding="utf-8")
    monkeypatch.setenv("PORTAL_CITY_PACK", str(folder))
    settings_module.reload()
    citypack.forget()
    return Browser(doorway.app(), token=token("热线推送"))


def test_what_it_says_of_an_order_holds_here(hotline: Browser) -> None:
    changed = "2026-11-23T08:40:00+08:00"
    told = push(hotline, order(state="待签收", unit="柳岸社区", changed_at=changed))
    assert told["rows"][0]["outcome"] == "新收"
    assert (row().state, row().unit_id) == ("待签收", f"com-{world.PLACE}")
    later = order(state="已办结", changed_at="2026-11-23T08:50:00+08:00", result="已清理")
    assert push(hotline, later)["rows"][0]["outcome"] == "已更新"
    assert (row().state, row().reply) == ("已办结", "已清理")
    assert push(hotline, later)["rows"][0]["outcome"] == "已有"
    old = order(state="待签收", unit="柳岸社区", changed_at=changed)
    assert push(hotline, old)["rows"][0]["outcome"] == "已有"
    assert row().state == "已办结"
    assert len([one for one in said(row().id) if one.startswith("海陵热线")]) == 2


def test_pushed_and_pulled_are_one_order(hotline: Browser) -> None:
    push(hotline, order(state="待签收", changed_at="2026-11-23T08:40:00+08:00"))
    assert taken(foreign(state="办理中"), origin=Origin(system_id="a")) == (0, 1)
    assert len(rows()) == 1
    assert row().state == "办理中"
