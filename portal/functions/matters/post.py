"""The sender of applications, and the one who asks how far they are; safe in every process at once.

An application is claimed and committed before it is sent. Should a process die in between, the
lease ends and another sends again with the same key: the system takes it in only once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Row, and_, or_, select, update

from portal.connectors.applying import Applying
from portal.connectors.contract import Application, SystemFault
from portal.connectors.gateway import Gateway
from portal.connectors.registry import System
from portal.functions.matters.filing import ACCEPTED, FINISHED, opened
from portal.functions.matters.tables import matter_application as application
from portal.functions.tasks import rules
from portal.store import clock
from portal.store.claiming import picked
from portal.store.scope import Reach, scoped

SENDER = Reach(prefixes=(), unit_id=None, actor="service:applications")
AT_ONCE = 8
ASK_AGAIN = timedelta(minutes=30)


class FinishCase(Protocol):
    """The affair of cases: closes one that the system in charge has finished."""

    def __call__(self, case_id: UUID, unit_id: str, result: str) -> None: ...


def takers(gateway: Gateway) -> list[System]:
    """The systems that take applications from here, switched off or on."""
    systems = gateway.registry.systems.values()
    return [one for one in systems if one.manifest.applications is not None]


def deliver(gateway: Gateway, system: System) -> int:
    """Send what is due for one system; gives how many were tried."""
    now = clock.now()
    due = or_(
        and_(application.c.state == rules.WAITING, application.c.next_at <= now),
        and_(application.c.state == rules.SENDING, application.c.lease_until < now),
    )
    claimed = _claim(system, due, state=rules.SENDING, now=now)
    applying = gateway.applying(system.id)
    for row in claimed:
        _send(applying, row)
    return len(claimed)


def _claim(system: System, due: Any, *, state: str, now: datetime) -> Sequence[Row[Any]]:
    chosen = (
        select(application.c.case_id)
        .where(application.c.system_id == system.id, due)
        .order_by(application.c.next_at)
        .limit(AT_ONCE)
    )
    taken = (
        update(application)
        .where(application.c.case_id.in_(picked(chosen)))
        .values(state=state, attempts=application.c.attempts + 1, lease_until=now + rules.LEASE)
        .returning(application)
    )
    with scoped(SENDER) as connection:
        return connection.execute(taken).all()


def _send(applying: Applying, row: Row[Any]) -> None:
    number, form = opened(row.form)
    given = Application(
        key=str(row.case_id),
        number=number,
        matter=row.matter_id,
        form=form,
        actor=row.actor,
        actor_name=row.actor_name,
        unit=row.unit_id,
    )
    try:
        theirs = applying.apply(given, row.subject_hash)
    except SystemFault as fault:
        _failed(row, fault)
        return
    now = clock.now()
    # What was sent is theirs now: the platform keeps the number, not the form.
    _settle(row, state=ACCEPTED, foreign_number=theirs, form=None, error=None, sent_at=now,
            progress=ACCEPTED, progress_at=now, next_at=now + ASK_AGAIN)  # fmt: skip


def _failed(row: Row[Any], fault: SystemFault) -> None:
    now = clock.now()
    then = rules.after(fault, attempts=row.attempts, since=row.since, now=now)
    over = {"form": None} if then.state == rules.REFUSED else {}
    _settle(row, state=then.state, next_at=then.at, error=then.error, **over)


def _settle(row: Row[Any], **values: Any) -> None:
    """Write how an attempt ended, unless the lease ran out and another sender has it now."""
    mine = and_(
        application.c.case_id == row.case_id,
        application.c.state == rules.SENDING,
        application.c.attempts == row.attempts,
    )
    with scoped(SENDER) as connection:
        connection.execute(update(application).where(mine).values(lease_until=None, **values))


def follow(gateway: Gateway, system: System, finish: FinishCase) -> int:
    """Ask how far accepted applications are; gives how many were asked about."""
    now = clock.now()
    due = and_(application.c.state == ACCEPTED, application.c.next_at <= now)
    query = select(application).where(application.c.system_id == system.id, due).limit(AT_ONCE)
    with scoped(SENDER) as connection:
        rows = connection.execute(query).all()
    applying = gateway.applying(system.id)
    for row in rows:
        _ask(applying, row, finish)
    return len(rows)


def _ask(applying: Applying, row: Row[Any], finish: FinishCase) -> None:
    """An answer moves the application on; a failure leaves what was known, and asks again later."""
    now = clock.now()
    values: dict[str, Any] = {"next_at": now + ASK_AGAIN}
    finished = False
    try:
        seen = applying.progress(row.foreign_number)
    except SystemFault as fault:
        values["error"] = f"进度没有取到：{rules.words(fault)}"
    else:
        said = f"{seen.state}：{seen.words}" if seen.words else seen.state
        finished = seen.finished
        values |= {"progress": said, "progress_at": now, "error": None}
        values["state"] = FINISHED if finished else ACCEPTED
    if finished:  # first: should we die in between, this is said again and changes nothing
        finish(row.case_id, row.unit_id, str(values["progress"]))
    mine = and_(application.c.case_id == row.case_id, application.c.state == ACCEPTED)
    with scoped(SENDER) as connection:
        connection.execute(update(application).where(mine).values(**values))
