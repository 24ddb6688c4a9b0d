"""接: demands from everywhere become orders, each once, however often and by whomever it is sent.

One statement per table for as many as come together. The same source and number is one order: who
comes second finds it there. Where the other side is master, a changed text changes ours.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, text, update

from portal.affairs.orders import arriving, classes, papers, seats, tally, units
from portal.affairs.orders.book import flow
from portal.affairs.orders.files import Attachment
from portal.affairs.orders.rules import OrderError
from portal.affairs.orders.tables import (
    order_attachment,
    order_caller,
    order_event,
    order_seat,
    order_tally,
    work_order,
)
from portal.affairs.orders.units import UnitRef
from portal.store import bulk, clock
from portal.store.citypack import pack
from portal.store.scope import Reach, acting_as, scoped

Outcome = Literal["新收", "已有", "已更新", "拒收"]
SERVICE = tally.SERVICE
MOST_AT_ONCE = 2000


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A demand as it comes in."""

    source: str
    source_no: str
    kind: str
    title: str
    content: str
    category: str | None = None
    foreign: bool = False  # whether ``category`` is a code of the source's own system
    place: str = ""
    lng: float | None = None
    lat: float | None = None
    region_code: str | None = None
    urgency: int | None = None
    confidential: bool = False
    against_unit: str | None = None
    caller_name: str | None = field(default=None, repr=False)
    caller_phone: str | None = field(default=None, repr=False)
    received_at: datetime
    source_system: str | None = None
    master: str = "本平台为主"
    attachments: tuple[Attachment, ...] = ()
    simulated: str | None = None


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of one of them."""

    order_id: UUID | None
    order_no: str | None
    outcome: Outcome
    reason: str = ""


_INSERT = text(
    """
    INSERT INTO work_order (id, order_no, source, source_no, source_system, source_digest, master,
        kind, category, title, content, place, lng, lat, region_code, urgency, confidential,
        against_unit, unit_id, seat_units, state, state_since, received_at, day_rule, simulated,
        tags)
    SELECT id, :prefix || lpad(nextval('work_order_number')::text, 7, '0'), source, source_no,
        source_system, source_digest, master, kind, category, title, content, place, lng, lat,
        region_code, urgency, confidential, against_unit, unit_id, seat_units, state, state_since,
        received_at, day_rule, simulated, tags
      FROM jsonb_populate_recordset(NULL::work_order, cast(:rows AS jsonb))
    ON CONFLICT (source, source_no) DO NOTHING
    RETURNING id, order_no, (
        SELECT jsonb_build_object('id', u.id, 'name', u.name, 'kind', u.kind, 'level', u.level,
                                  'region_code', u.region_code)
          FROM unit u WHERE u.id = work_order.unit_id AND u.status = 'active') AS desk
    """
)


@dataclass(frozen=True, kw_only=True)
class _Made:
    """A new order: its number, and the desk it lies at."""

    order_no: str
    desk: UnitRef | None


def take(incoming: Sequence[Incoming], by: Reach = SERVICE) -> list[Taken]:
    """Take demands in; ``by`` names the service that brings them, as the history shows it.

    Whoever calls has decided that it may: this is for services and for desks that checked before.
    """
    done: list[Taken] = []
    for start in range(0, len(incoming), MOST_AT_ONCE):
        with scoped(SERVICE) as connection:
            done += _take_some(connection, incoming[start : start + MOST_AT_ONCE], by)
    return done


def take_within(
    connection: Connection, incoming: Sequence[Incoming], by: Reach = SERVICE
) -> list[Taken]:
    """The same inside a transaction of the caller's."""
    with acting_as(connection, SERVICE.actor):
        return _take_some(connection, incoming, by)


def _take_some(connection: Connection, incoming: Sequence[Incoming], by: Reach) -> list[Taken]:
    now = clock.now()
    against = units.known(connection, [one.against_unit for one in incoming if one.against_unit])
    results: dict[int, Taken] = {}
    fit: dict[tuple[str, str], tuple[int, Incoming, dict[str, Any]]] = {}
    files: dict[UUID, list[dict[str, Any]]] = {}
    same: dict[int, tuple[str, str]] = {}
    for place, one in enumerate(incoming):
        try:
            row = arriving.row_of(one, now, against)
            files[row["id"]] = arriving.files(one)
        except OrderError as problem:
            results[place] = Taken(order_id=None, order_no=None, outcome="拒收",
                                   reason=problem.message)  # fmt: skip
            continue
        key = (row["source"], row["source_no"])
        if key in fit:  # twice in one delivery: the last word counts
            same[fit[key][0]] = key
        fit[key] = (place, one, row)
    made = _insert(connection, [row for _, _, row in fit.values()], now)
    fresh = [(one, row) for _, one, row in fit.values() if row["id"] in made]
    desks = {order_id: one.desk for order_id, one in made.items()}
    _beside(connection, fresh, files, desks, now, by)
    there = _there(connection, [key for key, (_, _, row) in fit.items() if row["id"] not in made])
    for key, (place, one, row) in fit.items():
        if row["id"] in made:
            results[place] = Taken(
                order_id=row["id"], order_no=made[row["id"]].order_no, outcome="新收"
            )
        else:
            results[place] = _again(connection, there[key], one, row, now, by)
    for place, key in same.items():
        first = results[fit[key][0]]
        results[place] = Taken(order_id=first.order_id, order_no=first.order_no, outcome="已有")
    return [results[place] for place in range(len(incoming))]


