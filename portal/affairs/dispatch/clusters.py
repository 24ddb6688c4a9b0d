"""从一件到一类: what many demands of one place have in common, taken up before the next call."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, func, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.dispatch import cluster_rules, reads
from portal.affairs.dispatch.cluster_rules import Demand, Trend
from portal.affairs.orders.tables import work_order
from portal.store import clock, divisions, region_codes
from portal.store.citypack import pack
from portal.store.scope import scoped

VIEW = "orders.view"
MOST_ORDERS = 20_000
_WIDTH = 12  # by community or village


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A kind of demand that a place has: what a finding of 未诉先办 can start from."""

    region_code: str
    region_name: str
    code: str
    class_name: str
    title: str
    count: int
    open_count: int
    before: int
    trend: Trend
    reason: str
    order_ids: tuple[UUID, ...]
    order_nos: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Clusters:
    """The clusters of a scope, and whether more orders were there than could be looked at."""

    found: tuple[Cluster, ...]
    looked_at: int
    complete: bool
    since: datetime


def clusters(principal: Principal, region_code: str = "", code: str = "") -> Clusters:
    """The kinds of demand of the last days in one's scope, or in a place or class of it."""
    permissions.check(principal, VIEW)
    texts, now = pack().dispatch.cluster, clock.now()
    since = now - timedelta(days=texts.days)
    with scoped(principal.reach) as connection:
        held = _demands(connection, since, region_code, code)
        earlier = since - timedelta(days=texts.before)
        wanted = _wanted(held, texts.least)
        before = _before(connection, earlier, since, wanted)
        names = {
            one.entry.code: one.entry.name
            for one in reads.classes(connection, principal.unit.region_code)
        }
    found = cluster_rules.groups(held[:MOST_ORDERS], before, texts)
    return Clusters(
        found=tuple(
            Cluster(
                region_code=one.region_code,
                region_name=divisions.full_name(one.region_code),
                code=one.code,
                class_name=names.get(one.code, one.code),
                title=one.title,
                count=len(one.orders),
                open_count=sum(each.open for each in one.orders),
                before=one.before,
                trend=one.trend,
                reason=one.reason,
                order_ids=tuple(each.id for each in one.orders),
                order_nos=tuple(each.order_no for each in one.orders),
            )
            for one in found
        ),
        looked_at=min(len(held), MOST_ORDERS),
        complete=len(held) <= MOST_ORDERS,
        since=since,
    )


def _demands(connection: Connection, since: datetime, region_code: str, code: str) -> list[Demand]:
    o = work_order.c
    query = (
        select(o.id, o.order_no, o.region_code, o.category, o.title, o.received_at, o.closed_at)
        .where(o.received_at >= since, o.category != "", o.merged_into.is_(None))
        .where(o.confidential.is_(False), o.parent_id.is_(None))
        .order_by(o.received_at.desc(), o.id)
        .limit(MOST_ORDERS + 1)
    )
    if region_code:
        query = query.where(region_codes.within(o.region_code, region_code))
    if code:
        query = query.where(o.category >= code, o.category < code + "/")
    return [
        Demand(
            id=row.id,
            order_no=row.order_no,
            region_code=row.region_code[:_WIDTH],
            code=row.category,
            title=row.title,
            day=clock.local(row.received_at).date(),
            open=row.closed_at is None,
        )
        for row in connection.execute(query)
    ]


def _wanted(held: list[Demand], least: int) -> list[tuple[str, str]]:
    counts: dict[tuple[str, str], int] = {}
    for one in held:
        key = (one.region_code, one.code)
        counts[key] = counts.get(key, 0) + 1
    return sorted(key for key, count in counts.items() if count >= least)


def _before(
    connection: Connection, start: datetime, end: datetime, wanted: list[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """How many there were in the days before, of the places and classes that come into question."""
    if not wanted:
        return {}
    o = work_order.c
    place = func.left(o.region_code, _WIDTH)
    codes = sorted({code for _, code in wanted})
    query = (
        select(place.label("place"), o.category, func.count().label("many"))
        .where(o.category.in_(codes), o.received_at >= start, o.received_at < end)
        .where(o.merged_into.is_(None), o.confidential.is_(False), o.parent_id.is_(None))
        .group_by(place, o.category)
    )
    mine = set(wanted)
    return {
        (row.place, row.category): row.many
        for row in connection.execute(query)
        if (row.place, row.category) in mine
    }
