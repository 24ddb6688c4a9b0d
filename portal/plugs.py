"""Affairs plugged into one another: each knows only the shape of what it is given."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection

from portal.affairs.findings import book, daily, linked
from portal.affairs.findings.linked import Demand, Standing
from portal.affairs.findings.offer import FindingTasks
from portal.affairs.orders import book as order_book
from portal.affairs.orders import found, tally
from portal.functions.reports.known import Own
from portal.jobs import Recurring
from portal.store.citypack import CityPack


class OrdersOfFindings:
    """Findings become orders of this platform, and follow how those end."""

    def take(self, connection: Connection, demand: Demand) -> tuple[UUID, str]:
        """The order of a finding."""
        return found.take(connection, **vars(demand))

    def ended(self, ids: Collection[UUID]) -> dict[UUID, Standing]:
        """Those orders that are over."""
        over = found.ended(ids)
        return {one: Standing(done=done, words=words) for one, (done, words) in over.items()}


def _has_findings(city: CityPack) -> bool:
    return city.flow(book.FLOW) is not None and bool(city.findings.stage)


def tasks_of_findings(city: CityPack) -> tuple[FindingTasks, ...]:
    """未诉先办 in the inbox, where the city has it; its findings may become orders."""
    if not _has_findings(city):
        return ()
    book.flow()  # a flow that makes no sense stops here, with file, line and reason
    linked.become_orders(OrdersOfFindings() if city.flow(order_book.FLOW) else None)
    return (FindingTasks(),)


def jobs_of_findings(city: CityPack) -> tuple[Recurring, ...]:
    """The day's reports at their hour, and findings that follow their orders."""
    if not _has_findings(city):
        return ()
    return (
        Recurring(seconds=60, name="findings.daily", work=daily.make_due),
        Recurring(seconds=60, name="findings.orders", work=daily.follow_orders),
    )


_ONLY_PARTS = ("orders_received_kind", "orders_received_class", "orders_received_source")
_FRACTIONS = (
    "orders_due",
    "orders_responded",
    "orders_visited_resolved",
    "orders_satisfied",
    "orders_basically_satisfied",
)


def measures_of_orders(city: CityPack) -> tuple[Own, ...]:
    """What this platform counts of the demands it handles, place by place, for any report."""
    if city.flow(order_book.FLOW) is None:
        return ()
    return tuple(
        Own(
            definition=one,
            system_id=tally.SYSTEM,
            source="本平台诉求办理",
            about=f"本平台受理和办理的诉求：{one.name}，按诉求所在地计",
            slices=None if one.id in _ONLY_PARTS or one.id == "orders_closed_way" else (),
            divides=one.id != "orders_received_class",
            fraction=one.id in _FRACTIONS,
        )
        for one in tally.DEFINITIONS
        if not one.id.endswith("_unit")
    )
