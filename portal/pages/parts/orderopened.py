"""One order opened beside the list: what it is, what may be done, what happened."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders import addresses, queries, reading
from portal.affairs.orders.linked import Linked, linked
from portal.affairs.orders.reading import Caller, Opened
from portal.affairs.orders.rules import OrderError
from portal.affairs.workflow.ledger import Event
from portal.functions import city
from portal.look import notice, states, tables
from portal.look import orders as look
from portal.look.markup import Html, join, tag, text
from portal.look.today import link
from portal.pages.guards import guarded
from portal.pages.parts import (
    conferring,
    memory,
    orderact,
    orderclasses,
    orderlist,
    proposing,
    turnline,
)

VIEW, CALLER = queries.VIEW, reading.CALLER
_LOOK_AGAIN_SECONDS = 5.0
_CALLER_SECONDS = 120
_HELD, _CALLER_SHOWN = "orders_opened", "orders_caller"


Before = Callable[[Principal, Opened], orderact.Sends | None]


def _id(words: str) -> UUID | None:
    try:
        return UUID(words)
    except ValueError:
        return None


def _held(who: Principal, order_id: UUID) -> tuple[Opened, Sequence[Event]]:
    """The order as it is, and what others did since it was last shown here.

    It is read and noted in the audit once, and again when it has changed.
    """
    kept = memory.recall(who, _HELD)
    same = isinstance(kept, Opened) and kept.row.id == order_id
    if same and queries.state_of(who, order_id) == (kept.row.state, kept.row.version):
        return kept, ()
    found = reading.opened(who, order_id, with_caller=False)
    memory.keep(who, _HELD, found)
    if not same or "order_told" in st.session_state:  # one's own step is no news
        return found, ()
    return found, [one for one in found.events if one.detail.get("version", 0) > kept.row.version]


# -- what it is ------------------------------------------------------------------------------------


def _day(at: datetime | None) -> Html:
    return text(states.moment(at)) if at else ""


def _seats(opened: Opened, part: str) -> str:
    return "、".join(
        f"{one.unit_name}（{one.state}）" if part == "协办" else one.unit_name
        for one in opened.seats
        if one.part == part and one.until is None
    )


def _class(who: Principal, code: str) -> str:
    names = orderclasses.names_of(who.unit.region_code, who)
    return names.get(code, code) or "未分类"


def _about(who: Principal, opened: Opened) -> Html:
    row = opened.row
    result = "、".join(word for word in (opened.resolved, opened.satisfied) if word)
    return look.facts(
        [
            ("状态", orderlist.state_of(row)),
            ("时限", orderlist.limit_of(row)),
            ("类型", text(row.kind)),
            ("紧急程度", text(row.urgency_name)),
            ("来源", text(row.source)),
            ("分类", text(_class(who, row.category))),
            ("收到", _day(row.received_at)),
            ("地点", text(row.place or "未登记")),
            ("所在", text(city.place_within(who, row.region_name))),
            ("承办", text(row.unit_name)),
            ("首接", text(opened.lead_unit if opened.lead_unit != row.unit_name else "")),
            ("派单", text(opened.dispatch_unit)),
            ("协办", text(_seats(opened, "协办"))),
            ("督办", text(_seats(opened, "督办"))),
            ("主办系统", text("" if row.master == "本平台为主" else row.master)),
            ("回访", text(result)),
        ]
    )


@guarded(CALLER)
def _show_caller(who: Principal, order_id: UUID) -> None:
    found = reading.opened(who, order_id)
    memory.keep(who, _CALLER_SHOWN, (order_id, found.caller, found.why, states.now()))


def _caller(who: Principal, opened: Opened) -> None:
    """Who called: only by right, on request, for two minutes; each look is in the audit."""
    if not permissions.allowed(who, CALLER):
        return
    kept = memory.recall(who, _CALLER_SHOWN)
    if kept and kept[0] == opened.row.id:
        _, caller, why, at = kept
        if (states.now() - at).total_seconds() < _CALLER_SECONDS:
            _known(caller, why)
            return
    if opened.why:
        st.html(tag("div", text(f"诉求人：{opened.why}。"), class_="default"))
        return
    st.button("查看诉求人（记入审计）", key="order_caller", on_click=_show_caller,
              args=(opened.row.id,))  # fmt: skip


def _known(caller: Caller | None, why: str) -> None:
    if caller is None:
        st.html(tag("div", text(f"诉求人：{why}。"), class_="default"))
        return
    pairs = [("诉求人", caller.name or "未登记"), ("电话", caller.phone or "未登记")]
    note = tag("div", "已记入审计，2 分钟后自动遮盖。", class_="default")
    st.html(look.facts([(name, text(words)) for name, words in pairs]) + note)


def _texts(opened: Opened) -> Html:
    pieces = [look.passage("诉求内容", opened.content)]
    if opened.reply:
        pieces.append(look.passage("答复", opened.reply))
    return join(pieces)


# -- beside it -------------------------------------------------------------------------------------


def _change(one: Event) -> str:
    if not one.from_state or one.from_state == one.to_state:
        return ""
    return f"{one.from_state} → {one.to_state}"


def history(events: Sequence[Event]) -> list[look.Happened]:
    """What happened, the newest first."""
    return [
        look.Happened(
            at=one.at,
            unit=one.unit_name or "平台",
            person="" if one.actor_name == "平台" else one.actor_name,
            words=one.words,
            change=_change(one),
        )
        for one in reversed(events)
    ]


def _linked(found: Sequence[Linked], opened: Opened) -> None:
    if not found:
        return
    more = f"，共并入 {opened.merged} 件" if opened.merged else ""
    st.html(tables.head("关联工单", text(f"{len(found)} 件{more}")))
    lines = join(
        tag("li", tag("span", text(one.how), class_="chip quiet") + " "
            + link(f"{one.row.order_no} {one.row.title}", f"{addresses.PAGE}?id={one.row.id}")
            + " " + orderlist.state_of(one.row))
        for one in found
    )  # fmt: skip
    st.html(tag("ul", lines, class_="news"))


@guarded(VIEW)
def _fetch(who: Principal, file_id: UUID) -> None:
    try:
        st.session_state["order_file"] = (file_id, reading.file(who, file_id))
    except OrderError as problem:
        st.session_state["order_told"] = problem.message


def _files(opened: Opened) -> None:
    if not opened.files:
        return
    st.html(tables.head("附件", text(f"{len(opened.files)} 个")))
    ready = st.session_state.get("order_file")
    with st.container(key="orderfiles", horizontal=True):
        for place, one in enumerate(opened.files):
            size = (
                f"{one.size / 1024:.0f} KB"
                if one.size < 1048576
                else f"{one.size / 1048576:.1f} MB"
            )
            if ready and ready[0] == one.id:
                name, kind, data = ready[1]
                st.download_button(f"保存“{name}”", data, name, kind, key=f"order_save-{place}",
                                   on_click="ignore")  # fmt: skip
            else:
                st.button(f"取出“{one.name}”（{size}）", key=f"order_file-{place}",
                          on_click=_fetch, args=(one.id,))  # fmt: skip


# -- the card --------------------------------------------------------------------------------------


def _watch(order_id: UUID, version: int) -> None:
    """Says that the order has changed; the form with what was typed stays as it is."""

    @guarded(VIEW)
    def body(who: Principal) -> None:
        now = queries.state_of(who, order_id)
        if now is None or now[1] == version:
            return
        notice.hint(
            "该工单刚刚有变化", f"现为“{now[0]}”。已填内容保留在本页；请核对最新内容后再办。"
        )
        if st.button("显示最新内容", key="order_look"):
            st.rerun()

    st.fragment(body, run_every=_LOOK_AGAIN_SECONDS)()


def _head(who: Principal, opened: Opened, page: str) -> Html:
    row = opened.row
    mark = states.mock() + " " if row.simulated else ""
    secret = tag("span", "保密", class_="chip shut") + " " if row.confidential else ""
    more = turnline.of_order(who, row.id)
    ways = (
        link("打印", f"{addresses.PAGE}?print={row.id}")
        + " · "
        + (f"{more} · " if more else "")
        + link("关闭", page, look="close", title="关闭（Esc）")
    )
    return tables.head(row.title, f"{mark}{secret}{text(row.order_no)} · {ways}")


def _missing(words: str, page: str) -> None:
    with st.container(key="card-order"):
        notice.error("没有打开工单", words)
        st.html(link("返回列表", page, look="close"))


def card(
    who: Principal, words: str, page: str = addresses.PAGE, before: Before = conferring.before
) -> None:
    """The card of one order; ``words`` name it, and perhaps the move whose form is wanted.

    ``before`` draws what a desk wants to see above the moves, and may make some in its own way.
    """
    number, _, move = words.partition(":")
    order_id = _id(number)
    if order_id is None:
        _missing("地址中的工单编号不正确，请从列表打开。", page)
        return
    try:
        opened, since = _held(who, order_id)
    except OrderError as problem:
        _missing(problem.message, page)
        return
    if move:
        orderact.begin_with(who, number, move)
        st.query_params["id"] = number

    @guarded(VIEW)
    def body(who: Principal) -> None:
        with notice.place():
            if told := st.session_state.pop("order_told", ""):
                notice.hint(told)
        st.html(_about(who, opened) + _texts(opened))
        _caller(who, opened)
        orderact.draw(who, opened, before(who, opened))
        proposing.draw(who, opened)
        _files(opened)

    with st.container(key="card-order"):
        st.html(_head(who, opened, page))
        with notice.place():
            if since:
                notice.hint(
                    "该工单在您打开之后有变化", "已显示最新内容；您填写的内容已保留，请核对后再办。"
                )
                st.html(look.timeline(history(since)))
        _watch(order_id, opened.row.version)
        st.fragment(body)()
    with st.container(key="card-order-history"):
        _linked(linked(who, opened), opened)
        st.html(tables.head("办理经过", "新的在前") + look.timeline(history(opened.events)))
