"""联席会议 on the page: called, its agenda, what it decides, the minutes."""

from collections.abc import Callable

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.findings import meetings, paperwork
from portal.affairs.findings.meetings import CALL, OUTCOMES, Item, Meeting
from portal.affairs.findings.queries import VIEW
from portal.affairs.workflow.flow import MOST, FlowError
from portal.look import notice, states, tables
from portal.look import orders as look
from portal.look.markup import Html, tag, text
from portal.pages.going import go
from portal.pages.guards import guarded
from portal.pages.parts import draft, findingopened
from portal.store import papers

_TOLD = "meeting_told"


def _cells(one: Meeting) -> list[tuple[str, Html]]:
    opens = tag("a", text(one.title), href=f"/findings?meeting={one.id}", class_="go row")
    return [
        ("会议", opens),
        ("召开单位", text(one.unit_name)),
        ("日期", text(f"{one.held_on:%Y-%m-%d}")),
        ("议题", text(f"{one.number} 件，已议定 {one.decided} 件")),
        ("状态", text(one.state)),
    ]


def draw(who: Principal) -> None:
    """The list, and for a district the form to call one."""
    found = meetings.listed(who)
    with st.container(key="card-meetings"):
        st.html(tables.head("联席会议", "议程取自“待联席会议”的问题，议定即派单"))
        if found:
            st.html(tables.rows("meetings", "联席会议", [_cells(one) for one in found]))
        else:
            notice.empty("还没有联席会议", "由区县召开；提请联席会议的问题自动列入议程。")
    if who.unit.level == "district" and permissions.allowed(who, CALL):
        with st.container(key="card-meeting-new"):
            st.html(tables.head("召集会议"))
            _call(who)


def _call(who: Principal) -> None:
    with st.container(key="meetingline", horizontal=True, vertical_alignment="bottom"):
        title = st.text_input("会议名称", key="meeting_title", max_chars=60,
                              autocomplete="off", width=320)  # fmt: skip
        day = st.date_input("日期", value=states.today(), key="meeting_day",
                            format="YYYY-MM-DD", width=150)  # fmt: skip
        place = st.text_input("地点", key="meeting_place", max_chars=60, autocomplete="off",
                              width=240)  # fmt: skip
    attending = st.text_input("参加单位和人员", key="meeting_attending", max_chars=200,
                              autocomplete="off")  # fmt: skip
    if not st.button("召集并生成议程", type="primary", key="meeting_call"):
        return
    try:
        made = meetings.call(who, title=title or "", held_on=day, place=place or "",
                             attending=attending or "")  # fmt: skip
    except FlowError as problem:
        notice.error("没有召集", problem.message)
        return
    go("findings", meeting=str(made))


# -- one of them ----------------------------------------------------------------------------------


def _paper(who: Principal, one: Meeting, what: str, write: Callable[[Meeting], bytes]) -> None:
    def made() -> bytes:
        paperwork.export(who, "minutes", {"title": one.title, "form": what})
        return write(one)

    st.download_button(f"下载{what}", made, papers.file_name(f"{one.title}{what}", ".docx"),
                       papers.MEDIA_TYPE, key=f"meeting_{what}", on_click="ignore")  # fmt: skip


@guarded(CALL)
def _refresh(who: Principal, one: Meeting) -> None:
    _do(lambda: meetings.refresh(who, one.id))


@guarded(CALL)
def _close(who: Principal, one: Meeting) -> None:
    _do(lambda: meetings.close(who, one.id))


def _do(work: Callable[[], None]) -> None:
    try:
        work()
    except FlowError as problem:
        st.session_state[_TOLD] = problem.message


