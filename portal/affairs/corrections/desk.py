"""The only writer of correction requests: asking, joining, deciding, withdrawing, growing late."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.corrections import papers, rules, tally
from portal.affairs.corrections.queries import ASK, HANDLE, SERVICE, owner_unit
from portal.affairs.corrections.rules import Asking, CorrectionError, State
from portal.affairs.corrections.tables import correction, correction_asker, correction_event
from portal.store import clock, crypto
from portal.store.citypack import pack
from portal.store.scope import acting_as, scoped

GONE = "没有找到这份校核申请，或不由本单位办理，已填内容已保留。"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The request that now stands, and whether somebody had asked before."""

    id: UUID
    number: str
    joined: bool
    due_on: date


def _today() -> date:
    return clock.local(clock.now()).date()


def ask(principal: Principal, given: Asking) -> Asked:
    """Ask the owner to look at a value; a request that is open already is joined.

    The caller has found the person in the asker's scope and read both values itself.
    """
    permissions.check(principal, ASK)
    texts = pack().corrections
    rules.ground(given.ground, texts)
    wanted, remark = rules.proposed(given.proposed), rules.remark(given.remark)
    if wanted == given.seen:
        raise CorrectionError("建议更正的内容与该系统现值相同，不需要校核。")
    with scoped(principal.reach) as connection:
        # One at a time: numbers have no gaps, and two desks that ask the same become one request.
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("correction.number"))))
        with acting_as(connection, SERVICE.actor):
            open_ = _open(connection, given)
            made = _join(connection, principal, open_) if open_ is not None else None
        if made is None:
            made = _new(connection, principal, given, wanted, remark)
    _audit(principal, "corrections.ask", given.subject_hash, made.number, given.system_id)
    return made


def _open(connection: Connection, given: Asking) -> Row[Any] | None:
    query = select(correction).where(
        correction.c.subject_id == given.subject_id,
        correction.c.system_id == given.system_id,
        correction.c.field == given.field,
        correction.c.state.in_(rules.OPEN),
    )
    return connection.execute(query.with_for_update()).first()


def _join(connection: Connection, principal: Principal, row: Row[Any]) -> Asked:
    unit = principal.unit
    if unit.id not in row.asked_units:
        connection.execute(
            update(correction)
            .where(correction.c.id == row.id)
            .values(asked_units=[*row.asked_units, unit.id])
        )
        _asker(connection, principal, row.id)
        _event(connection, row.id, row.state, f"{unit.name}一并提出", principal)
    return Asked(id=row.id, number=row.number, joined=True, due_on=row.due_on)


def _asker(connection: Connection, principal: Principal, correction_id: UUID) -> None:
    values = {
        "unit_name": principal.unit.name,
        "actor": principal.login,
        "actor_name": principal.name,
        "asked_at": clock.now(),
        "withdrawn_at": None,
    }
    key = {"correction_id": correction_id, "unit_id": principal.unit.id}
    connection.execute(
        upsert(correction_asker)
        .values(**key, **values)
        .on_conflict_do_update(index_elements=list(key), set_=values)
    )


def _number(connection: Connection, day: date) -> str:
    prefix = rules.number(day, 0)[:-4]
    with acting_as(connection, SERVICE.actor):
        taken = connection.execute(
            select(func.count())
            .select_from(correction)
            .where(correction.c.number.startswith(prefix, autoescape=True))
        ).scalar_one()
    return rules.number(day, taken + 1)


def _new(
    connection: Connection, principal: Principal, given: Asking, wanted: str, remark: str
) -> Asked:
    texts, day, now = pack().corrections, _today(), clock.now()
    unit_id, unit_name = owner_unit(given.owner)
    due = rules.due_on(day, texts.working_days, pack().holidays)
    shown = json.dumps([given.seen_shown, given.proposed_shown], ensure_ascii=False)
    row = {
        **{name: getattr(given, name) for name in _TAKEN_OVER},
        "id": uuid4(),
        "number": _number(connection, day),
        "unit_id": unit_id,
        "unit_name": unit_name,
        "asked_units": [principal.unit.id],
        "seen": crypto.encrypt(given.seen),
        "proposed": crypto.encrypt(wanted),
        "shown": crypto.encrypt(shown),
        "remark": crypto.encrypt(remark) if remark else None,
        "state": rules.ASKED,
        "working_days": texts.working_days,
        "asked_on": day,
        "due_on": due,
        "asked_at": now,
        "changed_at": now,
        "simulated": "sandbox" if given.simulated else None,
    }
    connection.execute(insert(correction).values(**row))
    tally.COUNT.follow(connection, [(None, row)])
    _asker(connection, principal, row["id"])
    ground = texts.ground(given.ground)
    _event(connection, row["id"], rules.ASKED, f"提出校核：{ground}", principal)
    papers.to_owner(connection, row, principal.unit.name)
    return Asked(id=row["id"], number=row["number"], joined=False, due_on=due)


