"""The only writer of 督办单: proposed by rule or by a person, issued, answered, ended."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy import Sequence as Numbers
from sqlalchemy.exc import IntegrityError

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.orders import desk as orders
from portal.affairs.orders.tables import work_order
from portal.affairs.supervision import rules
from portal.affairs.supervision.rules import SheetState, SupervisionError
from portal.affairs.supervision.tables import supervision_sheet
from portal.store import clock
from portal.store.citypack import pack
from portal.store.scope import scoped, together

SUPERVISE, HANDLE = "orders.supervise", "orders.handle"
GONE = "没有找到这份督办单，可能不由本单位办理，已填内容已保留。"
_numbers = Numbers("supervision_sheet_number")


def propose(principal: Principal, order_id: UUID, reason: str, demands: Sequence[str] = ()) -> UUID:
    """A person of a unit above proposes to supervise an order."""
    permissions.check(principal, SUPERVISE)
    said = rules.words(reason, "督办理由")
    asked = [rules.words(one, "督办要求") for one in demands] or _demands()
    with scoped(principal.reach) as connection:
        row = _order(connection, order_id)
        if row.unit_id == principal.unit.id:
            raise SupervisionError("本单位承办的工单不能由本单位督办，已填内容已保留。")
        sheet_id = uuid4()
        try:
            connection.execute(
                insert(supervision_sheet).values(
                    id=sheet_id,
                    order_id=row.id,
                    order_no=row.order_no,
                    region_code=row.region_code,
                    from_unit=principal.unit.id,
                    to_unit=row.unit_id,
                    reason=said,
                    demands=asked,
                    state=rules.DRAFTED,
                    made_at=clock.now(),
                )
            )
        except IntegrityError as error:
            raise SupervisionError(
                "本单位对这件工单已有未结束的督办单，请在原督办单上办理，已填内容已保留。"
            ) from error
    return sheet_id


def _demands() -> list[str]:
    return list(pack().dispatch.supervision.demands)


def _order(connection: Connection, order_id: UUID) -> Row[Any]:
    row = connection.execute(select(work_order).where(work_order.c.id == order_id)).first()
    if row is None:
        raise SupervisionError("没有找到这件工单，可能不在本岗位的管辖范围，已填内容已保留。")
    if row.closed_at is not None:
        raise SupervisionError(f"工单 {row.order_no} 已办结，不需要督办。")
    return row


def issue(principal: Principal, sheet_id: UUID, demands: Sequence[str] = ()) -> str:
    """Sign and send it: it gets its number, and the order stands under supervision.

    Where the flow lets the order go into 督办 it goes; where it does not (it is being examined,
    say) the sheet goes out all the same and the order keeps its state.
    """
    permissions.check(principal, SUPERVISE)
    texts, now = pack().dispatch.supervision, clock.now()
    with together(principal.reach), scoped(principal.reach) as connection:
        row = _sheet(connection, sheet_id, from_unit=principal.unit.id)
        state = rules.move(row.state, rules.ISSUED)
        order = _order(connection, row.order_id)
        number = row.number or rules.number(
            now, connection.execute(_numbers.next_value()).scalar_one()
        )
        _set(
            connection,
            row,
            state,
            number=number,
            to_unit=order.unit_id,
            demands=[rules.words(one, "督办要求") for one in demands] or row.demands,
            issued_at=now,
            issued_by_name=_signed(principal),
            answer_due_at=now + timedelta(hours=texts.answer_hours),
            answer=None,
        )
        _put_under(principal, row.order_id, f"{number}：{row.reason}")
    _audit(principal, "supervision.issue", row.order_no, number)
    return number


def _put_under(principal: Principal, order_id: UUID, words: str) -> None:
    moves = {one.id for one in orders.offered(principal, order_id)}
    if "supervise" in moves:
        orders.act(principal, order_id, "supervise", {"reason": words})
    elif "urge" in moves:
        orders.act(principal, order_id, "urge", {"words": words})


def answer(principal: Principal, sheet_id: UUID, text: str) -> None:
    """The unit under supervision says what was done."""
    permissions.check(principal, HANDLE)
    said = rules.words(text, "办理情况")
    with scoped(principal.reach) as connection:
        row = _sheet(connection, sheet_id, to_unit=principal.unit.id)
        _set(connection, row, rules.move(row.state, rules.ANSWERED), answer=said,
             answered_at=clock.now(), answered_by_name=_signed(principal))  # fmt: skip
    _audit(principal, "supervision.answer", row.order_no, row.number)


def send_back(principal: Principal, sheet_id: UUID, text: str) -> None:
    """The answer does not satisfy: it is asked again, with a new limit."""
    permissions.check(principal, SUPERVISE)
    said = rules.words(text, "退回原因")
    with scoped(principal.reach) as connection:
        row = _sheet(connection, sheet_id, from_unit=principal.unit.id)
        if row.state != rules.ANSWERED:
            raise SupervisionError(f"该督办单现为“{row.state}”，没有可退回的反馈。")
        hours = pack().dispatch.supervision.answer_hours
        _set(connection, row, rules.move(row.state, rules.ISSUED),
             demands=[*row.demands, f"退回补充：{said}"],
             answer_due_at=clock.now() + timedelta(hours=hours))  # fmt: skip
    _audit(principal, "supervision.send_back", row.order_no, row.number)


def end(principal: Principal, sheet_id: UUID, text: str) -> None:
    """销号: what was asked for is done; or a proposal is not sent, and why."""
    permissions.check(principal, SUPERVISE)
    said = rules.words(text, "销号意见")
    with together(principal.reach), scoped(principal.reach) as connection:
        row = _sheet(connection, sheet_id, from_unit=principal.unit.id)
        to = rules.DROPPED if row.state == rules.DRAFTED else rules.ENDED
        _set(connection, row, rules.move(row.state, to), ended_at=clock.now(),
             ended_by_name=_signed(principal), ending=said)  # fmt: skip
        if to == rules.ENDED and "lift" in {o.id for o in orders.offered(principal, row.order_id)}:
            orders.act(principal, row.order_id, "lift", {"reason": f"{row.number}：{said}"})
    _audit(principal, "supervision.end", row.order_no, row.number)


def _signed(principal: Principal) -> str:
    return rules.signed(principal.name, principal.acting_for)


def _sheet(connection: Connection, sheet_id: UUID, **of: str) -> Row[Any]:
    query = select(supervision_sheet).where(supervision_sheet.c.id == sheet_id)
    row = connection.execute(query.with_for_update()).first()
    if row is None or any(getattr(row, name) != unit_id for name, unit_id in of.items()):
        raise SupervisionError(GONE)
    return row


def _set(connection: Connection, row: Row[Any], state: SheetState, **values: Any) -> None:
    connection.execute(
        update(supervision_sheet)
        .where(supervision_sheet.c.id == row.id)
        .values(state=state, **values)
    )


def _audit(principal: Principal, action: str, order_no: str, number: str | None) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"order": order_no, "number": number or ""},
    )
