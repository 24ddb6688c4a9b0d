"""A finding that becomes a work order: handed over and looked after through a seam.

This affair knows no orders; the composition root says who takes one and how it stands.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection

from portal.affairs.findings.rules import FindingError
from portal.affairs.workflow.flow import KEPT
from portal.affairs.workflow.ledger import Step


@dataclass(frozen=True, kw_only=True)
class Demand:
    """A finding as whoever takes orders is told of it."""

    number: str
    title: str
    content: str
    place: str
    lng: float | None
    lat: float | None
    region_code: str
    found_at: datetime
    simulated: str | None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How an order ended: ``done``, or given back unhandled; and what was said."""

    done: bool
    words: str


class Orders(Protocol):
    """Who takes findings as orders."""

    def take(self, connection: Connection, demand: Demand) -> tuple[UUID, str]:
        """Within the caller's transaction: the order's id and number."""
        ...

    def ended(self, ids: Collection[UUID]) -> Mapping[UUID, Standing]:
        """Those of these orders that have come to an end."""
        ...


_orders: list[Orders] = []  # of this process


def become_orders(orders: Orders | None) -> None:
    """Let findings become orders there; ``None`` ends it."""
    _orders[:] = [orders] if orders else []


def orders() -> Orders | None:
    """Who takes them, if anybody does."""
    return _orders[0] if _orders else None


def hand_over(step: Step) -> None:
    """转为工单: from here on the order is handled, and the finding follows it."""
    taker, row = orders(), step.row
    if taker is None:
        raise FindingError(f"本平台未启用工单，不能转为工单，请改为研判派单，{KEPT}")
    order_id, order_no = taker.take(
        step.connection,
        Demand(
            number=row.number if row.order_id is None else f"{row.number}-{row.version}",
            title=row.title,
            content=row.content,
            place=row.place,
            lng=float(row.lng) if row.lng is not None else None,
            lat=float(row.lat) if row.lat is not None else None,
            region_code=row.region_code,
            found_at=row.found_at,
            simulated=row.simulated,
        ),
    )
    step.values |= {"order_id": order_id, "order_no": order_no, "lead_unit": None,
                    "help_units": [], "way": None}  # fmt: skip
    step.detail["order"] = order_no
    step.words += f"：工单 {order_no}"
