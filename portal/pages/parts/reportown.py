"""自组报表: choose measures, rows and what they are compared with; look, keep it, share it."""

import streamlit as st

from auth import permissions
from auth.permissions import Denied
from auth.principal import Principal
from portal import wiring
from portal.functions.reports import NoSuchReport, export, shared, sketch, xlsx
from portal.functions.reports.sketch import BadSketch, Sketch
from portal.look import notice, reports, tables
from portal.pages.guards import guarded
from portal.pages.parts import memory

PERMISSION = "reports.view"
_SHOWN, _SAID = "own_shown", "own_said"
NAME, MEASURES, ROWS, COMPARES, KEPT, REACHES, SHARED = (
    f"own_{one}" for one in ("name", "measures", "rows", "compares", "kept", "reaches", "shared")
)
_MINE = ""


def draw(who: Principal, region: str, period: str) -> None:
    """The form, closed until it is wanted, and below it what was put together."""
    with st.expander("自组报表：选指标、行和比较，不写代码", key="report-own"):
        _kept(who)
        _offered(who)
        _form(who)
    said = memory.recall(who, _SAID)
    if said is not None:
        memory.keep(who, _SAID, None)
        (notice.hint if said[0] else notice.error)(*said[1:])
    if (shown := on_show(who)) is not None:
        _preview(who, shown, region, period)


def on_show(who: Principal) -> Sketch | None:
    """What was put together and is looked at now."""
    shown = memory.recall(who, _SHOWN)
    return shown if isinstance(shown, Sketch) else None


def _form(who: Principal) -> None:
    named = sketch.choices(wiring.app().reports, who)
    st.multiselect("指标", list(named), key=MEASURES, format_func=named.__getitem__,
                   max_selections=sketch.MOST_MEASURES, placeholder="输入或选择指标")  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("行", list(sketch.ROWS), key=ROWS, filter_mode=None, width=150,
                     format_func=sketch.ROWS.__getitem__)  # fmt: skip
        st.multiselect("比较", list(sketch.COMPARES), key=COMPARES, width=260,
                       format_func=sketch.COMPARES.__getitem__, placeholder="不比较")  # fmt: skip
        st.text_input("报表名称", key=NAME, max_chars=20, width=220)
        if permissions.allowed(who, shared.SHARE, who.unit.region_code):
            named = {_MINE: "只本人可见", **shared.REACHES}
            st.selectbox("谁可以看", list(named), key=REACHES, filter_mode=None, width=170,
                         format_func=named.__getitem__)  # fmt: skip
        st.button("预览", key="own_look", on_click=_look)
        st.button("保存", key="own_keep", on_click=_keep)


def _kept(who: Principal) -> None:
    found = sketch.kept(who)
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("已保存的", list(found), key=KEPT, filter_mode=None, width=260)
        st.button("打开", key="own_open", on_click=_open)
        st.button("删除", key="own_drop", on_click=_drop)


def _offered(who: Principal) -> None:
    """What the own level and those above shared."""
    found = shared.offered(who)
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("共享的", list(found), key=SHARED, filter_mode=None, width=360,
                              format_func=lambda one: found[one].words)  # fmt: skip
        st.button("打开", key="own_open_shared", on_click=_open_shared)
        if chosen is not None and found[chosen].mine:
            st.button("撤回", key="own_withdraw", on_click=_withdraw)


def _chosen() -> Sketch:
    held = st.session_state
    return Sketch(
        name=str(held.get(NAME) or "自组报表"),
        measures=tuple(held.get(MEASURES) or ()),
        rows=held.get(ROWS) or "places",
        compares=tuple(held.get(COMPARES) or ()),
    )


@guarded(PERMISSION)
def _look(who: Principal) -> None:
    chosen = _chosen()
    try:
        sketch.template(chosen, wiring.app().reports.catalogue)
    except BadSketch as refusal:
        memory.keep(who, _SAID, (False, "没有生成", refusal.message))
        return
    memory.keep(who, _SHOWN, chosen)


@guarded(PERMISSION)
def _keep(who: Principal) -> None:
    chosen = _chosen()
    reaches = str(st.session_state.get(REACHES) or _MINE)
    try:
        if reaches == _MINE:
            sketch.keep(wiring.app().reports, who, chosen)
        else:
            shared.share(wiring.app().reports, who, chosen, reaches)
    except (BadSketch, Denied) as refusal:
        memory.keep(who, _SAID, (False, "没有保存", refusal.message))
        return
    memory.keep(who, _SHOWN, chosen)
    if reaches == _MINE:
        said = (True, "已保存", "只有本人在本岗位可见，可随时打开或删除。")
    else:
        said = (True, f"已共享：{shared.REACHES[reaches]}",
                "共享的是选法，每个岗位只看到本岗位范围的数；本级有权限的岗位可撤回。")  # fmt: skip
    memory.keep(who, _SAID, said)


@guarded(PERMISSION)
def _open_shared(who: Principal) -> None:
    found = shared.offered(who).get(str(st.session_state.get(SHARED)))
    if found is None:
        memory.keep(who, _SAID, (False, "没有打开", shared.GONE))
        return
    memory.keep(who, _SHOWN, found.sketch)


@guarded(PERMISSION)
def _withdraw(who: Principal) -> None:
    try:
        shared.withdraw(who, str(st.session_state.get(SHARED)))
    except (BadSketch, Denied) as refusal:
        memory.keep(who, _SAID, (False, "没有撤回", refusal.message))
        return
    memory.keep(who, _SHOWN, None)
    memory.keep(who, _SAID, (True, "已撤回", "本级和下级不再看到这张报表。"))


@guarded(PERMISSION)
def _open(who: Principal) -> None:
    found = sketch.kept(who).get(str(st.session_state.get(KEPT)))
    if found is not None:
        memory.keep(who, _SHOWN, found)


@guarded(PERMISSION)
def _drop(who: Principal) -> None:
    sketch.drop(who, str(st.session_state.get(KEPT)))
    memory.keep(who, _SHOWN, None)


def _preview(who: Principal, shown: Sketch, region: str, period: str) -> None:
    function = wiring.app().reports
    try:
        made = sketch.template(shown, function.catalogue)
        report = function.of_template(who, made, region, period)
    except (BadSketch, Denied, NoSuchReport) as refusal:
        notice.error("没有生成", refusal.message)
        return

    def file() -> bytes:
        export(who, report, "xlsx")
        return xlsx.write(report)

    with st.container(key="card-report-own"):
        st.html(tables.head(report.title, reports.stamp(report)) + reports.table(report))
        st.download_button("下载电子表格", file, xlsx.file_name(report), xlsx.MEDIA_TYPE,
                           key="own_file", on_click="ignore")  # fmt: skip
        st.html(reports.notes(report))
