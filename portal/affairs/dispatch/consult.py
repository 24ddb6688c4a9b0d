"""快速会商: several units are asked within some hours; nobody claims, and the fallback takes it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.dispatch import asking, reads, rows
from portal.affairs.dispatch import consult_rules as rules
from portal.affairs.dispatch.advice import DISPATCH
from portal.affairs.dispatch.consult_rules import Answer
from portal.affairs.dispatch.consultations import proposed, running
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
        _close_left(connection, order_id, now)
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
        asking.put(connection, order_id, wanted, now + timedelta(hours=texts.hours))
    return dispute_id


def _close_left(connection: Connection, order_id: UUID, now: datetime) -> None:
    """End what an order has left by another move, whoever opened it."""
    connection.execute(
        update(order_dispute)
        .where(order_dispute.c.order_id == order_id, order_dispute.c.state == rules.OPEN)
        .values(state=rules.DECIDED, decided_at=now, decision="工单已另行处理")
    )


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
        asking.answered(connection, row.order_id, principal, what)


def _open(connection: Connection, dispute_id: UUID, *, lock: bool = False) -> Row[Any]:
    query = select(order_dispute).where(order_dispute.c.id == dispute_id, running())
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
        found = proposed(connection, row, order.lead_unit)
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
