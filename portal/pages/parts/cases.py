"""在办事项: the open cases of one's unit, each with the one link that opens the dossier."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.matters import rules
from portal.affairs.matters.queries import Case, open_cases
from portal.functions import city
from portal.look import notice, states, tables
from portal.look.markup import Html, tag, text
from portal.look.today import link
from portal.pages.parts import closing

PERMISSION = "records.open"
PER_PAGE = 14
MOST = 200


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
        ("办理", link("打开一人一档", f"/records?case={case.id}", look="open")),
    ]


def mine(who: Principal) -> tuple[Case, ...]:
    """The open cases of the own unit; none for a post that opens no dossier."""
    return open_cases(who, MOST) if permissions.allowed(who, PERMISSION) else ()


def _rows(who: Principal, cases: Sequence[Case]) -> Html:
    today = states.today()
    return tables.rows("cases", "在办事项", [_cells(who, one, today) for one in cases])


def _narrowed(cases: Sequence[Case], due: rules.Due | None) -> list[Case]:
    if due is None:
        return list(cases)
    today = states.today()
    return [one for one in cases if rules.due(one.due_on, today) == due]


def _head(cases: Sequence[Case], chosen: Sequence[Case], due: rules.Due | None) -> Html:
    more = "以上" if len(cases) == MOST else ""
    mark = states.mock() + " " if any(one.simulated for one in cases) else ""
    if due is None:
        return tables.head("在办事项", f"{mark}共 {len(cases)} 件{more} · 时限近的在前")
    every = link("显示全部", "/")
    return tables.head("在办事项", f"{mark}{due} {len(chosen)} 件 · {every}")


def _nothing(cases: Sequence[Case], due: rules.Due | None) -> Html:
    if cases:
        return notice.html("empty", f"没有{due}的事项", "点右上“显示全部”，查看其他在办事项。")
    return notice.html(
        "empty",
        "本单位目前没有在办事项",
        "受理新事项后会自动出现在这里；暂无事项时，可查看业务系统状态和辖区概况。",
    )


def _list(who: Principal, cases: Sequence[Case], due: rules.Due | None) -> None:
    """Head and rows are one element: what a click costs goes with the number of elements."""
    chosen = _narrowed(cases, due)
    head = _head(cases, chosen, due)
    if not chosen:
        st.html(head + _nothing(cases, due))
        return
    pages = -(-len(chosen) // PER_PAGE)
    page = min(st.session_state.get("cases_page", 1), pages) if pages > 1 else 1
    st.html(head + _rows(who, chosen[(page - 1) * PER_PAGE : page * PER_PAGE]))
    if pages > 1:
        st.pagination(pages, key="cases_page")


def card(who: Principal, cases: Sequence[Case], due: rules.Due | None = None) -> None:
    """The card of open cases; nothing for a post that opens no dossier."""
    closing.tell()
    if not permissions.allowed(who, PERMISSION):
        return
    with st.container(key="card-cases"):
        _list(who, cases, due)
