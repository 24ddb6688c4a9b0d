"""Below a report: its files, and many reports as one file, made while one sees how far it is."""

from urllib.parse import urlencode

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.functions.reports import NoSuchReport, Report, batch
from portal.functions.reports.batch import Batch
from portal.look import notice
from portal.look.markup import join, tag
from portal.pages.guards import guarded
from portal.pages.parts import memory

PERMISSION = "reports.view"
_WANTED, _MADE = "parcel_wanted", "parcel_made"
ALL, BELOW = "all", "below"


def draw(who: Principal, report: Report) -> None:
    """The links, the two buttons, and what was made."""
    _links(report)
    with st.container(key="report-parcel", horizontal=True, vertical_alignment="center"):
        st.button("全部报表打包", key="parcel_all", on_click=_want, args=(ALL,))
        if report.below:
            st.button("本表及下级打包", key="parcel_below", on_click=_want, args=(BELOW,))
    _make(who, report)
    _offer(who, report)


def _links(report: Report) -> None:
    asked = urlencode({"region": report.region_code, "period": report.period, "view": report.view})
    links = [
        tag("a", words, href=f"/api/v1/reports/{report.template}.{ending}?{asked}",
            class_="download", download="")
        for words, ending in (("下载电子表格", "xlsx"), ("下载文字稿", "docx"))
    ]  # fmt: skip
    st.html(tag("div", join(links), class_="downloads"))


@guarded(PERMISSION)
def _want(who: Principal, kind: str) -> None:
    memory.keep(who, _WANTED, kind)
    memory.keep(who, _MADE, None)


def _batch(who: Principal, report: Report, kind: str) -> Batch:
    function = wiring.app().reports
    if kind == BELOW:
        return batch.of_places_below(
            function, who, report.template, report.region_code, report.period
        )
    return batch.of_region(function, who, report.region_code, report.period)


def _make(who: Principal, report: Report) -> None:
    kind = memory.recall(who, _WANTED)
    if kind not in (ALL, BELOW):
        return
    memory.keep(who, _WANTED, None)
    try:
        made = _batch(who, report, kind)
    except NoSuchReport as refusal:
        notice.error("没有打包", refusal.message)
        return
    whole = len(made.pieces)
    bar = st.progress(0.0, text=f"已生成 0 / 共 {whole} 张")
    for done in made:
        bar.progress(done / whole, text=f"已生成 {done} / 共 {whole} 张")
    bar.empty()
    memory.keep(who, _MADE, (report.region_code, report.period, made.name, made.content, whole))


def _offer(who: Principal, report: Report) -> None:
    """What was made stays until another place or period is shown."""
    made = memory.recall(who, _MADE)
    if made is None or made[:2] != (report.region_code, report.period):
        return
    _, _, name, content, whole = made
    notice.hint(f"已打包 {whole} 张报表", "包内“目录”列出每张报表及缺少的系统。")
    st.download_button("下载压缩包", content, f"{name}.zip", batch.MEDIA_TYPE,
                       key="parcel_file", on_click="ignore")  # fmt: skip
