"""批量导入: choose a file, see what would change, do it or leave it."""

from dataclasses import dataclass

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.functions.people import Group, Plan, Refused, apply
from portal.look import notice, people, tables
from portal.look.markup import tag, text
from portal.pages.guards import guarded
from portal.pages.parts import memory
from portal.store.sheets import SheetRefusedError

PERMISSION = "people.manage"
_PREVIEW, _DONE, _TURN = "people_preview", "people_done", "people_turn"
_SHOWN = 300


@dataclass(frozen=True, kw_only=True)
class _Preview:
    """A file with what it would change, until it is done or left."""

    name: str
    data: bytes
    plan: Plan


def _turn() -> int:
    """The number of the uploader: a new one is an empty one."""
    return int(st.session_state.get(_TURN, 0))


def _clear(who: Principal) -> None:
    memory.keep(who, _PREVIEW, None)
    st.session_state[_TURN] = _turn() + 1


@guarded(PERMISSION)
def _leave(who: Principal) -> None:
    _clear(who)


@guarded(PERMISSION)
def _apply(who: Principal) -> None:
    held = memory.recall(who, _PREVIEW)
    if not isinstance(held, _Preview):
        return
    try:
        done = apply.apply(who, held.data, held.plan.digest, wiring.app().carriers)
    except (Refused, SheetRefusedError) as problem:
        memory.keep(who, _DONE, problem)
    else:
        memory.keep(who, _DONE, done)
    _clear(who)


def _tell(who: Principal) -> None:
    """What the last import came to; told until the next file."""
    done = memory.recall(who, _DONE)
    if isinstance(done, Refused | SheetRefusedError):
        notice.error("没有导入", done.message)
    if not isinstance(done, apply.Applied):
        return
    counts = "、".join(f"{group} {count}" for group, count in done.counts.items() if count)
    words = [f"{counts}。"]
    if done.waiting:
        words.append(f"{done.waiting} 个岗位的授权待安全管理员审批，审批后生效。")
    if done.handovers:
        words.append(f"已生成交接单 {len(done.handovers)} 份，见“工作交接”。")
    if done.new_logins:
        words.append(f"新增账号 {len(done.new_logins)} 个，请在“初始密码”中发放密码。")
    notice.hint("已导入", "".join(words))


def _read(who: Principal, name: str, data: bytes) -> _Preview | None:
    held = memory.recall(who, _PREVIEW)
    if isinstance(held, _Preview) and held.data == data:
        return held
    memory.keep(who, _DONE, None)
    try:
        made = _Preview(name=name, data=data, plan=apply.preview(who, data))
    except SheetRefusedError as problem:
        notice.error("文件没有读取", problem.message)
        return None
    memory.keep(who, _PREVIEW, made)
    return made


def _show(plan: Plan) -> None:
    st.html(
        tables.facts(tables.Fact(name=str(one), value=plan.count(one), unit="行") for one in Group)
    )
    if plan.problems:
        title = f"有 {len(plan.problems)} 处需要改正，未导入任何一行"
        notice.error(title, "请按下表修改文件后重新上传。")
        st.html(people.problems(plan.problems[:_SHOWN]))
        return
    if not plan.acts:
        notice.empty("没有变化", "文件内容与现状一致，不需要导入。")
        return
    st.html(people.changes(plan.acts[:_SHOWN]))
    if len(plan.acts) > _SHOWN:
        words = f"只列出前 {_SHOWN} 行，共 {len(plan.acts)} 行变化，确认后全部导入。"
        st.html(tag("div", text(words), class_="default"))


@guarded(PERMISSION)
def part(who: Principal) -> None:
    """Draw it."""
    with notice.place():
        _tell(who)
    sent = st.file_uploader(
        "人员岗位表（.xlsx，工作表：单位、岗位、人员；没有写到的行保持不变）",
        type=["xlsx"],
        key=f"people_file_{_turn()}",
    )
    if sent is None:
        memory.keep(who, _PREVIEW, None)
        return
    preview = _read(who, sent.name, sent.getvalue())
    if preview is None:
        return
    _show(preview.plan)
    ready = bool(preview.plan.acts) and not preview.plan.problems
    with st.container(key="people_import_acts", horizontal=True):
        st.button(
            "确认导入", type="primary", key="people_apply", on_click=_apply, disabled=not ready
        )
        st.button("放弃", key="people_leave", on_click=_leave)
