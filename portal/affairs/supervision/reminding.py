"""预警 on its way to people: urgent ones at once in the inbox, others in the half day's digest.

A warning is told to a unit once and said to a person once: the digest takes what was written since
that person's last one. What has been settled meanwhile is not said any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders import papers
from portal.affairs.orders.tables import work_order
from portal.affairs.supervision.queries import VIEW
from portal.affairs.supervision.tables import order_warning
from portal.store import clock, digests, platform_tasks
from portal.store.citypack import pack
from portal.store.digests import Line
from portal.store.scope import scoped

NAME = "工单督办预警"
_FIRST = timedelta(hours=12)  # for who never had a digest


def tell_at_once(connection: Connection, rows: Sequence[Row[Any]]) -> int:
    """Of urgent orders each unit that is warned finds it in its inbox, to be read, this moment."""
    wanted = [row for row in rows if row.told and row.urgent]
    if not wanted:
        return 0
    ids = {row.order_id for row in wanted}
    found = connection.execute(select(work_order).where(work_order.c.id.in_(ids)))
    orders = {row.id: row._asdict() for row in found}
    names = {one.id: one.name for one in pack().dispatch.supervision.stages}
    lines = [
        papers.row_of(orders[row.order_id], row.unit_id)
        | {
            "foreign_id": papers.key_of(row.order_id, row.unit_id, told=True),
            "kind": papers.TOLD,
            "title": f"{names.get(row.stage, row.stage)}：{orders[row.order_id]['title']}",
            "state": platform_tasks.UNREAD,
        }
        for row in wanted
    ]
    platform_tasks.hold(connection, papers.SOURCE, lines, words="督办预警")
    return len(lines)


@dataclass(frozen=True, kw_only=True)
class Reminders:
    """What the half day's digest says of orders near, at and past their limit."""

    def reminders(self, principal: Principal, today: date) -> tuple[Line, ...]:
        """The open orders that the own unit was warned of since the person's last digest."""
        if not permissions.allowed(principal, VIEW):
            return ()
        w, o = order_warning.c, work_order.c
        with scoped(principal.reach) as connection:
            last = digests.last(connection, principal.account_id)
            told = (
                select(
                    w.order_id,
                    func.bool_or(w.colour == "红").label("late"),
                )
                .join(work_order, o.id == w.order_id)
                .where(
                    w.unit_id == principal.unit.id,
                    w.told,
                    w.urgent.is_(False),
                    w.at > (last or clock.now() - _FIRST),
                    o.closed_at.is_(None),
                    o.deadline_at == w.deadline_at,
                )
                .group_by(w.order_id)
                .subquery()
            )
            row = connection.execute(
                select(
                    func.count().filter(told.c.late).label("late"),
                    func.count().filter(~told.c.late).label("near"),
                ).select_from(told)
            ).one()
        line = Line(name=NAME, due=row.near, late=row.late)
        return (line,) if line.counts else ()
