"""Every state and every move, tried at the desk: what the flow allows happens, the rest not."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal.affairs.orders import desk
from portal.affairs.orders.book import flow
from portal.affairs.orders.files import Attachment
from portal.affairs.orders.tables import order_event
from portal.affairs.orders.tally import SERVICE
from portal.affairs.workflow.flow import FlowError
from portal.settings import ROOT
from portal.store import citypack
from portal.store.scope import scoped
from tests.orders import world

pytestmark = pytest.mark.usefixtures("hailing", "frozen")

XINING = citypack.read_pack(ROOT / "city" / "xining", production=True)
(TEXT,) = [one for one in XINING.flows if one.id == "order"]
STATES = [one.id for one in TEXT.state]
MOVES = {one.id: one for one in TEXT.move}
ONLY_WE = {one.id for one in TEXT.move if one.who == ("平台",)}  # made by no person
OPEN = [one.id for one in TEXT.state if one.group != "done"]
NEVER_SENT = ("直接答复", "不予受理", "已转出", "已并单", "来源撤销", "归档")
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40

# What fills in the forms: one fit value for everything that any move needs.
FORM: dict[str, Any] = {
    "text": "正在协调物业",
    "answer": world.ANSWER,
    "reason": world.WHY,
    "words": "请尽快办理",
    "legal_basis": world.BASIS,
    "suggested_unit": "dept-civil",
    "unit": "dept-990102-urban",
    "units": ["dept-civil"],
    "until": "2026-12-01",
    "visit_answers": {"resolved": "已解决", "satisfied": "满意"},
    "parts": [{"title": "清理杂物"}, {"title": "约谈物业"}],
    "level": 3,
    "attachment": Attachment(name="现场.png", data=PNG),
}
PEOPLE = {
    "承办单位": world.street,
    "承办派单": world.command,
    "派单单位": world.command,
    "上级": world.command,
    "督办单位": world.district,
    "回访单位": world.command,
    "登记单位": world.district,
}


def _leads(state: str, move: str) -> bool:
    sources = MOVES[move].from_
    return state in (OPEN if "*" in sources else sources)


def _form(move: str) -> dict[str, Any]:
    wanted = (*MOVES[move].needs, *MOVES[move].takes)
    form = {name: FORM[name] for name in wanted if name in FORM and name != "units"}
    if move == "co_add":
        form["units"] = FORM["units"]
    if move == "pass_down":
        form["unit"] = f"com-{world.PLACE}"
    if move == "merge":
        form["target"] = world.row(world.taken("target")).order_no
    return form


def _who(state: str, move: str) -> Any:
    """Somebody whom the flow lets make this move of the order in this state."""
    if move == "co_reply":
        return world.civil
    if (state, move) == ("待派单", "pass_up"):
        return world.district
    if state in ("待受理", "待派单", *NEVER_SENT):  # the desk holds what is not sent out
        return world.command
    return PEOPLE[next(one for one in MOVES[move].who if one in PEOPLE)]


def _prepared(order: UUID, state: str, move: str) -> None:
    if move == "co_reply":
        now = world.row(order).state
        assert now == state
        desk.act(world.command(), order, "co_add", {"units": ["dept-civil"]})


def _events(order: UUID) -> int:
    with scoped(SERVICE) as connection:
        query = select(func.count()).where(order_event.c.order_id == order)
        return int(connection.execute(query).scalar_one())


def test_the_flow_of_the_city_is_sound_and_is_what_is_walked_here() -> None:
    assert list(flow().states) == STATES == list(world.IN_STATE)


@pytest.mark.parametrize("state", STATES)
def test_every_move_that_a_state_forbids_is_refused_and_leaves_the_order_alone(state: str) -> None:
    order = world.IN_STATE[state]("1")
    before, events = world.row(order), _events(order)
    assert before.state == state
    forbidden = [move for move in MOVES if not _leads(state, move)]
    assert forbidden
    for move in forbidden:
        with pytest.raises(FlowError, match=f"现为“{state}”，不能“{MOVES[move].label}”"):
            desk.act(world.command(), order, move, dict(FORM))
    assert world.row(order) == before
    assert _events(order) == events


def _begun(state: str, move: str) -> UUID:
    """An order in a state, such that somebody may make the move."""
    if (state, move) == ("待派单", "pass_up"):  # what the city's desk holds has nowhere to go up to
        return world.taken(move, source="未诉先办")
    return world.IN_STATE[state](move)


@pytest.mark.parametrize("state", STATES)
def test_every_move_that_a_state_allows_happens_and_is_in_the_history(state: str) -> None:
    # A helper is added while the order is being handled, and 挂账 is not that.
    allowed = [one for one in MOVES if _leads(state, one) and (state, one) != ("挂账", "co_reply")]
    allowed = [one for one in allowed if one not in ONLY_WE]
    for move in allowed:
        order = _begun(state, move)
        _prepared(order, state, move)
        before, events = world.row(order), _events(order)
        assert before.state == state
        desk.act(_who(state, move)(), order, move, _form(move), before.version)
        after = world.row(order)
        assert after.state in (MOVES[move].to or (state,))
        assert after.version == before.version + 1
        assert _events(order) == events + 1
        assert (after.closed_at is not None) == (flow().states[after.state].group == "done")


def _first_state(move: str) -> str:
    return next(one for one in STATES if _leads(one, move))


def test_what_a_move_needs_is_asked_for_before_anything_happens() -> None:
    for move in (one for one in MOVES if MOVES[one].needs):
        state = _first_state(move)
        order = _begun(state, move)
        _prepared(order, state, move)
        before = world.row(order)
        with pytest.raises(FlowError, match=r"请填写.*已填内容已保留"):
            desk.act(_who(state, move)(), order, move, {})
        assert world.row(order) == before


def test_somebody_who_is_none_of_those_who_may_is_refused() -> None:
    stranger = replace(world.civil(), prefixes=(world.CITY,))  # sees it, and has no part in it
    for move in MOVES:
        order = world.IN_STATE[_first_state(move)](move)
        with pytest.raises(FlowError, match="本岗位不能办理"):
            desk.act(stranger, order, move, dict(FORM))
