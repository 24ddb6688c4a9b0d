"""The only writer of work orders once they are in: every move of the flow, by who may make it."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection, Row, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders import rules, seats, tally, units
from portal.affairs.orders.book import BOOK
from portal.affairs.orders.rules import Asker, OrderError
from portal.affairs.orders.tables import work_order
from portal.affairs.workflow import ledger
from portal.affairs.workflow.flow import FlowError, Form
from portal.affairs.workflow.ledger import By, ChangedError, Step
from portal.store.flow_texts import MoveText
from portal.store.scope import scoped

__all__ = ["ChangedError", "OrderError", "act", "by_platform", "offered", "sign_all"]

RIGHTS = ("handle", "dispatch", "supervise", "visit", "register")
GONE = "没有找到这件工单，可能不在本岗位的管辖范围，已填内容已保留。"


class Elsewhere(Protocol):
    """The desk of orders whose master is another system: decisions become commands to it."""

    def takes(
        self, principal: Principal, row: Row[Any], move: str, form: Form, version: int | None
    ) -> bool: ...

    def known(self, row: Row[Any]) -> Collection[str] | None: ...


_elsewhere: list[Elsewhere] = []  # of this process: the composition root says which


def decide_elsewhere(desk: Elsewhere | None) -> None:
    """Let decisions about orders of other masters go to this desk; ``None`` ends it."""
    _elsewhere[:] = [desk] if desk else []


def asker(principal: Principal) -> Asker:
    """Who acts, as the rules of orders see it."""
    rights = {one for one in RIGHTS if permissions.allowed(principal, f"orders.{one}")}
    return Asker(
        unit_id=principal.unit.id,
        level=principal.unit.level,
        prefixes=principal.prefixes,
        rights=frozenset(rights),
    )


def by_of(connection: Connection, principal: Principal, row: Row[Any]) -> By:
    """Who acts on an order, as its history names them."""
    return _by(connection, principal, asker(principal), row)


def _by(connection: Connection, principal: Principal, who: Asker, row: Row[Any]) -> By:
    (kinds,) = _kinds_of(connection, [who], row)
    return _acting(principal, kinds)


def _kinds_of(
    connection: Connection, askers: Iterable[Asker], row: Row[Any]
) -> list[frozenset[str]]:
    """What each is to an order; who holds it and who helps is looked up once."""
    holder = units.find(connection, row.unit_id)
    level, helpers = holder.level if holder else "city", seats.helpers(connection, row.id)
    return [rules.kinds(who, row, level, helpers) for who in askers]


def _acting(principal: Principal, kinds: frozenset[str]) -> By:
    return By(
        login=principal.login,
        name=principal.name,
        unit_id=principal.unit.id,
        unit_name=principal.unit.name,
        kinds=kinds,
    )


def act(
    principal: Principal,
    order_id: UUID,
    move: str,
    form: Form | None = None,
    version: int | None = None,
) -> None:
    """Make one move of an order that one may see; ``ChangedError`` when somebody was faster."""
    who = asker(principal)
    if not who.rights:
        permissions.check(principal, "orders.handle")
    if _elsewhere:
        row = seen(principal, order_id)
        if any(one.takes(principal, row, move, form or {}, version) for one in _elsewhere):
            return
    with scoped(principal.reach) as connection:
        _seen(connection, order_id)
        ledger.turn(
            connection, BOOK, order_id, move, form or {},
            version=version, by=lambda row: _by(connection, principal, who, row),
        )  # fmt: skip


def seen(principal: Principal, order_id: UUID) -> Row[Any]:
    """An order that one may see."""
    with scoped(principal.reach) as connection:
        return _seen(connection, order_id)


def _seen(connection: Connection, order_id: UUID) -> Row[Any]:
    row = connection.execute(select(work_order).where(work_order.c.id == order_id)).first()
    if row is None:
        raise OrderError(GONE)
    return row


def by_platform(order_id: UUID, move: str, form: Form | None = None, name: str = "平台") -> Step:
    """A move that the platform itself makes, where the flow lets it."""
    by = By(
        login=tally.SERVICE.actor,
        name=name,
        unit_id=None,
        unit_name=None,
        kinds=frozenset({rules.PLATFORM}),
    )
    with scoped(tally.SERVICE) as connection:
        _seen(connection, order_id)
        return ledger.turn(
            connection, BOOK, order_id, move, form or {}, version=None, by=lambda row: by
        )


def offered(principal: Principal, order_id: UUID) -> tuple[MoveText, ...]:
    """The moves that one could make now; none for what one does not see."""
    who = asker(principal)
    with scoped(principal.reach) as connection:
        row = connection.execute(select(work_order).where(work_order.c.id == order_id)).first()
        if row is None:
            return ()
        kinds = _by(connection, principal, who, row).kinds
    moves = BOOK.flow().offered(row.state, kinds)
    for one in _elsewhere:
        known = one.known(row)
        moves = moves if known is None else tuple(move for move in moves if move.id in known)
    return moves


def to_sign(state: str) -> bool:
    """Whether an order in this state waits to be signed for."""
    known = BOOK.flow()
    return "sign" in known.moves and state in known.sources(known.moves["sign"])


def offered_to(
    people: Sequence[Principal], order_id: UUID
) -> list[tuple[Principal, tuple[MoveText, ...]]]:
    """What each of several persons could do to an order, were it shown to them."""
    with scoped(tally.SERVICE) as connection:
        row = _seen(connection, order_id)
        kinds = _kinds_of(connection, map(asker, people), row)
        flow = BOOK.flow()
        return [
            (one, flow.offered(row.state, what)) for one, what in zip(people, kinds, strict=True)
        ]


def sign_all(principal: Principal, orders: Iterable[tuple[UUID, int]]) -> dict[UUID, str]:
    """Sign for many at once; gives those that were not signed, each with the reason."""
    left: dict[UUID, str] = {}
    for order_id, version in orders:
        try:
            act(principal, order_id, "sign", {}, version)
        except FlowError as problem:
            left[order_id] = problem.message
    return left


# -- the moves by their names, for whoever knows which one is meant --------------------------------


def dispatch(
    principal: Principal,
    order_id: UUID,
    unit: str,
    version: int | None = None,
    *,
    helping: Sequence[str] = (),
    words: str = "",
    level: int | None = None,
    category: str | None = None,
) -> None:
    """Give an order to a unit."""
    form = {"unit": unit, "units": list(helping), "words": words, "level": level,
            "category": category}  # fmt: skip
    act(principal, order_id, "dispatch", form, version)


def sign(principal: Principal, order_id: UUID, version: int | None = None) -> None:
    """Sign for it."""
    act(principal, order_id, "sign", {}, version)


def contact(principal: Principal, order_id: UUID, words: str, version: int | None = None) -> None:
    """Whoever called was spoken to."""
    act(principal, order_id, "contact", {"words": words}, version)


def reply(principal: Principal, order_id: UUID, answer: str, version: int | None = None) -> None:
    """Answer it."""
    act(principal, order_id, "reply", {"answer": answer}, version)


def give_back(
    principal: Principal,
    order_id: UUID,
    *,
    reason: str,
    legal_basis: str,
    suggested_unit: str,
    version: int | None = None,
) -> None:
    """退单: not ours, why, and whose."""
    form = {"reason": reason, "legal_basis": legal_basis, "suggested_unit": suggested_unit}
    act(principal, order_id, "return", form, version)


def visit(
    principal: Principal,
    order_id: UUID,
    *,
    resolved: str,
    satisfied: str,
    words: str = "",
    version: int | None = None,
) -> None:
    """What whoever called says of it."""
    answers = {"resolved": resolved, "satisfied": satisfied}
    act(principal, order_id, "visit", {"visit_answers": answers, "words": words}, version)
