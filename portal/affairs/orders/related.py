"""Which orders belong together: the same caller's, and the many that are about one matter.

Bounded: only the newest of the place and time in question are compared by their words. What one
may not see is neither compared nor counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, and_, func, literal, or_, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders import arriving, desk
from portal.affairs.orders.drafting import Draft
from portal.affairs.orders.rules import OrderError
from portal.affairs.orders.tables import order_caller, work_order
from portal.affairs.workflow.flow import FlowError
from portal.store import clock, crypto, region_codes
from portal.store.citypack import pack
from portal.store.intake_texts import Likeness
from portal.store.scope import scoped

VIEW, REGISTER, CALLER = "orders.view", "orders.register", "orders.caller"
COMPARED = 400
SAME_CALLER, SAME_MATTER = "同一来电人", "同一事项"
JOINABLE = ("待受理", "待派单", "待签收", "办理中")
MOST_JOINED = 500


@dataclass(frozen=True, kw_only=True)
class Like:
    """An order that may belong with another, and why."""

    id: UUID
    order_no: str
    title: str
    place: str
    state: str
    region_code: str
    received_at: datetime
    why: tuple[str, ...]
    likeness: float  # of the texts, 0 to 1


@dataclass(frozen=True, kw_only=True)
class Group:
    """Orders about what seems to be one matter: one handling, one answer to all."""

    category: str
    region_code: str
    title: str
    target: str  # number of the oldest, into which the others would go
    members: tuple[tuple[UUID, str, int], ...]  # id, number, version
    first_at: datetime
    last_at: datetime

    @property
    def reason(self) -> str:
        """Why they are shown together."""
        here = f"{clock.local(self.first_at):%m月%d日 %H:%M}至{clock.local(self.last_at):%H:%M}"
        return f"同类、同地、{here}共 {len(self.members)} 件"


def similar(principal: Principal, draft: Draft) -> tuple[Like, ...]:
    """What is there already while a demand is being written down, the likest first."""
    permissions.check(principal, REGISTER)
    texts = pack().intake.likeness
    words = f"{draft.title} {draft.content}".strip()[:500]
    at = draft.received_at or clock.now()
    with scoped(principal.reach) as connection:
        found = _of_matter(connection, texts, words, draft.region_code, at)
        digits = arriving.digits(draft.caller_phone)
        if len(digits) >= 5 and permissions.allowed(principal, CALLER):
            found |= _of_caller(connection, texts, digits, words, at, found)
    return _best(found, texts.shown)


def of_order(principal: Principal, order_id: UUID) -> tuple[Like, ...]:
    """What belongs with an order that is there."""
    permissions.check(principal, VIEW)
    texts = pack().intake.likeness
    with scoped(principal.reach) as connection:
        row = connection.execute(select(work_order).where(work_order.c.id == order_id)).first()
        if row is None:
            raise OrderError(desk.GONE)
        words = f"{row.title} {row.content}"[:500]
        found = _of_matter(connection, texts, words, row.region_code, row.received_at)
        if permissions.allowed(principal, CALLER):
            query = select(order_caller.c.phone_hash).where(order_caller.c.order_id == order_id)
            known = connection.execute(query).scalar()
            if known:
                found |= _by_hash(connection, texts, known, words, row.received_at, found)
    found.pop(order_id, None)
    return _best(found, texts.shown)


def _best(found: dict[UUID, Like], most: int) -> tuple[Like, ...]:
    ordered = sorted(found.values(), key=lambda one: one.received_at, reverse=True)
    return tuple(sorted(ordered, key=lambda one: (-len(one.why), -one.likeness))[:most])


def _in_place(code: str) -> Any:
    """In the place or below it; of a community also what was only known by its street."""
    place = work_order.c.region_code
    inside = region_codes.within(place, code)
    if len(code) < region_codes.COMMUNITY:
        return inside
    return or_(inside, place == code[: region_codes.STREET])


def _likeness(words: str) -> Any:
    """How alike the texts are: the title alone, or title and content together."""
    given = literal(words)
    whole = work_order.c.title + literal(" ") + func.left(work_order.c.content, 400)
    return func.greatest(func.similarity(work_order.c.title, given), func.similarity(whole, given))


def _compared(where: Sequence[Any], words: str) -> Select[Any]:
    """The newest orders that fit, with their likeness; cut to some before they are compared."""
    newest = (
        select(work_order.c.id)
        .where(work_order.c.merged_into.is_(None), *where)
        .order_by(work_order.c.received_at.desc())
        .limit(COMPARED)
        .subquery()
    )
    like = _likeness(words) if words else literal(0.0)
    return select(work_order, like.label("like")).join(newest, newest.c.id == work_order.c.id)


def _of_matter(
    connection: Connection, texts: Likeness, words: str, code: str, at: datetime
) -> dict[UUID, Like]:
    if len(words) < 2 or not code:
        return {}
    span = timedelta(hours=texts.matter_hours)
    near = (
        _in_place(code),
        work_order.c.received_at >= at - span,
        work_order.c.received_at <= at + span,
    )
    compared = _compared(near, words).subquery()
    rows = connection.execute(select(compared).where(compared.c.like >= texts.least))
    return {row.id: _like(row, (SAME_MATTER,)) for row in rows}


def _of_caller(
    connection: Connection,
    texts: Likeness,
    digits: str,
    words: str,
    at: datetime,
    found: dict[UUID, Like],
) -> dict[UUID, Like]:
    return _by_hash(connection, texts, crypto.keyed_hash(digits), words, at, found)


def _by_hash(
    connection: Connection,
    texts: Likeness,
    phone_hash: str,
    words: str,
    at: datetime,
    found: dict[UUID, Like],
) -> dict[UUID, Like]:
    """The same caller's orders; those about the same matter were found before and say both."""
    theirs = select(order_caller.c.order_id).where(order_caller.c.phone_hash == phone_hash)
    since = at - timedelta(days=texts.caller_days)
    where = (work_order.c.id.in_(theirs), work_order.c.received_at >= since)
    rows = connection.execute(_compared(where, words))
    return {
        row.id: _like(row, (SAME_CALLER, *(found[row.id].why if row.id in found else ())))
        for row in rows
    }


