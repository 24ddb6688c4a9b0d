"""The inbox as a page shows it: boxes with counts, filters, one table, and a button per task."""

from collections.abc import Sequence
from datetime import timedelta

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.functions import city
from portal.functions.tasks import BOXES, Box, Filters, Inbox, Source, TaskRow, Trouble
from portal.look import notice, states, tables
from portal.look.markup import Html, join, tag, text
from portal.pages.going import go
from portal.pages.guards import guarded
from portal.pages.parts import memory, redraw, taskbatch
from portal.store import clock

PERMISSION = "tasks.view"
_BOX, _LINK, _SEEN = "tasks_box", "tasks_link", "tasks_seen"
_FRAGMENT = "tasks_list"
_LINKED: dict[str, Box] = {"unread": "待阅"}
_WIDTH = 72
_LOOK_AGAIN_SECONDS = 5.0
_DRAW_ANYWAY = timedelta(seconds=60)
_FILTERS = ("tasks_system", "tasks_kind", "tasks_due", "tasks_region")
_DUE = ("", "逾期", "今天到期", "七天内到期")
_EMPTY: dict[Box, tuple[str, str]] = {
    "待办": (
        "目前没有待办任务",
        "各系统派来的任务每分钟更新一次，自动出现在这里。",
    ),
    "待阅": ("目前没有待阅事项", "各系统的通知会自动出现在这里。"),
    "已办": ("还没有已办任务", "在“待办”中办结的任务，对方系统确认后列在这里。"),
    "我发起": ("您还没有提交过办理", "在“待办”中打开任务并办结后，这里显示它送到了哪一步。"),
}

_TROUBLE = {
    True: ("发送滞留", "所填内容已保留，可重新发送或撤回。"),
    False: ("被对方系统退回", "请打开任务查看，按原因处理。"),
}


def _due(row: TaskRow) -> Html:
    if row.due_on is None:
        return "不限时"
    if row.overdue:
        return tag("span", f"▲ 逾期 {row.due_on:%m-%d}", class_="due")
    return tag("span", f"{row.due_on:%m-%d}", class_="num")


def cells(who: Principal, row: TaskRow) -> list[tuple[str, Html]]:
    """One task as a row of a table."""
    place = city.place_within(who, row.region_name)
    return [
        ("任务", tag("span", text(row.title), title=row.title)),
        ("来源", tag("span", text(row.system_name), title=row.system_name)),
        ("类型", text(row.kind)),
        ("当事人", text(row.person or "—")),
        ("地点", tag("span", text(place), title=row.region_name)),
        ("时限", _due(row)),
        ("状态", states.chip(row.state)),
    ]


@guarded(PERMISSION)
def _choose(who: Principal, box: Box) -> None:
    memory.keep(who, _BOX, box)
    st.session_state.pop("tasks_page", None)


def _box(who: Principal) -> Box:
    kept = memory.recall(who, _BOX)
    return next((one for one in BOXES if one == kept), "待办")


def begin(who: Principal, named: str) -> None:
    """The box that a link names, until another is chosen."""
    box = _LINKED.get(named)
    if box is not None and memory.recall(who, _LINK) != named:
        memory.keep(who, _BOX, box)
    memory.keep(who, _LINK, named or None)


@guarded(PERMISSION)
def _narrowed(who: Principal, key: str) -> None:
    """A filter was changed: it is kept while one is signed in, and the first page is shown."""
    memory.keep(who, key, st.session_state.get(key) or None)
    st.session_state.pop("tasks_page", None)


def _restore(who: Principal) -> None:
    """The filters as they were left: a widget forgets when another page is drawn."""
    for key in _FILTERS:
        if key not in st.session_state and (kept := memory.recall(who, key)):
            st.session_state[key] = kept


def _select(label: str, options: dict[str, str], key: str) -> str:
    chosen = st.selectbox(
        label,
        list(options),
        format_func=lambda one: options.get(one, one),
        key=key,
        label_visibility="collapsed",
        filter_mode=None,
        on_change=_narrowed,
        args=(key,),
        width=168,
    )
    return chosen or ""


def _filters(who: Principal, kinds: Sequence[str]) -> None:
    function = wiring.app().tasks
    systems = {one.id: one.name for one in function.systems(who).values()}
    _select("来源", {"": "全部来源", **systems}, "tasks_system")
    _select("类型", {"": "全部类型", **{one: one for one in kinds}}, "tasks_kind")
    _select("时限", {"": "全部时限", **{one: one for one in _DUE if one}}, "tasks_due")
    places = dict(function.places(who))
    if places:
        _select("地点", {"": "全部地点", **places}, "tasks_region")


