"""Several tasks at once, where their system allows it: choose, confirm once, see each row's end."""

from collections.abc import Sequence

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.connectors.contract import TaskAction
from portal.functions.tasks import Outcome, TaskError, TaskRow
from portal.look import notice, states, tables
from portal.look.markup import tag, text
from portal.pages.guards import guarded
from portal.pages.parts import memory
from portal.pages.parts.taskopened import field

ACT = "tasks.act"
_ON, _CHOSEN, _ASKED, _DONE = "batch_on", "batch_chosen", "batch_asked", "batch_done"
_TOLD = {
    "待发送": "已提交，正在发送",
    "发送中": "已提交，正在发送",
    "已送达": "对方系统已收到",
    "已办": "已办结",
}


def on(who: Principal) -> bool:
    """Whether tasks are being chosen."""
    return bool(memory.recall(who, _ON))


def _chosen(who: Principal) -> dict[str, int]:
    return dict(memory.recall(who, _CHOSEN) or {})


@guarded(ACT)
def _turn(who: Principal) -> None:
    memory.keep(who, _ON, not on(who) or None)
    for name in (_CHOSEN, _ASKED, _DONE):
        memory.keep(who, name, None)


@guarded(ACT)
def _choose(who: Principal, task_id: str, version: int) -> None:
    chosen = _chosen(who)
    if chosen.pop(task_id, None) is None:
        chosen[task_id] = version
    memory.keep(who, _CHOSEN, chosen)
    memory.keep(who, _ASKED, None)


@guarded(ACT)
def _ask(who: Principal, asked: bool | None) -> None:
    memory.keep(who, _ASKED, asked)


def switch(who: Principal, rows: Sequence[TaskRow]) -> None:
    """The way into choosing and out of it; no batch, no button."""
    if on(who) or any(one.batch for one in rows):
        label = "退出批量" if on(who) else "批量办理"
        st.button(label, key="batch_turn", on_click=_turn)


def pick(who: Principal, row: TaskRow) -> None:
    """The button of one row while tasks are being chosen."""
    label = "☑ 已选" if row.id in _chosen(who) else "☐ 选择"
    st.button(
        label,
        key=f"pick-{row.id}",
        width="stretch",
        disabled=not row.batch,
        help=None if row.batch else "该任务须逐件办理",
        on_click=_choose,
        args=(row.id, row.version),
    )


def _common(rows: Sequence[TaskRow]) -> list[TaskAction]:
    """What all the chosen tasks allow: of one system, for actions are its own words."""
    if len({one.system_id for one in rows}) != 1:
        return []
    ids = set.intersection(*({one.id for one in row.batch} for row in rows))
    return [one for one in rows[0].batch if one.id in ids]


def bar(who: Principal, rows: Sequence[TaskRow]) -> None:
    """What is to be done with the chosen tasks, and what became of those before."""
    if not on(who):
        return
    _results(who)
    chosen = _chosen(who)
    here = [one for one in rows if one.id in chosen and one.batch]
    if not here:
        words = "请在列表右侧选择要一并办理的任务；只有来源系统允许批量办理的可以选择。"
        st.html(tag("div", text(words), class_="default batchhint", role="status"))
        return
    actions = _common(here)
    if not actions:
        notice.hint("所选任务不能一并办理", "请只选择同一系统、办理方式相同的任务。")
    for action in actions:
        _form(who, {one.id: chosen[one.id] for one in here}, action)


def _form(who: Principal, chosen: dict[str, int], action: TaskAction) -> None:
    given = {one.name: field(f"batch-{action.id}", one) for one in action.form}
    what = f"{action.label} {len(chosen)} 件"
    if memory.recall(who, _ASKED) is None:
        st.button(what, type="primary", key=f"batch-{action.id}", on_click=_ask, args=(True,))
        return
    with st.container(key="batch_confirm", horizontal=True, vertical_alignment="center"):
        sure = st.button(f"确认{what}", type="primary", key=f"batch-sure-{action.id}")
        st.button("取消", key=f"batch-no-{action.id}", on_click=_ask, args=(None,))
    if not sure:
        return
    try:
        done = wiring.app().tasks.act_together(who, chosen, action.id, given)
    except TaskError as problem:
        notice.error("没有提交", problem.message)
        return
    memory.keep(who, _DONE, done)
    memory.keep(who, _CHOSEN, None)
    memory.keep(who, _ASKED, None)
    st.rerun()


def _results(who: Principal) -> None:
    done: Sequence[Outcome] = memory.recall(who, _DONE) or ()
    if not done:
        return
    columns = (
        tables.Column(head="任务", kind="wrap"),
        tables.Column(head="结果"),
        tables.Column(head="说明", kind="wrap"),
    )
    rows = [
        (
            text(one.title or "—"),
            states.chip(one.state),
            text(one.reason or _TOLD.get(one.state, "")),
        )
        for one in wiring.app().tasks.outcomes(who, done)
    ]
    st.html(tables.table("本次批量办理", columns, rows))
