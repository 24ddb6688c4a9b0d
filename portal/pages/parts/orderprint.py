"""An order on A4: its number, what it is about, what was done, places to sign."""

from uuid import UUID

import streamlit as st

from auth.principal import Principal
from portal.affairs.orders import addresses, reading
from portal.affairs.orders.reading import Opened
from portal.affairs.orders.rules import OrderError
from portal.functions import city
from portal.look import notice, states
from portal.look import orders as look
from portal.look.markup import tag
from portal.look.today import link
from portal.store import clock

SIGNS = ("经办人", "审核人", "单位（盖章）", "日期")


def _moment(at: object) -> str:
    return f"{clock.local(at):%Y-%m-%d %H:%M}" if at else "—"  # type: ignore[arg-type]


def sheet(who: Principal, opened: Opened) -> look.Sheet:
    """What stands on the paper; who called is not on it."""
    row = opened.row
    pairs = [
        ("标题", row.title),
        ("来源", row.source),
        ("类型、紧急程度", f"{row.kind}、{row.urgency_name}"),
        ("地点", f"{city.place_within(who, row.region_name)} {row.place}".strip()),
        ("收到时间", _moment(row.received_at)),
        ("办理时限", _moment(row.deadline_at)),
        ("承办单位", row.unit_name),
        ("派单单位", opened.dispatch_unit or "—"),
        ("状态", row.state),
    ]
    if opened.resolved:
        pairs.append(("回访结果", f"{opened.resolved}、{opened.satisfied}"))
    return look.Sheet(
        platform=city.platform_name(),
        number=row.order_no,
        facts=pairs,
        content=opened.content,
        reply=opened.reply,
        history=[(_moment(one.at), one.unit_name or "平台", one.words) for one in opened.events],
        signs=SIGNS,
        printed=f"打印：{who.unit.name} {who.name}，{_moment(states.now())}。诉求人信息不打印。",
        simulated=row.simulated,
    )


def card(who: Principal, number: str) -> None:
    """The sheet, and above it (not on paper) the way to print it and back."""
    try:
        opened = reading.opened(who, UUID(number), with_caller=False)
    except (ValueError, OrderError) as problem:
        words = problem.message if isinstance(problem, OrderError) else "地址不正确，请从列表打开。"
        notice.error("没有打开工单", words)
        st.html(link("返回列表", addresses.PAGE))
        return
    with st.container(key="noprint-order", horizontal=True, vertical_alignment="center"):
        st.html(
            tag("a", "打印（Ctrl+P）", href=f"{addresses.PAGE}?print={opened.row.id}",
                class_="download print-now")
            + "　"
            + link("返回工单", f"{addresses.PAGE}?id={opened.row.id}", look="close")
        )  # fmt: skip
    with st.container(key="card-order-paper"):
        st.html(look.paper(sheet(who, opened)))
