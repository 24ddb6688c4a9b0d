"""快速会商 beside an order: who was asked, what they answer, and to whom the order goes."""

from collections.abc import Mapping
from typing import get_args
from uuid import UUID

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.dispatch import consult, consultations
from portal.affairs.dispatch import consult_rules as rules
from portal.affairs.dispatch.advice import DISPATCH
from portal.affairs.dispatch.consultations import Consultation
from portal.affairs.dispatch.words import DispatchError
from portal.affairs.orders import choices
from portal.affairs.orders.queries import OrderRow
from portal.affairs.orders.reading import Opened
from portal.affairs.workflow.flow import FlowError
from portal.look import notice, states, tables
from portal.look import supervision as look
from portal.look.markup import Html, join, tag, text
from portal.pages.guards import guarded
from portal.pages.parts import draft, memory, orderact, saying
from portal.pages.parts.draft import Paper

HANDLE = consult.HANDLE
_NAMES = "consult_unit_names"
_ANSWERS: tuple[rules.Answer, ...] = get_args(rules.Answer)


def _key(one: Consultation, name: str) -> str:
    return f"consult-{one.id}-{name}"


# -- what is done ----------------------------------------------------------------------------------


@guarded(HANDLE)
def _answer(who: Principal, one: Consultation, paper: Paper) -> None:
    chosen = st.session_state.get(_key(one, "answer"))
    suggested = st.session_state.get(_key(one, "suggested-unit"))

    def act() -> str:
        what = next((each for each in _ANSWERS if each == chosen), None)
        if what is None:
            raise DispatchError("请选择认领或不属本单位，已填内容已保留。")
        consult.answer(who, one.id, what, saying.typed(paper, "words"), suggested)
        return f"已答复“{what}”，会商结束前可以更改。"

    saying.attempt(act, paper)


@guarded(DISPATCH)
def _settle(who: Principal, one: Consultation, paper: Paper) -> None:
    """As the answers have it, or to the unit that was chosen, with a reason."""
    chosen = st.session_state.get(_key(one, "chosen-unit"))

    def act() -> str:
        unit_id = consult.settle(
            who, one.id, unit_id=chosen, words=saying.typed(paper, "words"), version=one.version
        )
        names = memory.recall(who, _NAMES) or {}
        named = {**dict(one.asked), one.proposal.unit_id: one.proposal_name, **names}
        return f"会商已定，工单已派给{named.get(unit_id) or '兜底部门'}。"

    saying.attempt(act, paper)


# -- how it is drawn -------------------------------------------------------------------------------


def _unit(who: Principal, row: OrderRow, key: str, label: str) -> None:
    """A unit found by a few characters of its name; what was chosen stays choosable."""
    words = st.text_input("查找单位", key=f"{key}-find", max_chars=40, autocomplete="off",
                          placeholder="单位名称中的几个字", label_visibility="collapsed",
                          width=260)  # fmt: skip
    found = choices.units_found(who, row, "confer", words or "")
    names = dict(memory.recall(who, _NAMES) or {}) | {one.id: one.name for one in found}
    memory.keep(who, _NAMES, names)
    held = st.session_state.get(f"{key}-unit")
    offered = [one.id for one in found]
    if isinstance(held, str) and held in names and held not in offered:
        offered.append(held)
    st.selectbox(label, offered, index=None, key=f"{key}-unit", placeholder="不选",
                 format_func=lambda one: names.get(one, one), filter_mode=None)  # fmt: skip


def _asked(one: Consultation) -> Html:
    given = {each.unit_id: each for each in one.answers}
    lines = []
    for unit_id, name in one.asked:
        said = given.get(unit_id)
        if said is None:
            lines.append(tag("li", text(f"{name}：") + look.state("未答复")))
            continue
        whose = f"，建议由{said.suggested_name}承办" if said.suggested_name else ""
        about = f"（{said.actor_name}，{states.moment(said.at)}）"
        lines.append(tag("li", text(f"{name}：{said.answer}{whose}。{said.words}{about}")))
    return tag("ul", join(lines), class_="said")


def _head(one: Consultation) -> Html:
    due = states.moment(one.due_at)
    limit = tag("span", text(f"▲ 已过时限 {due}"), class_="due") if one.late else text(f"至 {due}")
    return tables.head("快速会商", limit + " " + look.state(one.state))


