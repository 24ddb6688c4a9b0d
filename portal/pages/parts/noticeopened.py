"""One notice: its text; for the unit that sent it, which units have read it and which have not."""

from collections.abc import Callable

import streamlit as st

from auth.principal import Principal
from portal.affairs.notices import desk, queries, rules
from portal.affairs.notices.queries import SEND, VIEW, OpenedNotice
from portal.affairs.notices.rules import NoticeError
from portal.look import notice, states, tables
from portal.look.markup import Html, join, tag, text
from portal.pages.going import go
from portal.pages.guards import guarded

_TOLD = "notice_told"


def _item(name: str, value: Html) -> Html:
    return tag("div", tag("dt", text(name)) + tag("dd", value))


def _about(found: OpenedNotice) -> Html:
    row = found.row
    receipt = f"须回执，{row.due_on:%Y-%m-%d} 前" if row.due_on else "不需回执，可不处理"
    pairs = [
        ("编号", row.number),
        ("发文单位", f"{row.unit_name} {found.actor_name}"),
        ("发出", states.moment(row.sent_at)),
        ("回执", receipt),
        ("撤回原因", found.withdrawn_why),
    ]
    items = [_item(name, text(value)) for name, value in pairs if value]
    items.append(_item("状态", states.chip(row.state)))
    return tag("dl", join(items), class_="person")


def _file(found: OpenedNotice) -> Html:
    href = f"/api/v1/notices/{found.row.id}/file"
    return tag("a", text(f"附件：{found.file_name}"), href=href, class_="download")


@guarded(VIEW)
def _read(who: Principal, notice_id: str) -> None:
    _act("没有回执", lambda: desk.read(who, notice_id))


@guarded(SEND)
def _remind(who: Principal, notice_id: str) -> None:
    _act("没有提醒", lambda: desk.remind(who, notice_id))


@guarded(SEND)
def _withdraw(who: Principal, notice_id: str) -> None:
    why = str(st.session_state.get("notice_why", ""))
    _act("没有撤回", lambda: desk.withdraw(who, notice_id, why))


def _act(failed: str, work: Callable[[], object]) -> None:
    try:
        work()
    except NoticeError as problem:
        st.session_state[_TOLD] = (failed, problem.message)


def _buttons(found: OpenedNotice) -> None:
    notice_id = found.row.id
    with st.container(key="noticebuttons", horizontal=True, vertical_alignment="bottom"):
        if found.to_read:
            label = "已阅，回执" if found.row.receipt else "已阅"
            st.button(label, type="primary", key="notice_read", on_click=_read, args=(notice_id,))
        if found.may_remind:
            label = f"提醒未阅的 {found.row.missing} 个单位"
            st.button(label, key="notice_remind", on_click=_remind, args=(notice_id,))
        if found.mine and found.row.state == rules.SENT:
            st.text_input("撤回原因", key="notice_why", max_chars=rules.MOST_REASON, width=320)
            st.button("撤回", key="notice_withdraw", on_click=_withdraw, args=(notice_id,))
        if st.button("返回列表", key="notice_list"):
            go("notices")


def _receipts(found: OpenedNotice) -> None:
    columns = (
        tables.Column(head="单位"),
        tables.Column(head="阅知"),
        tables.Column(head="时间"),
        tables.Column(head="经办人"),
    )
    rows = [
        (
            text(one.unit_name),
            text("已阅" if one.read_at else "未阅"),
            text(states.moment(one.read_at) if one.read_at else "—"),
            text(one.read_by or "—"),
        )
        for one in found.receipts
    ]
    aside = f"已阅 {found.row.read} 个，未阅 {found.row.missing} 个；未阅在前，按区划排列"
    st.html(tables.head("各单位阅知情况", text(aside)) + tables.table("阅知情况", columns, rows))


def _history(found: OpenedNotice) -> None:
    columns = (
        tables.Column(head="时间"),
        tables.Column(head="经办人"),
        tables.Column(head="内容", kind="wrap"),
    )
    rows = [
        tuple(map(text, (states.moment(one.at), one.actor_name, one.words))) for one in found.events
    ]
    st.html(tables.head("经过", "新的在前") + tables.table("经过", columns, rows))


def card(who: Principal, notice_id: str) -> None:
    """The cards of one notice."""
    found = queries.opened(who, notice_id)
    with st.container(key="card-notice"):
        with notice.place():
            if told := st.session_state.pop(_TOLD, None):
                notice.error(*told)
        st.html(tables.head(found.row.title, text(found.row.unit_name)))
        st.html(_about(found))
        if found.body:
            st.html(tag("div", text(found.body), class_="letter"))
        if found.file_name:
            st.html(_file(found))
        _buttons(found)
    if found.mine:
        with st.container(key="card-notice-receipts"):
            _receipts(found)
        with st.container(key="card-notice-events"):
            _history(found)
