"""Orders that their master lists no more: asked for one by one, and closed only when it says so.

A whole walk says what is missing; the master is asked for each of those by its number. What it
still knows stays, what it could not be asked about stays too. Nothing is deleted: the order is
closed as 来源撤销, and its history says who took it back.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, Text, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from portal.affairs.orders import rules, tally
from portal.affairs.orders.book import BOOK
from portal.affairs.orders.commands import LIVE, WITHDRAWN
from portal.affairs.orders.intake_tables import order_command, order_foreign
from portal.affairs.orders.mirror import THEIRS, Origin
from portal.affairs.orders.tables import work_order
from portal.affairs.workflow import ledger
from portal.affairs.workflow.ledger import By
from portal.store import clock
from portal.store.scope import scoped

log = structlog.get_logger(__name__)

SERVICE = tally.SERVICE
MOVE, STATE = "withdraw", "来源撤销"


def _open(origin: Origin) -> tuple[Any, ...]:
    order = work_order.c
    return (
        order.source_system == origin.system_id,
        order.master == THEIRS,
        order.closed_at.is_(None),
    )


class Gone:
    """What the walk of orders needs of this desk to find out what was taken back."""

    def unseen(self, origin: Origin, seen: Collection[str], most: int) -> list[str]:
        """Open orders of a master that its whole list did not name, the longest unasked first."""
        given = bindparam("seen", list(seen), type_=ARRAY(Text))
        listed = select(func.unnest(given))
        query = (
            select(work_order.c.source_no)
            .outerjoin(order_foreign, order_foreign.c.order_id == work_order.c.id)
            .where(*_open(origin), work_order.c.source_no.not_in(listed))
            .order_by(order_foreign.c.seen_at.asc().nulls_first(), work_order.c.id)
            .limit(most)
        )
        with scoped(SERVICE) as connection:
            return list(connection.execute(query).scalars())

    def there(self, origin: Origin, number: str) -> None:
        """It was asked for and is still there: the others are asked for before it again."""
        with scoped(SERVICE) as connection:
            mine = select(work_order.c.id).where(*_open(origin), work_order.c.source_no == number)
            connection.execute(
                update(order_foreign)
                .where(order_foreign.c.order_id.in_(mine))
                .values(seen_at=clock.now())
            )

    def close(self, origin: Origin, number: str) -> bool:
        """Its master does not know it any more: closed here, once, with who said so."""
        with scoped(SERVICE) as connection:
            query = select(work_order.c.id).where(*_open(origin), work_order.c.source_no == number)
            order_id = connection.execute(query).scalar()
            if order_id is None or STATE not in BOOK.flow().states:
                log.warning("an order was taken back and is not closed", system=origin.system_id)
                return False
            _withdraw(connection, origin, order_id)
        return True


def _withdraw(connection: Any, origin: Origin, order_id: UUID) -> None:
    def platform(_row: Row[Any]) -> By:
        return By(login=SERVICE.actor, name=origin.name, unit_id=None, unit_name=origin.name,
                  kinds=frozenset({rules.PLATFORM}))  # fmt: skip

    words = f"{origin.name}已撤销或删除该工单，经逐件查询不再存在"
    ledger.turn(connection, BOOK, order_id, MOVE, {"words": words}, version=None, by=platform)
    connection.execute(
        update(order_command)
        .where(order_command.c.order_id == order_id, order_command.c.state.in_(LIVE))
        .values(state=WITHDRAWN, lease_until=None, error=words)
    )
    # If it ever comes back, that is news.
    connection.execute(
        update(order_foreign)
        .where(order_foreign.c.order_id == order_id)
        .values(state=STATE, due_at=None, seen_at=clock.now())
    )
