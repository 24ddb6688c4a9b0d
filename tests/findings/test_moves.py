"""Every pair of states of a finding, allowed and forbidden; what follows from a move."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from auth.principal import Principal
from portal.affairs.findings import desk, linked
from portal.affairs.findings.book import SERVICE, flow
from portal.affairs.findings.photos import Photo
from portal.affairs.findings.tables import finding_event
from portal.affairs.workflow.flow import FlowError
from portal.affairs.workflow.ledger import ChangedError
from portal.settings import ROOT
from portal.store import citypack
from portal.store.finding_texts import FindingTexts
from portal.store.scope import scoped
from portal.store.task_tables import task
from tests.findings import world

pytestmark = pytest.mark.usefixtures("frozen", "hailing", "_no_orders")

_PACK = citypack.read_pack(ROOT / "city" / "xining", production=True)
_TEXT = _PACK.flow("finding")
assert _TEXT is not None
MOVES = {one.id: one for one in _TEXT.move}
STATES = [one.id for one in _TEXT.state]
OPEN = [one.id for one in _TEXT.state if one.group != "done"]
FORM: dict[str, Any] = {
    "text": "正在协调",
    "answer": world.ANSWER,
    "reason": world.WHY,
    "words": "请尽快",
    "unit": "dept-990102-urban",
    "units": ["dept-civil"],
    "until": "2026-12-01",
    "attachment": Photo(name="现场.png", data=world.PNG),
}
PEOPLE = {
    "发现单位": world.community,
    "街道": world.street,
    "区县": world.district,
    "市级": world.command,
    "主办单位": world.urban,
    "协同单位": world.civil,
}


@pytest.fixture
def _no_orders() -> Iterator[None]:
    linked.become_orders(None)
    yield
    linked.become_orders(None)


def _leads(state: str, move: str) -> bool:
    sources = MOVES[move].from_
    return state in (OPEN if "*" in sources else sources)


def _form(move: str) -> dict[str, Any]:
    return {name: FORM[name] for name in (*MOVES[move].needs, *MOVES[move].takes)}


def _events(one: UUID) -> int:
    with scoped(SERVICE) as connection:
        query = select(func.count()).where(finding_event.c.finding_id == one)
        return int(connection.execute(query).scalar_one())


def _make(state: str, move: str, one: UUID) -> None:
    if MOVES[move].who == ("平台",):
        desk.by_platform(one, move, _form(move))
        return
    who = PEOPLE[MOVES[move].who[0]]
    if (state, move) in (("协办中", "refer"), ("协办中", "reply")):
        who = world.street  # which leads there
    desk.act(who(), one, move, _form(move), world.row(one).version)


def test_the_flow_of_the_city_is_sound_and_is_what_is_walked_here() -> None:
    assert list(flow().states) == STATES == list(world.IN_STATE)


@pytest.mark.parametrize("state", STATES)
def test_every_move_that_a_state_forbids_is_refused_and_leaves_it_alone(state: str) -> None:
    one = world.IN_STATE[state]("1")
    before, events = world.row(one), _events(one)
    assert before.state == state
    forbidden = [move for move in MOVES if not _leads(state, move)]
    assert forbidden
    for move in forbidden:
        with pytest.raises(FlowError, match=f"现为“{state}”，不能“{MOVES[move].label}”"):
            desk.act(world.command(), one, move, dict(FORM))
    assert world.row(one) == before
    assert _events(one) == events


@pytest.mark.parametrize("state", OPEN)
def test_every_move_that_a_state_allows_happens_and_is_in_the_history(state: str) -> None:
    for move in [one for one in MOVES if _leads(state, one)]:
        one = world.IN_STATE[state](move)
        if move == "to_order":
            world.with_orders()
        before, events = world.row(one), _events(one)
        _make(state, move, one)
        after = world.row(one)
        assert after.state in (MOVES[move].to or (state,))
        assert after.version == before.version + 1
        assert _events(one) == events + 1
        assert (after.closed_at is not None) == (flow().states[after.state].group == "done")


@pytest.mark.parametrize("state", STATES)
def test_the_inbox_holds_it_where_it_waits_and_nowhere_else(state: str) -> None:
    one = world.IN_STATE[state]("1")
    query = select(task.c.unit_id).where(
        task.c.system_id == "platform:findings", task.c.state == "待办"
    )
    held = []
    for who in (world.community, world.street, world.district, world.command, world.urban):
        with scoped(who().reach) as connection:
            held += connection.execute(query).scalars().all()
    assert set(held) == ({world.row(one).unit_id} if flow().states[state].waits else set())


def test_what_a_move_needs_is_asked_for_before_anything_happens() -> None:
    for move in (one for one in MOVES if MOVES[one].needs and MOVES[one].who != ("平台",)):
        state = next(one for one in OPEN if _leads(one, move))
        one = world.IN_STATE[state](move)
        before = world.row(one)
        who = world.street if (state, move) in (("协办中", "reply"), ("协办中", "refer")) else None
        with pytest.raises(FlowError, match=r"请填写.*已填内容已保留"):
            desk.act((who or PEOPLE[MOVES[move].who[0]])(), one, move, {})
        assert world.row(one) == before


def test_somebody_who_is_none_of_those_who_may_is_refused() -> None:
    stranger = replace(world.civil(), prefixes=(world.CITY,))
    for move in MOVES:
        one = world.IN_STATE[next(s for s in OPEN if _leads(s, move))](move)
        if "协同单位" in MOVES[move].who:
            continue
        with pytest.raises(FlowError, match="本岗位不能办理"):
            desk.act(stranger, one, move, dict(FORM))


@pytest.mark.parametrize(
    ("who", "move", "form", "way"),
    [
        (world.street, "lead", {}, "协办"),
        (world.street, "lead", {"units": ["dept-990102-urban"]}, "协办"),
        (world.street, "lead", {"units": ["dept-990102-urban", "dept-civil"]}, "联办"),
    ],
)
def test_the_way_follows_from_who_takes_part(
    who: Any, move: str, form: dict[str, Any], way: str
) -> None:
    one = world.moved(world.reported("1"), who(), move, **form)
    assert (world.row(one).way, world.row(one).state) == (way, f"{way}中")


@pytest.mark.parametrize(
    ("units", "way"), [([], "协办"), (["dept-civil"], "联办"), (["gov-990102001"], "协办")]
)
def test_the_district_dispatches_to_one_or_several(units: list[str], way: str) -> None:
    one = world.moved(world.raised("1"), world.district(), "dispatch",
                      unit="dept-990102-urban", units=units)  # fmt: skip
    assert world.row(one).way == way


def test_what_a_meeting_decides_is_joint_whoever_does_it() -> None:
    one = world.moved(world.at_meeting("1"), world.district(), "decide",
                      unit="dept-990102-urban", text="由城管局清运",
                      until="2026-12-10")  # fmt: skip
    held = world.row(one)
    assert (held.way, held.state, str(held.due_on)) == ("联办", "联办中", "2026-12-10")


def test_a_department_sees_what_it_has_a_seat_in_and_nothing_else() -> None:
    mine, other = world.joint("1"), world.raised("2")
    for who, sees in ((world.urban(), mine), (world.civil(), mine)):
        assert desk.offered(who, sees)
        with pytest.raises(FlowError, match="没有找到这件问题"):
            desk.act(who, other, "progress", {"text": "正在处理"})


def test_not_solved_goes_back_to_whoever_led_and_from_an_order_to_the_district() -> None:
    one = world.moved(world.replied("1"), world.community(), "refuse", reason="垃圾还在原处")
    assert (world.row(one).state, world.row(one).unit_id) == ("联办中", "dept-990102-urban")
    other = world.ordered("2")
    desk.by_platform(other, "order_done", {"answer": world.ANSWER})
    world.moved(other, world.community(), "refuse", reason="垃圾还在原处")
    assert (world.row(other).state, world.row(other).unit_id) == (
        "待研判",
        "dept-990102-command",
    )


def test_without_orders_a_finding_does_not_become_one() -> None:
    one = world.raised("1")
    with pytest.raises(FlowError, match="未启用工单"):
        desk.act(world.district(), one, "to_order", {"reason": world.WHY})
    assert world.row(one).state == "待研判"


def test_two_persons_at_once_one_wins_and_the_other_is_told() -> None:
    one = world.reported("1")
    version = world.row(one).version
    desk.act(world.street(), one, "raise", {"reason": world.WHY}, version)
    with pytest.raises(ChangedError, match=r"报区县研判.*本次操作未执行，已填内容已保留"):
        desk.act(world.street(), one, "lead", {}, version)


def test_photos_are_pictures_of_a_bearable_size_and_not_too_many(
    hailing: citypack.CityPack,
) -> None:
    texts: FindingTexts = hailing.findings
    one = world.handed("1", photos=[Photo(name="一.png", data=world.PNG)])
    for data, told in (
        (b"<svg onload=alert(1)>", "不是照片"),
        (world.PNG + b"0" * texts.most_bytes, "超过"),
        (b"", "不是照片|请填写"),
    ):
        with pytest.raises(FlowError, match=told):
            world.moved(one, world.community(), "attach",
                        attachment=Photo(name="../x.png", data=data))  # fmt: skip
    world.moved(one, world.community(), "attach", attachment=Photo(name="b.png", data=world.PNG))
    with pytest.raises(FlowError, match="最多 2 张"):
        world.moved(one, world.community(), "attach",
                    attachment=Photo(name="c.png", data=world.PNG))  # fmt: skip


def _sees(who: Principal, one: UUID) -> bool:
    try:
        desk.act(who, one, "nothing")
    except FlowError as problem:
        return "没有名为" in problem.message
    return False


def test_row_level_security_hides_what_lies_elsewhere() -> None:
    one = world.handed("1")
    assert _sees(world.community(), one)
    assert _sees(world.street(), one)
    assert _sees(world.district(), one)
    assert not _sees(world.community("990102001002"), one)
    assert not _sees(replace(world.urban(), prefixes=()), one)
