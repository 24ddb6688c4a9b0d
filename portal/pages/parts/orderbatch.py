"""批量签收: choose orders that wait to be signed, sign them at once, see what became of each."""

from collections.abc import Sequence

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders import desk
from portal.affairs.orders.queries import OrderRow
from portal.look import notice, tables
from portal.look.markup import text
from portal.pages.guards import guarded
from portal.pages.parts import memory, orderview

HANDLE = "orders.handle"
_ON, _CHOSEN, _DONE = "orders_batch", "orders_chosen", "orders_batch_done"


def on(who: Principal) -> bool:
    """Whether orders are being chosen."""
    return bool(memory.recall(who, _ON))


def _chosen(who: Principal) -> dict[str, OrderRow]:
    return dict(memory.recall(who, _CHOSEN) or {})


def _may(who: Principal, row: OrderRow) -> bool:
    return row.unit_id == who.unit.id and desk.to_sign(row.state)


@guarded(HANDLE)
def _turn(who: Principal) -> None:
    memory.keep(who, _ON, not on(who) or None)
    memory.keep(who, _CHOSEN, None)
    memory.keep(who, _DONE, None)


@guarded(HANDLE)
def _choose(who: Principal, row: OrderRow) -> None:
    chosen = _chosen(who)
    if chosen.pop(str(row.id), None) is None:
        chosen[str(row.id)] = row
    memory.keep(who, _CHOSEN, chosen)


@guarded(HANDLE)
def _choose_all(who: Principal, rows: Sequence[OrderRow]) -> None:
    memory.keep(who, _CHOSEN, {str(one.id): one for one in rows if _may(who, one)})


@guarded(HANDLE)
def _sign(who: Principal) -> None:
    chosen = _chosen(who)
    left = desk.sign_all(who, [(one.id, one.version) for one in chosen.values()])
    orderview.stepped(who)
    memory.keep(who, _DONE, [(one, left.get(one.id, "")) for one in chosen.values()])
    memory.keep(who, _CHOSEN, None)


def switch(who: Principal, rows: Sequence[OrderRow]) -> None:
    """The way into choosing and out of it; nothing to sign, no button."""
    if not permissions.allowed(who, HANDLE):
        return
    if on(who) or any(_may(who, one) for one in rows):
        label = "退出批量" if on(who) else "批量签收"
        st.button(label, key="orders_batch_turn", on_click=_turn)


def pick(who: Principal, row: OrderRow) -> None:
    """The button of one row while orders are being chosen."""
    label = "☑ 已选" if str(row.id) in _chosen(who) else "☐ 选择"
    st.button(label, key=f"orders-pick-{row.id}", width="stretch", disabled=not _may(who, row),
              help=None if _may(who, row) else "不是待本单位签收的工单",
              on_click=_choose, args=(row,))  # fmt: skip


def bar(who: Principal, rows: Sequence[OrderRow]) -> None:
    """What is to be done with the chosen ones, and what became of those before."""
    if not on(who):
        return
    _results(who)
    chosen = _chosen(who)
    with st.container(key="orders_batch_bar", horizontal=True, vertical_alignment="center"):
        st.button("全选本页", key="orders_pick_all", on_click=_choose_all, args=(rows,))
        st.button(f"签收所选 {len(chosen)} 件", type="primary", key="orders_batch_sign",
                  disabled=not chosen, on_click=_sign)  # fmt: skip


def _results(who: Principal) -> None:
    done: Sequence[tuple[OrderRow, str]] = memory.recall(who, _DONE) or ()
    if not done:
        return
    left = [(one, why) for one, why in done if why]
    if not left:
        notice.hint(f"已签收 {len(done)} 件", "工单已转到“办理中”。")
        return
    notice.error(f"已签收 {len(done) - len(left)} 件，{len(left)} 件没有签收", "原因如下。")
    columns = (tables.Column(head="工单"), tables.Column(head="原因", kind="wrap"))
    rows = [(text(f"{one.order_no} {one.title}"), text(why)) for one, why in left]
    st.html(tables.table("没有签收的工单", columns, rows))
