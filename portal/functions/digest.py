"""定时提醒: at most one digest per person and half day, made under that person's own scope.

Affairs add their lines by ``offer``: an object with ``reminders(principal, today)``. Urgent tasks
have messages of their own and are not held up by this.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Connection, Row, select

from auth import posts
from auth.principal import Post, Principal
from auth.tables import account, position, post, unit
from portal.functions.messages import Messages, rules
from portal.functions.messages.post import new_row
from portal.functions.messages.receivers import Receiver
from portal.store import clock, digests, messages, workdays
from portal.store.citypack import pack
from portal.store.digests import Line
from portal.store.engine import begin
from portal.store.halfdays import NOON, half_day
from portal.store.message_texts import DigestText
from portal.store.scope import scoped

log = structlog.get_logger(__name__)

KEPT = timedelta(days=7)
_AT_ONCE = 200  # people per turn: a turn must not hold a connection for long


class Source(Protocol):
    """Whatever has things that somebody may have to be reminded of."""

    def reminders(self, principal: Principal, today: date) -> Sequence[Line]:
        """What is due, late and unread in the principal's own scope; nothing for who may not."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A digest as a home shows it."""

    half_day: str
    made_at: datetime
    lines: tuple[Line, ...]


def is_time(text: DigestText, now: datetime, worked: bool) -> bool:
    """Whether the digests of this half day are due: pure, so that it is tested alone."""
    if not text.enabled or (text.workdays_only and not worked):
        return False
    at = clock.local(now).time()
    begins = text.morning if at.hour < NOON else text.afternoon
    return at >= begins


@dataclass(kw_only=True)
class Digests:
    """The digests of one process; several processes may make them at once."""

    messages: Messages
    sources: list[Source] = field(default_factory=list)

    def offer(self, source: Source) -> None:
        """Let an affair add its lines."""
        self.sources.append(source)

    def turn(self) -> int:
        """Make what is due and not made; gives how many persons were reminded of something."""
        now = clock.now()
        today = clock.local(now).date()
        if not is_time(pack().messages.digest, now, workdays.is_workday(today, pack().holidays)):
            return 0
        half = half_day(now)
        with scoped(digests.SERVICE) as connection:
            if not digests.alone(connection):
                return 0
            made = digests.done(connection, half)
            digests.forget(connection, now - KEPT)
            waiting = [one for one in _people() if one.id not in made][:_AT_ONCE]
            return sum(self._remind(connection, one.id, half, now) for one in waiting)

    def _remind(self, connection: Connection, account_id: UUID, half: str, now: datetime) -> bool:
        """One person's digest; a failure costs nobody else theirs and is tried at the next turn."""
        try:
            found = self._gathered(account_id, clock.local(now).date())
        except Exception as error:
            log.warning("a digest could not be made", error=type(error).__name__)
            return False
        if found is None:
            return False
        who, lines = found
        new = digests.put(
            connection,
            account_id=account_id,
            half_day=half,
            login=who.login,
            post_id=who.post_id,
            at=now,
            lines=lines,
        )
        if new and lines and pack().messages.digest.by == "message" and self.messages.on:
            self._send(connection, who, half, lines)
        return new and bool(lines)

    def _gathered(self, account_id: UUID, today: date) -> tuple[Principal, list[Line]] | None:
        """The person in the main post, and the lines of all own posts; none of a deputy's."""
        lines: list[Line] = []
        first: Principal | None = None
        for one in _apart(posts.posts_of(account_id)):
            who = posts.principal_for(
                account_id=account_id, post_id=one.id, session_id="digest", factors=()
            )
            if who is None or who.post_id != one.id:
                continue
            first = first or who
            lines += [line for source in self.sources for line in source.reminders(who, today)]
        return (first, lines) if first is not None else None

    def _send(
        self, connection: Connection, who: Principal, half: str, lines: Sequence[Line]
    ) -> None:
        texts = pack().messages
        said = texts.digest.words.format(
            platform=pack().platform_name,
            due=sum(one.due for one in lines),
            late=sum(one.late for one in lines),
            unread=sum(one.unread for one in lines),
        )
        to = Receiver(
            account_id=who.account_id,
            login=who.login,
            name=who.name,
            post_id=who.post_id,
            unit_id=who.unit.id,
            region_code=who.unit.region_code,
        )
        row = new_row(
            texts,
            to,
            id=uuid4(),
            kind=rules.REMINDER,
            step=half,
            region_code=who.unit.region_code,
            words=said,
            channel=self.messages.channels[0].id,
        )
        messages.put(connection, row)

    def shown(self, principal: Principal) -> Shown | None:
        """The digest of this half day, until it is put away."""
        with scoped(principal.reach) as connection:
            row = digests.unseen(connection, principal.account_id, half_day(clock.now()))
        if row is None:
            return None
        lines = tuple(Line(**one) for one in row.lines)
        return Shown(half_day=row.half_day, made_at=row.made_at, lines=lines)

    def put_away(self, principal: Principal) -> None:
        """The person has seen it."""
        now = clock.now()
        with scoped(principal.reach) as connection:
            digests.saw(connection, principal.account_id, half_day(now), now)


def _people() -> Sequence[Row[Any]]:
    """Everybody who holds a post now; programs hold theirs under accounts of another kind."""
    query: Any = (
        select(account.c.id)
        .distinct()
        .select_from(
            account.join(post, post.c.account_id == account.c.id)
            .join(position, position.c.id == post.c.position_id)
            .join(unit, unit.c.id == position.c.unit_id)
        )
        .where(account.c.status == "active", posts.holds_now())
        .order_by(account.c.id)
    )
    with begin() as connection:
        return list(connection.execute(query, posts.moments()))


def _apart(held: Sequence[Post]) -> Iterator[Post]:
    """Own posts whose rows no earlier one shows already, so that nothing is counted twice."""
    seen: list[Post] = []
    for one in held:
        if one.acting_for is not None or any(_within(one, other) for other in seen):
            continue
        seen.append(one)
        yield one


def _within(one: Post, other: Post) -> bool:
    covered = all(any(p.startswith(q) for q in other.prefixes) for p in one.prefixes)
    return covered and (one.unit.id == other.unit.id or bool(one.prefixes))
