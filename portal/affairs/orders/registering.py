"""Writing down a demand by hand: at the phone, from a letter, from a file. Checked, then taken in.

Whoever registers says which place it is about; it has to lie where that desk registers for. The
number that the form was begun under makes a demand that is sent twice one order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID, uuid4

from sqlalchemy import or_, select

from auth import audit, permissions
from auth.principal import Principal
from auth.tables import unit
from portal.affairs.orders import classes, desk, drafting, intake, referrals, sheet, tally
from portal.affairs.orders.drafting import Draft, Known
from portal.affairs.orders.files import Attachment
from portal.affairs.orders.intake import Incoming, Taken
from portal.affairs.orders.knowledge import REGISTER
from portal.affairs.orders.knowledge import Known as Answer
from portal.affairs.orders.referrals import Advice
from portal.affairs.orders.rules import OrderError
from portal.affairs.orders.sheet import Preview
from portal.affairs.orders.tables import work_order
from portal.store import clock, divisions
from portal.store.citypack import pack
from portal.store.scope import Reach, scoped

PHONE = "电话登记"
BY_HAND = (PHONE, "领导信箱", "营商环境", sheet.SOURCE)
KEPT = "已填内容已保留。"


class TakenBeforeError(OrderError):
    """The form was sent before, with other words: what stands in it now is another demand."""


@dataclass(frozen=True, kw_only=True)
class RowTaken:
    """What became of one row of a file."""

    number: int
    taken: Taken


def begun() -> str:
    """A number for a form that is begun: sent twice under it, a demand is one order."""
    return f"{clock.local(clock.now()):%Y%m%d}-{uuid4().hex[:12]}"


def known() -> Known:
    """What the rules look things up in, now."""
    texts = pack().orders
    return Known(
        now=clock.now(),
        kinds=texts.kinds,
        sources=tuple(one.id for one in texts.source if one.id in BY_HAND),
        levels=tuple(one.level for one in texts.urgency),
        place=_is_place,
        unit=lambda name: _unit(name) is not None,
        category=_is_class,
    )


def _is_class(code: str) -> bool:
    with scoped(tally.SERVICE) as connection:
        return classes.is_class(connection, pack().region_code, code)


def _is_place(code: str) -> bool:
    found = divisions.find(code)
    return found is not None and code.startswith(pack().region_code)


def _unit(name: str) -> str | None:
    """The one active unit of that name or id."""
    query = select(unit.c.id).where(
        or_(unit.c.id == name, unit.c.name == name), unit.c.status == "active"
    )
    with scoped(tally.SERVICE) as connection:
        found = connection.execute(query).scalars().all()
    return found[0] if len(found) == 1 else None


def register(principal: Principal, draft: Draft, attachments: Sequence[Attachment] = ()) -> Taken:
    """Take a demand in; raises with every fault when it cannot be."""
    permissions.check(principal, REGISTER)
    told = [str(one) for one in drafting.faults(draft, known())]
    if not told and not _may_register(principal, draft.region_code):
        told = ["“区划代码”不在本岗位登记的范围之内"]
    if told:
        raise OrderError(f"{'；'.join(told)}。{KEPT}")
    incoming = _incoming(draft, attachments)
    (taken,) = intake.take([incoming], _by(principal))
    if taken.order_id is None:
        raise OrderError(f"{taken.reason}{KEPT}")
    if taken.outcome == "已有" and not _is(taken.order_id, incoming):
        raise TakenBeforeError(
            f"这份登记已在另一窗口提交，编号 {taken.order_no}；现在填写的与它不同，没有收入。"
            f"如是另一件诉求，请再登记一次。{KEPT}"
        )
    _audit(principal, "orders.register", {"order": taken.order_no, "outcome": taken.outcome})
    return taken


def _is(order_id: UUID, incoming: Incoming) -> bool:
    """Whether an order is about what is being registered: the same words about the same place."""
    o = work_order.c
    query = select(o.title, o.content, o.place, o.region_code).where(o.id == order_id)
    with scoped(tally.SERVICE) as connection:
        held = connection.execute(query).one()
    return tuple(held) == (incoming.title, incoming.content, incoming.place, incoming.region_code)


def _by(principal: Principal) -> Reach:
    return Reach(prefixes=(), unit_id=principal.unit.id, actor=principal.login)


def _may_register(principal: Principal, code: str) -> bool:
    """A government or community for its own places, a department for those of its level."""
    own = principal.unit.region_code
    by_unit = principal.unit.kind == "department" and code.startswith(own)
    return by_unit or principal.reach.covers(code)


def _incoming(draft: Draft, attachments: Sequence[Attachment] = ()) -> Incoming:
    return Incoming(
        source=draft.source,
        source_no=draft.source_no or begun(),
        kind=draft.kind,
        category=draft.category or None,
        title=drafting.tidy(draft.title),
        content=drafting.tidy(draft.content),
        place=drafting.tidy(draft.place),
        caller_name=drafting.tidy(draft.caller_name) or None,
        lng=draft.lng,
        lat=draft.lat,
        region_code=draft.region_code,
        urgency=draft.urgency,
        confidential=draft.confidential,
        against_unit=_unit(draft.against_unit) if draft.against_unit else None,
        caller_phone=drafting.phone(draft.caller_phone) or None,
        received_at=draft.received_at or clock.now(),
        attachments=tuple(attachments),
    )


# -- before it is handled -------------------------------------------------------------------------


def advised(principal: Principal, title: str, content: str) -> tuple[Advice, ...]:
    """Where a demand may belong, by the city's rules; the desk decides."""
    permissions.check(principal, REGISTER)
    return referrals.advise(pack().intake.referral, title, content)