def _chosen() -> Filters:
    """The filters as the widgets hold them; what was never drawn filters nothing."""
    held = st.session_state
    due = next((one for one in _DUE if one == held.get("tasks_due")), "")
    return Filters(
        system_id=held.get("tasks_system") or "",
        kind=held.get("tasks_kind") or "",
        due=due,  # type: ignore[arg-type]
        region=held.get("tasks_region") or "",
    )


def _boxes(inbox: Inbox) -> None:
    for box in BOXES:
        st.button(
            f"{box} {inbox.counts[box]}",
            key=f"box-{BOXES.index(box)}",
            type="primary" if box == inbox.box else "secondary",
            on_click=_choose,
            args=(box,),
        )


def _sources(sources: Sequence[Source]) -> Html:
    """From when each system's tasks are."""
    pieces = [
        tag("span", f"{text(one.name)} 数据时间 {text(states.moment(one.as_of))}")
        for one in sources
        if one.as_of is not None
    ]
    return tag("div", join(pieces), class_="about sources") if pieces else ""


def _troubles(troubles: Sequence[Trouble]) -> None:
    """What became of one's own commands that needs a look, before everything else."""
    for one in troubles[:3]:
        with st.container(key=f"trouble-{one.entry_id}", horizontal=True, wrap=False):
            told = f"{one.system_name}：{one.reason}。" if one.reason else f"{one.system_name}。"
            kept = (
                "所填内容已保留，可重新发送或撤回。"
                if one.stuck
                else "任务已退回待办，请修改后重新办理。"
            )
            title = f"“{one.title}”{'发送滞留' if one.stuck else '被对方系统退回'}"
            st.html(notice.html("error", title, told + kept), width="stretch")
            if st.button("查看", key=f"look-{one.entry_id}"):
                go("tasks", task=one.task_id)


def _rows(who: Principal, rows: Sequence[TaskRow]) -> None:
    with st.container(key="rows-tasks", horizontal=True, wrap=False):
        st.html(tables.rows("tasks", "任务", [cells(who, one) for one in rows]))
        with st.container(key="acts-tasks", width=_WIDTH):
            for one in rows:
                if taskbatch.on(who):
                    taskbatch.pick(who, one)
                    continue
                label = "办理" if one.state in ("待办", "待阅") else "查看"
                # By the task alone: a click is not lost when the list moves under the finger.
                if st.button(label, key=f"task-{one.id}", width="stretch"):
                    go("tasks", task=one.id)


@guarded(PERMISSION)
def _list(who: Principal) -> None:
    _restore(who)
    # Before the list is read: what moves meanwhile is seen at the next look.
    memory.keep(who, _SEEN, (wiring.app().tasks.stamp(who), clock.now()))
    box = _box(who)
    page = int(st.session_state.get("tasks_page") or 1)
    inbox = wiring.app().tasks.inbox(who, box, _chosen(), page)
    late = f" · 逾期 {inbox.overdue} 件" if inbox.overdue and box == "待办" else ""
    mark = states.mock() + " " if any(one.simulated for one in inbox.rows) else ""
    aside = f"{mark}共 {inbox.counts[box]} 件{late} · 时限近的在前"
    st.html(tables.head("统一办理", aside))
    with notice.place():
        _troubles(inbox.troubles)
        if inbox.missing:
            notice.hint(inbox.missing, "其他系统的任务照常办理；恢复后自动补齐。")
    with st.container(key="taskbar", horizontal=True, vertical_alignment="center"):
        _boxes(inbox)
        _filters(who, inbox.kinds)
        taskbatch.switch(who, inbox.rows)
    taskbatch.bar(who, inbox.rows)
    if inbox.rows:
        _rows(who, inbox.rows)
    elif _chosen() != Filters() or page > 1:
        notice.empty("没有符合条件的任务", "请放宽上方的来源、类型、时限或地点。")
    else:
        notice.empty(*_EMPTY[box])
    if inbox.pages > 1:
        st.pagination(inbox.pages, key="tasks_page")
    st.html(_sources(inbox.sources) or tag("div", "", class_="about"))


@guarded(PERMISSION)
def _watch(who: Principal) -> None:
    """Looks again by itself: at the mark of what moved, and at the list only when it did.

    Now and then the list is drawn anyway, so that the times beside the systems go on.
    """
    seen, drawn_at = memory.recall(who, _SEEN) or ("", clock.now())
    old = clock.now() - drawn_at >= _DRAW_ANYWAY
    if old or wiring.app().tasks.stamp(who) != seen:
        redraw.fragment(_FRAGMENT)


def card() -> None:
    """The card of the inbox; what changes in it shows by itself."""
    with st.container(key="card-tasks"):
        st.fragment(_list, key=_FRAGMENT)()
        st.fragment(_watch, run_every=_LOOK_AGAIN_SECONDS)()
