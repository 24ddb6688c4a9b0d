"""Deciding about an order whose master is another system: a command is left, sent and confirmed.

The screens are the same as for our own orders. What the other system has a command for goes there;
what is between our own units stays here; everything else is to be done over there.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from auth.principal import Principal
from portal.affairs.orders import desk, mirror
from portal.affairs.orders.book import BOOK
from portal.affairs.orders.intake_tables import order_command
from portal.affairs.orders.mirror import Origin
from portal.affairs.orders.rules import OrderError
from portal.affairs.orders.tables import work_order
from portal.affairs.workflow import ledger
from portal.affairs.workflow.flow import KEPT, FlowError, Form
from portal.affairs.workflow.ledger import By
from portal.connectors.contract import Claimed, Command, ForeignTask, FormField, TaskAction
from portal.store import clock, crypto
from portal.store.citypack import pack
from portal.store.claiming import picked
from portal.store.scope import acting_as, scoped

SERVICE = mirror.SERVICE
WAITING, SENDING, DELIVERED, REFUSED, STUCK, WITHDRAWN = (
    "待发送", "发送中", "已送达", "被拒绝", "滞留", "已撤回",
)  # fmt: skip
LIVE = (WAITING, SENDING, STUCK)
SAID = ("answer", "text", "reason", "legal_basis", "words")
Offers = Callable[[str], Mapping[str, TaskAction]]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How far the newest command about an order is, for whoever looks at the order."""

    id: UUID
    label: str
    state: str
    actor_name: str
    created_at: datetime
    attempts: int
    reason: str

    @property
    def live(self) -> bool:
        """Whether it is still under way."""
        return self.state in LIVE


@dataclass(frozen=True, kw_only=True)
class Commands:
    """The desk of orders, whoever their master is; ``offers`` knows the systems' commands."""

    offers: Offers

    def takes(
        self, principal: Principal, row: Row[Any], move: str, form: Form, version: int | None
    ) -> bool:
        """Leave a command for the master, if this is his to do; ``False``: it is done here."""
        if _is_ours(row, move):
            return False
        action = self.offers(row.source_system or "").get(move)
        if action is None:
            raise OrderError(
                f"该工单以{row.source}的系统为主，此项操作须在该系统中办理，本平台未作改动，{KEPT}"
            )
        _leave(principal, row.id, move, action, form, version)
        return True

    def known(self, row: Row[Any]) -> Collection[str] | None:
        """The moves that can be made of such an order; ``None``: all of them."""
        if row.master != mirror.THEIRS:
            return None
        return {*self.offers(row.source_system or ""), *pack().intake.kept_moves}

    def form_of(self, row: Row[Any], move: str) -> tuple[FormField, ...] | None:
        """What the master wants to be told for a move; ``None`` where our own form is asked."""
        if _is_ours(row, move):
            return None
        action = self.offers(row.source_system or "").get(move)
        return action.form if action else None


def _is_ours(row: Row[Any], move: str) -> bool:
    return row.master != mirror.THEIRS or move in pack().intake.kept_moves


# -- leaving one ----------------------------------------------------------------------------------


def _leave(
    principal: Principal,
    order_id: UUID,
    move: str,
    action: TaskAction,
    form: Form,
    version: int | None,
) -> None:
    filled = checked(action, form)
    with scoped(principal.reach) as connection, acting_as(connection, SERVICE.actor):
        row = ledger.take_hold(connection, BOOK, order_id)
        ledger.same(connection, BOOK, row, version)
        actor = desk.by_of(connection, principal, row)
        _may(row, move, actor)
        _put(connection, row, move, action, filled, actor)
        _note(connection, row, actor, f"{action.label}，已提交{row.source}系统，等待确认")


def _may(row: Row[Any], move_id: str, actor: By) -> None:
    """Whether this move is this person's now; what the form needs is the other system's to say."""
    flow = BOOK.flow()
    move = flow.moves.get(move_id)
    if move is None or row.state not in flow.sources(move) or not set(move.who) & actor.kinds:
        flow.check(row.state, move_id, actor.kinds, {})
        raise FlowError(f"现在不能办理此项操作，{KEPT}")


