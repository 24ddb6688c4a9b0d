"""What waits to go to the province, as senders use it: claim, send, write down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select, update

from auth import audit
from portal.affairs.forms import held
from portal.affairs.forms.book import ANSWERS, FORMS
from portal.affairs.forms.province import returning
from portal.affairs.forms.province.returning import DELIVERED, SENDING, WAITING
from portal.affairs.forms.province.tables import province_form, province_return
from portal.affairs.workflow import ledger
from portal.affairs.workflow.ledger import By
from portal.connectors.province.words import Outgoing
from portal.store import clock
from portal.store.citypack import pack
from portal.store.claiming import picked
from portal.store.scope import scoped


@dataclass(frozen=True, kw_only=True)
class Outbox:
    """Each in a transaction of its own; nobody else gets what was claimed until the lease ends."""

    def claim(self, *, lease: timedelta, most: int) -> Sequence[Outgoing]:
        """Take what is due, or whose sender died."""
        now, entry = clock.now(), province_return.c
        due = or_(
            and_(entry.state == WAITING, entry.next_at <= now),
            and_(entry.state == SENDING, entry.lease_until < now),
        )
        order = (entry.next_at, entry.created_at)
        chosen = select(entry.id).where(due).order_by(*order).limit(most)
        taken = (
            update(province_return)
            .where(entry.id.in_(picked(chosen)), province_form.c.id == entry.province_form_id)
            .values(state=SENDING, attempts=entry.attempts + 1, lease_until=now + lease)
            .returning(province_return, province_form.c.number, province_form.c.edition)
        )
        with scoped(held.SERVICE) as connection:
            rows = connection.execute(taken).all()
        return [
            Outgoing(id=one.id, attempts=one.attempts, since=one.since,
                     body=returning.body_of(one))
            for one in sorted(rows, key=lambda one: (one.created_at, one.turn))
        ]  # fmt: skip

    def delivered(self, entry: Outgoing, receipt: str) -> None:
        """It arrived, under this number of the province."""
        with scoped(held.SERVICE) as connection:
            row = _settle(connection, entry, state=DELIVERED, sent_at=clock.now(),
                          receipt=receipt, error=None, payload="")  # fmt: skip
            if row is None:
                return
            self._note(connection, row, f"已回传省级，回执 {receipt}")
            title = _issued(connection, row).title
        if row.kind == returning.ANSWERS:
            audit.append(
                action="province.returned", actor=str(held.SERVICE.actor),
                region_code=row.region_code,
                detail={"form": title, "period": f"{row.period_from}", "turn": row.turn,
                        "receipt": receipt},
            )  # fmt: skip

    def failed(self, entry: Outgoing, *, state: str, at: datetime, error: str) -> None:
        """It did not arrive, or the province says no: in its own words."""
        with scoped(held.SERVICE) as connection:
            row = _settle(connection, entry, state=state, next_at=at, error=error)
            if row is None:
                return
            if state == returning.REFUSED:
                self._note(connection, row, f"省级退回：{error}")
            elif state == returning.STUCK:
                self._note(connection, row, f"回传滞留：{error}")

    def _note(self, connection: Connection, row: Row[Any], words: str) -> None:
        """A line in the history of the answer, or of the form where the city answers as one."""
        by = By(login=str(held.SERVICE.actor), name=pack().province.name, unit_id=None,
                unit_name=None, kinds=frozenset())  # fmt: skip
        issued = _issued(connection, row)
        book, thing_id = (ANSWERS, row.answer_id) if row.answer_id else (FORMS, issued.form_id)
        if thing_id is None or row.kind == returning.TAKEN:
            return
        thing = ledger.take_hold(connection, book, thing_id)
        version = thing.version + 1
        things = book.things
        connection.execute(update(things).where(things.c.id == thing_id).values(version=version))
        ledger.note(
            connection, book, thing_id, by, at=clock.now(), move="return_back",
            states=(thing.state, thing.state), words=f"{words}（第 {row.turn} 次）",
            detail={"version": version, "turn": row.turn},
        )  # fmt: skip


def _issued(connection: Connection, row: Row[Any]) -> Row[Any]:
    query = select(province_form).where(province_form.c.id == row.province_form_id)
    return connection.execute(query).one()


def _settle(connection: Connection, entry: Outgoing, **values: Any) -> Row[Any] | None:
    """Write how an attempt ended, unless the lease ran out and another sender has it now."""
    mine = and_(
        province_return.c.id == entry.id,
        province_return.c.state == SENDING,
        province_return.c.attempts == entry.attempts,
    )
    done = update(province_return).where(mine).values(lease_until=None, **values)
    return connection.execute(done.returning(province_return)).first()
