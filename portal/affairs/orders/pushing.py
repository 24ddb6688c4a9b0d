"""Orders that another platform's program hands over, and what it may ask about its own.

Which program speaks for which source is the city's to say. What is pushed goes the way of what is
pulled, so that an order that comes both ways is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from auth import permissions
from auth.permissions import Denied
from auth.principal import Principal
from portal.affairs.orders import mirror, tally
from portal.affairs.orders.intake import Taken
from portal.affairs.orders.tables import work_order
from portal.connectors.contract import ForeignTask
from portal.store.citypack import pack
from portal.store.intake_texts import Pusher
from portal.store.scope import Reach, scoped

PUSH = "orders.push"
NOT_LISTED = "该程序没有登记为工单来源，没有接收任何工单。请联系平台管理员登记。"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where an order is, as its own source may know: no unit below it, nobody's name."""

    number: str
    order_no: str
    state: str
    received_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    answer: str


@dataclass(frozen=True, kw_only=True)
class _Origin:
    system_id: str
    name: str
    master: str
    simulated: str | None


def pusher_of(principal: Principal) -> Pusher:
    """What a program was listed for."""
    permissions.check(principal, PUSH)
    name = principal.login.removeprefix("program:")
    found = next((one for one in pack().intake.pusher if one.client == name), None)
    if found is None:
        raise Denied(NOT_LISTED)
    return found


def _origin(pusher: Pusher) -> _Origin:
    site = next((one for one in pack().systems if one.id == pusher.system), None)
    if site is None:  # nobody can be sent a command: this platform is the master
        return _Origin(
            system_id=f"push:{pusher.client}",
            name=pusher.source,
            master=mirror.OURS,
            simulated=None,
        )
    return _Origin(
        system_id=site.id,
        name=site.name,
        master=site.master,
        simulated="sandbox" if site.simulated else None,
    )


def push(principal: Principal, pusher: Pusher, found: Sequence[ForeignTask]) -> list[Taken]:
    """Take in what a program hands over; says of each what became of it.

    The program stands in the history of every order it brings, which nobody can change.
    """
    by = Reach(prefixes=(), unit_id=principal.unit.id, actor=principal.login)
    return mirror.take_each(_origin(pusher), found, by)


def standings(principal: Principal, numbers: Sequence[str]) -> tuple[Standing, ...]:
    """Where orders of the program's own source are; of others nothing is said."""
    pusher = pusher_of(principal)
    query = select(work_order).where(
        work_order.c.source == pusher.source, work_order.c.source_no.in_(numbers)
    )
    with scoped(tally.SERVICE) as connection:
        rows = connection.execute(query.order_by(work_order.c.source_no)).all()
    return tuple(
        Standing(
            number=row.source_no,
            order_no=row.order_no,
            state=row.state,
            received_at=row.received_at,
            due_at=row.deadline_at,
            closed_at=row.closed_at,
            answer=(row.reply or "") if row.closed_at else "",
        )
        for row in rows
    )
