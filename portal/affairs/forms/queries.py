"""Reading forms and answers: lists, and one opened. Always scoped."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, select

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.forms import desk, held, rules, settling
from portal.affairs.forms.book import ANSWERS, FORMS, answer_flow, form_flow
from portal.affairs.forms.desk import VIEW
from portal.affairs.forms.effects import content, rows_of
from portal.affairs.forms.personfacts import Rival
from portal.affairs.forms.rules import Count
from portal.affairs.forms.tables import form, form_answer
from portal.affairs.forms.words import Cells, FormError
from portal.affairs.workflow import ledger
from portal.affairs.workflow.ledger import Event
from portal.store import clock, divisions, region_codes
from portal.store.flow_texts import MoveText
from portal.store.form_texts import FormText
from portal.store.measure_words import Period
from portal.store.scope import acting_as, scoped

RECORDS = "records.open"
MOST = 500
HANDED = ("待审核", "已审核", "已锁定")


@dataclass(frozen=True, kw_only=True)
class FormRow:
    """A form in a list."""

    id: UUID
    number: str
    title: str
    issuer: str
    approval: str
    valid_until: date | None
    cycle: str
    layout: str
    source: str
    state: str
    version: int
    simulated: bool
    made: FormText
    overlaps: tuple[dict[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class AnswerRow:
    """An answer in a list."""

    id: UUID
    form_id: UUID
    title: str
    number: str
    issuer: str
    source: str
    region_code: str
    region_name: str
    paper_no: str
    period_from: date
    due_on: date
    state: str
    version: int
    count: Count
    filled: bool
    late: bool
    filled_by: str
    simulated: bool


@dataclass(frozen=True, kw_only=True)
class Opened:
    """One answer, whole."""

    row: AnswerRow
    made: FormText
    cells: Cells
    rows: tuple[int, ...]
    may_fill: bool
    moves: tuple[MoveText, ...]
    events: tuple[Event, ...]
    head_faults: tuple[str, ...]
    rivals: Mapping[str, tuple[Rival, ...]] = field(default_factory=dict)  # by cell, to be settled


def _form_row(row: Row[Any]) -> FormRow:
    made = content(row)
    return FormRow(
        id=row.id, number=row.number, title=row.title, issuer=made.issuer, approval=made.approval,
        valid_until=made.valid_until, cycle=made.cycle, layout=made.layout, source=made.source,
        state=row.state, version=row.version, simulated=row.simulated is not None, made=made,
        overlaps=tuple(row.overlaps),
    )  # fmt: skip


def late(handed: date | None, due: date, offline: bool, today: date) -> bool:
    """Whether an answer is late; a unit without network never is."""
    return not offline and (handed or today) > due


def answer_row(row: Row[Any]) -> AnswerRow:
    """A stored answer, with its form's head, as a line of a list."""
    today = clock.local(clock.now()).date()
    handed = clock.local(row.handed_at).date() if row.handed_at else None
    names = ("asked", "auto", "changed", "typed")
    return AnswerRow(
        id=row.id, form_id=row.form_id, title=row.title, number=row.number,
        issuer=row.content["issuer"], source=row.content["source"], region_code=row.region_code,
        region_name=divisions.full_name(row.region_code), paper_no=row.paper_no,
        period_from=row.period_from, due_on=row.due_on, state=row.state, version=row.version,
        count=Count(**{name: getattr(row, name) for name in names}),
        filled=row.filled_at is not None, filled_by=row.filled_by or "",
        late=row.state != "已拒收" and late(handed, row.due_on, row.offline, today),
        simulated=row.simulated is not None,
    )  # fmt: skip


_LISTED = (form.c.title, form.c.number, form.c.content, form.c.simulated)


def forms(principal: Principal) -> tuple[FormRow, ...]:
    """The forms that one may see, the newest first."""
    permissions.check(principal, VIEW)
    query = select(form).order_by(form.c.made_at.desc()).limit(MOST)
    with scoped(principal.reach) as connection:
        return tuple(map(_form_row, connection.execute(query)))


def form_moves(principal: Principal, form_id: UUID) -> tuple[MoveText, ...]:
    """The moves of a form that one could make now."""
    permissions.check(principal, VIEW)
    with scoped(principal.reach) as connection:
        row = connection.execute(select(form).where(form.c.id == form_id)).first()
    if row is None:
        return ()
    kinds = rules.form_kinds(desk.asker(principal), row.issuer_unit, row.region_code)
    return form_flow().offered(row.state, kinds)


def form_history(principal: Principal, form_id: UUID) -> tuple[Event, ...]:
    """What happened to a form."""
    permissions.check(principal, VIEW)
    with scoped(principal.reach) as connection:
        return ledger.history(connection, FORMS, form_id)


Box = Literal["待办", "全部"]
_WAITS = {"community": "待填报", "street": "待审核", "district": "已审核", "city": "已审核"}


