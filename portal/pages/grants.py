"""授权审批: the security administrator agrees to rights of posts, locks and unlocks accounts."""

import streamlit as st

from auth.principal import Principal
from portal.functions.people import Refused, grants, listing
from portal.functions.records import usage
from portal.look import notice, people, tables
from portal.look.markup import tag, text
from portal.pages.guards import guarded, require
from portal.pages.parts import memory

PERMISSION = "grants.approve"
_TOLD = "grants_told"


def _tell(who: Principal) -> None:
    told = memory.recall(who, _TOLD)
    if isinstance(told, Refused):
        notice.error("没有办理", told.message)
    elif told:
        notice.hint("已办理", str(told))
    memory.keep(who, _TOLD, None)


@guarded(PERMISSION)
def _decide(who: Principal, agree: bool) -> None:
    # What stands in the fields now: arguments would be those of the page as last drawn.
    request = str(st.session_state.get("grant_request", ""))
    reason = str(st.session_state.get("grant_reason", ""))
    try:
        grants.decide(who, request, agree=agree, reason=reason)
    except Refused as problem:
        memory.keep(who, _TOLD, problem)
        return
    memory.keep(who, _TOLD, "授权已同意，即刻生效。" if agree else "申请已退回，权限没有变化。")


def _requests(who: Principal) -> None:
    found = {one.id: one for one in grants.waiting(who)}
    if not found:
        notice.empty("没有待审批的授权", "系统管理员变更岗位的角色或范围后，在此审批。")
        return
    columns = (
        tables.Column(head="岗位编号"),
        tables.Column(head="岗位"),
        tables.Column(head="单位"),
        tables.Column(head="现有角色", kind="wrap"),
        tables.Column(head="申请角色", kind="wrap"),
        tables.Column(head="管辖范围", kind="wrap"),
        tables.Column(head="申请人"),
        tables.Column(head="申请时间"),
    )
    rows = [
        tuple(map(text, (one.position_id, one.title, one.unit_name, "、".join(one.had) or "无",
                         "、".join(one.roles) or "无", "、".join(one.places) or "无",
                         one.asked_by, people.moment(one.asked_at))))
        for one in found.values()
    ]  # fmt: skip
    st.html(tables.table("待审批的授权", columns, rows))
    st.selectbox(
        "审批",
        list(found),
        format_func=lambda one: f"{found[one].title}（{found[one].unit_name}）",
        key="grant_request",
        filter_mode=None,
    )
    st.text_input("理由（退回时必填）", key="grant_reason", max_chars=100)
    with st.container(key="grant_acts", horizontal=True):
        st.button("同意", type="primary", key="grant_agree", on_click=_decide, args=(True,))
        st.button("退回", key="grant_return", on_click=_decide, args=(False,))


@guarded("people.lock")
def _lock(who: Principal, shut: bool) -> None:
    login = str(st.session_state.get("lock_login") or "")
    reason = str(st.session_state.get("lock_reason", ""))
    try:
        if shut:
            grants.lock(who, login, reason)
        else:
            grants.unlock(who, login)
    except Refused as problem:
        memory.keep(who, _TOLD, problem)
        return
    words = "已锁定，打开的页面随即退出。" if shut else "已解锁，可以登录。"
    memory.keep(who, _TOLD, f"账号 {login} {words}")


def _locks(who: Principal) -> None:
    words = st.text_input(
        "查找账号", key="lock_words", placeholder="姓名、账号、单位或岗位", max_chars=40
    )
    found = {one.login: one for one in listing.members(who, words or "")}
    states = {"active": "", "disabled": "，停用", "locked": "，已锁定"}
    chosen = st.selectbox(
        "账号",
        list(found),
        index=None,
        format_func=lambda one: (
            f"{found[one].name}（{one}，{found[one].unit_name}{states[found[one].account_status]}）"
        ),
        placeholder="请选择",
        key="lock_login",
        filter_mode=None,
    )
    if not chosen:
        return
    st.text_input("锁定理由", key="lock_reason", max_chars=100)
    with st.container(key="lock_acts", horizontal=True):
        st.button("锁定账号", key="lock_send", on_click=_lock, args=(True,))
        st.button("解锁账号", key="unlock_send", on_click=_lock, args=(False,))


def page() -> None:
    """Draw the page."""
    who = require(PERMISSION)
    if waiting := usage.waiting(who):
        notice.hint("大量查询告警", f"{waiting} 条待核实，请到“大量查询告警”核实。")
    with st.container(key="card-grants"):
        st.html(tables.head("授权审批", "同意后才生效；减少的权限已即时生效"))
        with notice.place():
            _tell(who)
        _requests(who)
        st.html(people.downloads(("下载权限矩阵", "matrix")))
    with st.container(key="card-locks"):
        st.html(tables.head("锁定与解锁", "包括连续输错密码后的暂停登录"))
        _locks(who)
        st.html(tag("div", "锁定和解锁均记入审计。", class_="default"))
