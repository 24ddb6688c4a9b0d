"""情况表, 日报告 and 十条措施 on the page."""

from datetime import date

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.findings import daily, figures, measures, paperwork
from portal.affairs.findings.daily import Daily
from portal.affairs.findings.figures import Figures
from portal.affairs.findings.rules import FindingError
from portal.functions import city
from portal.look import notice, states, tables
from portal.look.markup import Html, join, tag, text
from portal.pages.guards import guarded
from portal.store import papers, workbooks

_MEASURE_TOLD = "measure_told"


# -- the table ------------------------------------------------------------------------------------


def _days() -> tuple[date, date]:
    today = states.today()
    with st.container(key="tableline", horizontal=True, vertical_alignment="bottom"):
        starts = st.date_input("从", value=date(today.year, 1, 1), key="table_from",
                               format="YYYY-MM-DD", width=150)  # fmt: skip
        ends = st.date_input("到", value=today, key="table_to", format="YYYY-MM-DD",
                             width=150)  # fmt: skip
    return starts, ends


def table(who: Principal) -> None:
    """Found, solved, by way of solving; as .xlsx and .docx in one click."""
    with st.container(key="card-finding-table"):
        mark = states.mock() if city.simulated() else ""
        st.html(tables.head("情况表", mark))
        starts, ends = _days()
        try:
            made = figures.table(who, starts, ends)
        except FindingError as problem:
            notice.error("没有生成", problem.message)
            return
        columns = [tables.Column(head=head, kind="text" if place < 2 else "num")
                   for place, head in enumerate(paperwork.HEADS)]  # fmt: skip
        rows = [
            [_value(one) for one in paperwork.cells(line)] for line in (*made.lines, made.total)
        ]
        st.html(tables.table(made.title, columns, rows))
        st.html(join(tag("p", text(one), class_="default") for one in made.notes))
        _downloads(who, made)


def _value(value: str | int) -> Html:
    return text(value) if isinstance(value, str) else tables.number(value)


def _downloads(who: Principal, made: Figures) -> None:
    def docx() -> bytes:
        paperwork.export(who, "table", {"period": made.span, "form": "docx"})
        return paperwork.table_docx(who, made)

    def xlsx() -> bytes:
        paperwork.export(who, "table", {"period": made.span, "form": "xlsx"})
        return paperwork.table_xlsx(who, made)

    stem = f"{made.title}_{made.starts:%Y%m%d}-{made.ends:%Y%m%d}"
    with st.container(key="tablefiles", horizontal=True):
        st.download_button("下载电子表格", xlsx, papers.file_name(stem, ".xlsx"),
                           workbooks.MEDIA_TYPE, key="table_xlsx", on_click="ignore")  # fmt: skip
        st.download_button("下载文字稿", docx, papers.file_name(stem, ".docx"),
                           papers.MEDIA_TYPE, key="table_docx", on_click="ignore")  # fmt: skip


# -- the day's report -----------------------------------------------------------------------------


def daily_reports(who: Principal) -> None:
    """The reports, the latest first."""
    found = daily.listed(who)
    with st.container(key="card-finding-daily"):
        st.html(tables.head("问题日报告", "每日定时自动汇总；当日没有情况不生成，不搞零报告"))
        if not found:
            notice.empty("还没有日报告", "有新发现、上报、派单或解决的日子，到时自动生成。")
        for place, one in enumerate(found):
            _one_day(who, place, one)


def _one_day(who: Principal, place: int, one: Daily) -> None:
    def made() -> bytes:
        paperwork.export(who, "daily", {"period": str(one.day)})
        return paperwork.daily_docx(one.region_name, f"{one.day:%Y年%m月%d日}", one.content)

    with st.container(key=f"daily-{place}", horizontal=True, vertical_alignment="center"):
        words = f"{one.region_name} {one.day:%Y-%m-%d}：{one.content['summary']}"
        st.html(tag("span", text(words)))
        name = papers.file_name(f"{one.region_name}问题日报告_{one.day:%Y%m%d}", ".docx")
        key = f"daily_file-{one.unit_id}-{one.day}"
        st.download_button("下载", made, name, papers.MEDIA_TYPE, key=key, on_click="ignore")


# -- the measures ---------------------------------------------------------------------------------


def ten(who: Principal) -> None:
    """The measures with their owners and how far the own place is."""
    found = measures.listed(who)
    with st.container(key="card-measures"):
        st.html(tables.head("十条措施", text(f"条目为{city.default_note()}")))
        columns = [
            tables.Column(head="措施"),
            tables.Column(head="责任单位"),
            tables.Column(head="状态"),
            tables.Column(head="说明", kind="wrap"),
            tables.Column(head="填报"),
        ]
        rows = [
            [
                text(one.name), text(one.owner), text(one.state), text(one.words or "—"),
                text(f"{one.said_by} {states.moment(one.at)}" if one.at else "—"),
            ]
            for one in found
        ]  # fmt: skip
        st.html(tables.table("十条措施", columns, rows))
        if permissions.allowed(who, measures.SET):
            _say([(one.id, one.name) for one in found])


def _say(given: list[tuple[str, str]]) -> None:
    names = dict(given)
    with notice.place():
        if told := st.session_state.pop(_MEASURE_TOLD, None):
            notice.error("没有保存", told)
    with st.container(key="measureline", horizontal=True, vertical_alignment="bottom"):
        st.selectbox("措施", list(names), format_func=names.__getitem__, key="measure_id",
                     filter_mode=None, width=260)  # fmt: skip
        st.selectbox("状态", measures.states(), key="measure_state", filter_mode=None, width=120)
        st.text_input("说明", key="measure_words", max_chars=300, autocomplete="off", width=420)
        st.button("更新", key="measure_save", on_click=_save)


@guarded(measures.SET)
def _save(who: Principal) -> None:
    kept = st.session_state
    try:
        measures.say(who, kept["measure_id"], kept["measure_state"], kept["measure_words"] or "")
    except FindingError as problem:
        kept[_MEASURE_TOLD] = problem.message
        return
    kept["measure_words"] = ""