What = Literal["sent", "answered", "refused"]


@dataclass(frozen=True, kw_only=True)
class Behind:
    """Which answers a number of the burden meter counts: those of a place in a month."""

    region: str
    what: What
    month: date


def _counted(behind: Behind) -> tuple[ColumnElement[bool], ...]:
    """As ``tally`` counts them: on the day of sending, of handing in, of turning away."""
    one, month = form_answer.c, Period(grain="month", starts=behind.month)
    at = {"sent": one.sent_at, "answered": one.handed_at, "refused": one.state_since}[behind.what]
    starts, ends = (
        datetime.combine(day, time(), clock.LOCAL) for day in (month.starts, month.ends)
    )
    narrowed = (region_codes.within(one.region_code, behind.region), at >= starts, at < ends)
    if behind.what == "sent":
        return narrowed
    return (*narrowed, (one.state == "已拒收") == (behind.what == "refused"))


def answers(
    principal: Principal, box: Box = "待办", behind: Behind | None = None
) -> tuple[AnswerRow, ...]:
    """The answers in one's scope; ``待办``: those that wait for this level."""
    permissions.check(principal, VIEW, behind.region if behind else None)
    query = (
        select(form_answer, *_LISTED)
        .join(form, form.c.id == form_answer.c.form_id)
        .order_by(form_answer.c.due_on, form_answer.c.region_code, form_answer.c.paper_no)
        .limit(MOST)
    )
    if box == "待办":
        query = query.where(form_answer.c.state == _WAITS[principal.unit.level])
    if behind is not None:
        query = query.where(*_counted(behind))
    with scoped(principal.reach) as connection:
        return tuple(map(answer_row, connection.execute(query)))


def numbered(principal: Principal, paper_no: str) -> UUID:
    """The answer of the number that stands on a paper; its noughts and its letters may be left out.

    What a unit without network has written on paper finds its row by it.
    """
    permissions.check(principal, VIEW)
    digits = unicodedata.normalize("NFKC", paper_no).strip().upper().removeprefix("YB")
    if not (digits.isascii() and digits.isdigit()):
        raise FormError("编号是纸面或文件上“YB”开头的数字，例如 YB00000012。")
    number = f"YB{int(digits):08d}"
    query = select(form_answer.c.id).where(form_answer.c.paper_no == number)
    with scoped(principal.reach) as connection:
        found: UUID | None = connection.execute(query).scalar()
    if found is None:
        raise FormError(f"没有找到 {number} 号填报，可能不在本岗位的管辖范围，请核对编号。")
    return found


def _whole(answer_id: UUID) -> Select[Any]:
    return (
        select(form_answer, *_LISTED)
        .join(form, form.c.id == form_answer.c.form_id)
        .where(form_answer.c.id == answer_id)
    )


def row_of(principal: Principal, answer_id: UUID) -> AnswerRow:
    """How far an answer is, without its cells."""
    permissions.check(principal, VIEW)
    query = _whole(answer_id)
    with scoped(principal.reach) as connection:
        row = connection.execute(query).first()
    if row is None:
        raise FormError(desk.GONE)
    return answer_row(row)


def opened(principal: Principal, answer_id: UUID) -> Opened:
    """One answer; the issuer, outside the scope, sees it once it was handed in."""
    permissions.check(principal, VIEW)
    query = _whole(answer_id)
    with scoped(principal.reach) as connection:
        row = connection.execute(query).first()
        if row is None:
            raise FormError(desk.GONE)
        events = ledger.history(connection, ANSWERS, answer_id)
    made = content(row)
    kinds = rules.answer_kinds(desk.asker(principal), row.unit_id, row.region_code)
    if not kinds and (row.state not in HANDED or not permissions.allowed(principal, RECORDS)):
        raise FormError("填报尚未上报或本岗位无权查看明细，没有打开。")
    if made.layout == "名册":
        permissions.check(principal, RECORDS, row.region_code)
        audit.append(  # a list shows persons in full
            action="forms.open",
            actor=principal.login,
            unit_id=principal.unit.id,
            region_code=row.region_code,
            detail={"form": row.title, "number": row.paper_no},
        )
    cells = held.unseal(row.payload)
    fills = rules.FILLER in kinds and row.state == "待填报" and row.filled_at is not None
    return Opened(
        row=answer_row(row), made=made, cells=cells, rows=tuple(rows_of(made, row.rows)),
        may_fill=fills, rivals=_rivals(principal, made, cells) if fills else {},
        moves=answer_flow().offered(row.state, kinds), events=events,
        head_faults=rules.head_faults(made, clock.local(clock.now()).date()),
    )  # fmt: skip


def _rivals(principal: Principal, made: FormText, cells: Cells) -> Mapping[str, tuple[Rival, ...]]:
    with scoped(principal.reach) as connection, acting_as(connection, held.SERVICE.actor):
        return settling.open_in(connection, made, cells)
