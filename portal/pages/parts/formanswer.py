"""One answer opened: its cells to look over and complete, files in and out, its moves."""

from uuid import UUID

import streamlit as st

from auth.principal import Principal
from portal.affairs.forms import desk, masking, offline, queries
from portal.affairs.forms.book import answer_flow
from portal.affairs.forms.offline import Proposal
from portal.affairs.forms.queries import AnswerRow, Opened
from portal.affairs.forms.words import Cell, FormError, key
from portal.affairs.workflow.ledger import Event
from portal.look import notice, states, tables
from portal.look.markup import text
from portal.pages.going import go
from portal.pages.guards import guarded
from portal.pages.parts import formcells, formlist, formmoves, formroster, memory, saying
from portal.pages.parts.draft import Paper
from portal.store import workbooks
from portal.store.form_texts import FieldText, FormText

_READ, _TURN, _KEPT = "form_read", "form_turn", "form_kept"
_REFUSE = "refuse"  # offered only where the form's head gives a reason to
_TYPES = ["xlsx", "xls", "csv", "et", "wps"]


# -- what is done ----------------------------------------------------------------------


def _now(who: Principal, answer_id: UUID) -> str:
    """How it stands after a move, and whose turn it is, in the flow's own words."""
    try:
        state = queries.row_of(who, answer_id).state
    except FormError:
        return "已办理。"  # it has left what this post may see
    waits = answer_flow().states[state].waits
    return f"填报现为“{state}”{f'，等待{waits}办理' if waits else ''}。"


@guarded(desk.VIEW)
def _move(who: Principal, answer_id: UUID, version: int, move: str, paper: Paper) -> None:
    given = {name: saying.typed(paper, name) for name in paper.fields}

    def act() -> str:
        told = desk.move(who, answer_id, move, given, version)
        return f"{_now(who, answer_id)}{'；'.join(told)}"

    saying.attempt(act, paper)


@guarded(desk.VIEW)
def _confirm(who: Principal, answer_id: UUID) -> None:
    proposal: Proposal | None = memory.recall(who, _READ)
    if proposal is None:
        return
    try:
        formcells.tell(who, desk.save(who, answer_id, proposal.changes))
    except FormError as problem:
        formcells.failed(who, problem)
        return
    memory.keep(who, _READ, None)
    formcells.fresh()
    st.session_state[_TURN] = int(st.session_state.get(_TURN, 0)) + 1
    st.session_state[_KEPT] = True


# -- what is drawn ----------------------------------------------------------------------


def _shown(found: Opened, row: int, one: FieldText) -> str:
    return masking.shown(one, found.cells.get(key(row, one.name), Cell()).value)


def _table(found: Opened) -> None:
    if found.made.layout == "名册":
        columns = [tables.Column(head="行号", kind="num")]
        columns += [tables.Column(head=one.title) for one in found.made.fields]
        rows = [
            (f"{row}", *(text(_shown(found, row, one))
                         for one in found.made.fields))
            for row in found.rows
        ]  # fmt: skip
    else:
        heads = ("栏目", "填报值", "状态", "来源", "数据时间")
        columns = [tables.Column(head=one) for one in heads]
        cells = [(one, found.cells.get(key(0, one.name), Cell())) for one in found.made.fields]
        rows = [
            tuple(map(text, (one.title, cell.value or "—", cell.state, cell.source, cell.as_of)))
            for one, cell in cells
        ]
    st.html(tables.table(found.made.title, columns, rows))


@guarded(desk.VIEW)
def _files(who: Principal, answer_id: UUID) -> None:
    if st.session_state.pop(_KEPT, False):
        st.rerun()  # what was confirmed beside the cells is drawn in them
    turn = int(st.session_state.get(_TURN, 0))
    sent = st.file_uploader("上传填好的表格", type=_TYPES, key=f"form_file_{turn}")
    pasted = st.text_area("或粘贴表格内容（含表头）", key=f"form_paste_{turn}", height=80)
    if sent is None and not pasted:
        return
    try:
        if sent is not None:
            proposal = offline.read(who, answer_id, sent.getvalue(), sent.name)
        else:
            proposal = offline.paste(who, answer_id, pasted or "")
    except FormError as problem:
        notice.error("没有读取", problem.message)
        return
    memory.keep(who, _READ, proposal)
    words = f"将改 {len(proposal.changes)} 格，有问题 {len(proposal.faults)} 格；确认前不保存。"
    notice.hint("已读取", words)
    columns = (tables.Column(head="结果"), tables.Column(head="内容", kind="wrap"))
    rows = [("将写入", text(one)) for one in proposal.titles[:100]]
    rows += [("不写入", text(one)) for one in proposal.faults[:100]]
    if rows:
        st.html(tables.table("读取结果", columns, rows))
    if proposal.changes:
        st.button("确认写入", type="primary", key="form_confirm", on_click=_confirm,
                  args=(answer_id,))  # fmt: skip


