"""统一报表: a report of one's scope as table and chart, down to the community, and as a file."""

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from auth.permissions import Denied
from auth.principal import Principal
from portal import wiring
from portal.functions.reports import NoSuchReport, Report, Version
from portal.functions.reports.model import VIEWS, View
from portal.look import bars, charts, notice, reports, tables
from portal.look.markup import tag, text
from portal.pages.guards import guarded, require
from portal.pages.parts import (
    memory,
    periodlock,
    reportchoice,
    reportown,
    reportparcel,
    reportstanding,
)

PERMISSION = "reports.view"
_PLACE, _SENT, _VIEW = "report_place", "report_sent", "report_view"
NO_LINE = -1


@st.cache_data(max_entries=300, ttl=600, show_spinner=False)
def _built(
    _who: Principal,
    scope: tuple[str, ...],
    version: Version,
    template: str,
    region: str,
    period: str,
    view: View = "then",
    line: int = NO_LINE,
) -> Report:
    """One report per scope, rights, place, period and view, until the store learns something."""
    function = wiring.app().reports
    if line != NO_LINE:
        return function.of_line(_who, template, line, region, period, view)
    return function.build(_who, template, region, period, view=view)


@st.cache_resource(max_entries=300, show_spinner=False)
def _drawn(
    scope: tuple[str, ...],
    version: Version,
    template: str,
    region: str,
    period: str,
    view: View,
    line: int,
    _report: Report,
) -> tuple[str, go.Figure | None]:
    return reports.table(_report), _figure(_report)


def _figure(report: Report) -> go.Figure | None:
    names = [row.name for row in report.rows or (report.total,)]
    if not any(value for values in report.series.values() for value in values):
        return None
    return bars.stacked(names, report.series, unit=report.unit)


def _report(
    who: Principal, template: str, region: str, period: str, line: int = NO_LINE
) -> tuple[Report, Any, Any]:
    """The report with its table and figure; rights are asked before anything kept is used."""
    version = wiring.app().reports.version(who, region)
    shown = st.session_state.get(_VIEW)
    view: View = "now" if shown == VIEWS["now"] else "then"
    key = (who.prefixes, version, template, region, period, view, line)
    report = _built(who, *key)
    table, figure = _drawn(*key, report)
    return report, table, figure


@guarded(PERMISSION)
def _go(who: Principal, code: str) -> None:
    memory.keep(who, _PLACE, code)


def _place(who: Principal) -> str:
    """Where this tab is: where it went or was sent, else the top of the own scope."""
    sent = st.query_params.get("region")
    if sent is not None and sent != memory.recall(who, _SENT):
        memory.keep(who, _SENT, sent)
        memory.keep(who, _PLACE, sent)
    went = memory.recall(who, _PLACE)
    own = who.unit.region_code
    top = own if any(own.startswith(one) for one in who.prefixes) else next(iter(who.prefixes), own)
    return went if isinstance(went, str) else top


def _steps(report: Report) -> None:
    """Where one is (up again by a click), and the places one step further down."""
    with st.container(key="crumbs", horizontal=True, vertical_alignment="center"):
        for code, name in report.path[:-1]:
            st.button(name, key=f"up-{code}", on_click=_go, args=(code,), type="tertiary")
            st.html(tag("span", "›", class_="quiet", aria_hidden="true"), width="content")
        st.html(tag("b", text(report.path[-1][1])), width="content")


def _further(report: Report) -> None:
    if not report.below:
        return
    with st.container(key="places", horizontal=True, vertical_alignment="center"):
        st.html(tag("span", "进入下级：", class_="quiet"), width="content")
        for code, name in report.below:
            st.button(name, key=f"down-{code}", on_click=_go, args=(code,))


def _lines(report: Report) -> int:
    """Which line is wanted place by place; none where there is nothing below."""
    named = {row.line: row.name for row in report.rows if row.line is not None}
    if not named or not report.below:
        return NO_LINE
    chosen = st.selectbox(
        "按下级看哪一行",
        [NO_LINE, *named],
        key=f"line-{report.template}",
        format_func=lambda one: named.get(one, "不展开"),
        filter_mode=None,
        width=260,
    )
    return int(chosen)


def _draw(who: Principal, template: str, period: str) -> None:
    report, table, figure = _report(who, template, _place(who), period)
    with st.container(key="card-report"):
        st.html(tables.head(report.title, reports.stamp(report)))
        _steps(report)
        if report.changed:
            st.segmented_control("区划", list(VIEWS.values()), default=VIEWS[report.view],
                                 key=_VIEW, label_visibility="collapsed")  # fmt: skip
        if report.missing_words:
            notice.hint(report.missing_words, "对应的列显示“无数据”，合计不含这些系统。")
        st.html(table)
        line = _lines(report)
        _further(report)
        reportparcel.draw(who, report)
        periodlock.draw(who, report)
        periodlock.history(who, report)
    if line != NO_LINE:
        unfolded, places, _ = _report(who, template, report.region_code, period, line)
        with st.container(key="card-report-line"):
            st.html(tables.head(unfolded.title, reports.stamp(unfolded)) + places)
    if figure is not None:
        with st.container(key="card-report-chart"):
            st.html(tables.head("图", "不公布和无数据的不在图中"))
            charts.draw(figure, key="report_chart", alt=reports.alt(report))
    with st.container(key="card-report-notes"):
        st.html(tables.head("来源与说明") + reports.notes(report))


@guarded(PERMISSION)
def _body(who: Principal) -> None:
    chosen = reportchoice.choose(who)
    if chosen is None:
        return
    try:
        _draw(who, *chosen)
        reportown.draw(who, _place(who), chosen[1])
        reportstanding.draw(who, chosen[0])
    except (Denied, NoSuchReport) as refusal:
        memory.keep(who, _PLACE, None)
        notice.refusal(refusal.message)


def page() -> None:
    """Draw the page."""
    require(PERMISSION)
    st.fragment(_body)()
