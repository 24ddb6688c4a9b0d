"""业务系统账号 of one's scope: a file of them, previewed, taken in or left; and how they stand."""

from dataclasses import dataclass

import streamlit as st

from auth.principal import Principal
from portal.functions.people import Refused, accounts
from portal.functions.people.accounts import LinkPlan
from portal.look import notice, people, tables
from portal.look.markup import text
from portal.pages.guards import guarded
from portal.pages.parts import memory
from portal.store.sheets import SheetRefusedError

PERMISSION = "people.manage"
_PREVIEW, _DONE, _TURN = "links_preview", "links_done", "links_turn"
_SHOWN = 300


@dataclass(frozen=True, kw_only=True)
class _Preview:
    data: bytes
    plan: LinkPlan


def _clear(who: Principal) -> None:
    memory.keep(who, _PREVIEW, None)
    st.session_state[_TURN] = int(st.session_state.get(_TURN, 0)) + 1


@guarded(PERMISSION)
def _leave(who: Principal) -> None:
    _clear(who)


@guarded(PERMISSION)
def _apply(who: Principal) -> None:
    held = memory.recall(who, _PREVIEW)
    if not isinstance(held, _Preview):
        return
    try:
        memory.keep(who, _DONE, accounts.apply(who, held.data, held.plan.digest))
    except (Refused, SheetRefusedError) as problem:
        memory.keep(who, _DONE, problem)
    _clear(who)


def _tell(who: Principal) -> None:
    done = memory.recall(who, _DONE)
    if isinstance(done, Refused | SheetRefusedError):
        notice.error("没有导入", done.message)
    elif isinstance(done, dict):
        notice.hint(
            "已导入", "、".join(f"{group} {count}" for group, count in done.items() if count)
        )


def _read(who: Principal, data: bytes) -> LinkPlan | None:
    held = memory.recall(who, _PREVIEW)
    if isinstance(held, _Preview) and held.data == data:
        return held.plan
    memory.keep(who, _DONE, None)
    try:
        plan = accounts.preview(who, data)
    except SheetRefusedError as problem:
        notice.error("文件没有读取", problem.message)
        return None
    memory.keep(who, _PREVIEW, _Preview(data=data, plan=plan))
    return plan


def _table(who: Principal) -> None:
    found = accounts.listed(who)
    if not found:
        notice.empty(
            "还没有关联的业务系统账号", "可在此批量导入，也可由本人在“系统账号”中自行授权。"
        )
        return
    heads = ("姓名", "账号", "单位", "业务系统", "对方账号", "状态", "有效期至", "来源")
    rows = [
        [text(one.name), text(one.login), text(one.unit), text(one.system), text(one.account),
         text(one.state.value), text(one.expires_on or "未提供"), text(one.source)]
        for one in found[:_SHOWN]
    ]  # fmt: skip
    st.html(tables.table("业务系统账号", [tables.Column(head=one) for one in heads], rows))


@guarded(PERMISSION)
def part(who: Principal) -> None:
    """Draw it."""
    with notice.place():
        _tell(who)
    st.html(people.downloads(("下载现状表（可作模板）", "accounts")))
    sent = st.file_uploader(
        "业务系统账号表（.xlsx，列：账号、业务系统、对方账号、有效期至、状态；没有写到的保持不变）",
        type=["xlsx"],
        key=f"links_file_{int(st.session_state.get(_TURN, 0))}",
    )
    plan = _read(who, sent.getvalue()) if sent is not None else None
    if plan is None:
        _table(who)
        return
    if plan.problems:
        title = f"有 {len(plan.problems)} 处需要改正，未导入任何一行"
        notice.error(title, "请按下表修改文件后重新上传。")
        st.html(people.problems(plan.problems[:_SHOWN]))
    elif not plan.acts:
        notice.empty("没有变化", "文件内容与现状一致，不需要导入。")
    else:
        st.html(people.changes(plan.acts[:_SHOWN]))
    with st.container(key="links_acts", horizontal=True):
        ready = bool(plan.acts) and not plan.problems
        st.button(
            "确认导入", type="primary", key="links_apply", on_click=_apply, disabled=not ready
        )
        st.button("放弃", key="links_leave", on_click=_leave)