_TAKEN_OVER = ("subject_id", "subject_hash", "person", "region_code", "system_id", "system_name",
               "owner", "field", "label", "source", "ground")  # fmt: skip


def _event(
    connection: Connection,
    correction_id: UUID,
    state: str,
    words: str,
    principal: Principal | None = None,
) -> None:
    connection.execute(
        insert(correction_event).values(
            correction_id=correction_id,
            at=clock.now(),
            state=state,
            unit_name=principal.unit.name if principal else None,
            actor_name=principal.name if principal else None,
            words=words,
        )
    )


# -- the owner ------------------------------------------------------------------------------------


def take_up(principal: Principal, correction_id: UUID) -> None:
    """The owner's unit has begun."""
    with scoped(principal.reach) as connection:
        row = _owned(connection, principal, correction_id)
        _set(connection, row, rules.move(row.state, rules.TAKEN))
        _event(connection, row.id, rules.TAKEN, "受理", principal)
        papers.note(connection, row, "受理", principal.name)
    _audit(principal, "corrections.take", row.subject_hash, row.number, row.system_id)


def decide(principal: Principal, correction_id: UUID, to: State, words: str) -> None:
    """Corrected over there, or not and why not; whoever asked is told."""
    said = rules.reason(words) if to == rules.REFUSED else rules.remark(words)
    with scoped(principal.reach) as connection:
        row = _owned(connection, principal, correction_id)
        state = rules.move(row.state, to)
        sealed = crypto.encrypt(said) if said else None
        _set(
            connection,
            row,
            state,
            decided_at=clock.now(),
            decided_by=principal.name,
            reason=sealed,
        )
        _event(connection, row.id, state, state, principal)
        papers.answered(connection, row, state, principal)
    _audit(principal, "corrections.decide", row.subject_hash, row.number, row.system_id, state)


def _owned(connection: Connection, principal: Principal, correction_id: UUID) -> Row[Any]:
    permissions.check(principal, HANDLE)
    query = select(correction).where(
        correction.c.id == correction_id, correction.c.unit_id == principal.unit.id
    )
    row = connection.execute(query.with_for_update()).first()
    if row is None:
        raise CorrectionError(GONE)
    return row


def _set(connection: Connection, row: Row[Any], state: State, **values: Any) -> None:
    changed = {"state": state, "changed_at": clock.now(), **values}
    connection.execute(update(correction).where(correction.c.id == row.id).values(**changed))
    tally.COUNT.follow(connection, [(row, {**row._asdict(), **changed})])


# -- who asked ------------------------------------------------------------------------------------


def withdraw(principal: Principal, correction_id: UUID) -> None:
    """Take back what the own unit asked; other units that asked the same keep it open."""
    permissions.check(principal, ASK)
    unit = principal.unit
    # As the service: a unit that has withdrawn need not see the request any more.
    with scoped(principal.reach) as connection, acting_as(connection, SERVICE.actor):
        query = select(correction).where(
            correction.c.id == correction_id, correction.c.asked_units.contains([unit.id])
        )
        row = connection.execute(query.with_for_update()).first()
        if row is None:
            raise CorrectionError("没有找到这份校核申请，或不是本单位提出的。")
        rules.move(row.state, rules.WITHDRAWN)
        mine = (
            correction_asker.c.correction_id == row.id,
            correction_asker.c.unit_id == unit.id,
        )
        connection.execute(update(correction_asker).where(*mine).values(withdrawn_at=clock.now()))
        left = [one for one in row.asked_units if one != unit.id]
        if left:
            _set(connection, row, row.state, asked_units=left)
            _event(connection, row.id, row.state, f"{unit.name}撤回", principal)
        else:
            _set(connection, row, rules.WITHDRAWN)
            _event(connection, row.id, rules.WITHDRAWN, "撤回", principal)
            papers.withdrawn(connection, row, principal)
    _audit(principal, "corrections.withdraw", row.subject_hash, row.number, row.system_id)


def _audit(
    principal: Principal,
    action: str,
    subject_hash: str,
    number: str,
    system_id: str,
    decision: str = "",
) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        subject_hash=subject_hash,
        detail={"number": number, "system": system_id, "decision": decision},
    )


# -- the clock ------------------------------------------------------------------------------------


def sweep() -> int:
    """Count the limits of open requests anew, and mark those that are over; gives how many are."""
    years, late = pack().holidays, 0
    with scoped(SERVICE) as connection:
        query = select(correction).where(correction.c.state.in_(rules.OPEN))
        for row in connection.execute(query.with_for_update(skip_locked=True)).all():
            due = rules.due_on(row.asked_on, row.working_days, years)
            if due != row.due_on:  # a year was published meanwhile
                _set(connection, row, row.state, due_on=due)
                papers.limit(connection, row, due)
            if rules.is_late(row.state, due, _today()):
                _set(connection, row, rules.OVERDUE)
                _event(connection, row.id, rules.OVERDUE, "超过办理时限")
                late += 1
    return late
