"""Findings of 未诉先办 as orders: taken in within their own transaction, and how they ended."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from portal.affairs.orders import intake
from portal.affairs.orders.intake import SERVICE, Incoming
from portal.affairs.orders.rules import OrderError
from portal.affairs.orders.tables import work_order
from portal.affairs.workflow.flow import KEPT
from portal.store import clock
from portal.store.scope import scoped

SOURCE = "未诉先办"
_DEEP = 5  # an order merged into one that was merged itself


def take(
    connection: Connection,
    *,
    number: str,
    title: str,
    content: str,
    place: str,
    lng: float | None,
    lat: float | None,
    region_code: str,
    found_at: datetime,
    simulated: str | None,
) -> tuple[UUID, str]:
    """One order of a finding: its id and number; the caller's transaction decides whether."""
    said = f"{content}\n（未诉先办 {number}，{clock.local(found_at):%Y-%m-%d} 发现）"
    (taken,) = intake.take_within(
        connection,
        [
            Incoming(
                source=SOURCE, source_no=number, kind="其他", title=title, content=said,
                place=place, lng=lng, lat=lat, region_code=region_code,
                received_at=clock.now(), simulated=simulated,
            )
        ],
    )  # fmt: skip
    if taken.order_id is None or taken.order_no is None:
        raise OrderError(f"没有转为工单：{taken.reason}，{KEPT}")
    return taken.order_id, taken.order_no


def ended(ids: Collection[UUID]) -> dict[UUID, tuple[bool, str]]:
    """Those of these orders that are over: whether they were answered, and what was said."""
    found: dict[UUID, tuple[bool, str]] = {}
    with scoped(SERVICE) as connection:
        for order_id in ids:
            row = _last(connection, order_id)
            if row is not None and row.closed_at is not None:
                words = row.reply or f"工单 {row.order_no} {row.state}，没有办理结果。"
                found[order_id] = (bool(row.reply), f"工单 {row.order_no}：{words}"[:500])
    return found


def _last(connection: Connection, order_id: UUID) -> Row[Any] | None:
    """The order, or the one into which it was merged."""
    wanted: UUID = order_id
    row = None
    for _ in range(_DEEP):
        query = select(work_order).where(work_order.c.id == wanted)
        row = connection.execute(query).first()
        if row is None or row.merged_into is None:
            break
        wanted = row.merged_into
    return row
