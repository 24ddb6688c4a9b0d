"""初始密码: given for a person in scope, shown once."""

import streamlit as st

from auth.principal import Principal
from portal.functions.people import Refused, listing, passwords
from portal.look import notice, tables
from portal.look.markup import tag, text
from portal.pages.guards import guarded

PERMISSION = "people.manage"


@guarded(PERMISSION)
def part(who: Principal) -> None:
    """Draw it."""
    if not passwords.own_provider():
        notice.empty("本平台不发放密码", "密码由统一身份认证管理，请联系其管理员。")
        return
    words = st.text_input(
        "查找人员", key="password_words", placeholder="姓名、账号、单位或岗位", max_chars=40
    )
    found = {one.login: one for one in listing.members(who, words or "")}
    chosen = st.multiselect(
        "发放给",
        list(found),
        format_func=lambda one: f"{found[one].name}（{one}，{found[one].unit_name}）",
        key="password_logins",
        placeholder="请选择人员",
        max_selections=passwords.MOST_AT_ONCE,
    )
    st.html(
        tag(
            "div",
            "发放后原密码和登录立即失效；初始密码 7 天内有效，首次登录须更改。",
            class_="default",
        )
    )
    if not st.button("发放初始密码", key="password_issue", disabled=not chosen):
        return
    try:
        made = passwords.issue(who, chosen)
    except Refused as problem:
        notice.error("没有发放", problem.message)
        return
    columns = tuple(tables.Column(head=one) for one in ("姓名", "账号", "单位", "初始密码"))
    rows = [
        (text(one.name), text(one.login), text(one.unit), tag("code", text(one.password)))
        for one in made
    ]
    notice.hint("已发放", "初始密码只显示这一次，请当面或密封告知本人。")
    st.html(tables.table("初始密码", columns, rows))
