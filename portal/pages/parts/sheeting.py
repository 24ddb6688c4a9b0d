"""督办单 of one order: issued, answered, sent back, ended; and the form of a new one."""

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders.queries import OrderRow
from portal.affairs.supervision import desk, queries, rules
from portal.affairs.supervision.queries import Sheet
from portal.look import notice, states, tables
from portal.look import supervision as look
from portal.look.markup import tag, text
from portal.look.today import link
from portal.pages.guards import guarded
from portal.pages.parts import draft, saying
from portal.pages.parts.draft import Paper

SUPERVISE, HANDLE = desk.SUPERVISE, desk.HANDLE
PAGE = "/supervision"
_OPEN = (rules.DRAFTED, rules.ISSUED, rules.ANSWERED)
_MOST = rules.MOST_WORDS


def _lines(words: str) -> list[str]:
    return [one.strip() for one in words.splitlines() if one.strip()]


# -- what is done ----------------------------------------------------------------------------------


@guarded(SUPERVISE)
def _propose(who: Principal, order_id: UUID, paper: Paper, issue: bool) -> None:
    def act() -> str:
        reason, demands = saying.typed(paper, "reason"), _lines(saying.typed(paper, "demands"))
        sheet_id = desk.propose(who, order_id, reason, demands)
        if not issue:
            return "已存为拟发，签发后送达承办单位。"
        try:
            return f"已签发 {desk.issue(who, sheet_id)}，承办单位已能看到。"
        except saying.ERRORS as problem:
            return f"督办单已存为拟发，但没有签发：{problem.message}"

    saying.attempt(act, paper)


@guarded(SUPERVISE)
def _issue(who: Principal, sheet_id: UUID, paper: Paper) -> None:
    def act() -> str:
        number = desk.issue(who, sheet_id, _lines(saying.typed(paper, "demands")))
        return f"已签发 {number}，承办单位已能看到。"

    saying.attempt(act, paper)


@guarded(HANDLE)
def _answer(who: Principal, sheet_id: UUID, paper: Paper) -> None:
    def act() -> str:
        desk.answer(who, sheet_id, saying.typed(paper, "words"))
        return "已反馈办理情况，等待督办单位销号。"

    saying.attempt(act, paper)


@guarded(SUPERVISE)
def _send_back(who: Principal, sheet_id: UUID, paper: Paper) -> None:
    def act() -> str:
        desk.send_back(who, sheet_id, saying.typed(paper, "words"))
        return "已退回补充，反馈时限重新起算。"

    saying.attempt(act, paper)


@guarded(SUPERVISE)
def _end(who: Principal, sheet_id: UUID, paper: Paper, drafted: bool) -> None:
    def act() -> str:
        desk.end(who, sheet_id, saying.typed(paper, "words"))
        return "这份督办单不再签发。" if drafted else "已销号。"

    saying.attempt(act, paper)


# -- how it is drawn -------------------------------------------------------------------------------


def _facts(one: Sheet) -> list[tuple[str, str]]:
    given = [
        ("督办单位", one.from_name),
        ("被督办单位", one.to_name),
        ("督办理由", one.reason),
        ("签发", f"{states.moment(one.issued_at)} {one.issued_by_name}" if one.issued_at else ""),
        ("反馈时限", states.moment(one.answer_due_at) if one.answer_due_at else ""),
        ("办理情况", one.answer),
        ("反馈", f"{states.moment(one.answered_at)} {one.answered_by_name}" if one.answer else ""),
        ("销号意见" if one.issued_at else "不发原因", one.ending),
    ]
    return [(name, words) for name, words in given if words.strip()]


def _late(one: Sheet) -> bool:
    due = one.answer_due_at
    return one.state == rules.ISSUED and due is not None and due < states.now()


def _one(who: Principal, one: Sheet, place: int) -> None:
    with st.container(key=f"matterof-sheet-{place}"):
        way = link("打印", f"{PAGE}?print={one.id}") if one.number else ""
        late = tag("span", "▲ 反馈超期", class_="due") + " " if _late(one) else ""
        st.html(tables.head(f"督办单 {one.number}".strip(), late + look.state(one.state) + way))
        st.html(tables.pairs(_facts(one)) + look.asks(one.demands))
        _forms(who, one)


