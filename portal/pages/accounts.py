"""系统账号: one's own account in each system, until when it is good, and how to renew it."""

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.functions.entry import LinkRefused, OwnAccount
from portal.functions.entry.linkrules import LinkState
from portal.functions.entry.links import REFUSALS
from portal.functions.messages import MessageError, keep_phone, kept_phone
from portal.look import notice, states, tables
from portal.look.markup import Html, tag, text
from portal.pages.guards import guarded, require
from portal.pages.parts import memory

PERMISSION = "entry.jump"
_CODE, _SAID = "link_code", "link_said"
_TONES = {
    LinkState.GOOD: "good",
    LinkState.SOON: "aged",
    LinkState.OVER: "failed",
    LinkState.IMPORTED: "aged",
    LinkState.NONE: "quiet",
}
_SHAPES = {LinkState.GOOD: "●", LinkState.SOON: "▲", LinkState.OVER: "×"}


def _chip(state: LinkState) -> Html:
    shape = tag("i", text(_SHAPES.get(state, "○")), aria_hidden="true")
    return tag("span", shape + text(state.value), class_=f"chip {_TONES[state]}")


def _about(one: OwnAccount) -> Html:
    mock = " " + states.mock() if one.simulated else ""
    until = f"有效期至 {one.expires_on}" if one.expires_on else ""
    checked = f"核验于 {states.moment(one.checked_at)}" if one.checked_at else ""
    account = f"对方账号 {one.account}" if one.account else "还没有关联对方账号"
    words = [account, until, checked, one.source and f"来源：{one.source}", one.login_kind]
    line = tag("p", text(" · ".join(word for word in words if word)), class_="about")
    name = tag("div", tag("b", text(one.name)) + mock + _chip(one.state), class_="door-name")
    return tag("div", name + line, class_="door account")


@guarded(PERMISSION)
def _ask_code(who: Principal, system_id: str) -> None:
    memory.keep(who, _SAID, None)
    try:
        memory.keep(who, _CODE, (system_id, wiring.app().entry.begin_code(who, system_id)))
    except LinkRefused as refusal:
        memory.keep(who, _SAID, refusal.message)


@guarded(PERMISSION)
def _unlink(who: Principal, system_id: str) -> None:
    wiring.app().entry.unlink(who, system_id)
    memory.keep(who, _CODE, None)


@guarded(PERMISSION)
def _send_code(who: Principal, system_id: str) -> None:
    account = str(st.session_state.get("link_account") or "")
    code = str(st.session_state.get("link_given") or "")
    try:
        name = wiring.app().entry.finish_code(who, system_id, account, code)
    except LinkRefused as refusal:
        memory.keep(who, _SAID, refusal.message)
        if refusal.code != "link_code":
            memory.keep(who, _CODE, None)
        return
    memory.keep(who, _CODE, None)
    memory.keep(who, _SAID, None)
    st.toast(f"已关联“{name}”的账号。")


def _code(system_id: str, challenge: str) -> None:
    words = (
        f"请在该系统的“账号授权—取授权码”页面登录，填写授权编号 {challenge}，"
        "再把页面显示的 8 位授权码填在下面。编号 10 分钟内有效。"
    )
    st.html(tag("p", text(words), class_="default", role="status"))
    with st.container(key=f"code-{system_id}", horizontal=True, vertical_alignment="bottom"):
        st.text_input("对方账号", key="link_account", max_chars=60, autocomplete="off")
        st.text_input("授权码", key="link_given", max_chars=12, autocomplete="off")
        st.button("核验", type="primary", key="link_send", on_click=_send_code, args=(system_id,))


def _row(who: Principal, one: OwnAccount) -> None:
    with st.container(key=f"account-{one.system_id}", horizontal=True, vertical_alignment="center"):
        st.html(_about(one), width="stretch")
        if one.provable:
            again = "重新授权" if one.account else "授权"
            st.link_button(again, wiring.app().entry.link_way(who, one.system_id))
            st.button("用授权码", key=f"code-ask-{one.system_id}", on_click=_ask_code,
                      args=(one.system_id,))  # fmt: skip
        if one.account:
            st.button("解除", key=f"unlink-{one.system_id}", on_click=_unlink,
                      args=(one.system_id,))  # fmt: skip
    asked = memory.recall(who, _CODE)
    if asked and asked[0] == one.system_id:
        _code(*asked)


@guarded(PERMISSION)
def _body(who: Principal) -> None:
    said = memory.recall(who, _SAID)
    with notice.place():
        if said:
            notice.error("没有关联", str(said))
    found = wiring.app().entry.accounts(who)
    if not found:
        notice.empty("没有需要关联的系统账号", "当前岗位可进入的系统都不要求对应账号。")
    for one in found:
        _row(who, one)


@guarded(PERMISSION)
def _phone(who: Principal) -> None:
    """One's own number for messages; shown masked, taken back by sending it empty."""
    kept = kept_phone(who)
    st.html(
        tag("p", text(f"已登记：{kept}" if kept else "没有登记，不会收到消息。"), class_="default")
    )
    with st.container(key="phonebar", horizontal=True, vertical_alignment="bottom"):
        given = st.text_input(
            "手机号", key="phone_given", max_chars=16, autocomplete="off", width=220
        )
        send = st.button("保存" if given or not kept else "清空", key="phone_keep")
    if not send:
        return
    try:
        keep_phone(who, given or "")
    except MessageError as problem:
        notice.error("没有保存", problem.message)
        return
    st.session_state.pop("phone_given", None)
    st.rerun(scope="fragment")


def page() -> None:
    """Draw the page."""
    require(PERMISSION)
    refused = st.query_params.get("refused", "")
    with st.container(key="card-accounts"):
        st.html(tables.head("系统账号", "一个平台账号对应各系统的账号，进入系统时随票据告知对方"))
        if refused in REFUSALS:
            notice.error("没有关联", REFUSALS[refused])
        elif "done" in st.query_params:
            notice.hint("已关联", "对方系统已证明该账号属于您，下次进入时自动使用。")
        words = "授权时在对方系统自己的页面登录，平台不接触对方密码；即将到期的请提前办理。"
        st.html(tag("p", text(words), class_="default"))
        st.fragment(_body)()
    with st.container(key="card-phone"):
        aside = "只用于紧急任务消息和定时提醒，加密保存，可随时清空"
        st.html(tables.head("接收消息的手机号", aside))
        st.fragment(_phone)()