@guarded(desk.VIEW)
def _head(who: Principal, made: FormText, answer_id: UUID, first: list[AnswerRow]) -> None:
    """How far it is: a piece of its own, drawn anew when cells have changed."""
    row = first.pop() if first else queries.row_of(who, answer_id)
    filler = f"（{row.filled_by}代填）" if row.filled_by else ""
    mark = states.mock() + " " if row.simulated else ""
    st.html(tables.head(made.title, mark + text(f"{row.paper_no} · {row.state}")))
    percent = row.count.percent
    st.html(
        tables.pairs(
            [
                ("表号", made.number or "缺"),
                ("制定机关", made.issuer),
                ("批准（备案）文号", made.approval or "缺"),
                ("有效期至", f"{made.valid_until or '缺'}"),
                ("填报单位", row.region_name + filler),
                ("时限", f"{row.due_on:%Y-%m-%d}{' 逾期' if row.late else ''}"),
                ("自动取数", f"{row.count.auto}/{row.count.asked} 格（{percent or 0}%）"),
            ]
        )
    )


def card(who: Principal, answer_id: str) -> None:
    """The whole card."""
    try:
        found = queries.opened(who, UUID(answer_id))
    except ValueError as error:
        raise FormError(desk.GONE) from error
    with notice.place():
        formcells.said(who)
    with st.container(key="card-form"):
        st.fragment(_head, key=formlist.HEAD)(found.made, found.row.id, [found.row])
        if found.head_faults:
            notice.hint("可以拒收", f"{'；'.join(found.head_faults)}。")
        name, made = offline.export(who, found.row.id) if _wanted(who) else ("", b"")
        with st.container(key="formbuttons", horizontal=True):
            if made:
                st.download_button("下载表格", made, name, workbooks.MEDIA_TYPE,
                                   key="form_download", on_click="ignore")  # fmt: skip
            else:
                st.button("导出 .xlsx", key="form_export", on_click=_export)
            if st.button("返回列表", key="form_back"):
                go("forms")
    with st.container(key="card-form-cells"):
        if not found.row.filled:
            notice.empty("正在自动取数", "稍候刷新即可看到已填好的内容。")
        elif not found.may_fill:
            _table(found)
        elif found.made.layout == "名册":
            formroster.draw(who, found)
            formlist.draw(who, found)
        else:
            formcells.cells(who, found, 0, formcells.standing(who, whole=True))
    _below(who, found)


def _below(who: Principal, found: Opened) -> None:
    """What may be done with it now, files out and in, and what happened so far."""
    version = found.row.version
    moves = [one for one in found.moves if one.id != _REFUSE or found.head_faults]
    if moves:
        with st.container(key="card-form-acts"):
            formmoves.draw(
                who, "forms.answer", str(found.row.id), f"填报：{found.made.title}", moves,
                lambda move, paper: _move(found.row.id, version, move, paper),
            )  # fmt: skip
    if found.may_fill:
        with st.container(key="card-form-files"):
            words = "导出的表格可在无网络时填写，只有改动过的格会写回"
            st.html(tables.head("离线填写", text(words)))
            st.fragment(_files)(found.row.id)
    if found.events:
        with st.container(key="card-form-history"):
            history(found.events)


@guarded(desk.VIEW)
def _export(who: Principal) -> None:
    memory.keep(who, "form_export", True)


def _wanted(who: Principal) -> bool:
    """Once asked for: the file is made and the audit notes it, not at every look."""
    asked = bool(memory.recall(who, "form_export"))
    memory.keep(who, "form_export", None)
    return asked


def history(events: tuple[Event, ...]) -> None:
    """What happened, the newest first."""
    columns = (
        tables.Column(head="时间"),
        tables.Column(head="单位"),
        tables.Column(head="经办人"),
        tables.Column(head="内容", kind="wrap"),
    )
    rows = [
        tuple(
            map(text, (states.moment(one.at), one.unit_name or "平台", one.actor_name, one.words))
        )
        for one in reversed(events)
    ]
    if rows:
        st.html(tables.table("办理经过", columns, rows))
