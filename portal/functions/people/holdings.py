"""Who holds which post: coming, leaving, and what is carried from one to the next.

Whatever hangs on a post (tasks, drafts) is carried by *carriers*, which the composition root
registers: each moves its own rows from one holding to another and says how many. Where nobody takes
over yet they stay with the ended holding, and the next holder of the post gets them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from auth.principal import Principal
from auth.sessions import Ended, end_post
from auth.tables import account, deputy, post
from portal.functions.people.base import among
from portal.functions.people.model import Refused
from portal.functions.people.tables import handover, staff_member
from portal.store import clock

Carrier = Callable[[Connection, UUID, UUID], int]
Carriers = Mapping[str, Carrier]  # what it moves, in the clerk's words -> how


@dataclass(frozen=True, kw_only=True)
class Left:
    """A holding that has ended, with the number of its 交接单 and the sessions to tell."""

    handover_id: UUID
    number: str
    ended: Ended


def lock(connection: Connection) -> None:
    """One change of people at a time; the lock ends with the transaction."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("people"))))


def new(account_id: UUID, position_id: str, *, main: bool = False) -> dict[str, Any]:
    """A holding that begins now."""
    return {
        "id": uuid4(),
        "account_id": account_id,
        "position_id": position_id,
        "is_main": int(main),
        "starts": clock.local(clock.now()).date(),
    }


def _number(connection: Connection) -> str:
    """The day's next number; the caller holds the lock."""
    prefix = f"交接-{clock.local(clock.now()):%Y%m%d}-"
    # The numbers of the whole city count, but a scope shows only its own: the function counts all.
    taken = connection.execute(select(func.handovers_since(prefix))).scalar_one()
    return f"{prefix}{taken + 1:04d}"


def leave(
    connection: Connection, principal: Principal, post_id: UUID, *, kind: str, reason: str
) -> Left:
    """End a holding this very moment: its sessions, its deputies, and the deputies it makes."""
    row = _member(connection, post_id)
    now = clock.now()
    connection.execute(update(post).where(post.c.id == post_id).values(ended_at=now))
    stopped = _stop_deputies(connection, principal, row)
    ended = end_post(connection, post_id, row.account_id, f"{kind}交接")
    words = {
        "holder": row.name,
        "login": row.login,
        "title": row.title,
        "unit": row.unit_name,
        "by": principal.name,
        "by_post": f"{principal.unit.name}·{principal.post_title}",
        "for": principal.acting_for or "",
        "deputies": stopped,
        "successor": "",
        "moved": [],
    }
    made = {"id": uuid4(), "number": _number(connection)}
    connection.execute(
        insert(handover).values(
            **made,
            kind=kind,
            unit_id=row.unit_id,
            region_code=row.region_code,
            position_id=row.position_id,
            from_post=post_id,
            at=now,
            by=principal.login,
            reason=reason,
            words=words,
        )
    )
    return Left(handover_id=UUID(str(made["id"])), number=str(made["number"]), ended=ended)


def _member(connection: Connection, post_id: UUID) -> Row[Any]:
    found = connection.execute(
        select(staff_member).where(staff_member.c.post_id == post_id)
    ).first()
    if found is None or (found.ended_at is not None and found.ended_at <= clock.now()):
        raise Refused("该任职已经结束，未作任何变更。请刷新后核对。")
    return found


def _stop_deputies(connection: Connection, principal: Principal, row: Row[Any]) -> int:
    """Who acts for the post acts no more; nor does who leaves act for others."""
    now = clock.now()
    done = connection.execute(
        update(deputy)
        .where(
            or_(deputy.c.post_id == row.post_id, deputy.c.account_id == row.account_id),
            deputy.c.revoked_at.is_(None),
            deputy.c.ends > now,
        )
        .values(revoked_at=now, revoked_by=principal.login)
    )
    return done.rowcount


def take_over(
    connection: Connection, opened: Sequence[Mapping[str, Any]], carriers: Carriers
) -> None:
    """Give new holders what waits at their posts since somebody left them."""
    by_position: dict[str, Mapping[str, Any]] = {}
    for one in opened:
        by_position.setdefault(str(one["position_id"]), one)
    waiting = connection.execute(
        select(handover)
        .where(among(handover.c.position_id, by_position), handover.c.to_post.is_(None))
        .order_by(handover.c.at)
    ).all()
    for row in waiting:
        holding = by_position[row.position_id]
        moved = [
            [what, carry(connection, row.from_post, holding["id"])]
            for what, carry in carriers.items()
        ]
        name = connection.execute(
            select(account.c.name).where(account.c.id == holding["account_id"])
        ).scalar_one()
        connection.execute(
            update(handover)
            .where(handover.c.id == row.id)
            .values(
                to_post=holding["id"],
                words={**row.words, "successor": name, "moved": moved,
                       "taken_at": clock.now().isoformat()},
            )
        )  # fmt: skip
