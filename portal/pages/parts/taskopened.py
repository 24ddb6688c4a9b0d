"""One task opened: what it is, the form to finish it, where the command is, what happened."""

from dataclasses import dataclass, replace

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal import wiring
from portal.connectors.contract import FormField, TaskAction
from portal.functions.tasks import Entry, OpenedTask, TaskError
from portal.look import notice, states, tables
from portal.look.markup import Html, join, tag, text
from portal.pages.going import go
from portal.pages.guards import guarded
from portal.pages.parts import memory, redraw

PERMISSION, ACT, RECORDS = "tasks.view", "tasks.act", "records.open"
_POLL_SECONDS = 1.0
_LOOK_AGAIN_SECONDS = 5.0
_TOLD, _SHOWN = "task_told", "task_shown"
_CHANGES, _HISTORY = "task_changes", "task_history"  # the pieces beside the task
_ONE_LINE = 60
_ON_THE_WAY = {
    "待发送": "已提交，正在发送给对方系统",
    "发送中": "已提交，正在发送给对方系统",
    "已送达": "已送达，等待对方系统确认",
}


def _item(name: str, value: Html) -> Html:
    return tag("div", tag("dt", text(name)) + tag("dd", value))


def _about(opened: OpenedTask) -> Html:
    row = opened.row
    late = "（已逾期）" if row.overdue else ""
    items = [
        _item("来源", text(row.system_name)),
        _item("类型", text(row.kind)),
        _item("当事人", text(row.person or "—")),
        _item("地点", text(row.region_name)),
        _item("时限", text(f"{row.due_on:%Y-%m-%d}{late}" if row.due_on else "不限时")),
        _item("状态", states.chip(row.state)),
    ]
    if row.state == "已办":
        items += [_item("办理人", text(row.handler or "未提供"))]
        items += [_item("结果", text(opened.result))] if opened.result else []
    items += [_item(name, text(value)) for name, value in opened.details if not _long(value)]
    letters = [tag("div", text(value), class_="letter") for _, value in opened.details
               if _long(value)]  # fmt: skip
    return tag("dl", join(items), class_="person") + join(letters)


def _long(value: str) -> bool:
    """What is read in paragraphs, not beside its name."""
    return "\n" in value or len(value) > _ONE_LINE


# -- the form -----------------------------------------------------------------------------------


def field(task_id: str, one: FormField) -> str | None:
    """One field of an action's form; gives what was filled in."""
    key = f"form-{task_id}-{one.name}"
    label = f"{one.label}（必填）" if one.required else one.label
    if one.kind == "choice":
        return st.radio(
            label,
            list(one.choices),
            index=None,
            format_func=lambda value: one.choices[value],
            horizontal=True,
            key=key,
        )
    return st.text_area(label, key=key, max_chars=one.most, height=80, width=680)


def _form(who: Principal, opened: OpenedTask, action: TaskAction) -> None:
    row = opened.row
    given = {one.name: field(row.id, one) for one in action.form}
    if not st.button(action.label, type="primary", key=f"act-{action.id}"):
        return
    try:
        wiring.app().tasks.act(who, row.id, action.id, given, row.version)
    except TaskError as problem:
        notice.error("没有提交", problem.message)
        return
    st.rerun()


# -- the command --------------------------------------------------------------------------------


@guarded(ACT)
def _resend(who: Principal, entry_id: str) -> None:
    try:
        wiring.app().tasks.resend(who, entry_id)
    except TaskError as problem:
        st.session_state[_TOLD] = problem.message


@guarded(ACT)
def _withdraw(who: Principal, entry_id: str) -> None:
    try:
        wiring.app().tasks.withdraw(who, entry_id)
    except TaskError as problem:
        st.session_state[_TOLD] = problem.message


def _stuck(entry: Entry) -> None:
    why = f"{entry.reason}。" if entry.reason else ""
    tried = f"已尝试 {entry.attempts} 次，所填内容已保留。"
    notice.error("发送滞留", f"{why}{tried}可重新发送，或撤回后重新办理。")
    if not entry.may_change:
        return
    with st.container(key="stuck", horizontal=True):
        st.button("重新发送", type="primary", key="resend", on_click=_resend, args=(entry.id,))
        st.button("撤回办理", key="withdraw", on_click=_withdraw, args=(entry.id,))


def _command(entry: Entry, opened: OpenedTask) -> None:
    """Where the newest command is, if that is still news."""
    with notice.place():
        if told := st.session_state.pop(_TOLD, None):
            notice.error("没有改动", told)
    if entry.state == "滞留":
        _stuck(entry)
    elif entry.state == "被拒绝":
        what = "任务已退回待办，请按原因修改后重新办理。"
        if opened.row.state == "已办":
            what = "任务已在对方系统办结，您的办理未采用。"
        notice.error("对方系统未接受本次办理", f"{entry.reason}。{what}")
    elif opened.row.state == "办理中":
        tries = ""
        if entry.attempts and entry.state != "已送达":
            why = entry.reason or "正在等待应答"
            tries = f"已尝试 {entry.attempts} 次；{why}，平台会自动重发，不会重复办理。"
        who = f"{entry.actor_name} 于{states.moment(entry.created_at)}提交“{entry.label}”。"
        notice.hint(_ON_THE_WAY.get(entry.state, "办理中"), who + tries)


