"""To whom an urgent task goes: who holds the post it belongs to, and who stands in for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, case, func, literal, or_, select

from auth import posts
from auth.tables import account, deputy, position, post, unit
from portal.store.engine import begin

ACT = "tasks.act"


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """A person in a post."""

    account_id: UUID
    login: str
    name: str
    post_id: UUID
    unit_id: str
    region_code: str


def _people(*more: Any) -> Select[Any]:
    joined = (
        post.join(position, position.c.id == post.c.position_id)
        .join(unit, unit.c.id == position.c.unit_id)
        .join(account, account.c.id == post.c.account_id)
    )
    columns = (
        account.c.id.label("account_id"),
        account.c.login,
        account.c.name,
        post.c.id.label("post_id"),
        unit.c.id.label("unit_id"),
        unit.c.region_code,
    )
    query: Select[Any] = select(*columns, *more).select_from(joined)
    return query.where(account.c.status == "active", posts.holds_now())


def holder(task: Row[Any], roles: Sequence[str]) -> Receiver | None:
    """Who last acted on it; else the first of the roles in its unit, or nearest to its place."""
    mine = post.c.id == task.post_id if task.post_id else literal(False)
    here = unit.c.id == task.unit_id if task.unit_id else _covers(task.region_code)
    rank = case(
        *((position.c.roles.contains([role]), place) for place, role in enumerate(roles)),
        else_=len(roles),
    )
    in_turn = and_(here, position.c.roles.overlap(list(roles)))
    query = _people().where(or_(mine, in_turn))
    query = query.order_by(
        mine.desc(), func.length(unit.c.region_code).desc(), rank, post.c.is_main.desc(), post.c.id
    )
    with begin() as connection:
        found = connection.execute(query.limit(1), posts.moments()).first()
    return _receiver(found)


def _covers(region_code: str) -> Any:
    """A government or community whose place the task lies in."""
    inside = literal(region_code).startswith(unit.c.region_code)
    return and_(inside, unit.c.kind != "department")


def deputy_of(post_id: UUID, but: UUID) -> Receiver | None:
    """Who may act on tasks in that post now, on the holder's behalf."""
    stands_in = account.alias("stands_in")
    query: Select[Any] = (
        select(
            stands_in.c.id.label("account_id"),
            stands_in.c.login,
            stands_in.c.name,
            post.c.id.label("post_id"),
            unit.c.id.label("unit_id"),
            unit.c.region_code,
        )
        .select_from(
            post.join(position, position.c.id == post.c.position_id)
            .join(unit, unit.c.id == position.c.unit_id)
            .join(deputy, deputy.c.post_id == post.c.id)
            .join(stands_in, stands_in.c.id == deputy.c.account_id)
        )
        .where(
            post.c.id == post_id,
            stands_in.c.status == "active",
            stands_in.c.id != but,
            deputy.c["items"].contains([ACT]),
            posts.holds_now(),
            posts.acts_now(),
        )
        .order_by(deputy.c.starts, deputy.c.id)
    )
    with begin() as connection:
        found = connection.execute(query.limit(1), posts.moments()).first()
    return _receiver(found)


def _receiver(row: Row[Any] | None) -> Receiver | None:
    return None if row is None else Receiver(**row._asdict())
