"""后台任务 for whoever runs the platform: how they fare, and what stands still without them."""

import streamlit as st

from portal.functions.systems import Background, JobLine
from portal.look import notice, states, tables
from portal.look.markup import Html, text

# The word of a job's state, in the look of a state that everybody knows.
_LOOKS = {
    "正常": "已返回",
    "进行中": "办理中",
    "出错": "故障",
    "延误": "超期",
    "未到时间": "未检测",
    "停止": "故障",
}
KEPT = "页面照常可用，已提交的内容都已保存，恢复运行后自动补做。"
TO_DO = "请检查后台任务进程（命令 python -m portal jobs）及其日志。"


def warn(found: Background) -> None:
    """Say that nobody runs the jobs, since when, what stands still and what to do."""
    if not found.gone:
        return
    if found.last is None:
        notice.error("后台任务没有运行", f"还没有启动过后台任务。{KEPT}{TO_DO}")
        return
    still = f"其间暂停：{'、'.join(found.still)}。" if found.still else ""
    since = f"自{states.moment(found.last)} 起{found.how}。"
    notice.error("后台任务没有运行", f"{since}{still}{KEPT}{TO_DO}")


def card(found: Background) -> None:
    """Every kind of work with its last turn."""
    if not found.lines:
        return
    columns = (
        tables.Column(head="后台任务"),
        tables.Column(head="状态"),
        tables.Column(head="最近完成"),
    )
    rows = [(_work(one), _state(one), text(_last(one))) for one in found.lines]
    processes = f"运行中的进程 {found.runs} 个" if found.runs else "没有运行"
    aside = text(f"{processes}，最近一次报告 {states.moment(found.last)}")
    with st.container(key="card-jobs"):
        st.html(tables.head("后台任务", aside) + tables.table("后台任务", columns, rows))


def _work(one: JobLine) -> Html:
    systems = f"（{one.systems} 个系统）" if one.systems else ""
    return text(one.work + systems)


def _state(one: JobLine) -> Html:
    said = f"进行中，自{states.moment(one.since)} 起" if one.since else one.state
    return states.chip(_LOOKS[one.state], said)


def _last(one: JobLine) -> str:
    return states.moment(one.last) if one.last else "—"