def _insert(
    connection: Connection, rows: Sequence[dict[str, Any]], now: datetime
) -> dict[UUID, _Made]:
    if not rows:
        return {}
    # In the order of their keys, so that two deliveries of the same wait and never deadlock.
    ordered = sorted(rows, key=lambda row: (row["source"], row["source_no"]))
    prefix = f"{pack().region_code[:2]}{clock.local(now):%Y%m%d}"
    given = {"prefix": prefix, "rows": json.dumps(ordered, ensure_ascii=False, default=str)}
    return {
        row.id: _Made(order_no=row.order_no, desk=UnitRef(**row.desk) if row.desk else None)
        for row in connection.execute(_INSERT, given)
    }


def _beside(
    connection: Connection,
    fresh: Sequence[tuple[Incoming, dict[str, Any]]],
    brought: Mapping[UUID, list[dict[str, Any]]],
    desks: Mapping[UUID, UnitRef | None],
    now: datetime,
    by: Reach,
) -> None:
    """What belongs to new orders: seat, caller, first line of history, files, inbox, measures."""
    if not fresh:
        return
    rows = [row for _, row in fresh]
    born = {
        row["id"]: f"收到{row['source']}诉求" + classes.words(row["their_class"]) for row in rows
    }
    seated = [{"order_id": row["id"], "unit_id": row["unit_id"], "part": seats.DISPATCHES,
               "since": now, "state": seats.NOW} for row in rows]  # fmt: skip
    first = [{"order_id": row["id"], "at": now, "move": "born", "from_state": "",
              "to_state": row["state"], "unit_id": None, "unit_name": None, "actor": by.actor,
              "actor_name": row["source"], "words": born[row["id"]],
              "detail": {"version": 1}} for row in rows]  # fmt: skip
    whole = [{**row, **_NOTHING_YET} for row in rows]
    notes = [
        one
        for row in whole
        for one in (
            *tally.received(row, row["received_at"]),
            *tally.stocks(row, desks[row["id"]], now),
        )
    ]
    counted = [{"at": now, "changes": tally.together(notes)}]
    bulk.insert_together(
        connection,
        [(order_seat, seated), (order_caller, arriving.callers(fresh)), (order_event, first),
         (order_tally, counted)],
    )  # fmt: skip
    files = [
        {**one, "order_id": row["id"], "added_by": row["source"], "at": now}
        for row in rows
        for one in brought[row["id"]]
    ]
    if files:
        connection.execute(insert(order_attachment), files)
    papers.arrived(connection, whole, flow())
    classes.note(connection, rows, now)


_NOTHING_YET = {"closed_at": None, "overdue_at": None, "due_at": None, "extended_due_at": None,
                "dispatch_unit": None}  # fmt: skip


def _there(
    connection: Connection, keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Row[Any]]:
    """Orders that were there before."""
    found: dict[tuple[str, str], Row[Any]] = {}
    by_source: dict[str, list[str]] = {}
    for source, number in keys:
        by_source.setdefault(source, []).append(number)
    for source, numbers in by_source.items():
        query = select(work_order).where(
            work_order.c.source == source, work_order.c.source_no.in_(numbers)
        )
        found |= {(source, row.source_no): row for row in connection.execute(query)}
    return found


def _again(
    connection: Connection,
    held: Row[Any],
    one: Incoming,
    row: Mapping[str, Any],
    now: datetime,
    by: Reach,
) -> Taken:
    known = Taken(order_id=held.id, order_no=held.order_no, outcome="已有")
    if held.master != "对方为主" or held.source_digest == row["source_digest"]:
        return known
    query = select(work_order).where(work_order.c.id == held.id).with_for_update()
    held = connection.execute(query).one()
    if held.source_digest == row["source_digest"] or held.closed_at is not None:
        return known
    told = ("kind", "title", "content", "place", "lng", "lat")
    changed = {name: row[name] for name in told if row[name] not in (None, getattr(held, name))}
    connection.execute(
        update(work_order)
        .where(work_order.c.id == held.id)
        .values(**changed, source_digest=row["source_digest"], version=held.version + 1)
    )
    labels = [arriving.LABELS[name] for name in changed]
    connection.execute(
        insert(order_event).values(
            order_id=held.id, at=now, move="changed", from_state=held.state, to_state=held.state,
            actor=by.actor, actor_name=one.source,
            words=f"来源方更新：{'、'.join(labels) or '其他信息'}",
            detail={"version": held.version + 1, "changed": sorted(changed)},
        )
    )  # fmt: skip
    if "kind" in changed and held.parent_id is None:
        at, region = held.received_at, held.region_code
        moved = [tally.note("orders_received_kind", region, held.kind, at, -1),
                 tally.note("orders_received_kind", region, row["kind"], at, 1)]  # fmt: skip
        tally.keep(connection, moved, now, held.id)
    return Taken(order_id=held.id, order_no=held.order_no, outcome="已更新")
