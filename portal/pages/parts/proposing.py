"""宣 from an opened order: propose it as a case, with the masked text seen before it is sent."""

from uuid import UUID

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders.reading import Opened
from portal.affairs.rates import showcases
from portal.affairs.rates.schemes import RatesError
from portal.look import notice, tables
from portal.look import orders as look
from portal.look.today import link
from portal.pages.guards import guarded
from portal.pages.parts import draft, memory

BULLETIN = showcases.BULLETIN
_TOLD, _FAILED = "proposing_told", "proposing_failed"


def _key(name: str, order_id: UUID) -> str:
    return f"propose_{name}_{order_id}"


@guarded(BULLETIN)
def _send(who: Principal, order_id: UUID, paper: draft.Paper) -> None:
    memory.keep(who, _FAILED, None)
    words = (str(st.session_state.get(paper.widget(one)) or "") for one in ("title", "story"))
    try:
        showcases.propose(who, order_id, *words)
    except RatesError as problem:
        memory.keep(who, _FAILED, problem.message)
        return
    paper.done()
    memory.keep(who, _TOLD, order_id)


def draw(who: Principal, opened: Opened) -> None:
    """The part below the moves; nothing where the case would be refused."""
    order_id = opened.row.id
    with notice.place():
        if memory.recall(who, _TOLD) == order_id:
            memory.keep(who, _TOLD, None)
            notice.hint("已提出，等待第二人审核", "审核人不能是提出人本人或其代理人。")
    if not permissions.allowed(who, BULLETIN) or not showcases.fit(who, order_id):
        return
    with st.expander("提出为典型案例（脱敏后由第二人审核）"):
        paper = draft.paper(who, "rates.propose", str(order_id), f"典型案例：{opened.row.title}")
        title = paper.text_input("案例标题", "title", first=opened.row.title[:40], max_chars=40)
        so_far = f"{opened.content}\n{opened.reply or ''}"[:800]
        story = paper.text_area("经过与结果", "story", first=so_far, max_chars=800, height=140)
        failed = memory.recall(who, _FAILED)
        if isinstance(failed, str):
            memory.keep(who, _FAILED, None)
            notice.error("没有提出", failed)
        if _shown(title, story):
            st.button("提交审核", type="primary", key=_key("send", order_id), on_click=_send,
                      args=(order_id, paper))  # fmt: skip


def _shown(title: str, story: str) -> bool:
    """How it would be shown to all; gives whether it could be handed in like this."""
    try:
        masked = showcases.preview(title, story)
    except RatesError as problem:
        notice.hint("还不能提交", problem.message)
        return False
    st.html(tables.head("将这样公布", link("典型案例", "/league")) + look.passage(*masked))
    return True
