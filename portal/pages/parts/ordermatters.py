"""One order in 督办评价: its 督办单, consultations, appeals and marks, and what may be done."""

from uuid import UUID

import streamlit as st

from auth.principal import Principal
from portal.affairs.orders import addresses, titles
from portal.affairs.orders.book import flow
from portal.affairs.orders.queries import OrderRow
from portal.functions import city
from portal.look import notice, states, tables
from portal.look import orders as look
from portal.look.markup import Html, tag, text
from portal.look.today import link
from portal.pages.parts import appealing, conferring, marking, orderlist, sheeting
from portal.pages.parts.sheeting import PAGE


def _head(row: OrderRow | None, order_id: UUID) -> Html:
    back = link("返回列表", PAGE, look="close")
    if row is None:
        return tables.head("督办评价", back)
    mark = states.mock() + " " if row.simulated else ""
    secret = tag("span", "保密", class_="chip shut") + " " if row.confidential else ""
    way = link("打开工单", f"{addresses.PAGE}?id={order_id}")
    return tables.head(row.title, f"{mark}{secret}{text(row.order_no)} · {way} · {back}")


def _closed(row: OrderRow | None) -> bool:
    known = flow().states.get(row.state) if row else None
    return known is not None and known.group == "done"


def _about(who: Principal, row: OrderRow) -> Html:
    return look.facts(
        [
            ("状态", orderlist.state_of(row)),
            ("时限", orderlist.limit_of(row)),
            ("类型", text(row.kind)),
            ("地点", text(row.place or city.place_within(who, row.region_name))),
            ("承办", text(row.unit_name)),
        ]
    )


def card(who: Principal, words: str) -> None:
    """The card; ``words`` name the order, and perhaps the thing that a draft was about."""
    try:
        order_id = UUID(words.partition(":")[0])
    except ValueError:
        notice.error("没有打开", "地址中的工单编号不正确，请从列表打开。")
        st.html(link("返回列表", PAGE, look="close"))
        return
    row = titles.brief(who, order_id)
    with st.container(key="card-order-matters"):
        st.html(_head(row, order_id))
        if row is not None:
            st.html(_about(who, row))
        with notice.place():
            drawn = sheeting.draw(who, order_id, row, closed=_closed(row))
        with notice.place():
            drawn += conferring.draw(who, order_id, row)
        with notice.place():
            drawn += appealing.draw(who, order_id, row)
        with notice.place():
            drawn += marking.draw(who, order_id, row)
        if drawn == 0 and row is None:
            notice.error("没有找到这件工单", "可能不在本岗位的管辖范围，请从列表打开。")
        elif drawn == 0:
            notice.empty(
                "这件工单没有督办、会商、申诉或认定",
                "办结后，承办单位可在申诉期限内在这里提出考核申诉。",
            )
