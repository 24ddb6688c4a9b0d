"""统一报表: a report of one's scope as table and chart, down to the community, and as a file."""

from typing import Any
from urllib.parse import urlencode

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
from portal.pages.parts import memory, periodlock

PERMISSION = "reports.view"
_PLACE, _SENT, _VIEW = "report_place", "report_sent", "report_view"


@st.cache_data(max_entries=300, ttl=600, show_spinner=False)
def _built(
    _who: Principal,
    scope: tuple[str, ...],
    version: Version,
    template: str,
    region: str,
    period: str,
    view: View,
) -> Report:
    """One report per scope, rights, place, period and view, until the store learns something."""
    return wiring.app().reports.build(_who, template, region, period, view=view)


@st.cache_resource(max_entries=300, show_spinner=False)
def _drawn(
    scope: tuple[str, ...],
    version: Version,
    template: str,
    region: str,
    period: str,
    view: View,
    _report: Report,
) -> tuple[str, go.Figure | None]:
    return reports.table(_report), _figure(_report)


def _figure(report: Report) -> go.Figure | None:
    names = [row.name for row in report.rows or (report.total,)]
    if not any(value for values in report.series.values() for value in values):
        return None
    return bars.stacked(names, report.series, unit="人")


def _report(who: Principal, template: str, region: str, period: str) -> tuple[Report, Any, Any]:
    """The report with its table and figure; rights are asked before anything kept is used."""
    version = wiring.app().reports.version(who, region)
    shown = st.session_state.get(_VIEW)
    view: View = "now" if shown == VIEWS["now"] else "then"
    key = (who.prefixes, version, template, region, period, view)
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


def _choose(who: Principal) -> tuple[str, str] | None:
    function = wiring.app().reports
    templates = {one.id: one for one in function.templates(who)}
    if not templates:
        return None
    left, right, _ = st.columns([0.34, 0.2, 0.46], gap="small")
    with left:
        template = st.selectbox(
            "报表",
            list(templates),
            format_func=lambda one: templates[one].name,
            key="report_template",
            filter_mode=None,
        )
    with right:
        period = st.selectbox(
            "统计期",
            function.periods(who),
            format_func=reports.month,
            key="report_period",
            filter_mode=None,
        )
    return template, period


def _steps(report: Report) -> None:
    """Where one is (up again by a click), and the places one step further down."""
    with st.container(key="crumbs", horizontal=True, vertical_alignment="center"):
        for code, name in report.path[:-1]:
            st.button(name, key=f"up-{code}", on_click=_go, args=(code,), type="tertiary")
            st.html(tag("span", "›", class_="quiet", aria_hidden="true"), width="content")
        st.html(tag("b", text(report.path[-1][1])), width="content")


def _further(report: Report) -> None:
    below = [row for row in report.rows if row.code is not None]
    if not below:
        return
    with st.container(key="places", horizontal=True, vertical_alignment="center"):
        st.html(tag("span", "进入下级：", class_="quiet"), width="content")
        for row in below:
            st.button(row.name, key=f"down-{row.code}", on_click=_go, args=(row.code,))


def _download(report: Report) -> None:
    asked = urlencode({"region": report.region_code, "period": report.period, "view": report.view})
    address = f"/api/v1/reports/{report.template}.xlsx?{asked}"
    st.html(tag("a", "下载电子表格", href=address, class_="download", download=""))


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
        _further(report)
        _download(report)
        periodlock.draw(who, report)
        periodlock.history(who, report)
    if figure is not None:
        with st.container(key="card-report-chart"):
            st.html(tables.head("年龄结构", "不公布和无数据的不在图中"))
            charts.draw(figure, key="report_chart", alt=reports.alt(report))
    with st.container(key="card-report-notes"):
        st.html(tables.head("来源与说明") + reports.notes(report))


@guarded(PERMISSION)
def _body(who: Principal) -> None:
    chosen = _choose(who)
    if chosen is None:
        notice.empty("还没有报表", "请在城市包的 reports.toml 中设置报表。")
        return
    try:
        _draw(who, *chosen)
    except (Denied, NoSuchReport) as refusal:
        memory.keep(who, _PLACE, None)
        notice.refusal(refusal.message)


def page() -> None:
    """Draw the page."""
    require(PERMISSION)
    st.fragment(_body)()