def send_elsewhere(principal: Principal, taken: Taken, advice: Advice) -> None:
    """Follow an advice: the order is closed as sent elsewhere or not taken, with its ground."""
    form = {"reason": advice.reason, "legal_basis": advice.basis}
    desk.act(principal, _id(taken), advice.move, form)


def answer_at_once(principal: Principal, taken: Taken, answer: Answer) -> None:
    """Close a question at the desk with an answer that was kept ready."""
    desk.act(principal, _id(taken), "answer", {"answer": answer.said})
    _audit(
        principal,
        "orders.answer",
        {"order": taken.order_no, "answer": answer.code, "version": answer.version},
    )


def _id(taken: Taken) -> UUID:
    if taken.order_id is None:
        raise OrderError("工单没有接收，无法继续。")
    return taken.order_id


# -- a file ---------------------------------------------------------------------------------------


def preview(principal: Principal, data: bytes, name: str) -> Preview:
    """Look at a file of demands; a row for a place elsewhere is a bad row like any other."""
    permissions.check(principal, REGISTER)
    ground = known()
    return sheet.read(data, name, _with_memory(principal, ground))


def _with_memory(principal: Principal, ground: Known) -> Known:
    """The same, asking for each place and unit once for a whole file."""
    unit_known = lru_cache(maxsize=4096)(ground.unit)
    place_known = lru_cache(maxsize=4096)(
        lambda code: ground.place(code) and _may_register(principal, code)
    )
    return Known(
        now=ground.now,
        kinds=ground.kinds,
        sources=ground.sources,
        levels=ground.levels,
        place=place_known,
        unit=unit_known,
        category=lru_cache(maxsize=4096)(ground.category),
    )


def import_all(principal: Principal, found: Preview) -> tuple[RowTaken, ...]:
    """Take the good rows of a file in; what was there before stays one order."""
    permissions.check(principal, REGISTER)
    if any(not _may_register(principal, draft.region_code) for _, draft in found.good):
        raise OrderError("文件中有本岗位登记范围之外的区划，没有导入任何一行。")
    done = intake.take([_incoming(draft) for _, draft in found.good], _by(principal))
    counts = {name: sum(one.outcome == name for one in done) for name in ("新收", "已有", "拒收")}
    _audit(principal, "orders.import", counts | {"bad": len(found.bad)})
    numbers = (number for number, _ in found.good)
    return tuple(
        RowTaken(number=number, taken=one) for number, one in zip(numbers, done, strict=True)
    )


def _audit(principal: Principal, action: str, detail: Mapping[str, object]) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail=dict(detail),
    )