def checked(action: TaskAction, given: Form) -> dict[str, str]:
    """What is sent, as the other system's form wants it; texts of our forms go into its text."""
    names = {one.name for one in action.form}
    own = {name: value for name, value in given.items() if name in names}
    said = "；".join(str(given[name]).strip() for name in SAID if given.get(name))
    found: dict[str, str] = {}
    for one in action.form:
        value = own.get(one.name)
        if value in (None, "") and one.kind == "text":
            value = _days(given) if one.name == "days" else said if one.name != "days" else None
        found[one.name] = _fit(one, " ".join(str(value or "").split()))
    return found


def _days(given: Form) -> str:
    """How many days more, where our own form says until when."""
    until = given.get("until")
    if isinstance(until, str) and until:
        try:
            until = date.fromisoformat(until[:10])
        except ValueError:
            return ""
    if isinstance(until, datetime):
        until = clock.local(until).date()
    if not isinstance(until, date):
        return ""
    return str((until - clock.local(clock.now()).date()).days)


def _fit(one: FormField, value: str) -> str:
    if not value and one.required:
        raise OrderError(f"请填写“{one.label}”，{KEPT}")
    if value and one.choices and value not in one.choices:
        raise OrderError(f"“{one.label}”的选项无效，请重新选择，{KEPT}")
    if len(value) > one.most:
        raise OrderError(f"“{one.label}”最多 {one.most} 个字，现为 {len(value)} 个字，{KEPT}")
    return value


def _put(
    connection: Connection,
    row: Row[Any],
    move: str,
    action: TaskAction,
    filled: Mapping[str, str],
    actor: By,
) -> None:
    now = clock.now()
    values = {
        "id": uuid4(),
        "order_id": row.id,
        "system_id": row.source_system,
        "foreign_id": row.source_no,
        "move": move,
        "action": action.id,
        "label": action.label,
        "form": crypto.encrypt(json.dumps(dict(filled), ensure_ascii=False)),
        "unit_id": actor.unit_id or "",
        "unit_name": actor.unit_name or "",
        "actor": str(actor.login),
        "actor_name": actor.name,
        "state": WAITING,
        "created_at": now,
        "since": now,
        "next_at": now,
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(order_command).values(**values))
    except IntegrityError as error:
        raise OrderError(
            f"该工单已有一项操作正在送往{row.source}系统，请等待其确认后再办，{KEPT}"
        ) from error


def _note(connection: Connection, row: Row[Any], actor: By, words: str) -> None:
    """A line of history that changes no state; the version moves, so that others hear of it."""
    version = row.version + 1
    connection.execute(update(work_order).where(work_order.c.id == row.id).values(version=version))
    ledger.note(
        connection, BOOK, row.id, actor, at=clock.now(), move="command",
        states=(row.state, row.state), words=words, detail={"version": version},
    )  # fmt: skip


# -- looking and withdrawing ----------------------------------------------------------------------


def standing(principal: Principal, order_id: UUID) -> Standing | None:
    """The newest command about an order that one may see."""
    query = select(order_command).where(order_command.c.order_id == order_id)
    with scoped(principal.reach) as connection:
        row = connection.execute(query.order_by(order_command.c.created_at.desc()).limit(1)).first()
    if row is None:
        return None
    return Standing(
        id=row.id,
        label=row.label,
        state=row.state,
        actor_name=row.actor_name,
        created_at=row.created_at,
        attempts=row.attempts,
        reason=row.error or "",
    )


