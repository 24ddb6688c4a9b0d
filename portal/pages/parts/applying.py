"""Filing from the page: the lines to be completed, the act itself, and how earlier ones fare."""

from collections.abc import Sequence

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.functions.matters import Filed, Line, Matter, MatterError, Prefilled, Way
from portal.look import matters as look
from portal.look import notice, tables
from portal.look.markup import tag, text
from portal.pages.guards import guarded
from portal.pages.parts import draft, memory
from portal.pages.parts.draft import Paper
from portal.pages.parts.finder import Picked

APPLY = "matters.apply"
_FILED = "filed"
_LONG = 150


def _key(matter: Matter, picked: Picked, line: Line) -> str:
    return f"line-{matter.id}-{picked.subject_id}-{line.name}"


def _field(paper: Paper, line: Line, key: str) -> str:
    """One line to type into: it is kept as a draft, and what a system gave stands in it.

    What stands in for a masked value is sensitive and is kept nowhere before it is sent.
    """
    name = line.label if line.required else f"{line.label}（选填）"
    if line.most >= _LONG:
        return paper.text_area(name, line.name, max_chars=line.most, height=80)
    if line.masked:
        held = f"已由{line.source}填入 {line.shown}，需改动时重新填写"
        return (
            st.text_input(name, key=key, max_chars=line.most, placeholder=held, autocomplete="off")
            or ""
        )
    typed = paper.text_input(name, line.name, first=line.shown, max_chars=line.most)
    return "" if typed == line.shown else typed


def form(who: Principal, filled: Prefilled, picked: Picked, way: Way) -> None:
    """Complete the lines and file; where the system takes nothing, register and go there."""
    filed = memory.recall(who, _FILED)
    if isinstance(filed, Filed) and filed.matter_id == filled.matter.id:
        _done(who, filed, way)
        return
    if not way.open:
        words = f"“{way.name}”{way.closed_why}。可打印一次性告知单，按原有方式办理。"
        st.html(tag("p", text(words), class_="default"))
        return
    matter = filled.matter
    key = f"{matter.id}.{picked.subject_id}"
    paper = draft.paper(who, APPLY, key, f"申请：{matter.name}")
    typed: dict[str, str] = {}
    if way.takes:
        with st.container(key="application-lines"):
            for line in filled.lines:
                if line.editable:
                    typed[line.name] = _field(paper, line, _key(matter, picked, line))
    label = "提交申请" if way.takes else "登记并转到系统办理"
    if not st.button(label, type="primary", key="application_send"):
        return
    try:
        made = wiring.app().filing.file(who, matter.id, picked.subject_id, picked.purpose, typed)
    except MatterError as problem:
        notice.error("没有提交", problem.message)
        return
    paper.done()
    memory.keep(who, _FILED, made)
    st.rerun()


def _done(who: Principal, filed: Filed, way: Way) -> None:
    """What was filed, under which number, and the way to it."""
    if way.takes:
        words = f"编号 {filed.number}，正在送交“{way.name}”，受理编号和进度见下方“已申请”。"
    else:
        words = f"编号 {filed.number}，已列入在办事项。请进入“{way.name}”继续办理。"
    notice.hint("已登记", words)
    with st.container(key="application-done", horizontal=True):
        if way.open and not way.takes:
            values = {"number": filed.number} if way.numbered else {}
            address = wiring.app().entry.way(who, way.system_id, way.link or None, values)
            st.link_button("进入系统继续办理", address)
        st.button("再办一件", key="application_again", on_click=_again)


@guarded(APPLY)
def _again(who: Principal) -> None:
    memory.keep(who, _FILED, None)


def forget(who: Principal) -> None:
    """For another resident or another matter."""
    memory.keep(who, _FILED, None)


@guarded(APPLY)
def _resend(who: Principal, case_id: str) -> None:
    try:
        wiring.app().filing.resend(who, case_id)
    except MatterError as problem:
        st.toast(problem.message)


@guarded(APPLY)
def _earlier(who: Principal) -> None:
    found = wiring.app().filing.filed(who)
    if not found:
        notice.empty("本单位还没有代办的申请", "打开事项、选定居民后即可申请，进度显示在这里。")
        return
    st.html(look.filed(found, _names(found)))
    for one in found:
        if one.state == "滞留":
            st.button(
                f"重新发送 {one.number}",
                key=f"resend-{one.case_id}",
                on_click=_resend,
                args=(one.case_id,),
            )


def _names(found: Sequence[Filed]) -> dict[str, str]:
    systems = wiring.app().gateway.registry.systems
    return {one.system_id: systems[one.system_id].name for one in found if one.system_id in systems}


def card(who: Principal) -> None:
    """The applications of the own unit with their progress."""
    with st.container(key="card-filed"):
        head = tables.head("已申请", "进度由责任系统返回；转对方办理的见在办事项")
        st.html(head)
        st.fragment(_earlier)()
