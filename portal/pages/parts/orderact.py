"""What may be done with an opened order now: the moves of the flow, and the form of one of them."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from auth.principal import Principal
from portal.affairs.orders import desk, phrases
from portal.affairs.orders.book import flow
from portal.affairs.orders.reading import Opened
from portal.affairs.workflow.flow import LABELS, FlowError
from portal.affairs.workflow.ledger import ChangedError, Event
from portal.functions import drafts
from portal.look import notice
from portal.look import orders as look
from portal.look.markup import tag, text
from portal.pages.guards import guarded
from portal.pages.parts import draft, memory, orderform, orderview
from portal.store.flow_texts import MoveText

VIEW = "orders.view"
PLACE = "orders.act"
_MOVE = "orders_move"
# What one most often comes for, first; the others follow as the flow has them.
_FIRST = ("sign", "reply", "unhang", "dispatch", "approve", "send_back", "return_grant",
          "return_refuse", "extend_grant", "extend_refuse", "visit", "co_reply", "accept",
          "contact", "progress")  # fmt: skip
_TEXTS = ("text", "answer", "reason", "words", "legal_basis")


def _sorted(moves: Sequence[MoveText]) -> list[MoveText]:
    rank = {move: place for place, move in enumerate(_FIRST)}
    return sorted(moves, key=lambda one: rank.get(one.id, len(_FIRST)))


@guarded(VIEW)
def _choose(who: Principal, order_id: str, move: str) -> None:
    memory.keep(who, _MOVE, (order_id, move))


def begin_with(who: Principal, order_id: str, move: str) -> None:
    """Open the form of a move: a draft leads here."""
    memory.keep(who, _MOVE, (order_id, move))


def _wanted(who: Principal, opened: Opened) -> str:
    kept = memory.recall(who, _MOVE)
    return str(kept[1]) if kept and kept[0] == str(opened.row.id) else ""


def _buttons(opened: Opened, moves: Sequence[MoveText], chosen: MoveText) -> None:
    with st.container(key="ordermoves", horizontal=True):
        for one in moves:
            st.button(one.label, key=f"move-{one.id}",
                      type="primary" if one.id == chosen.id else "secondary",
                      on_click=_choose, args=(str(opened.row.id), one.id))  # fmt: skip


def _happened(since: Sequence[Event]) -> None:
    st.html(
        look.timeline(
            [
                look.Happened(at=one.at, unit=one.unit_name or "平台", person=one.actor_name,
                              words=one.words)
                for one in reversed(since)
            ]
        )
    )  # fmt: skip


def _not_done(problem: FlowError) -> None:
    if not isinstance(problem, ChangedError):
        notice.error("没有提交", problem.message)
        return
    notice.error("没有提交：该工单刚刚有变化", problem.message)
    _happened(problem.since)
    if st.button("显示最新内容（已填内容保留）", key="order_fresh"):
        st.rerun()


def _lost(who: Principal, opened: Opened, move_id: str) -> None:
    """What was written for a move that nobody can make any more is shown, to be copied."""
    kept = drafts.load(who, PLACE, f"{opened.row.id}:{move_id}")
    move = flow().moves.get(move_id)
    if kept is None or move is None:
        return
    notice.hint(f"您写的“{move.label}”没有提交", "该操作现在不能办理；原文保留如下，可复制使用。")
    st.html(look.passage(f"未提交的“{move.label}”", "\n".join(kept.fields.values())))


def _fit(move: MoveText, form: dict[str, object]) -> str:
    """What a template left open may not go out."""
    texts = phrases.of_city()
    left = [
        f"“{LABELS[name]}”中的{'、'.join(open_)}"
        for name in _TEXTS
        if (open_ := phrases.unfilled(texts, str(form.get(name) or "")))
    ]
    return f"模板还没有填完：{'；'.join(left)}。已填内容已保留。" if left else ""


Sends = Callable[[str, Mapping[str, object]], bool]


def _send(who: Principal, opened: Opened, move: MoveText, form: dict[str, object],
          paper: draft.Paper, sends: Sends | None) -> None:  # fmt: skip
    if unfit := _fit(move, form):
        notice.error("没有提交", unfit)
        return
    try:
        if sends is None or not sends(move.id, form):
            desk.act(who, opened.row.id, move.id, form, opened.row.version)
    except FlowError as problem:
        _not_done(problem)
        return
    paper.done()
    for name in [one for one in st.session_state
                 if str(one).startswith(f"order-{opened.row.id}-{move.id}-")]:  # fmt: skip
        del st.session_state[name]
    memory.keep(who, _MOVE, None)
    orderview.stepped(who)
    st.session_state["order_told"] = f"已办理“{move.label}”。"
    st.rerun()


def _form(who: Principal, opened: Opened, move: MoveText, sends: Sends | None) -> None:
    row = opened.row
    paper = draft.paper(who, PLACE, f"{row.id}:{move.id}", f"{move.label}：{row.title}")
    sheet = orderform.Sheet(who=who, opened=opened, move=move.id, paper=paper)
    form: dict[str, object] = {}
    for name in move.needs:
        form[name] = orderform.field(sheet, name, needed=True)
    for name in move.takes:
        form[name] = orderform.field(sheet, name, needed=False)
    if st.button(f"确认{move.label}", type="primary", key=f"act-{move.id}"):
        _send(who, opened, move, form, paper, sends)


def draw(who: Principal, opened: Opened, sends: Sends | None = None) -> None:
    """The moves and the form of the one that is chosen.

    ``sends`` may make a move in its own way; what it does not take is made by the desk.
    """
    moves = _sorted(opened.moves)
    wanted = _wanted(who, opened)
    with notice.place():
        if wanted and wanted not in {one.id for one in moves}:
            _lost(who, opened, wanted)
    if not moves:
        st.html(tag("div", text("本岗位对该工单没有可办的操作。"), class_="default"))
        return
    chosen = next((one for one in moves if one.id == wanted), moves[0])
    if not wanted:
        memory.keep(who, _MOVE, (str(opened.row.id), chosen.id))
    _buttons(opened, moves, chosen)
    _form(who, opened, chosen, sends)