def withdraw(principal: Principal, command_id: UUID) -> None:
    """Take a command back that has not arrived; who decided may, and nobody else."""
    with scoped(principal.reach) as connection:
        visible = select(order_command.c.order_id).where(
            order_command.c.id == command_id, order_command.c.actor == principal.login
        )
        order_id = connection.execute(visible).scalar()
        if order_id is None:
            raise OrderError("没有找到这项操作，或不是由您提交，没有撤回。")
        with acting_as(connection, SERVICE.actor):
            row = ledger.take_hold(connection, BOOK, order_id)
            done = connection.execute(
                update(order_command)
                .where(order_command.c.id == command_id)
                .where(order_command.c.state.in_((WAITING, STUCK)))
                .values(state=WITHDRAWN)
                .returning(order_command.c.attempts, order_command.c.label)
            ).first()
            if done is None:
                raise OrderError("这项操作正在发送或已有结果，不能撤回，请刷新后查看。")
            doubt = "（此前发送过，对方可能已收到）" if done.attempts else ""
            _note(connection, row, _by(principal), f"撤回“{done.label}”{doubt}")


def _by(principal: Principal) -> By:
    return By(
        login=principal.login, name=principal.name, unit_id=principal.unit.id,
        unit_name=principal.unit.name, kinds=frozenset(),
    )  # fmt: skip


# -- the outbox, as senders use it ----------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Outbox:
    """Claim, send, write down; each in a transaction of its own."""

    def claim(self, system_id: str, *, lease: timedelta, most: int) -> Sequence[Claimed]:
        """Take what is due, or whose sender died; nobody else gets it until the lease ends."""
        now = clock.now()
        due = or_(
            and_(order_command.c.state == WAITING, order_command.c.next_at <= now),
            and_(order_command.c.state == SENDING, order_command.c.lease_until < now),
        )
        chosen = (
            select(order_command.c.id)
            .where(order_command.c.system_id == system_id, due)
            .order_by(order_command.c.next_at)
            .limit(most)
        )
        taken = (
            update(order_command)
            .where(order_command.c.id.in_(picked(chosen)))
            .values(state=SENDING, attempts=order_command.c.attempts + 1, lease_until=now + lease)
            .returning(order_command)
        )
        with scoped(SERVICE) as connection:
            return [_entry(row) for row in connection.execute(taken)]

    def delivered(self, origin: Origin, entry: Claimed, seen: ForeignTask | None) -> None:
        """It arrived; whether it was done, a look at the order over there says."""
        with scoped(SERVICE) as connection:
            row = ledger.take_hold(connection, BOOK, entry.order_id)
            if not _settle(connection, entry, state=DELIVERED, sent_at=clock.now(), error=None):
                return
            _note(connection, row, _of(origin), f"已送达{origin.name}")
        if seen is not None:
            mirror.take(origin, [seen])

    def failed(
        self,
        origin: Origin,
        entry: Claimed,
        *,
        state: str,
        at: datetime,
        error: str,
        seen: ForeignTask | None,
    ) -> None:
        """It did not arrive, or was turned down: the clerk is told in the system's own words."""
        with scoped(SERVICE) as connection:
            row = ledger.take_hold(connection, BOOK, entry.order_id)
            if not _settle(connection, entry, state=state, next_at=at, error=error):
                return
            if state == REFUSED:
                _note(connection, row, _of(origin), f"{origin.name}未接受本次办理：{error}")
            elif state == STUCK:
                _note(connection, row, _of(origin), f"送往{origin.name}滞留：{error}")
        if seen is not None:
            mirror.take(origin, [seen])


def _of(origin: Origin) -> By:
    return By(
        login=SERVICE.actor, name=origin.name, unit_id=None, unit_name=None, kinds=frozenset()
    )


def _settle(connection: Connection, entry: Claimed, **values: Any) -> bool:
    """Write how an attempt ended, unless the lease ran out and another sender has it now."""
    mine = and_(
        order_command.c.id == entry.id,
        order_command.c.state == SENDING,
        order_command.c.attempts == entry.attempts,
    )
    done = connection.execute(update(order_command).where(mine).values(lease_until=None, **values))
    return bool(done.rowcount)


def _entry(row: Row[Any]) -> Claimed:
    command = Command(
        key=str(row.id),
        foreign_id=row.foreign_id,
        action=row.action,
        form=json.loads(crypto.decrypt(row.form)),
        actor=row.actor,
        actor_name=row.actor_name,
        unit=row.unit_id,
    )
    return Claimed(
        id=row.id, order_id=row.order_id, attempts=row.attempts, since=row.since, command=command
    )
