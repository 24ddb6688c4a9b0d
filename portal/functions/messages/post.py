"""The worker: tells of urgent tasks, sends what is due, asks what became of it.

Safe to run in every process at once, like that of the outbox: a claim with a lease, the same key at
every attempt, and the end counts only while the lease is one's own.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Connection, Row

from portal.connectors.contract import SystemFault
from portal.connectors.messaging import Channel, Outgoing, Report
from portal.functions.messages import receivers, rules
from portal.functions.messages.phones import phone_of
from portal.functions.messages.receivers import Receiver
from portal.store import clock, messages
from portal.store.citypack import pack
from portal.store.message_texts import MessageTexts
from portal.store.scope import scoped
from portal.store.tasks import SERVICE

log = structlog.get_logger(__name__)

AT_ONCE = 8
NameOf = Callable[[str], str]


def tell(channels: Mapping[str, Channel], name_of: NameOf, kinds: Sequence[tuple[str, str]]) -> int:
    """Write messages about urgent tasks to their holders, then to deputies; gives how many."""
    if not channels:
        return 0
    texts, now = pack().messages, clock.now()
    with scoped(SERVICE) as connection:
        fresh = messages.unanswered(connection, kinds, now - timedelta(hours=texts.fresh_hours))
        waiting = messages.told_holders(connection, rules.DEPUTY)
    made = 0
    for row in fresh:
        found = receivers.holder(row, texts.receivers)
        if found is None:
            log.info("nobody to tell of an urgent task", system=row.system_id)
            continue
        about = (row.id, row.system_id, row.kind, row.due_on, row.region_code)
        made += _write(texts, channels, name_of, found, rules.HOLDER, about)
    for told in waiting:
        due = rules.deputy_is_due(
            told.state,
            created=told.created_at,
            sent=told.sent_at,
            now=now,
            minutes=texts.answer_minutes,
        )
        made += due and _tell_deputy(texts, channels, name_of, told)
    return made


def _tell_deputy(
    texts: MessageTexts, channels: Mapping[str, Channel], name_of: NameOf, told: Row[Any]
) -> bool:
    found = receivers.deputy_of(told.post_id, told.account_id)
    if found is None:
        return False
    about = (told.task_id, told.system_id, told.task_kind, told.due_on, told.region_code)
    return _write(texts, channels, name_of, found, rules.DEPUTY, about)


def _write(
    texts: MessageTexts,
    channels: Mapping[str, Channel],
    name_of: NameOf,
    to: Receiver,
    step: str,
    about: tuple[UUID, str, str, Any, str],
) -> bool:
    task_id, system_id, kind, due, region = about
    urgency = texts.urgency(system_id, kind)
    message_id = uuid4()
    said = rules.words(
        texts.words,
        platform=pack().platform_name,
        system=name_of(system_id),
        kind=kind,
        due=due,
        message_id=message_id,
    )
    row = new_row(
        texts,
        to,
        id=message_id,
        kind=rules.URGENT,
        step=step,
        task_id=task_id,
        region_code=region,
        words=said,
        channel=next(iter(channels)),
        at_night=urgency is not None and urgency.at_night,
    )
    with scoped(SERVICE) as connection:
        return messages.put(connection, row)


def new_row(
    texts: MessageTexts, to: Receiver, *, at_night: bool = False, **values: Any
) -> dict[str, Any]:
    """A message that waits for its time."""
    now = clock.now()
    return {
        "account_id": to.account_id,
        "post_id": to.post_id,
        "person": to.name,
        "unit_id": to.unit_id,
        "state": rules.WAITING,
        "created_at": now,
        "since": now,
        "next_at": rules.may_leave(now, texts.quiet_from, texts.quiet_until, at_night),
        "at_night": at_night,
        **values,
    }


# -- sending --------------------------------------------------------------------------------------


def deliver(channels: Mapping[str, Channel]) -> int:
    """Send what is due; gives how many were tried."""
    if not channels:
        return 0
    with scoped(SERVICE) as connection:
        claimed = messages.claim(connection, now=clock.now(), lease=rules.LEASE, most=AT_ONCE)
    for one in claimed:
        _send(channels, one)
    return len(claimed)


def _send(channels: Mapping[str, Channel], one: Row[Any]) -> None:
    texts, now = pack().messages, clock.now()
    with scoped(SERVICE) as connection:
        if not messages.needed(connection, one) or rules.is_over(one.kind, one.step, now):
            messages.settle(connection, one, state=rules.NEEDLESS)
            return
        begins = rules.may_leave(now, texts.quiet_from, texts.quiet_until, one.at_night)
        if begins > now:
            _wait(connection, one, begins)
            return
    channel = channels.get(one.channel) or next(iter(channels.values()))
    phone = phone_of(one.account_id)
    if phone is None:
        _end(one, state=rules.FAILED, error=rules.NO_PHONE, told_at=now)
        return
    key = f"{one.id}.{channel.id}"
    try:
        taken = channel.send(Outgoing(key=key, phone=phone, words=one.words))
    except SystemFault as fault:
        _failed(channels, channel, one, fault)
        return
    _end(
        one,
        state=rules.ACCEPTED,
        channel=channel.id,
        sent_at=now,
        foreign_id=taken.foreign_id,
        next_at=rules.ask_again(now, now, 0),
        error=None if channel.reporting else rules.NO_REPORT,
    )


def _wait(connection: Connection, one: Row[Any], until: datetime) -> None:
    """Claimed in the quiet hours, as after a resend by hand: it was not tried."""
    messages.settle(connection, one, state=rules.WAITING, next_at=until, attempts=one.attempts - 1)


def _failed(
    channels: Mapping[str, Channel], channel: Channel, one: Row[Any], fault: SystemFault
) -> None:
    names = list(channels)
    then = rules.after(
        fault,
        attempts=one.attempts,
        since=one.since,
        now=clock.now(),
        channel=channel.id,
        others=tuple(names[names.index(channel.id) + 1 :]),
    )
    moved = {"attempts": 0, "since": then.at} if then.channel != channel.id else {}
    _end(one, state=then.state, next_at=then.at, error=then.error, channel=then.channel, **moved)


def _end(one: Row[Any], **values: Any) -> None:
    with scoped(SERVICE) as connection:
        messages.settle(connection, one, **values)


# -- what became of it ----------------------------------------------------------------------------


def follow(channels: Mapping[str, Channel]) -> int:
    """Ask the channels that report what became of messages; gives how many ended."""
    ended = 0
    for channel in (one for one in channels.values() if one.reporting):
        ended += _follow(channel)
    return ended


def _follow(channel: Channel) -> int:
    now = clock.now()
    with scoped(SERVICE) as connection:
        open_ = messages.accepted(connection, [channel.id], now, 100)
        if not open_:
            return 0
        for one in open_:  # whoever asks next asks later, also when this process dies now
            later = rules.ask_again(one.sent_at, now, _asked(one, now))
            ending = {"told_at": now, "error": rules.NO_REPORT} if later is None else {}
            messages.change(connection, one.id, next_at=later or now, **ending)
    try:
        found = {one.foreign_id: one for one in channel.reports([one.foreign_id for one in open_])}
    except SystemFault as fault:
        log.info("reports could not be fetched", channel=channel.id, fault=type(fault).__name__)
        return 0
    return sum(_told(one, found.get(one.foreign_id), now) for one in open_)


def _asked(one: Row[Any], now: datetime) -> int:
    """About how often it was asked about: by the time since it was sent."""
    gone, asked = (now - one.sent_at).total_seconds(), 0
    while asked < len(rules.REPORT_PAUSES) and gone > sum(rules.REPORT_PAUSES[: asked + 1]):
        asked += 1
    return asked


def _told(one: Row[Any], report: Report | None, now: datetime) -> bool:
    if report is None:
        return False
    state = rules.DELIVERED if report.delivered else rules.FAILED
    with scoped(SERVICE) as connection:
        messages.change(connection, one.id, state=state, told_at=now, error=report.reason or None)
    return True
