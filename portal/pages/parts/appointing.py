"""委托代理: appoint a deputy for a post, see who acts for whom, take it back."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

import streamlit as st

from auth.principal import Principal
from portal.functions.people import Refused, deputies
from portal.functions.people.deputies import Deputy
from portal.look import notice, people, tables
from portal.look.markup import text
from portal.pages.guards import guarded
from portal.pages.parts import choosing
from portal.store import clock

_DONE = "deputy_done"


def _moment(words: str, key: str, default: datetime) -> datetime:
    """A day and a time on the wall clock."""
    local = clock.local(default)
    day, hour = st.columns(2, gap="small")
    with day:
        date = st.date_input(f"{words}日期", local.date(), key=f"{key}_day", format="YYYY-MM-DD")
    with hour:
        at = st.time_input(
            f"{words}时间", local.time(), key=f"{key}_time", step=timedelta(minutes=15)
        )
    return datetime.combine(date or local.date(), at or time(), tzinfo=local.tzinfo)


def form(who: Principal, post_id: str, roles: Sequence[str]) -> None:
    """Appoint somebody for a post."""
    words = st.session_state.pop(_DONE, None)
    with notice.place():
        if words:
            notice.hint("已委托", words)
    try:
        colleagues = {one.account_id: one for one in deputies.colleagues(who, post_id)}
    except Refused as problem:
        notice.error("不能委托", problem.message)
        return
    if not colleagues:
        notice.empty("没有可委托的人员", "代理人应为同一单位的在岗人员。")
        return
    offered = deputies.delegable(roles)
    chosen = st.selectbox(
        "代理人",
        list(colleagues),
        index=None,
        format_func=lambda one: f"{colleagues[one].name}（{colleagues[one].posts}）",
        placeholder="请选择",
        key="deputy_person",
        filter_mode=None,
    )
    items = st.multiselect(
        "委托事项",
        list(offered),
        default=list(offered),
        format_func=offered.__getitem__,
        placeholder="请选择",
        key="deputy_items",
    )
    now = clock.local(clock.now()).replace(minute=0, second=0, microsecond=0)
    left, right = st.columns(2, gap="small")
    with left:
        starts = _moment("开始", "deputy_from", now)
    with right:
        ends = _moment("结束", "deputy_until", now + timedelta(days=7))
    reason = st.text_input("事由", key="deputy_reason", max_chars=100, placeholder="例如：外出培训")
    if not st.button("确认委托", type="primary", key="deputy_send", disabled=chosen is None):
        return
    try:
        deputies.appoint(
            who,
            post_id,
            chosen or "",
            items=items,
            starts=starts,
            ends=ends,
            reason=reason or "",
        )
    except Refused as problem:
        notice.error("没有委托", problem.message)
        return
    person = colleagues[chosen or ""].name
    st.session_state[_DONE] = f"{person}切换到“代”字岗位后，可在所选事项内办理，留痕记录代理关系。"
    st.rerun()


@guarded(None)
def _revoke(who: Principal, appointment: str) -> None:
    try:
        deputies.revoke(who, appointment)
    except Refused as problem:
        st.toast(problem.message)


def show(found: Sequence[Deputy], mine: frozenset[str] | None = None) -> None:
    """The appointments; those that stand can be taken back, one's own or (``None``) all."""
    if not found:
        notice.empty("没有委托", "目前没有委托记录。")
        return
    columns = (
        tables.Column(head="状态"),
        tables.Column(head="代理关系"),
        tables.Column(head="岗位"),
        tables.Column(head="事项", kind="wrap"),
        tables.Column(head="起止"),
        tables.Column(head="事由", kind="wrap"),
    )
    rows = [
        (people.state(one.state), text(f"{one.name} 代 {one.holder}"),
         text(f"{one.title}（{one.unit_name}）"), text("、".join(one.items)),
         text(f"{people.moment(one.starts)[:16]} 至 {people.moment(one.ends)[:16]}"),
         text(one.reason or "无"))
        for one in found
    ]  # fmt: skip
    st.html(tables.table("委托代理", columns, rows))
    standing = [one for one in found if one.state in ("生效中", "未开始")]
    with st.container(key="deputy_acts", horizontal=True):
        for one in standing:
            if mine is None or one.post_id in mine:
                words = f"撤销：{one.name} 代 {one.holder}"
                st.button(words, key=f"revoke-{one.id}", on_click=_revoke, args=(one.id,))


@guarded("people.manage")
def for_scope(who: Principal) -> None:
    """For an administrator: any post of the scope."""
    found = choosing.member(who, "查找被代理人", "被代理的岗位", "deputy")
    if found:
        form(who, found.post_id, found.role_ids)
    show(deputies.of_scope(who))
