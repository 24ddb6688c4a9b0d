"""业务系统: which systems are connected and how they fare; for the operator, the whole board."""

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal import wiring
from portal.functions import city
from portal.functions.systems import PERMISSION
from portal.look import notice, states, tables
from portal.look.markup import tag, text
from portal.look.today import link
from portal.pages.guards import guarded, require
from portal.pages.parts import doors, lifecycle, messaging, operating


@guarded(doors.PERMISSION)
def _body(who: Principal) -> None:
    check = doors.checked(who)
    doors.stop_looking(check)
    if check.problem:
        notice.error("系统状态没有取到", "已有的检测结果仍保留，请稍后点“刷新”重试。")
    if check.answers:
        st.html(doors.table(list(check.answers.values())))
    elif check.done:
        notice.empty("尚未接入业务系统", "请在城市包中登记业务系统并配置接入方式。")
    else:
        notice.empty("正在检测各业务系统", "检测完成后自动显示。")
    if st.button("刷新", key="systems_again", disabled=not check.done):
        check.ask(who)
        check.wait_a_moment()
        st.rerun()


def _stuck(who: Principal) -> None:
    """Commands that could not be sent: an operator looks after the way, not after the task."""
    found = wiring.app().tasks.stuck(who)
    if not found:
        return
    columns = (
        tables.Column(head="业务系统"),
        tables.Column(head="办理"),
        tables.Column(head="状态"),
        tables.Column(head="原因", kind="wrap"),
    )
    rows = [
        (text(one.system_name), text(one.title), states.chip(one.state), text(one.reason))
        for one in found
    ]
    with st.container(key="card-stuck"):
        aside = "故障排除后由提交人或其单位重新发送；不会重复办理"
        st.html(
            tables.head("发送滞留的办理", aside) + tables.table("发送滞留的办理", columns, rows)
        )


def _doors(who: Principal) -> None:
    with st.container(key="card-systems"):
        st.html(tables.head("业务系统接入情况", "只有检测通过才显示已返回；结果至多一分钟前"))
        doors.watched(_body, doors.checked(who))
        note = f"系统名称、责任单位为{city.default_note()}；名称依据见最后一列。"
        st.html(tag("div", text(note), class_="default"))


def page() -> None:
    """Draw the page."""
    who = require(doors.PERMISSION)
    if permissions.allowed(who, PERMISSION):
        one = st.query_params.get("system", "")
        if one:
            lifecycle.draw(who, one)
            return
        operating.draw()
    else:
        _doors(who)
    with notice.place():
        _stuck(who)
    messaging.card(who)
    with st.container(key="card-functions"):
        columns = (tables.Column(head="统一功能"), tables.Column(head="内容", kind="wrap"))
        rows = [(text(one.name), text(one.about)) for one in city.unified_functions()]
        aside = f"名称为{city.default_note()}"
        more = text("　") + link("数据资源目录和专题库", "/resources")
        st.html(
            tables.head("统一功能", text(aside) + more) + tables.table("统一功能", columns, rows)
        )
