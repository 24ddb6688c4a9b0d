"""The operator's board: every system in one line, alarms above, what was refused below."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.functions import city
from portal.functions.systems import FAULTS, PERMISSION, WINDOWS, Alarm, Board, Refusal
from portal.look import notice, states, tables
from portal.look import systems as look
from portal.look.markup import tag, text
from portal.pages.guards import guarded
from portal.pages.parts import jobsline

_WINDOW = "systems_window"
_LOOK_AGAIN_SECONDS = 15


def _chosen() -> str:
    kept = str(st.session_state.get(_WINDOW))
    return kept if kept in WINDOWS else "24 小时"


@guarded(PERMISSION)
def _seen(who: Principal, system_id: str, until: int) -> None:
    wiring.app().systems.acknowledge(who, system_id, until)


def alarm_words(one: Alarm) -> str:
    """An alarm in a line."""
    since, at = states.moment(one.since), states.moment(one.at)
    if one.kind == "恢复":
        return f"{one.name}：{at} 恢复（中断自 {since}）"
    return f"{one.name}：自 {since} 起中断，{FAULTS.get(one.fault, '其他故障')}"


def _alarms(found: Sequence[Alarm]) -> None:
    if not found:
        return
    with st.container(key="card-alarms"):
        st.html(tables.head("未确认的告警", "中断满时限告警一次，恢复告知一次"))
        for one in found[:8]:
            with st.container(
                key=f"alarm-{one.number}", horizontal=True, vertical_alignment="center"
            ):
                word = states.chip("故障" if one.kind == "中断" else "已返回", one.kind)
                st.html(word + " " + text(alarm_words(one)), width="stretch")
                st.button("知道了", key=f"seen-{one.number}", on_click=_seen,
                          args=(one.system_id, one.number))  # fmt: skip
        if len(found) > 8:
            st.html(
                tag("div", text(f"另有 {len(found) - 8} 条，确认后依次显示。"), class_="default")
            )


def refusals(found: Sequence[Refusal], title: str = "启动时未采用的接入清单") -> None:
    """What was left out at start, with file, line and reason."""
    if not found:
        return
    columns = (
        tables.Column(head="文件"),
        tables.Column(head="行", kind="num"),
        tables.Column(head="位置"),
        tables.Column(head="原因", kind="wrap"),
    )
    rows = [
        (text(one.file), text(one.line or "—"), text(one.key), text(one.reason)) for one in found
    ]
    with st.container(key="card-refused"):
        aside = "其余系统照常运行；改正后重新启动生效"
        st.html(tables.head(title, aside) + tables.table(title, columns, rows))


def _tally(board: Board) -> str:
    well = sum(one.state == "已返回" for one in board.rows)
    ill = sum(one.failing_since is not None for one in board.rows)
    off = sum(one.mode == "停用" for one in board.rows)
    return f"共 {len(board.rows)} 个，正常 {well}，故障 {ill}，停用 {off}"


def draw() -> None:
    """Draw the board; it is drawn anew by itself while it is looked at."""
    st.fragment(_board, run_every=_LOOK_AGAIN_SECONDS)()


@guarded(PERMISSION)
def _board(who: Principal) -> None:
    function = wiring.app().systems
    board, behind = function.board(who, _chosen()), function.background(who)
    with notice.place():
        jobsline.warn(behind)
    _alarms(board.alarms)
    _lines(board)
    refusals(board.refused)
    jobsline.card(behind)


def _lines(board: Board) -> None:
    with st.container(key="card-board"):
        with st.container(horizontal=True, vertical_alignment="center", key="board-head"):
            st.html(tables.head("业务系统运行情况", text(_tally(board))), width="stretch")
            st.segmented_control(
                "时间范围",
                list(WINDOWS),
                default=None if _WINDOW in st.session_state else "24 小时",
                key=_WINDOW,
                label_visibility="collapsed",
            )
            st.button("刷新", key="systems_again")
        if not board.rows:
            notice.empty("尚未接入业务系统", "请在城市包中登记业务系统并配置接入方式。")
            return
        st.html(look.board(board.rows))
        note = (
            f"数字取自调用记录，不含个人；半数、95% 的调用不超过所列用时。断路为本进程所见。"
            f"系统名称、质量规则、告警时限为{city.default_note()}。"
        )
        st.html(tag("div", text(note), class_="default"))
