"""快速会商: several units are asked within some hours; nobody claims, and the fallback takes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.dispatch import consult_rules as rules
from portal.affairs.dispatch import reads, rows
from portal.affairs.dispatch.advice import DISPATCH
from portal.affairs.dispatch.consult_rules import Answer, Proposal, Said
from portal.affairs.dispatch.places import Places
from portal.affairs.dispatch.tables import order_dispute, order_dispute_answer
from portal.affairs.dispatch.words import DispatchError
from portal.affairs.orders import desk as orders
from portal.affairs.orders import units
from portal.affairs.orders.tables import work_order
from portal.store import clock
from portal.store.citypack import pack
from portal.store.scope import scoped, together

HANDLE = "orders.handle"
LEAST_WORDS, MOST_WORDS = 4, 500
GONE = "没有找到这次会商，可能已结束或不由本单位参加，已填内容已保留。"


@dataclass(frozen=True, kw_only=True)
class Given:
    """What one unit answered, for a person to read."""

    unit_name: str
    actor_name: str
    at: datetime
    answer: Answer
    suggested_name: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Consultation:
    """A consultation as it stands."""

    id: UUID
    order_id: UUID
    order_no: str
    title: str
    reason: str
    opened_at: datetime
    opened_by: str
    due_at: datetime
    late: bool
    state: str
    asked: tuple[tuple[str, str], ...]  # id and name
    answers: tuple[Given, ...]
    proposal: Proposal
    proposal_name: str
    decision: str


def _words(text: str, what: str) -> str:
    plain = " ".join(text.split())
    if not LEAST_WORDS <= len(plain) <= MOST_WORDS:
        raise DispatchError(f"请写明{what}（{LEAST_WORDS} 至 {MOST_WORDS} 个字），已填内容已保留。")
    return plain


def start(
    principal: Principal, order_id: UUID, asked: Sequence[str], reason: str, version: int | None
) -> UUID:
    """Ask several units whose matter it is; they see the order and have some hours."""
    permissions.check(principal, DISPATCH)
    texts, said = pack().dispatch.dispute, _words(reason, "会商事由")
    wanted = list(dict.fromkeys(asked))
    if not 2 <= len(wanted) <= texts.most_units:
        raise DispatchError(f"请选择 2 至 {texts.most_units} 个会商单位，已填内容已保留。")
    dispute_id, now = uuid4(), clock.now()
    with together(principal.reach), scoped(principal.reach) as connection:
        orders.act(principal, order_id, "confer", {"reason": said, "units": wanted}, version)
        connection.execute(
            insert(order_dispute).values(
                id=dispute_id,
                order_id=order_id,
                opened_at=now,
                opened_by_unit=principal.unit.id,
                opened_by=principal.login,
                opened_by_name=principal.name,
                reason=said,
                asked_units=wanted,
                due_at=now + timedelta(hours=texts.hours),
                state=rules.OPEN,
            )
        )
    return dispute_id


def answer(
    principal: Principal,
    dispute_id: UUID,
    what: Answer,
    words: str,
    suggested: str | None = None,
) -> None:
    """The own unit claims it, or says why not and whose it is; it may change its mind meanwhile."""
    permissions.check(principal, HANDLE)
    if what not in rules.ANSWERS:
        raise DispatchError("请选择认领或不属本单位，已填内容已保留。")
    said = _words(words, "答复意见和依据")
    with scoped(principal.reach) as connection:
        row = _open(connection, dispute_id)
        if principal.unit.id not in row.asked_units:
            raise DispatchError(GONE)
        if suggested is not None and units.find(connection, suggested) is None:
            raise DispatchError("没有所建议的单位，或该单位已停用，已填内容已保留。")
        values = {
            "unit_name": principal.unit.name,
            "actor_name": principal.name,
            "at": clock.now(),
            "answer": what,
            "suggested_unit": suggested if what == rules.DECLINES else None,
            "words": said,
        }
        key = {"dispute_id": dispute_id, "unit_id": principal.unit.id}
        connection.execute(
            upsert(order_dispute_answer)
            .values(**key, **values)
            .on_conflict_do_update(index_elements=list(key), set_=values)
        )


def _open(connection: Connection, dispute_id: UUID, *, lock: bool = False) -> Row[Any]:
    query = select(order_dispute).where(
        order_dispute.c.id == dispute_id, order_dispute.c.state == rules.OPEN
    )
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise DispatchError(GONE)
    return row


def settle(
    principal: Principal,
    dispute_id: UUID,
    *,
    unit_id: str | None = None,
    words: str = "",
    version: int | None,
) -> str:
    """Give the order to whom the answers point, or to another unit with a reason; gives its id."""
    permissions.check(principal, DISPATCH)
    with together(principal.reach), scoped(principal.reach) as connection:
        row = _open(connection, dispute_id, lock=True)
        if row.opened_by_unit != principal.unit.id:
            raise DispatchError("会商由提请的派单单位定办，已填内容已保留。")
        order = connection.execute(select(work_order).where(work_order.c.id == row.order_id)).one()
        found = _proposal(connection, row, order.lead_unit)
        chosen = unit_id or found.unit_id
        fallen = chosen is None and found.settled and found.fallback
        if fallen:
            chosen = fallback_unit(connection, order.category or "", order.region_code)
        if chosen is None:
            raise DispatchError(f"{found.reason}，请等待答复，或选择承办单位并写明理由。")
        said = found.reason if chosen == found.unit_id or fallen else _words(words, "定办理由")
        move = "fallback" if fallen else "dispatch"
        form = {"reason": said, "unit": chosen} if fallen else {"unit": chosen, "words": said}
        orders.act(principal, row.order_id, move, form, version)
        connection.execute(
            update(order_dispute)
            .where(order_dispute.c.id == dispute_id)
            .values(
                state=rules.FALLEN if fallen else rules.DECIDED,
                decided_unit=chosen,
                decided_at=clock.now(),
                decided_by_name=principal.name,
                decision=said,
                fallback=fallen,
            )
        )
    _audit(principal, order.order_no, chosen, fallen)
    return str(chosen)


def _audit(principal: Principal, order_no: str, chosen: str, fallen: bool) -> None:
    audit.append(
        action="dispatch.settle",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"order": order_no, "unit": chosen, "fallback": fallen},
    )


def fallback_unit(connection: Connection, code: str, region_code: str) -> str | None:
    """The unit that takes what nobody claims there: the nearest of the line the city names."""
    text = rules.fallback_target(code, pack().dispatch.dispute.fallback)
    if not text:
        return pack().orders.fallback_unit or None
    kept = rows.target(text, reads.known(connection, region_code), "target")
    places = Places(connection, region_code)
    found = (places.resolve(kept, level) for level in ("区县级", "市级"))
    return next((one for one in found if one), pack().orders.fallback_unit or None)


def _proposal(connection: Connection, row: Row[Any], first: str | None) -> Proposal:
    query = select(order_dispute_answer).where(order_dispute_answer.c.dispute_id == row.id)
    said = [
        Said(unit_id=one.unit_id, answer=one.answer, suggested=one.suggested_unit)
        for one in connection.execute(query)
    ]
    return rules.proposal(row.asked_units, said, first=first, due=row.due_at, now=clock.now())


# -- reading --------------------------------------------------------------------------------------


def waiting(principal: Principal) -> tuple[Consultation, ...]:
    """The open consultations that the own unit opened or is asked in, the nearest hour first."""
    permissions.check(principal, "orders.view")
    d, unit_id = order_dispute.c, principal.unit.id
    query = (
        select(order_dispute)
        .where(
            d.state == rules.OPEN,
            (d.opened_by_unit == unit_id) | d.asked_units.contains([unit_id]),
        )
        .order_by(d.due_at, d.id)
        .limit(100)
    )
    with scoped(principal.reach) as connection:
        found = connection.execute(query).all()
        return tuple(one for row in found if (one := _consultation(connection, row)))


def of_order(principal: Principal, order_id: UUID) -> tuple[Consultation, ...]:
    """All consultations about an order, the newest first."""
    permissions.check(principal, "orders.view")
    query = (
        select(order_dispute)
        .where(order_dispute.c.order_id == order_id)
        .order_by(order_dispute.c.opened_at.desc())
    )
    with scoped(principal.reach) as connection:
        found = connection.execute(query).all()
        return tuple(one for row in found if (one := _consultation(connection, row)))


def _consultation(connection: Connection, row: Row[Any]) -> Consultation | None:
    order = connection.execute(
        select(work_order.c.order_no, work_order.c.title, work_order.c.lead_unit).where(
            work_order.c.id == row.order_id
        )
    ).first()
    if order is None:
        return None
    answers = connection.execute(
        select(order_dispute_answer)
        .where(order_dispute_answer.c.dispute_id == row.id)
        .order_by(order_dispute_answer.c.at)
    ).all()
    proposal = _proposal(connection, row, order.lead_unit)
    wanted = [*row.asked_units, *(one.suggested_unit for one in answers if one.suggested_unit)]
    names = units.known(connection, [*wanted, *([proposal.unit_id] if proposal.unit_id else [])])

    def called(unit_id: str | None) -> str:
        return names[unit_id].name if unit_id in names else unit_id or ""

    return Consultation(
        id=row.id,
        order_id=row.order_id,
        order_no=order.order_no,
        title=order.title,
        reason=row.reason,
        opened_at=row.opened_at,
        opened_by=row.opened_by_name,
        due_at=row.due_at,
        late=row.state == rules.OPEN and row.due_at < clock.now(),
        state=row.state,
        asked=tuple((one, called(one)) for one in row.asked_units),
        answers=tuple(
            Given(unit_name=one.unit_name, actor_name=one.actor_name, at=one.at,
                  answer=one.answer, suggested_name=called(one.suggested_unit), words=one.words)
            for one in answers
        ),
        proposal=proposal,
        proposal_name=called(proposal.unit_id),
        decision=row.decision or "",
    )  # fmt: skip
