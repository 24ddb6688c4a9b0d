"""Beside an order that waits to be sent: suggested units with reasons, and what is alike."""

from collections.abc import Mapping, Sequence

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.affairs.orders import triage
from portal.affairs.orders.advising import Advice, Offered
from portal.affairs.orders.queries import OrderRow
from portal.affairs.orders.reading import Opened
from portal.affairs.workflow.flow import FlowError
from portal.look import notice, tables
from portal.look.markup import Html, join, tag, text
from portal.look.today import link
from portal.pages.guards import guarded
from portal.pages.parts import conferring, memory, orderact, orderform

PERMISSION = triage.PERMISSION
PAGE = "/triage"
_ADVICE = "triage_advice"
_MOST = 3


def _moves(opened: Opened) -> set[str]:
    return {one.id for one in opened.moves}


def _advice(who: Principal, opened: Opened) -> Advice | None:
    """Asked once for a version of the order; nothing is shown where nobody can be asked."""
    adviser = wiring.app().adviser
    if adviser is None or "dispatch" not in _moves(opened):
        return None
    key = (opened.row.id, opened.row.version)
    kept = memory.recall(who, _ADVICE)
    if kept and kept[0] == key:
        found: Advice = kept[1]
        return found
    found = adviser.suggest(who, opened.row.id)
    memory.keep(who, _ADVICE, (key, found))
    return found


@guarded(PERMISSION)
def _take(who: Principal, opened: Opened, one: Offered) -> None:
    """Put a suggestion into the form; it is sent by the button of the form."""
    orderact.begin_with(who, str(opened.row.id), "dispatch")
    orderform.know(who, {one.unit_id: one.unit_name, **dict(one.helpers)})
    key = f"order-{opened.row.id}-dispatch"
    st.session_state[f"{key}-unit"] = one.unit_id
    st.session_state[f"{key}-units"] = [unit for unit, _ in one.helpers]


def _offered(opened: Opened, advice: Advice) -> None:
    about = f"分类：{advice.class_name}" if advice.class_name else ""
    st.html(tables.head("建议承办", text(about)))
    for place, one in enumerate(advice.offered[:_MOST]):
        with st.container(key=f"advice-{place}", horizontal=True, vertical_alignment="center"):
            st.html(_reasons(one), width="stretch")
            st.button("采用", key=f"advice_take-{one.unit_id}", on_click=_take, args=(opened, one),
                      type="primary" if place == 0 else "secondary")  # fmt: skip
    if not advice.offered:
        notice.hint("没有可建议的单位", "请在下方查找并选择承办单位。")
    if advice.notes:
        st.html(tag("div", text("；".join(advice.notes)), class_="default"))


def _reasons(one: Offered) -> Html:
    helping = "、".join(name for _, name in one.helpers)
    more = [*one.reasons, *([f"建议协办：{helping}"] if helping else [])]
    return tag("b", text(one.unit_name)) + tag(
        "ul", join(tag("li", text(words)) for words in more), class_="notes"
    )


@guarded(PERMISSION)
def _merge(who: Principal, opened: Opened, order_no: str) -> None:
    orderact.begin_with(who, str(opened.row.id), "merge")
    st.session_state[f"order-{opened.row.id}-merge-target"] = order_no


def _alike(opened: Opened, found: Sequence[OrderRow]) -> None:
    """Perhaps the same matter: whoever reads both decides."""
    if not found or "merge" not in _moves(opened):
        return
    st.html(tables.head("可能是同一诉求", "同一地点、同一分类的在办工单"))
    for place, one in enumerate(found):
        with st.container(key=f"alike-{place}", horizontal=True, vertical_alignment="center"):
            words = link(f"{one.order_no} {one.title}", f"{PAGE}?id={one.id}")
            st.html(words + tag("span", text(f"　{one.place}"), class_="quiet"), width="stretch")
            st.button("并入", key=f"alike_take-{one.id}", on_click=_merge,
                      args=(opened, one.order_no))  # fmt: skip


def before(who: Principal, opened: Opened) -> orderact.Sends | None:
    """Draw it; gives the way in which a dispatch is made when something was suggested."""
    confers = conferring.before(who, opened)
    with notice.place():
        _alike(opened, triage.alike(who, opened))
    advice = _advice(who, opened)
    with notice.place():
        if advice is None:
            return confers
        _offered(opened, advice)

    def sends(move: str, form: Mapping[str, object]) -> bool:
        if confers is not None and confers(move, form):
            return True
        adviser = wiring.app().adviser
        unit, helpers = form.get("unit"), form.get("units")
        if move != "dispatch" or adviser is None or not unit or form.get("level"):
            return False
        if form.get("category"):  # the desk knows the class better: that is its own dispatch
            return False
        _send(who, opened, advice, str(unit), helpers, str(form.get("words") or ""))
        return True

    return sends


def _send(
    who: Principal, opened: Opened, advice: Advice, unit: str, helpers: object, words: str
) -> None:
    adviser = wiring.app().adviser
    if adviser is None:
        raise FlowError("派单建议已不可用，本次操作未执行，已填内容已保留，请再点一次。")
    adviser.dispatch(
        who,
        opened.row.id,
        advice,
        unit_id=unit,
        helpers=helpers if isinstance(helpers, list) else (),
        words=words,
        version=opened.row.version,
    )
