"""查看原值: asks for a reason before one masked value is shown in full for a while."""

import streamlit as st

from auth.principal import Principal
from portal.functions import city
from portal.functions.records import BadQueryError
from portal.look import notice
from portal.look.markup import tag, text
from portal.pages.guards import guarded
from portal.pages.parts import opened as dossiers
from portal.pages.parts.opened import Place

PERMISSION = "records.unmask"
_OTHER = "其他（在下方写明）"


def reason_of(chosen: str | None, words: str) -> str:
    """The reason in one sentence; empty while there is none."""
    said = " ".join(words.split())
    if chosen is None or chosen == _OTHER:
        return said
    return f"{chosen}：{said}" if said else chosen


@guarded(PERMISSION)
def _form(who: Principal, place: Place, label: str, system_name: str) -> None:
    st.html(
        tag(
            "p",
            f"将显示{text(system_name)}中的“{text(label)}”原值。查看理由记入审计，到时自动恢复遮盖。",
        )
    )
    chosen = st.radio("查看理由", [*city.unmask_reasons(), _OTHER], index=None, key="unmask_reason")
    words = st.text_input(
        "补充说明",
        key="unmask_words",
        max_chars=180,
        placeholder="选“其他”时必填",
        autocomplete="off",
    )
    if not st.button("确认查看", type="primary", key="unmask_send"):
        return
    reason = reason_of(chosen, words or "")
    if not reason:
        notice.error("还不能查看", "请选择或写明查看理由，已填内容已保留。")
        return
    show(who, place, reason)


def show(who: Principal, place: Place, reason: str) -> None:
    """Fetch the value and put it on the page; a problem is said where the reason was asked."""
    opened = dossiers.held(who)
    if opened is None:
        notice.hint("这份档案已关闭", "请从在办事项或查询结果重新打开。")
        return
    system_id, record_no, field_name = place
    try:
        value = opened.function.unmask(
            who,
            opened.dossier.subject_id,
            opened.dossier.purpose,
            system_id=system_id,
            record_no=record_no,
            field_name=field_name,
            reason=reason,
        )
    except BadQueryError as problem:
        notice.error("没有显示原值", problem.message)
        return
    opened.values[place] = value
    st.rerun()


@st.dialog("查看原值")
def ask_for_reason(place: Place, label: str, system_name: str) -> None:
    """The dialog; it runs as a fragment of its own, so it asks for rights itself."""
    _form(place, label, system_name)
