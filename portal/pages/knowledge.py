"""常见问题维护: answers that are kept ready, each change a version, each end with its reason."""

from datetime import timedelta
from typing import Any

import streamlit as st

from auth.principal import Principal
from portal.affairs.orders import knowledge
from portal.affairs.orders.knowledge import Known
from portal.affairs.orders.rules import OrderError
from portal.functions import city
from portal.look import notice, states, tables
from portal.look.markup import tag, text
from portal.look.tables import Column
from portal.pages.guards import guarded, require

PERMISSION = knowledge.SETTINGS
_OPEN, _TOLD, _FAILED, _TURN = "kb_open", "kb_told", "kb_failed", "kb_turn"
_NEW = "＋ 新增一条"
_YEAR = timedelta(days=365)


def _field(name: str) -> str:
    """A field's key: another answer, or the next version of one, begins with fields of its own."""
    opened = st.session_state.get(_OPEN) or _NEW
    return f"kb_{name}_{opened}_{st.session_state.get(_TURN, 0)}"


def _given() -> dict[str, Any]:
    names = ("question", "answer", "basis", "department", "valid_until")
    return {name: st.session_state.get(_field(name)) for name in names}


def _done(told: str) -> None:
    st.session_state[_TOLD] = told
    st.session_state[_TURN] = int(st.session_state.get(_TURN, 0)) + 1


@guarded(PERMISSION)
def _save(who: Principal, code: str | None, seen: int | None) -> None:
    try:
        made = knowledge.publish(who, knowledge.answer_of(code, _given()), seen)
    except OrderError as problem:
        st.session_state[_FAILED] = problem.message
        return
    _done(f"“{made.question}”已存为第 {made.version} 版，话务员现在就能查到。")
    st.session_state[_OPEN] = made.code


@guarded(PERMISSION)
def _retire(who: Principal, code: str) -> None:
    try:
        knowledge.withdraw(who, code, str(st.session_state.get(_field("why")) or ""))
    except OrderError as problem:
        st.session_state[_FAILED] = problem.message
        return
    _done("已停用，不再提供；各版本仍可在“已停用”中查看。")


def _label(one: Known | None) -> str:
    if one is None:
        return _NEW
    late = "（已过期，不再提供）" if one.valid_until < states.today() else ""
    return f"{late}{one.question}　{one.department} · 第 {one.version} 版"


def _list(who: Principal) -> Known | None:
    """The answers as they are now; gives the one that is chosen, or nothing for a new one."""
    with st.container(key="kbbar", horizontal=True, vertical_alignment="center"):
        wanted = st.text_input("查找", key="kb_search", label_visibility="collapsed",
                               placeholder="问题、答复、依据或部门")  # fmt: skip
        retired = st.toggle("已停用", key="kb_retired")
    found = {one.code: one for one in knowledge.current(who, wanted, retired=retired)}
    if not found:
        notice.empty("没有找到", "换一个词；没有的问题可在右侧新增。")
    if st.session_state.get(_OPEN) not in found:
        st.session_state.pop(_OPEN, None)
    codes = ([] if retired else [_NEW]) + list(found)
    chosen = st.radio("常见问题", codes, key=_OPEN, label_visibility="collapsed",
                      format_func=lambda code: _label(found.get(code)))  # fmt: skip
    return found.get(chosen or "")


def _edit(one: Known | None) -> None:
    st.html(tables.head("修改" if one else "新增", f"现为第 {one.version} 版" if one else ""))
    st.text_input("问题", one.question if one else "", key=_field("question"), max_chars=200)
    st.text_area("答复", one.answer if one else "", key=_field("answer"), max_chars=2000,
                 height=180)  # fmt: skip
    st.text_input("依据", one.basis if one else "", key=_field("basis"), max_chars=300)
    left, right = st.columns(2)
    left.text_input("主管部门", one.department if one else "", key=_field("department"),
                    max_chars=40)  # fmt: skip
    right.date_input("有效期至", one.valid_until if one else states.today() + _YEAR,
                     key=_field("valid_until"), format="YYYY-MM-DD")  # fmt: skip
    words = "存为新一版" if one else "新增"
    st.button(words, type="primary", key="kb_save", on_click=_save,
              args=(one.code if one else None, one.version if one else None))  # fmt: skip
    if one is not None:
        with st.container(key="kbretire", horizontal=True, vertical_alignment="bottom"):
            st.text_input("停用原因", key=_field("why"), max_chars=200)
            st.button("停用", key="kb_retire", on_click=_retire, args=(one.code,))


def _history(who: Principal, one: Known) -> None:
    """What the answer has been; the newest version stands first."""
    columns = [Column(head="版本", kind="num"), Column(head="答复", kind="wrap"),
               Column(head="有效至"), Column(head="维护人"), Column(head="时间")]  # fmt: skip
    lines = [
        (
            text(f"第 {each.version} 版"),
            text(f"停用：{each.withdrawn}" if each.withdrawn else each.answer),
            text(f"{each.valid_until:%Y-%m-%d}"),
            text(each.made_by),
            text(states.moment(each.made_at)),
        )
        for each in knowledge.versions(who, one.code)
    ]
    st.html(tables.head("各版本") + tables.table("各版本", columns, lines))


def _told() -> None:
    with notice.place():
        if failed := st.session_state.pop(_FAILED, None):
            notice.error("没有保存", failed)
        if told := st.session_state.pop(_TOLD, None):
            notice.hint("已完成", told)


def page() -> None:
    """Draw the page."""
    who = require(PERMISSION)
    _told()
    left, right = st.columns([0.44, 0.56], gap="small")
    with left, st.container(key="card-kb"):
        st.html(tables.head("常见问题", text(city.default_note())))
        one = _list(who)
    with right:
        with st.container(key="card-kb-edit"):
            if one is not None and one.withdrawn:
                st.html(tables.head(text(one.question), "已停用"))
                st.html(tag("p", text(f"原因：{one.withdrawn}（{one.made_by}）")))
            else:
                _edit(one)
        if one is not None:
            with st.container(key="card-kb-history"):
                _history(who, one)