def _messages(who: Principal, opened: OpenedTask) -> None:
    """Which cadre was told of an urgent task, by which way, and whether it arrived."""
    for one in wiring.app().messages.about(who, opened.row.id):
        why = f"（{one.reason}）" if one.reason else ""
        mark = states.mock() + " " if one.simulated else ""
        words = f"{one.channel}告知{one.step} {one.person}，{states.moment(one.at)}{why} "
        st.html(tag("div", mark + text(words) + states.chip(one.state), class_="told"))


# -- the rest -----------------------------------------------------------------------------------


@guarded(PERMISSION)
def _past(who: Principal, task_id: str, first: list[OpenedTask]) -> None:
    opened = _opened(who, task_id, first)
    if isinstance(shown := memory.recall(who, _SHOWN), _Shown):
        shown.past = True
    columns = (
        tables.Column(head="时间"),
        tables.Column(head="来自"),
        tables.Column(head="办理人"),
        tables.Column(head="内容", kind="wrap"),
    )
    rows = [
        (
            text(states.moment(one.at)),
            text(one.source if one.source == "平台" else opened.row.system_name),
            text(one.actor or "—"),
            text(one.words),
        )
        for one in opened.history
    ]
    st.html(tables.head("办理经过", "本平台与对方系统的记录，新的在前"))
    if rows:
        st.html(tables.table("办理经过", columns, rows))
    else:
        moved = states.moment(opened.row.changed_at)
        notice.empty("还没有办理记录", f"对方系统最近更新：{moved}。")


def _buttons(who: Principal, opened: OpenedTask) -> None:
    with st.container(key="taskbuttons", horizontal=True):
        may = opened.has_subject and permissions.allowed(who, RECORDS)
        if may and st.button("打开一人一档", key="task_dossier"):
            go("records", case=opened.row.id)
        if opened.page is not None:
            words, page, thing = opened.page
            if st.button(words, key="task_page", type="primary"):
                go(page, id=thing)
        if st.button("返回列表", key="task_back"):
            go("tasks")


@dataclass
class _Shown:
    """What stands on the screen of a task, while it is looked at."""

    task_id: str
    version: int  # as which it was drawn
    open: bool  # whether something may be filled in
    looking: bool  # whether a command is on its way
    past: bool = True  # whether what happened, below it, is drawn as far as that


@guarded(PERMISSION)
def _watch(who: Principal) -> None:
    """Says that the task has changed; the form with what was typed stays as it is."""
    shown: _Shown | None = memory.recall(who, _SHOWN)
    if shown is None or shown.looking:
        return
    if not shown.past:
        redraw.fragment(_HISTORY)
    elif not shown.open:
        redraw.stop()
    if not shown.open:
        return
    if wiring.app().tasks.version(who, shown.task_id) == shown.version:
        return
    told = "已填内容保留在本页；请核对最新内容后再办。"
    notice.hint("该任务刚刚有变化", told)
    if st.button("显示最新内容", key="task_fresh"):
        st.rerun()


def _looking(opened: OpenedTask) -> bool:
    """Whether something is under way that will change by itself."""
    state = opened.entry.state if opened.entry else ""
    return opened.row.state == "办理中" and state in _ON_THE_WAY


def _drawn(opened: OpenedTask) -> _Shown:
    return _Shown(
        task_id=opened.row.id,
        version=opened.row.version,
        open=bool(opened.actions),
        looking=_looking(opened),
    )


def _opened(who: Principal, task_id: str, first: list[OpenedTask]) -> OpenedTask:
    """As the page has it, on its first drawing; later as it is by then."""
    return first.pop() if first else wiring.app().tasks.open_task(who, task_id)


@guarded(PERMISSION)
def _body(who: Principal, task_id: str, first: list[OpenedTask]) -> None:
    opened = _opened(who, task_id, first)
    shown: _Shown | None = memory.recall(who, _SHOWN)
    if shown is not None and shown.looking and not _looking(opened):
        memory.keep(who, _SHOWN, replace(_drawn(opened), past=False))
        redraw.stop()  # this is the last look; what it ended with stands beside as well
        redraw.fragment(_CHANGES, _HISTORY)
    mark = states.mock() + " " if opened.row.simulated else ""
    st.html(tables.head(opened.row.title, mark + text(opened.row.system_name)))
    st.html(_about(opened))
    with notice.place():
        for name, href in opened.files:
            st.html(tag("a", text(f"附件：{name}"), href=href, class_="download"))
        _messages(who, opened)
        if opened.entry is not None:
            _command(opened.entry, opened)
    with notice.place():
        for action in opened.actions:
            _form(who, opened, action)
    _buttons(who, opened)


def card(who: Principal, task_id: str) -> None:
    """The card of one task; while a command is on its way it looks again every second."""
    opened = wiring.app().tasks.open_task(who, task_id)
    shown = _drawn(opened)
    memory.keep(who, _SHOWN, shown)
    with st.container(key="card-task"):
        with notice.place():
            # Also while a command is on its way: refused, there is something to fill in again.
            watched = shown.open or shown.looking
            again: float | None = _LOOK_AGAIN_SECONDS if watched else None
            st.fragment(_watch, key=_CHANGES, run_every=again)()
        pace = _POLL_SECONDS if shown.looking else None
        st.fragment(_body, run_every=pace)(task_id, [opened])
    with st.container(key="card-task-history"):
        st.fragment(_past, key=_HISTORY)(task_id, [opened])
