"""Answers that go back: left when an answer is locked, in its own transaction; taken back when it
is reopened before it left.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, func, insert, select, update

from portal.affairs.forms import held
from portal.affairs.forms.province import rules
from portal.affairs.forms.province.tables import province_form, province_return
from portal.affairs.forms.tables import form, form_answer
from portal.affairs.workflow.ledger import Step
from portal.connectors.province.words import Receipt, Sending, Value
from portal.store import clock, crypto
from portal.store.citypack import pack
from portal.store.form_texts import FormText

WAITING, SENDING, DELIVERED, REFUSED, STUCK, WITHDRAWN = (
    "待发送", "发送中", "已送达", "被拒绝", "滞留", "已撤回",
)  # fmt: skip
TAKEN, SENT_BACK, ANSWERS = "收表", "退表", "回传"
LOCKED, REFUSED_HERE = "已锁定", "已拒收"
_CITY = "市"


def follow(step: Step) -> None:
    """After every move of an answer: what was locked goes back, what was reopened does not."""
    to = step.to or step.row.state
    if to == LOCKED and step.row.state != LOCKED:
        step.after.append(lambda: _locked(step))
    elif step.row.state == LOCKED and to != LOCKED:
        step.after.append(lambda: _reopened(step))


def _issued(connection: Connection, form_id: UUID) -> Row[Any] | None:
    query = (
        select(province_form, form.c.content)
        .join(form, form.c.id == province_form.c.form_id)
        .where(province_form.c.form_id == form_id)
    )
    return connection.execute(query).first()


def _locked(step: Step) -> None:
    issued = _issued(step.connection, step.row.form_id)
    if issued is None:
        return
    if issued.back == _CITY:
        whole(step.connection, issued, step.row.period_from)
        return
    query = select(form_answer).where(form_answer.c.id == step.row.id)
    row = step.connection.execute(query).one()
    _leave(step.connection, issued, row.region_code, row.period_from, [row], answer_id=row.id)


def _reopened(step: Step) -> None:
    """What has not left yet stays here; what left is followed by a corrected version."""
    issued = _issued(step.connection, step.row.form_id)
    if issued is None:
        return
    place = issued.region_code if issued.back == _CITY else step.row.region_code
    step.connection.execute(
        update(province_return)
        .where(
            province_return.c.province_form_id == issued.id,
            province_return.c.kind == ANSWERS,
            province_return.c.region_code == place,
            province_return.c.period_from == step.row.period_from,
            province_return.c.state.in_((WAITING, STUCK)),
        )
        .values(state=WITHDRAWN, lease_until=None)
    )


def whole(connection: Connection, issued: Row[Any], period: date) -> None:
    """The city's answers go back together once none of the period is open any more."""
    lock = func.pg_advisory_xact_lock(func.hashtextextended(f"{issued.id}:{period}", 0))
    connection.execute(select(lock))  # two last locks at once: the second sees the first
    those = select(form_answer).where(
        form_answer.c.form_id == issued.form_id, form_answer.c.period_from == period
    )
    still = those.where(form_answer.c.state.not_in((LOCKED, REFUSED_HERE)))
    if connection.execute(select(still.exists())).scalar():
        return  # most locks end here: no cell of any other unit was read
    mine = those.where(form_answer.c.state == LOCKED).order_by(form_answer.c.region_code)
    if locked := connection.execute(mine).all():
        _leave(connection, issued, issued.region_code, period, locked)


def _leave(
    connection: Connection,
    issued: Row[Any],
    place: str,
    period: date,
    answers: Sequence[Row[Any]],
    *,
    answer_id: UUID | None = None,
) -> None:
    made = FormText.model_validate(issued.content)
    values = [
        asdict(value)
        for one in answers
        for value in rules.values(
            made, issued.codes, pack().province, one.region_code,
            (held.unseal(one.payload), rows_of(made, one.rows)),
        )
    ]  # fmt: skip
    said = select(func.coalesce(func.max(province_return.c.turn), 0)).where(
        province_return.c.province_form_id == issued.id,
        province_return.c.kind == ANSWERS,
        province_return.c.region_code == place,
        province_return.c.period_from == period,
    )
    turn = connection.execute(said).scalar_one() + 1
    body = {"cycle": made.cycle, "values": values}
    put(connection, issued.id, ANSWERS, place, body, period=period, turn=turn, answer_id=answer_id)


def rows_of(made: FormText, count: int) -> list[int]:
    """The numbers of the rows: a summary has the one row 0."""
    return list(range(1, count + 1)) if made.layout == "名册" else [0]


def put(
    connection: Connection,
    province_form_id: UUID,
    kind: str,
    place: str,
    body: dict[str, Any],
    *,
    period: date | None = None,
    turn: int = 1,
    answer_id: UUID | None = None,
) -> None:
    """Leave something for the province, in the transaction that causes it."""
    now = clock.now()
    connection.execute(
        insert(province_return).values(
            id=uuid4(), province_form_id=province_form_id, kind=kind, answer_id=answer_id,
            region_code=place, period_from=period, turn=turn,
            payload=crypto.encrypt(json.dumps(body, ensure_ascii=False)), state=WAITING,
            created_at=now, since=now, next_at=now,
        )
    )  # fmt: skip


def body_of(row: Row[Any]) -> Sending | Receipt:
    """What is sent, as it was left."""
    body = json.loads(crypto.decrypt(row.payload))
    if row.kind != ANSWERS:
        return Receipt(
            number=row.number, edition=row.edition, taken=row.kind == TAKEN,
            reason=body.get("reason", ""),
        )  # fmt: skip
    return Sending(
        number=row.number, edition=row.edition, cycle=body["cycle"], period_from=row.period_from,
        turn=row.turn, place=row.region_code,
        values=tuple(Value(**one) for one in body["values"]),
    )  # fmt: skip
