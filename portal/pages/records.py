"""一人一档: one person, opened from a case or found for a purpose, and every system's answer."""

import streamlit as st

from auth import permissions
from auth.permissions import Denied
from auth.principal import Principal
from portal import wiring
from portal.functions.records import CaseRef, Dossier, Purpose
from portal.look import notice, states, tables, watermark
from portal.look.markup import Html, join, tag, text
from portal.pages.going import go
from portal.pages.guards import require
from portal.pages.parts import answers, cases, closing, consenting, finder, memory
from portal.pages.parts import opened as dossiers
from portal.pages.parts.finder import PICKED, Picked


def _item(name: str, value: str) -> Html:
    return tag("div", tag("dt", text(name)) + tag("dd", text(value or "未登记")))


def header(dossier: Dossier) -> Html:
    """Who, masked, and what for."""
    mock = states.mock() if dossier.simulated else ""
    name = tag("dt", "姓名", class_="unseen") + tag(
        "dd", tag("strong", text(dossier.name)) + " " + mock
    )
    person = tag("div", name)
    items = [
        _item("身份证号", dossier.id_number),
        _item("性别、出生", dossier.about),
        _item("住址", dossier.address),
        _item("关系", dossier.relation),
        _item("所在社区（村）", dossier.region_name),
    ]
    if dossier.case is not None:
        items += [_item("事项", dossier.case.matter), _item("事项编号", dossier.case.number)]
    else:
        items.append(_item("调取目的", dossier.purpose.name))
    return tag("dl", person + join(items), class_="person")


def _back_to_work(who: Principal, case: CaseRef) -> None:
    """A matter is closed here; a task of another system where its form is."""
    if case.kind == "matter":
        closing.button(who, case)
    elif st.button("办理该任务", key="to_task"):
        go("tasks", task=case.id)


def _draw(who: Principal, subject_id: str, purpose: Purpose) -> None:
    opened = dossiers.open_for(who, subject_id, purpose)
    with st.container(key="card-person"):
        st.html(tables.head("一人一档", "敏感信息已遮盖，查看原值须说明理由；查看留痕"))
        with st.container(key="person", horizontal=True, vertical_alignment="top", wrap=False):
            st.html(header(opened.dossier), width="stretch")
            if opened.dossier.case is not None:
                _back_to_work(who, opened.dossier.case)
        watermark.draw(who.name, who.unit.name, simulated=opened.dossier.simulated)
    for note in opened.dossier.notes:
        st.html(tag("div", text(note), class_="default"))
    if not opened.dossier.planned and opened.dossier.switched_off:
        off = "、".join(opened.dossier.switched_off)
        notice.empty("可调取的业务系统均已停用", f"停用：{off}。恢复后可重新打开本档案调取。")
        return
    if not opened.dossier.planned:
        notice.empty(
            "以此目的没有可以调取的业务系统",
            "请核对查询目的；确需调取的，请联系本单位管理员核对岗位权限。",
        )
    else:
        answers.draw(opened)
    if opened.dossier.needs_paper:
        consenting.card()
    if not opened.dossier.planned:
        return
    # Only on paper: the sheet is signed by whoever printed it.
    blanks = ("经办人（签字）：", "复核人（签字）：", "日期：    年    月    日")
    st.html(tag("div", join(tag("span", text(one)) for one in blanks), class_="sign"))


def _nobody(who: Principal) -> None:
    if permissions.allowed(who, finder.PERMISSION):
        notice.empty("还没有选定居民", "请在上方查询并选定居民，或从下面的在办事项打开。")
    else:
        notice.hint(
            "请从在办事项打开一人一档",
            "本岗位不设无事项的人员查询，请在下面的在办事项中点“打开一人一档”。",
        )
    cases.card(who, cases.mine(who))


def page() -> None:
    """Draw the page."""
    who = require("records.open")
    case_id = st.query_params.get("case")
    try:
        if case_id:
            purpose, case = wiring.app().records.case_purpose(who, case_id)
            _draw(who, str(case.subject_id), purpose)
            return
        finder.card(who)
        picked = memory.recall(who, PICKED)
        if isinstance(picked, Picked):
            _draw(who, picked.subject_id, picked.purpose)
        else:
            _nobody(who)
    except Denied as refusal:
        dossiers.close(who)
        memory.keep(who, PICKED, None)
        notice.refusal(refusal.message)
