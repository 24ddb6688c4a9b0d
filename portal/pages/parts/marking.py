"""不合理诉求认定 on one order: proposed by who handles it, decided by a second person elsewhere."""

from uuid import UUID

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.evaluation import marks, rules
from portal.affairs.evaluation.marks import Mark
from portal.affairs.orders.queries import OrderRow
from portal.look import notice, states, tables
from portal.look import supervision as look
from portal.look.markup import tag, text
from portal.pages.guards import guarded
from portal.pages.parts import draft, saying
from portal.pages.parts.draft import Paper

HANDLE, SUPERVISE = marks.HANDLE, marks.SUPERVISE
_GROUND = "mark_ground"
ABOUT = "认定只对这一件诉求，不对人；到期自动失效，本身不改变任何指标。"


@guarded(HANDLE)
def _propose(who: Principal, order_id: UUID, paper: Paper) -> None:
    ground = str(st.session_state.get(f"{_GROUND}-{order_id}") or "")

    def act() -> str:
        marks.propose(who, order_id, ground=ground, words=saying.typed(paper, "words"))
        return "已提出认定，须由其他单位的另一人复核。"

    saying.attempt(act, paper)


@guarded(SUPERVISE)
def _decide(who: Principal, mark_id: UUID, paper: Paper, confirm: bool) -> None:
    def act() -> str:
        marks.decide(who, mark_id, confirm=confirm, words=saying.typed(paper, "words"))
        return "已认定，到期自动失效。" if confirm else "未予认定。"

    saying.attempt(act, paper)


@guarded(SUPERVISE)
def _lift(who: Principal, mark_id: UUID, paper: Paper) -> None:
    def act() -> str:
        marks.lift(who, mark_id, saying.typed(paper, "words"))
        return "已撤销认定。"

    saying.attempt(act, paper)


def _facts(one: Mark) -> list[tuple[str, str]]:
    given = [
        ("认定情形", one.ground),
        ("理由和依据", one.words),
        ("提出", f"{states.moment(one.proposed_at)} {one.proposed_by_name}"),
        ("复核意见", one.decision),
        ("复核", one.decided_by_name),
        ("有效至", f"{one.until:%Y-%m-%d}" if one.until else ""),
    ]
    return [(name, words) for name, words in given if words]


def _one(who: Principal, one: Mark, place: int) -> None:
    with st.container(key=f"matterof-mark-{place}"):
        st.html(tables.head("不合理诉求认定", look.state(one.state)) + tables.pairs(_facts(one)))
        if not permissions.allowed(who, SUPERVISE):
            return
        key, title = f"{one.order_id}:{one.id}", f"复核认定：{one.order_no}"
        if one.state == rules.PROPOSED and one.unit_id != who.unit.id:
            paper = draft.paper(who, "evaluation.confirm", key, title)
            paper.text_area("复核意见（必填）", "words", max_chars=rules.MOST_WORDS, height=80)
            with st.container(key=f"markbuttons-{one.id}", horizontal=True):
                st.button("认定", type="primary", key=f"mark_confirm-{one.id}", on_click=_decide,
                          args=(one.id, paper, True))  # fmt: skip
                st.button("不予认定", key=f"mark_refuse-{one.id}", on_click=_decide,
                          args=(one.id, paper, False))  # fmt: skip
        elif one.stands:
            paper = draft.paper(who, "evaluation.confirm", key, f"撤销认定：{one.order_no}")
            paper.text_area("撤销理由", "words", max_chars=rules.MOST_WORDS, height=68)
            st.button("撤销认定", key=f"mark_lift-{one.id}", on_click=_lift, args=(one.id, paper))


def _form(who: Principal, row: OrderRow) -> None:
    with st.container(key="matterof-mark-new"):
        st.html(tables.head("提出不合理诉求认定", "须由另一单位的另一人复核"))
        st.html(tag("div", text(ABOUT), class_="default"))
        st.selectbox("认定情形（必填）", list(marks.grounds()), index=None, placeholder="请选择",
                     key=f"{_GROUND}-{row.id}", filter_mode=None)  # fmt: skip
        paper = draft.paper(who, "evaluation.mark", f"{row.id}:", f"认定：{row.title}")
        paper.text_area("理由和依据（必填）", "words", max_chars=rules.MOST_WORDS, height=90,
                        placeholder="写诉求本身，不写诉求人。")  # fmt: skip
        st.button("提出认定", key="mark_propose", on_click=_propose, args=(row.id, paper))


def draw(who: Principal, order_id: UUID, row: OrderRow | None) -> int:
    """What was said of the demand and the form; gives how many things were drawn."""
    found = marks.of_order(who, order_id)
    with notice.place():
        for place, one in enumerate(found):
            _one(who, one, place)
    under_way = any(one.state == rules.PROPOSED or one.stands for one in found)
    holds = row is not None and row.unit_id == who.unit.id
    if row is None or not holds or under_way or not permissions.allowed(who, HANDLE):
        return len(found)
    _form(who, row)
    return len(found) + 1
