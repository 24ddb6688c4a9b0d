"""人员与岗位: who holds which post, posts without a holder, changes by file with a preview."""

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.functions.people import listing
from portal.look import notice, people, tables
from portal.look.markup import tag, text
from portal.pages.guards import guarded, require
from portal.pages.parts import appointing, first_passwords, importing, linking

PERMISSION = "people.view"
_STATUS = {"active": "启用", "disabled": "停用", "locked": "锁定"}


@guarded(PERMISSION)
def _members(who: Principal) -> None:
    words = st.text_input(
        "查找", key="people_words", placeholder="姓名、账号、单位或岗位", max_chars=40
    )
    found = listing.members(who, words or "")
    if not found:
        notice.empty("没有找到", "请减少或更换查找的字词；范围以外的人员不在其中。")
        return
    columns = (
        tables.Column(head="姓名"),
        tables.Column(head="账号"),
        tables.Column(head="单位"),
        tables.Column(head="岗位编号"),
        tables.Column(head="岗位"),
        tables.Column(head="角色", kind="wrap"),
        tables.Column(head="状态"),
    )
    rows = [
        tuple(map(text, (one.name, one.login, one.unit_name, one.position_id, one.title,
                         "、".join(one.roles) or "无", _STATUS[one.account_status])))
        for one in found
    ]  # fmt: skip
    st.html(tables.table("在岗人员", columns, rows))
    if len(found) == 100:
        st.html(tag("div", "只列出前 100 条，请输入字词缩小范围。", class_="default"))


@guarded(PERMISSION)
def _vacant(who: Principal) -> None:
    found = listing.vacancies(who)
    if not found:
        notice.empty("没有空岗", "管辖范围内的岗位均已满员。")
        return
    columns = (
        tables.Column(head="岗位编号"),
        tables.Column(head="岗位"),
        tables.Column(head="单位"),
        tables.Column(head="角色", kind="wrap"),
        tables.Column(head="编制", kind="num"),
        tables.Column(head="在岗", kind="num"),
    )
    rows = [
        (text(one.position_id), text(one.title), text(one.unit_name),
         text("、".join(one.roles) or "待审批"), tables.number(one.quota), tables.number(one.held))
        for one in found
    ]  # fmt: skip
    st.html(tables.table("空岗", columns, rows))


def _files(who: Principal) -> None:
    offered = []
    if permissions.allowed(who, "people.manage"):
        offered.append(("下载导入模板", "template"))
    offered.append(("下载现状表", "current"))
    if permissions.allowed(who, "matrix.view"):
        offered.append(("下载权限矩阵", "matrix"))
    st.html(people.downloads(*offered))


_PARTS = {"在岗人员": _members, "空岗": _vacant}
_KEEPING = {
    "批量导入": importing.part,
    "系统账号": linking.part,
    "初始密码": first_passwords.part,
    "委托代理": appointing.for_scope,
}


def page() -> None:
    """Draw the page."""
    who = require(PERMISSION)
    parts = dict(_PARTS)
    if permissions.allowed(who, "people.manage"):
        parts |= _KEEPING
    with st.container(key="card-people"):
        st.html(tables.head("人员与岗位", "只显示管辖范围内的单位、岗位和人员"))
        chosen = st.segmented_control(
            "内容", list(parts), default="在岗人员", key="people_part", label_visibility="collapsed"
        )
        st.fragment(parts[chosen or "在岗人员"])()
        _files(who)
