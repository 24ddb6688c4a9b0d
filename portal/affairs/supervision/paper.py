"""The 督办单 as it is printed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from auth.principal import Principal
from portal.affairs.orders.tables import work_order
from portal.affairs.supervision.queries import sheet
from portal.affairs.supervision.rules import SupervisionError
from portal.store import clock
from portal.store.scope import scoped


@dataclass(frozen=True, kw_only=True)
class Printed:
    """A 督办单 for an A4 page: title, number, lines, what is asked, where to sign."""

    title: str
    number: str
    lines: tuple[tuple[str, str], ...]
    demands: tuple[str, ...]
    sign: tuple[str, ...]
    made_at: str
    simulated: bool


def printed(principal: Principal, sheet_id: UUID) -> Printed:
    """What stands on the A4 page; a proposal that is not issued has no number and is no 督办单."""
    one = sheet(principal, sheet_id)
    if not one.number:
        raise SupervisionError("该督办单尚未签发，不能打印。")
    with scoped(principal.reach) as connection:
        order = connection.execute(
            select(work_order.c.title, work_order.c.state, work_order.c.deadline_at).where(
                work_order.c.id == one.order_id
            )
        ).first()
    lines = [
        ("被督办单位", one.to_name),
        ("工单编号", one.order_no),
        ("诉求事项", order.title if order else ""),
        ("所在地区", one.region_name),
        ("办理时限", _moment(order.deadline_at) if order else ""),
        ("督办理由", one.reason),
        ("反馈时限", _moment(one.answer_due_at)),
        ("办理情况反馈", one.answer),
    ]
    return Printed(
        title=f"{one.from_name}督办单",
        number=one.number,
        lines=tuple((name, value) for name, value in lines if value),
        demands=one.demands,
        sign=("签发人", "承办单位负责人", "经办人"),
        made_at=_moment(one.issued_at),
        simulated=one.simulated,
    )


def _moment(at: datetime | None) -> str:
    return f"{clock.local(at):%Y年%m月%d日 %H:%M}" if at else ""
