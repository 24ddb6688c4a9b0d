"""一人一档, 一户一档, 一房一档, 一企一档: from a case or found for a purpose, every answer."""

import streamlit as st

from auth import permissions
from auth.permissions import Denied
from auth.principal import Principal
from portal import wiring
from portal.functions.records import CaseRef, Dossier, Purpose, ThingDossier
from portal.look import notice, states, tables, watermark
from portal.look.markup import Html, join, tag, text
from portal.pages.going import go
from portal.pages.guards import require
from portal.pages.parts import answers, cases, closing, consenting, finder, memory, thingopened
from portal.pages.parts import opened as dossiers
from portal.pages.parts.finder import PICKED, Picked
from portal.pages.parts.opened import Opened

_TOLD = "敏感信息已遮盖，查看原值须说明理由；查看留痕"


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
        st.html(tables.head("一人一档", _TOLD))
        with st.container(key="person", horizontal=True, vertical_alignment="top", wrap=False):
            st.html(header(opened.person), width="stretch")
            if opened.dossier.case is not None:
                _back_to_work(who, opened.dossier.case)
        watermark.draw(who.name, who.unit.name, simulated=opened.dossier.simulated)
    thingopened.linked("belongs", "所在户和房屋", opened.person.belongs, purpose)
    _answers(opened)
    if opened.person.needs_paper:
        consenting.card()
    _sign(opened)


def _draw_thing(who: Principal, thing_id: str, purpose: Purpose) -> None:
    opened = dossiers.open_for(who, thing_id, purpose, thing=True)
    dossier = opened.dossier
    if not isinstance(dossier, ThingDossier):
        raise TypeError("not a thing")
    with st.container(key="card-person"):
        st.html(tables.head(dossier.kind_name, _TOLD))
        with st.container(key="person", horizontal=True, vertical_alignment="top", wrap=False):
            st.html(thingopened.header(dossier), width="stretch")
        watermark.draw(who.name, who.unit.name, simulated=dossier.simulated)
    thingopened.people(dossier)
    thingopened.linked("linked", "同一住址", dossier.linked, purpose)
    _answers(opened)
    _sign(opened)


def _answers(opened: Opened) -> None:
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


def _sign(opened: Opened) -> None:
    if not opened.dossier.planned:
        return
    # Only on paper: the sheet is signed by whoever printed it.
    blanks = ("经办人（签字）：", "复核人（签字）：", "日期：    年    月    日")
    st.html(tag("div", join(tag("span", text(one)) for one in blanks), class_="sign"))


def _nobody(who: Principal) -> None:
    if permissions.allowed(who, finder.PERMISSION):
        notice.empty(
            "还没有选定对象", "请在上方查询并选定人员、户、房屋或企业，或从下面的在办事项打开。"
        )
    else:
        notice.hint(
            "请从在办事项打开一人一档",
            "本岗位不设无事项的人员查询，请在下面的在办事项中点“打开一人一档”。",
        )
    cases.card(who, cases.mine(who))


def _from_case(who: Principal, case_id: str, thing_id: str) -> None:
    """The case's resident, or what the resident belongs to."""
    purpose, case = wiring.app().records.case_purpose(who, case_id)
    if thing_id:
        _draw_thing(who, thing_id, purpose)
    else:
        _draw(who, str(case.subject_id), purpose)


def page() -> None:
    """Draw the page."""
    who = require("records.open")
    case_id = st.query_params.get("case")
    try:
        if case_id:
            _from_case(who, case_id, st.query_params.get("thing", ""))
            return
        finder.card(who)
        picked = memory.recall(who, PICKED)
        if isinstance(picked, Picked):
            draw = _draw_thing if picked.thing else _draw
            draw(who, picked.subject_id, picked.purpose)
        else:
            _nobody(who)
    except Denied as refusal:
        dossiers.close(who)
        memory.keep(who, PICKED, None)
        notice.refusal(refusal.message)