def _result(one: Consultation) -> str:
    if one.state != rules.OPEN:
        return one.decision
    unit = f"{one.proposal_name}：" if one.proposal_name else ""
    return f"{unit}{one.proposal.reason}"


def _one(who: Principal, one: Consultation, row: OrderRow | None, place: int) -> None:
    with st.container(key=f"matterof-consult-{place}"):
        facts = [("提请", f"{one.opened_by}，{states.moment(one.opened_at)}"),
                 ("事由", one.reason),
                 ("结果" if one.state != rules.OPEN else "目前意见", _result(one))]  # fmt: skip
        st.html(_head(one) + tables.pairs(facts) + _asked(one))
        if one.state != rules.OPEN or row is None:
            return
        if who.unit.id in dict(one.asked) and permissions.allowed(who, HANDLE):
            _answering(who, one, row)
        if one.opened_by_unit == who.unit.id and permissions.allowed(who, DISPATCH):
            _settling(who, one, row)


def _paper(who: Principal, one: Consultation, where: str) -> Paper:
    key = f"{one.order_id}:{one.id}{where}"
    return draft.paper(who, "dispatch.consult", key, f"会商：{one.order_no}", where=where)


def _answering(who: Principal, one: Consultation, row: OrderRow) -> None:
    chosen = st.segmented_control("本单位意见", list(_ANSWERS), key=_key(one, "answer"))
    if chosen == rules.DECLINES:
        _unit(who, row, _key(one, "suggested"), "建议承办单位")
    paper = _paper(who, one, "a")
    paper.text_area("意见和依据（必填）", "words", max_chars=consult.MOST_WORDS, height=80)
    st.button("提交意见", type="primary", key=f"consult_answer-{one.id}", on_click=_answer,
              args=(one, paper))  # fmt: skip


def _settling(who: Principal, one: Consultation, row: OrderRow) -> None:
    _unit(who, row, _key(one, "chosen"), "承办单位（不选则按会商结果，无单位认领的由兜底部门承办）")
    paper = _paper(who, one, "s")
    paper.text_area("定办理由（另选单位时必填）", "words", max_chars=consult.MOST_WORDS, height=68)
    st.button("定办", type="primary", key=f"consult_settle-{one.id}", on_click=_settle,
              args=(one, paper))  # fmt: skip


def draw(who: Principal, order_id: UUID, row: OrderRow | None) -> int:
    """The consultations about an order, the newest first; gives how many."""
    found = consultations.of_order(who, order_id)
    for place, one in enumerate(found):
        _one(who, one, row, place)
    return len(found)


# -- beside the moves of the order ---------------------------------------------------------------


def _running(who: Principal, opened: Opened) -> Consultation | None:
    found = consultations.of_order(who, opened.row.id)
    return next((one for one in found if one.state == rules.OPEN), None)


def sends(who: Principal, opened: Opened) -> orderact.Sends | None:
    """How the moves of a consultation are made: with their record, not as bare moves."""
    ways = {one.id for one in opened.moves}
    if not ways & {"confer", "fallback"}:
        return None
    running = _running(who, opened) if "fallback" in ways else None
    mine = running is not None and running.opened_by_unit == who.unit.id

    def send(move: str, form: Mapping[str, object]) -> bool:
        try:
            if move == "confer":
                asked = form.get("units")
                consult.start(who, opened.row.id, asked if isinstance(asked, list) else (),
                              str(form.get("reason") or ""), opened.row.version)  # fmt: skip
                return True
            if running is not None and mine and move in ("dispatch", "fallback"):
                words = str(form.get("words") or form.get("reason") or "")
                unit = form.get("unit")
                consult.settle(who, running.id, unit_id=str(unit) if unit else None, words=words,
                               version=opened.row.version)  # fmt: skip
                return True
        except DispatchError as problem:
            raise FlowError(problem.message) from problem
        return False

    return send


def before(who: Principal, opened: Opened) -> orderact.Sends | None:
    """Draw what is being consulted about above the moves; gives how its moves are made."""
    saying.done_beside()
    running = _running(who, opened)
    with notice.place():
        if running is not None:
            _one(who, running, opened.row, 0)
    return sends(who, opened)
