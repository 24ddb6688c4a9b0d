"""The only writer of morning papers: by the clock, each under its holder's own scope."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, delete, func, insert, select

from auth import permissions, posts
from auth.principal import Principal
from auth.tables import account, position, post, unit
from portal.affairs.briefing import paper, rules
from portal.affairs.briefing.tables import morning_paper
from portal.store import clock
from portal.store.citypack import pack
from portal.store.engine import begin
from portal.store.scope import Reach, scoped

SERVICE = Reach(prefixes=(), unit_id=None, actor="service:briefing")
AT_ONCE = 50  # papers per turn: the rest at the next
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Holder:
    account_id: UUID
    post_id: UUID


def turn() -> int:
    """Make what is due and not made; gives how many. One process at a time."""
    texts, now = pack().briefing, clock.local(clock.now())
    if not texts.number or not rules.due(texts.at, now.time()):
        return 0
    today = now.date()
    with scoped(SERVICE) as connection:
        alone = select(func.pg_try_advisory_xact_lock(func.hashtext("briefing.turn")))
        if not connection.execute(alone).scalar_one():
            return 0
        old = today - timedelta(days=texts.keep_days)
        connection.execute(delete(morning_paper).where(morning_paper.c.day < old))
        done = set(
            connection.execute(
                select(morning_paper.c.post_id).where(morning_paper.c.day == today)
            ).scalars()
        )
        waiting = [one for one in _holders(texts.roles) if one.post_id not in done]
        return sum(_make(connection, one, today) for one in waiting[:AT_ONCE])


def _holders(roles: tuple[str, ...]) -> Iterator[_Holder]:
    """Everybody who holds a post of these roles; a deputy reads the holder's in no other way."""
    query: Any = (
        select(account.c.id.label("account_id"), post.c.id.label("post_id"))
        .select_from(
            account.join(post, post.c.account_id == account.c.id)
            .join(position, position.c.id == post.c.position_id)
            .join(unit, unit.c.id == position.c.unit_id)
        )
        .where(
            account.c.status == "active",
            position.c.roles.overlap(list(roles)),
            posts.holds_now(),
        )
        .order_by(post.c.id)
    )
    with begin() as connection:
        rows = connection.execute(query, posts.moments()).all()
    return (_Holder(account_id=row.account_id, post_id=row.post_id) for row in rows)


def _make(connection: Connection, holder: _Holder, today: date) -> bool:
    """One paper; a failure costs nobody else theirs and is tried at the next turn."""
    try:
        who = posts.principal_for(
            account_id=holder.account_id, post_id=holder.post_id, session_id="briefing", factors=()
        )
        if who is None or who.post_id != holder.post_id or not _may(who):
            return False
        made = paper.make(who, today)
    except Exception as error:
        _log.warning("a morning paper could not be made", error=type(error).__name__)
        return False
    connection.execute(
        insert(morning_paper).values(
            post_id=holder.post_id,
            day=today,
            login=who.login,
            region_code=who.unit.region_code,
            title=made.title,
            content=made.content,
            why=made.why,
            made_at=clock.now(),
        )
    )
    return True


def _may(who: Principal) -> bool:
    return permissions.allowed(who, paper.VIEW, who.unit.region_code)