def _item(place: int, one: Item) -> None:
    head = tag("b", text(f"{place}. {one.title}")) + " " + tag(
        "span", text(f"{one.number} · {one.region_name} · {one.state}"), class_="quiet"
    )  # fmt: skip
    st.html(tag("p", head))
    if one.outcome:
        led = f"（{one.lead_name}牵头" if one.lead_name else ""
        led += f"，{'、'.join(one.help_names)}配合" if one.help_names else ""
        led += "）" if led else ""
        until = f"，{one.until:%Y-%m-%d} 前办结" if one.until else ""
        st.html(look.passage(one.outcome, f"{one.decision}{led}{until}"))
    elif not one.waits:
        st.html(tag("p", "会前已另行处理，不再议定", class_="default"))


def _decide(who: Principal, meeting: Meeting) -> None:
    waiting = {str(one.finding_id): one for one in meeting.items if one.waits}
    if not waiting:
        return
    st.html(tables.head("记录议定", text(f"还有 {len(waiting)} 件待议")))
    given = st.selectbox("议题", list(waiting), key=f"item-{meeting.id}", filter_mode=None,
                         format_func=lambda one: waiting[one].title)  # fmt: skip
    one = waiting[given]
    outcome = st.radio("议定结果", OUTCOMES, horizontal=True, key=f"outcome-{one.finding_id}")
    paper = draft.paper(who, CALL, str(one.finding_id), f"会议议定：{one.title}")
    words = paper.text_area("议定意见", "decision", max_chars=MOST["reason"], height=80)
    lead, helping, until = "", [], None
    if outcome == OUTCOMES[0]:
        code = meeting.region_code
        lead = findingopened.unit_field(who, one.region_code, "unit", "牵头单位",
                                        f"lead-{code}-{one.finding_id}")  # fmt: skip
        helping = findingopened.unit_field(who, one.region_code, "units", "配合单位",
                                           f"help-{code}-{one.finding_id}")  # fmt: skip
        until = st.date_input("办结期限（可不填）", value=None, min_value=states.today(),
                              key=f"until-{one.finding_id}", format="YYYY-MM-DD",
                              width=260)  # fmt: skip
    if not st.button("记录并派出", type="primary", key="meeting_decide"):
        return
    try:
        meetings.decide(who, meeting.id, one.finding_id, outcome, decision=words,
                        lead=lead or "", helping=helping, until=until)  # fmt: skip
    except FlowError as problem:
        findingopened.not_done(problem)
        return
    paper.done()
    st.rerun()


@guarded(VIEW)
def _body(who: Principal, meeting_id: str) -> None:
    one = meetings.opened(who, findingopened.uuid_of(meeting_id))
    mine = permissions.allowed(who, CALL) and one.region_code == who.unit.region_code
    with st.container(key="card-meeting"):
        st.html(tables.head(one.title, text(f"{one.unit_name} · {one.state}")))
        with notice.place():
            if told := st.session_state.pop(_TOLD, None):
                notice.error("没有办理", told)
        st.html(look.facts([("日期", text(f"{one.held_on:%Y-%m-%d}")), ("地点", text(one.place)),
                            ("参加", text(one.attending))]))  # fmt: skip
        if not one.items:
            notice.empty("议程上没有问题", "提请联席会议的问题会列入；有新提请的可点“更新议程”。")
        for place, item in enumerate(one.items, 1):
            _item(place, item)
        if mine and one.state != meetings.OVER:
            _decide(who, one)
        with st.container(key="meetingbuttons", horizontal=True):
            _paper(who, one, "议程", paperwork.agenda_docx)
            _paper(who, one, "纪要", paperwork.minutes_docx)
            if mine and one.state != meetings.OVER:
                st.button("更新议程", key="meeting_refresh", on_click=_refresh, args=(one,))
                st.button("结束会议", key="meeting_close", on_click=_close, args=(one,))
            if st.button("返回未诉先办", key="meeting_list"):
                go("findings")


def card(who: Principal, meeting_id: str) -> None:
    """The card of one meeting."""
    meetings.opened(who, findingopened.uuid_of(meeting_id))
    st.fragment(_body)(meeting_id)