def _like(row: Row[Any], why: tuple[str, ...]) -> Like:
    names = ("id", "order_no", "title", "place", "state", "region_code", "received_at")
    return Like(
        **{name: getattr(row, name) for name in names},
        why=why,
        likeness=round(float(row.like), 2),
    )


# -- many about one matter ------------------------------------------------------------------------


def groups(principal: Principal) -> tuple[Group, ...]:
    """Where one handling is suggested: the same class and place, within hours, and many."""
    permissions.check(principal, VIEW)
    texts = pack().intake.likeness
    since = clock.now() - timedelta(hours=texts.matter_hours)
    open_ = and_(
        work_order.c.closed_at.is_(None),
        work_order.c.state.in_(JOINABLE),
        work_order.c.merged_into.is_(None),
        work_order.c.parent_id.is_(None),
        work_order.c.against_unit.is_(None),
        work_order.c.received_at >= since,
    )
    kind = func.coalesce(func.nullif(work_order.c.category, ""), work_order.c.title)
    keys = (
        select(kind.label("kind"), work_order.c.region_code)
        .where(open_)
        .group_by(kind, work_order.c.region_code)
        .having(func.count() >= texts.many)
        .subquery()
    )
    same = and_(kind == keys.c.kind, work_order.c.region_code == keys.c.region_code)
    query = (
        select(work_order, keys.c.kind)
        .join(keys, same)
        .where(open_)
        .order_by(keys.c.kind, work_order.c.region_code, work_order.c.received_at)
    )
    found: dict[tuple[str, str], list[Row[Any]]] = {}
    with scoped(principal.reach) as connection:
        for row in connection.execute(query):
            found.setdefault((row.kind, row.region_code), []).append(row)
    made = (_group(rows) for rows in found.values())
    return tuple(sorted(made, key=lambda one: -len(one.members)))


def _group(rows: Sequence[Row[Any]]) -> Group:
    first = rows[0]
    return Group(
        category=first.category,
        region_code=first.region_code,
        title=first.title,
        target=first.order_no,
        members=tuple((row.id, row.order_no, row.version) for row in rows),
        first_at=first.received_at,
        last_at=rows[-1].received_at,
    )


def join(principal: Principal, group: Group) -> dict[str, str]:
    """Handle them as one; gives the numbers that were not joined, each with the reason."""
    left: dict[str, str] = {}
    for order_id, number, version in group.members[:MOST_JOINED]:
        if number == group.target:
            continue
        form = {"target": group.target, "words": group.reason}
        try:
            desk.act(principal, order_id, "merge", form, version)
        except FlowError as problem:
            left[number] = problem.message
    return left
