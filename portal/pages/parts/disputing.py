"""数据校核 in a dossier: what systems tell differently, side by side, and the form to ask."""

from collections.abc import Mapping

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal import wiring
from portal.affairs.corrections.rules import CorrectionError
from portal.functions import city
from portal.functions.records import BadQueryError, Disagreement, Said, disagreements
from portal.functions.records.disputes import Place
from portal.look import notice, states, tables
from portal.look.markup import Html, join, tag, text
from portal.pages.guards import guarded
from portal.pages.parts.opened import Opened

PERMISSION = "corrections.ask"
_TYPED = "另行填写"
_TOLD, _OPEN = "dispute_told", "dispute_open"
_FORM = ("dispute_place", "dispute_other", "dispute_typed", "dispute_ground", "dispute_remark")


def _cell(one: Said, opened: Opened) -> Html:
    about = f"{one.system_name} · {states.moment(one.as_of)}"
    standing = opened.standing.get((one.system_id, one.field))
    # No chip: that of a request under way would look like an answer still awaited.
    chip = tag("small", text(f"校核{standing.state}"), class_="standing") if standing else ""
    value = tag("b", text(one.text)) + chip + tag("small", text(about))
    return tag("div", value, class_="said-by")


def side_by_side(found: tuple[Disagreement, ...], opened: Opened) -> Html:
    """Each fact with what every system says of it; those that agree come first."""
    columns = (tables.Column(head="信息项"), tables.Column(head="各系统记载", kind="wrap"))
    rows = [
        (text(one.label), tag("div", join(_cell(it, opened) for it in one.said), class_="said-all"))
        for one in found
    ]
    return tables.table("各系统记载不一致的信息", columns, rows)


def _places(opened: Opened) -> dict[Place, tuple[str, str]]:
    """Every value on the page that could be asked about: what to call it, and the value shown."""
    return {
        (answer.system_id, number, one.name): (f"{answer.system_name}·{one.label}", one.text)
        for answer in opened.gathering.answers.values()
        for number, record in enumerate(answer.records)
        for one in record.fields
        if one.text != "—"
    }


def card(who: Principal, opened: Opened) -> None:
    """The card; nothing is drawn for who may not ask."""
    answers = opened.gathering.answers.values()
    if not any(one.records for one in answers) or not permissions.allowed(who, PERMISSION):
        return
    found = disagreements(answers)
    with st.container(key="card-disputes"):
        aside = f"{len(found)} 项不一致" if found else "各系统记载一致"
        st.html(tables.head("数据校核", text(aside)))
        with notice.place():
            if told := st.session_state.pop(_TOLD, None):
                notice.hint("已提出校核", told)
        with notice.place():
            if found:
                st.html(side_by_side(found, opened))
        with st.container(key="dispute-buttons", horizontal=True):
            for one in found:
                label = f"校核{one.label}"
                st.button(label, key=f"dispute-{one.field}", on_click=_begin, args=(one.field,))
            st.button("校核其他信息项", key="dispute-any", on_click=_begin, args=("",))
        if (field := st.session_state.get(_OPEN)) is not None:
            _form(who, opened, str(field))


@guarded(PERMISSION)
def _begin(_who: Principal, field: str) -> None:
    _clear()
    st.session_state[_OPEN] = field


@guarded(PERMISSION)
def _leave(_who: Principal) -> None:
    _clear()


def _clear() -> None:
    for key in (_OPEN, *_FORM):
        st.session_state.pop(key, None)


def _others(opened: Opened, place: Place) -> dict[str, Place | None]:
    """Where the right value may come from: another system that says something else, or typed."""
    chosen: dict[str, Place | None] = {}
    for one in disagreements(opened.gathering.answers.values()):
        if one.field != place[2]:
            continue
        own = next((it.digest for it in one.said if it.system_id == place[0]), "")
        for it in one.said:
            if it.system_id != place[0] and it.digest != own:
                chosen[f"采用{it.system_name}的记载：{it.text}"] = (
                    it.system_id,
                    it.record_no,
                    it.field,
                )
    chosen[_TYPED] = None
    return chosen


def _pick_place(opened: Opened, field: str) -> Place | None:
    places = _places(opened)
    compared = {
        (it.system_id, it.record_no, it.field)
        for one in disagreements(opened.gathering.answers.values())
        if one.field == field
        for it in one.said
    }
    offered = [one for one in places if one in compared] if field else list(places)

    def words(one: Place) -> str:
        return f"{places[one][0]}：{places[one][1]}"

    label = "哪个系统的记载需要更正"
    if field:
        return st.radio(label, offered, index=None, format_func=words, key=_FORM[0])
    return st.selectbox(
        label, offered, index=None, format_func=words, key=_FORM[0], placeholder="请选择",
        filter_mode=None,
    )  # fmt: skip


def _form(who: Principal, opened: Opened, field: str) -> None:
    words = "申请送该系统主管部门核实，平台不改动对方系统的数据；结果会显示在档案中对应信息旁。"
    st.html(tag("p", text(words), class_="default"))
    place = _pick_place(opened, field)
    if place is None:
        st.button("取消", key="dispute_leave", on_click=_leave)
        return
    others = _others(opened, place)
    # Kept, not only offered first: an answer that comes meanwhile brings another first one, and
    # with it the field in which somebody is writing would go.
    if st.session_state.get(_FORM[1]) not in others:
        st.session_state[_FORM[1]] = next(iter(others))
    other = st.radio("应更正为", list(others), key=_FORM[1])
    typed = ""
    if others[other or _TYPED] is None:
        typed = st.text_input("更正内容", key=_FORM[2], max_chars=200, autocomplete="off") or ""
    grounds: Mapping[str, str] = city.correction_grounds()
    ground = st.radio(
        "理由", list(grounds), index=None, format_func=lambda one: grounds[one], key=_FORM[3]
    )
    remark = st.text_input("说明（可不填）", key=_FORM[4], max_chars=300, autocomplete="off") or ""
    with st.container(key="dispute-send", horizontal=True):
        sent = st.button("提出校核", type="primary", key="dispute_send")
        st.button("取消", key="dispute_leave", on_click=_leave)
    if sent:
        _send(who, opened, place, others[other or _TYPED], typed, ground or "", remark)


def _send(
    who: Principal,
    opened: Opened,
    place: Place,
    other: Place | None,
    typed: str,
    ground: str,
    remark: str,
) -> None:
    dossier = opened.dossier
    try:
        filed = wiring.app().disputes.ask(
            who,
            dossier.subject_id,
            dossier.purpose,
            place=place,
            other=other,
            typed=typed,
            ground=ground,
            remark=remark,
        )
    except (BadQueryError, CorrectionError) as problem:
        notice.error("还没有提出", problem.message)
        return
    _clear()
    first = "该项此前已有单位提出，已并入" if filed.joined else "已送主管部门，编号"
    st.session_state[_TOLD] = f"{first} {filed.number}，办理时限 {filed.due_on:%Y-%m-%d}。"
    opened.look_up(who)
    st.rerun()
