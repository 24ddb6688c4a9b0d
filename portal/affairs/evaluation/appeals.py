"""Appeals: a unit says why an order should not count against it; upheld, it counts in no total.

What is taken out of the measures is exactly what had been put in, on the days it was put in, so
numerator and denominator fall together; the order keeps its history and says what it is out of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.evaluation import rules
from portal.affairs.evaluation.rules import EvaluationError
from portal.affairs.evaluation.tables import order_appeal
from portal.affairs.orders import tally, units
from portal.affairs.orders.book import BOOK
from portal.affairs.orders.tables import order_event, work_order
from portal.affairs.orders.tally import Note
from portal.affairs.workflow import ledger
from portal.store import clock
from portal.store.citypack import pack
from portal.store.scope import acting_as, scoped

HANDLE, SUPERVISE = "orders.handle", "orders.supervise"
GONE = "没有找到这件申诉，可能不由本单位审核，已填内容已保留。"


def ask(
    principal: Principal, order_id: UUID, *, rates: Sequence[str], ground: str, words: str
) -> UUID:
    """The unit that handled an order appeals against how it counts."""
    permissions.check(principal, HANDLE)
    said, texts = rules.words(words, "申诉说明"), pack().dispatch.evaluation
    appeal_id = uuid4()
    with scoped(principal.reach) as connection:
        row, learnt = told(connection, order_id, principal.unit.id)
        rules.may_appeal(clock.now(), learnt, rates, ground, texts, pack().holidays)
        if done := sorted(set(rates) & set(row.excluded_from)):
            raise EvaluationError(f"{'、'.join(done)}已因申诉成立不计入，不必再申诉。")
        try:
            connection.execute(
                insert(order_appeal).values(
                    id=appeal_id,
                    order_id=order_id,
                    order_no=row.order_no,
                    region_code=row.region_code,
                    unit_id=principal.unit.id,
                    to_unit=_decides(connection, row, principal.unit.id),
                    rates=[one for one in rules.RATES if one in rates],
                    ground=ground,
                    words=said,
                    state=rules.ASKED,
                    asked_at=clock.now(),
                    asked_by=principal.login,
                    asked_by_name=principal.name,
                )
            )
        except IntegrityError as error:
            raise EvaluationError("本单位对这件工单已有待审核的申诉，已填内容已保留。") from error
    return appeal_id


def _handled(connection: Connection, order_id: UUID, unit_id: str, now: str) -> bool:
    query = select(order_event.c.id).where(
        order_event.c.order_id == order_id,
        order_event.c.unit_id == unit_id,
        order_event.c.move.in_(("sign", "reply", "contact")),
    )
    return now == unit_id or connection.execute(query.limit(1)).first() is not None


def told(connection: Connection, order_id: UUID, unit_id: str) -> tuple[Row[Any], datetime]:
    """The order, and when the unit that handled it learnt how it counts.

    While it is open its numbers still move.
    """
    row = connection.execute(select(work_order).where(work_order.c.id == order_id)).first()
    if row is None or not _handled(connection, order_id, unit_id, row.unit_id):
        raise EvaluationError("本单位没有承办过这件工单，不能申诉，已填内容已保留。")
    if row.closed_at is None:
        raise EvaluationError("工单办结后方可申诉，已填内容已保留。")
    return row, row.closed_at


def _decides(connection: Connection, row: Row[Any], unit_id: str) -> str:
    """Who dispatched it decides; where that is the unit itself, the level above."""
    if row.dispatch_unit and row.dispatch_unit != unit_id:
        return str(row.dispatch_unit)
    own = units.find(connection, unit_id)
    above = units.above(own) if own else None
    if above is None:
        raise EvaluationError("没有可以审核该申诉的上级单位，已填内容已保留。")
    return above


def decide(principal: Principal, appeal_id: UUID, *, uphold: bool, reason: str) -> None:
    """Uphold it: it leaves both halves of the rates asked for; or turn it down, and say why."""
    permissions.check(principal, SUPERVISE)
    said = rules.words(reason, "审核意见")
    with scoped(principal.reach) as connection:
        query = select(order_appeal).where(order_appeal.c.id == appeal_id)
        row = connection.execute(query.with_for_update()).first()
        if row is None or row.to_unit != principal.unit.id:
            raise EvaluationError(GONE)
        if row.state != rules.ASKED:
            raise EvaluationError(f"该申诉已由{row.decided_by_name}审核，结果为“{row.state}”。")
        rules.second_person(row.asked_by, principal.login)
        if uphold:
            _take_out(connection, principal, row, said)
        connection.execute(
            update(order_appeal)
            .where(order_appeal.c.id == appeal_id)
            .values(
                state=rules.UPHELD if uphold else rules.TURNED_DOWN,
                decided_at=clock.now(),
                decided_by_name=principal.name,
                reason=said,
            )
        )
    audit.append(
        action="evaluation.decide",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"order": row.order_no, "unit": row.unit_id, "upheld": uphold},
    )


def _take_out(connection: Connection, principal: Principal, row: Row[Any], said: str) -> None:
    with acting_as(connection, tally.SERVICE.actor):
        order = ledger.take_hold(connection, BOOK, row.order_id)
        rates = [one for one in row.rates if one not in order.excluded_from]
        own = units.find(connection, row.unit_id)
        changes = counted(connection, order, own, rates) if own else []
        now, version = clock.now(), order.version + 1
        connection.execute(
            update(work_order)
            .where(work_order.c.id == order.id)
            .values(excluded_from=[*order.excluded_from, *rates], version=version)
        )
        ledger.note(
            connection,
            BOOK,
            order.id,
            ledger.By(
                login=principal.login,
                name=principal.name,
                unit_id=principal.unit.id,
                unit_name=principal.unit.name,
                kinds=frozenset(),
            ),
            at=now,
            move="appeal_upheld",
            states=(order.state, order.state),
            words=f"申诉成立（{row.ground}）：{'、'.join(rates)}不计入考核；{said}",
            detail={"version": version, "excluded": rates, "unit": row.unit_id},
        )
        tally.keep(connection, changes, now, order.id)


def counted(
    connection: Connection, order: Row[Any], own: units.UnitRef, rates: Sequence[str]
) -> list[Note]:
    """What the order has put into these rates for the unit, with the sign turned."""
    notes: list[Note] = []
    held, events = _Held(order.region_code, own), _events(connection, order.id)
    for event in events:
        if event.move == "visit" and event.detail.get("visited_unit") == own.id:
            notes += held.visit(event.at, event.detail, rates)
    if "按时办结率" in rates and (due := _due(events, order, own.id)) is not None:
        notes += held.both("orders_due", due[0], due[1])
    if "响应率" in rates and (asked := _asked(events, order, own.id)) is not None:
        notes += held.both("orders_responded", asked[0], asked[1])
    return notes


@dataclass(frozen=True)
class _Held:
    """The two places where an order counts: its own and the unit's."""

    region: str
    own: units.UnitRef

    def both(self, measure: str, at: datetime, yes: bool) -> list[Note]:
        return [
            tally.note(measure, self.region, "", at, -int(yes), -1),
            tally.of_unit(measure, self.own, at, -int(yes), -1),
        ]

    def visit(self, at: datetime, detail: Any, rates: Sequence[str]) -> list[Note]:
        notes: list[Note] = []
        if "解决率" in rates:
            notes += self.both("orders_visited_resolved", at, detail["resolved"] == "已解决")
        if "满意率" in rates:
            notes += self.both("orders_satisfied", at, detail["satisfied"] == "满意")
            notes += self.both("orders_basically_satisfied", at, detail["satisfied"] == "基本满意")
        return notes


def _events(connection: Connection, order_id: UUID) -> Sequence[Row[Any]]:
    query = select(order_event).where(order_event.c.order_id == order_id)
    return connection.execute(query.order_by(order_event.c.id)).all()


def _due(events: Sequence[Row[Any]], order: Row[Any], own: str) -> tuple[datetime, bool] | None:
    """When it was last due and whether in time, if that counts for the unit."""
    if order.overdue_at is not None:
        return (order.overdue_at, False) if order.overdue_unit == own else None
    answered = [one.unit_id for one in events if one.move == "reply"]
    approved = [one.detail for one in events if one.move == "approve" and "on_time" in one.detail]
    if not approved or not answered or answered[-1] != own:
        return None
    return datetime.fromisoformat(approved[-1]["deadline"]), bool(approved[-1]["on_time"])


def _asked(events: Sequence[Row[Any]], order: Row[Any], own: str) -> tuple[datetime, bool] | None:
    """When the unit was asked to ring back and whether it did in time."""
    if order.asked_unit != own or order.asked_at is None:
        return None
    contacts = [one.detail for one in events if one.move == "contact" and one.at >= order.asked_at]
    return order.asked_at, any(bool(one.get("in_time")) for one in contacts)
