"""考核申诉 about one order: asked by who handled it, decided by who dispatched it, in words."""

from uuid import UUID

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.evaluation import appealed, appeals, rules
from portal.affairs.evaluation.appealed import Appeal
from portal.affairs.orders.queries import OrderRow
from portal.look import notice, states, tables
from portal.look import supervision as look
from portal.look.markup import Html, tag, text
from portal.pages.guards import guarded
from portal.pages.parts import draft, saying
from portal.pages.parts.draft import Paper

HANDLE, SUPERVISE = appeals.HANDLE, appeals.SUPERVISE
_RATES, _GROUND = "appeal_rates", "appeal_ground"


@guarded(HANDLE)
def _ask(who: Principal, order_id: UUID, paper: Paper) -> None:
    rates, ground = (st.session_state.get(f"{one}-{order_id}") for one in (_RATES, _GROUND))

    def act() -> str:
        appeals.ask(who, order_id, rates=list(rates or ()), ground=str(ground or ""),
                    words=saying.typed(paper, "words"))  # fmt: skip
        return "已提出申诉，等待派单单位审核；审核结果列在本页。"

    saying.attempt(act, paper)


@guarded(SUPERVISE)
def _decide(who: Principal, one: Appeal, paper: Paper, uphold: bool) -> None:
    def act() -> str:
        appeals.decide(who, one.id, uphold=uphold, reason=saying.typed(paper, "words"))
        if not uphold:
            return "申诉不成立，各项指标不变，已告知申诉单位。"
        return f"申诉成立，本件不再计入{one.unit_name}的{'、'.join(one.rates)}。"

    saying.attempt(act, paper)


def taken_out(who: Principal, one: Appeal) -> Html:
    """What upholding it takes out of the rates, rate by rate."""
    lines = appealed.taken_out(who, one.order_id, one.unit_id, one.rates)
    said = tables.pairs([(rate, words) for rate, words in lines])
    head = tag(
        "div", text(f"如成立，{one.unit_name}和所在地区的指标同时这样变化："), class_="default"
    )
    return head + said if lines else ""


def _facts(one: Appeal) -> list[tuple[str, str]]:
    given = [
        ("申诉单位", one.unit_name),
        ("审核单位", one.to_name),
        ("申诉指标", "、".join(one.rates)),
        ("申诉理由", one.ground),
        ("说明", one.words),
        ("提出", f"{states.moment(one.asked_at)} {one.asked_by_name}"),
        ("审核意见", one.reason),
        ("审核", f"{states.moment(one.decided_at)} {one.decided_by_name}" if one.reason else ""),
    ]
    return [(name, words) for name, words in given if words]


def _one(who: Principal, one: Appeal, place: int) -> None:
    with st.container(key=f"matterof-appeal-{place}"):
        st.html(tables.head("考核申诉", look.state(one.state)) + tables.pairs(_facts(one)))
        if one.state == rules.UPHELD:
            said = f"本件不计入{one.unit_name}的{'、'.join(one.rates)}（分子、分母同时减去）。"
            st.html(tag("div", text(said), class_="default"))
        mine = one.to_unit == who.unit.id and one.state == rules.ASKED
        if mine and permissions.allowed(who, SUPERVISE):
            _deciding(who, one)


def _deciding(who: Principal, one: Appeal) -> None:
    st.html(taken_out(who, one))
    title = f"审核申诉：{one.order_no}"
    paper = draft.paper(who, "evaluation.decide", f"{one.order_id}:{one.id}", title)
    paper.text_area("审核意见（必填）", "words", max_chars=rules.MOST_WORDS, height=80)
    with st.container(key=f"appealbuttons-{one.id}", horizontal=True):
        st.button("成立", type="primary", key=f"appeal_uphold-{one.id}", on_click=_decide,
                  args=(one, paper, True))  # fmt: skip
        st.button("不成立", key=f"appeal_refuse-{one.id}", on_click=_decide,
                  args=(one, paper, False))  # fmt: skip


def _form(who: Principal, order_id: UUID, row: OrderRow) -> bool:
    may = appealed.may_ask(who, order_id)
    if may.why_not or not may.rates or may.last is None:
        return False
    with st.container(key="matterof-appeal-new"):
        st.html(tables.head("提出考核申诉", text(f"截止 {may.last:%Y-%m-%d}")))
        if may.last < states.today():
            st.html(tag("div", "申诉期限已届满，不能再申诉。", class_="default"))
            return True
        st.multiselect("申诉的指标（必填）", list(may.rates), key=f"{_RATES}-{order_id}",
                       placeholder="可选多个")  # fmt: skip
        st.selectbox("申诉理由（必填）", list(may.grounds), index=None, placeholder="请选择",
                     key=f"{_GROUND}-{order_id}", filter_mode=None)  # fmt: skip
        paper = draft.paper(who, "evaluation.appeal", f"{order_id}:", f"申诉：{row.title}")
        paper.text_area("说明（必填）", "words", max_chars=rules.MOST_WORDS, height=90,
                        placeholder="事实和依据。请勿写入诉求人姓名、电话等个人信息。")  # fmt: skip
        st.button("提出申诉", type="primary", key="appeal_ask", on_click=_ask,
                  args=(order_id, paper))  # fmt: skip
    return True


def draw(who: Principal, order_id: UUID, row: OrderRow | None) -> int:
    """The appeals about an order and the form; gives how many things were drawn."""
    found = appealed.of_order(who, order_id)
    with notice.place():
        for place, one in enumerate(found):
            _one(who, one, place)
    waiting = any(one.unit_id == who.unit.id and one.state == rules.ASKED for one in found)
    if row is None or waiting or not permissions.allowed(who, HANDLE):
        return len(found)
    return len(found) + int(_form(who, order_id, row))
