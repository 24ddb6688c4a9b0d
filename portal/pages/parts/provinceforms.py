"""Forms of the province: what came, how far answers are on the way back, and what is stuck."""

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from auth.principal import Principal
from portal.affairs.forms.province import deciding, desk, queries
from portal.affairs.forms.province.queries import Line, Trouble, View
from portal.functions import city
from portal.look import notice, states, tables
from portal.look.markup import Html, join, tag, text
from portal.pages.going import go
from portal.pages.guards import guarded
from portal.pages.parts import draft, saying
from portal.pages.parts.draft import Paper
from portal.store.citypack import pack

LEVELS = ("city", "district")
_COUNTED = (queries.WAITS, queries.ARRIVED, queries.REFUSED, queries.STUCK)


def shown(who: Principal) -> bool:
    """Whether there is a province, and this post answers to it."""
    inside = bool(who.prefixes) and who.unit.level in LEVELS
    return inside and pack().province.joined


@guarded(deciding.LOCK)
def _resend(who: Principal, entry_id: UUID) -> None:
    def act() -> str:
        deciding.resend(who, entry_id)
        return "已重新排队发送；省级按表号、版本、期次识别，不会重复。"

    saying.attempt(act)


@guarded(deciding.LOCK)
def _resend_all(who: Principal) -> None:
    saying.attempt(lambda: f"已重新排队发送 {deciding.resend_all(who)} 项。")


@guarded(deciding.APPROVE)
def _refuse(who: Principal, issued_id: UUID, paper: Paper) -> None:
    def act() -> str:
        deciding.refuse(who, issued_id, saying.typed(paper, "reason"))
        return "已退回省级，原因随退表送出。"

    saying.attempt(act, paper)


def draw(who: Principal) -> None:
    """The exchange as it stands."""
    found = queries.view(who)
    _head(found)
    if not found.lines:
        notice.empty("还没有省级报表", "省级下发后自动取来、自动取数，并下发到社区（村）。")
        return
    st.html(_table(who, found.lines))
    _troubles(who, found)
    for one in found.lines:
        if one.faults or one.notes:
            _remarks(who, one)


def _head(found: View) -> None:
    mark = states.mock() + " " if found.simulated else ""
    words = f"上次取表：{states.moment(found.fetched_at)}；字段对应、代码表为{city.default_note()}"
    st.html(tables.head(found.name, mark + text(words)))
    if found.problem:
        notice.error(
            f"{states.moment(found.tried_at)}没有取到省级报表",
            f"{found.problem}。已有的报表照常填报，待回传的内容都已保留，平台会自动再取再送。",
        )


def _table(who: Principal, lines: Sequence[Line]) -> Html:
    columns = [tables.Column(head=one) for one in ("报表", "来源", "表号", "状态", "回传")]
    columns += [tables.Column(head=one, kind="num") for one in _COUNTED]
    rows = [
        (
            (states.mock() + " " if one.simulated else "") + text(one.title),
            states.chip("省级一表通"),
            text(f"{one.number} 第 {one.edition} 版"),
            states.chip(one.state),
            text("全市汇总" if one.back == "市" else "逐社区（村）"),
            *(text(words) for words in _numbers(who, one)),
        )
        for one in lines
    ]
    return tables.table("省级一表通", columns, rows)


def _numbers(who: Principal, one: Line) -> tuple[str, ...]:
    """How many are how far; what only the city sends back is no number of a district."""
    if one.back == "市" and who.unit.level != "city":
        return ("由市级回传", "", "", "")
    return tuple(f"{one.returned.get(state, 0)}" for state in _COUNTED)


def _troubles(who: Principal, found: View) -> None:
    stuck = sum(one.may_resend for one in found.troubles)
    if stuck > 1:
        st.button("全部重新发送", key="province-resend-all", on_click=_resend_all)
    for one in found.troubles:
        with st.container(key=f"formline-{one.id}", horizontal=True, vertical_alignment="center"):
            st.html(tables.head(one.what, states.chip(one.state) + " " + text(_words(one))))
            if one.answer_id and st.button("打开", key=f"province-open-{one.id}"):
                go("forms", id=str(one.answer_id))
            if one.may_resend:
                st.button("重新发送", key=f"province-resend-{one.id}", on_click=_resend,
                          args=(one.id,))  # fmt: skip
    if found.more:
        notice.hint(f"另有 {found.more} 项未列出", "办理上面各项后会依次列出。")


def _words(one: Trouble) -> str:
    said = "省级意见" if one.state == queries.REFUSED else "原因"
    then = "；请重开更正后再锁定" if one.state == queries.REFUSED and one.answer_id else ""
    where = "，".join(part for part in (one.place, one.period, f"第 {one.turn} 次") if part)
    return f"{where}；{said}：{one.error or '没有说明'}{then}"


def _remarks(who: Principal, one: Line) -> None:
    """What is wrong with a form, and what the city may decide about it."""
    with st.container(key=f"card-province-{one.id}"):
        st.html(tables.head(one.title, text(f"{one.number} 第 {one.edition} 版 · {one.state}")))
        said = [*one.faults, *one.notes]
        st.html(tag("ul", join(tag("li", text(words)) for words in said)))
        if one.faults and one.state == desk.HELD:
            notice.hint("没有下发", "省级更正或本市补齐对应后自动登记下发；不应下发的可退回省级。")
        if one.may_refuse:
            paper = draft.paper(who, "province.refuse", str(one.id), f"退回省级报表：{one.title}")
            paper.text_area("退回原因", "reason", max_chars=200, height=80)
            st.button("退回省级", key=f"province-refuse-{one.id}", on_click=_refuse,
                      args=(one.id, paper))  # fmt: skip