def _paper(who: Principal, one: Sheet) -> Paper:
    title = f"督办单 {one.number or '（拟发）'}：{one.order_no}"
    return draft.paper(who, "supervision.sheet", f"{one.order_id}:{one.id}", title)


def _forms(who: Principal, one: Sheet) -> None:
    """What the unit may do with it now; who asks is asked again by each button."""
    mine, state = one.from_unit == who.unit.id, one.state
    if mine and permissions.allowed(who, SUPERVISE):
        if state == rules.DRAFTED:
            _drafted(who, one)
        elif state in (rules.ISSUED, rules.ANSWERED):
            _running(who, one)
    if one.to_unit == who.unit.id and state == rules.ISSUED and permissions.allowed(who, HANDLE):
        paper = _paper(who, one)
        paper.text_area("办理情况（必填）", "words", max_chars=_MOST, height=100,
                        placeholder="办到哪一步、何时办结、佐证材料在哪里。")  # fmt: skip
        st.button("反馈", type="primary", key=f"sheet_answer-{one.id}", on_click=_answer,
                  args=(one.id, paper))  # fmt: skip


def _drafted(who: Principal, one: Sheet) -> None:
    paper = _paper(who, one)
    paper.text_area(
        "督办要求（每行一项；不填则用上面的要求）", "demands", max_chars=_MOST, height=80
    )
    paper.text_area("不发原因（不发时必填）", "words", max_chars=_MOST, height=68)
    with st.container(key=f"sheetbuttons-{one.id}", horizontal=True):
        st.button("签发", type="primary", key=f"sheet_issue-{one.id}", on_click=_issue,
                  args=(one.id, paper))  # fmt: skip
        st.button("不发", key=f"sheet_drop-{one.id}", on_click=_end, args=(one.id, paper, True))


def _running(who: Principal, one: Sheet) -> None:
    paper = _paper(who, one)
    paper.text_area("销号意见或退回原因（必填）", "words", max_chars=_MOST, height=80)
    with st.container(key=f"sheetbuttons-{one.id}", horizontal=True):
        st.button("销号", type="primary" if one.answer else "secondary", on_click=_end,
                  key=f"sheet_end-{one.id}", args=(one.id, paper, False))  # fmt: skip
        if one.state == rules.ANSWERED:
            st.button("退回补充", key=f"sheet_back-{one.id}", on_click=_send_back,
                      args=(one.id, paper))  # fmt: skip


def may_propose(who: Principal, row: OrderRow | None, found: Sequence[Sheet]) -> bool:
    """Whether the own unit could issue a sheet about the order now."""
    if row is None or row.unit_id == who.unit.id or not permissions.allowed(who, SUPERVISE):
        return False
    return not any(one.from_unit == who.unit.id and one.state in _OPEN for one in found)


def _new(who: Principal, row: OrderRow) -> None:
    with st.container(key="matterof-sheet-new"):
        st.html(tables.head("发督办单", text(f"送 {row.unit_name}")))
        paper = draft.paper(who, "supervision.propose", f"{row.id}:", f"督办：{row.title}")
        paper.text_area("督办理由（必填）", "reason", max_chars=_MOST, height=80)
        paper.text_area("督办要求（每行一项；不填则用默认要求，系统默认，可修改）", "demands",
                        max_chars=_MOST, height=80)  # fmt: skip
        with st.container(key="sheetbuttons-new", horizontal=True):
            st.button("签发督办单", type="primary", key="sheet_new_issue", on_click=_propose,
                      args=(row.id, paper, True))  # fmt: skip
            st.button("存为拟发", key="sheet_new_draft", on_click=_propose,
                      args=(row.id, paper, False))  # fmt: skip


def draw(who: Principal, order_id: UUID, row: OrderRow | None, *, closed: bool) -> int:
    """The sheets of an order and the form; gives how many things were drawn."""
    found = queries.of_order(who, order_id)
    with notice.place():
        for place, one in enumerate(found):
            _one(who, one, place)
    if row is not None and not closed and may_propose(who, row, found):
        _new(who, row)
        return len(found) + 1
    return len(found)
