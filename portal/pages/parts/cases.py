"""在办事项: the open cases of one's unit, each with the one button that opens the dossier."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.matters.queries import Case, open_cases
from portal.functions import city
from portal.look import notice, states, tables
from portal.look.markup import Html, tag, text
from portal.pages.going import go
from portal.pages.guards import guarded
from portal.pages.parts import closing

PERMISSION = "records.open"
PER_PAGE = 14
_MOST = 200
_WIDTH = 104


def _due(due_on: date | None, today: date) -> Html:
    if due_on is None:
        return "不限时"
    if due_on < today:
        return tag("span", f"▲ 逾期 {due_on:%m-%d}", class_="due")
    return tag("span", f"{due_on:%m-%d}", class_="num")


def _cells(who: Principal, case: Case, today: date) -> list[tuple[str, Html]]:
    return [
        ("事项", tag("span", text(case.matter), title=case.matter)),
        ("编号", tag("span", text(case.number), class_="num")),
        ("当事人", text(case.subject_name_masked)),
        (
            "地点",
            tag("span", text(city.place_within(who, case.region_name)), title=case.region_name),
        ),
        ("时限", _due(case.due_on, today)),
        (
            "受理",
            tag("span", text(states.day(case.opened_at)), title=states.moment(case.opened_at)),
        ),
        ("来源", text(case.source)),
    ]


def _rows(who: Principal, cases: Sequence[Case]) -> None:
    today = states.today()
    with st.container(key="rows-cases", horizontal=True, wrap=False):
        st.html(tables.rows("cases", "在办事项", [_cells(who, one, today) for one in cases]))
        with st.container(key="acts-cases", width=_WIDTH):
            for one in cases:
                if st.button("打开一人一档", key=f"open-{one.id}", width="stretch"):
                    go("records", case=one.id)


@guarded(PERMISSION)
def _list(who: Principal) -> None:
    cases = open_cases(who, _MOST)
    pages = -(-len(cases) // PER_PAGE)
    more = "以上" if len(cases) == _MOST else ""
    mark = states.mock() + " " if any(one.simulated for one in cases) else ""
    st.html(tables.head("在办事项", f"{mark}共 {len(cases)} 件{more} · 时限近的在前"))
    if not cases:
        notice.empty(
            "本单位目前没有在办事项",
            "受理新事项后会自动出现在这里；暂无事项时，可查看业务系统状态和辖区概况。",
        )
        return
    page = st.session_state.get("cases_page", 1) if pages > 1 else 1
    _rows(who, cases[(page - 1) * PER_PAGE : page * PER_PAGE])
    if pages > 1:
        st.pagination(pages, key="cases_page")


def card(who: Principal) -> None:
    """The card of open cases; nothing for a post that opens no dossier."""
    closing.tell()
    if not permissions.allowed(who, PERMISSION):
        return
    with st.container(key="card-cases"):
        st.fragment(_list)()
