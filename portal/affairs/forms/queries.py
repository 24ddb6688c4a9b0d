"""Reading forms and answers: lists, one opened, the aggregated table. Always scoped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, Select, select

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.forms import desk, held, rules, settling
from portal.affairs.forms.book import ANSWERS, FORMS, answer_flow, form_flow
from portal.affairs.forms.desk import VIEW
from portal.affairs.forms.effects import content, rows_of
from portal.affairs.forms.personfacts import Rival
from portal.affairs.forms.rules import Count
from portal.affairs.forms.tables import form, form_answer
from portal.affairs.forms.words import Cell, Cells, FormError, key
from portal.affairs.workflow import ledger
from portal.affairs.workflow.ledger import Event
from portal.store import clock, divisions
from portal.store.flow_texts import MoveText
from portal.store.form_texts import FormText
from portal.store.measure_words import Topic
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


def _answer_row(row: Row[Any]) -> AnswerRow:
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


def answers(
    principal: Principal, box: Box = "待办", form_id: UUID | None = None, region: str = ""
) -> tuple[AnswerRow, ...]:
    """The answers in one's scope; ``待办``: those that wait for this level."""
    permissions.check(principal, VIEW, region or None)
    query = (
        select(form_answer, *_LISTED)
        .join(form, form.c.id == form_answer.c.form_id)
        .order_by(form_answer.c.due_on, form_answer.c.region_code, form_answer.c.paper_no)
        .limit(MOST)
    )
    if box == "待办":
        query = query.where(form_answer.c.state == _WAITS[principal.unit.level])
    if form_id is not None:
        query = query.where(form_answer.c.form_id == form_id)
    if region:
        query = query.where(form_answer.c.region_code.startswith(region, autoescape=True))
    with scoped(principal.reach) as connection:
        return tuple(map(_answer_row, connection.execute(query)))


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
    return _answer_row(row)


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
        row=_answer_row(row), made=made, cells=cells, rows=tuple(rows_of(made, row.rows)),
        may_fill=fills, rivals=_rivals(principal, made, cells) if fills else {},
        moves=answer_flow().offered(row.state, kinds), events=events,
        head_faults=rules.head_faults(made, clock.local(clock.now()).date()),
    )  # fmt: skip


def _rivals(principal: Principal, made: FormText, cells: Cells) -> Mapping[str, tuple[Rival, ...]]:
    with scoped(principal.reach) as connection, acting_as(connection, held.SERVICE.actor):
        return settling.open_in(connection, made, cells)


# -- the table as it grows ------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Table:
    """The answers of one form and period, unit by unit, with what is handed in added up."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[str, ...]], ...]  # place, state, values
    totals: tuple[str, ...]
    sent: int
    handed: int
    late: int
    withheld: tuple[str, ...]  # columns that this post may not see

    @property
    def percent(self) -> str:
        """The reporting rate."""
        return f"{100 * self.handed / self.sent:.1f}%" if self.sent else "无样本"


def table(principal: Principal, form_id: UUID, period: date) -> Table:
    """The aggregated table as far as it was handed in; who has not is listed as such.

    Without record rights, columns about disability, hardship or children are left out as a whole,
    so that no difference of numbers tells a small one.
    """
    permissions.check(principal, VIEW)
    query = (
        select(form_answer, *_LISTED)
        .join(form, form.c.id == form_answer.c.form_id)
        .where(form_answer.c.form_id == form_id, form_answer.c.period_from == period)
        .order_by(form_answer.c.region_code)
    )
    with scoped(principal.reach) as connection:
        found = connection.execute(query).all()
    if not found:
        raise FormError("本岗位范围内没有这一期的填报。")
    made = content(found[0])
    records = permissions.allowed(principal, RECORDS)
    numbers = [one for one in made.fields if one.kind == "number" and made.layout == "汇总表"]
    shown = [one for one in numbers if records or one.topic is Topic.NONE]
    rows, sums = [], {one.name: Decimal(0) for one in shown}
    listed = list(map(_answer_row, found))
    for row, one in zip(found, listed, strict=True):
        cells = held.unseal(row.payload) if row.state in HANDED else {}
        values = [cells[key(0, f.name)].value if key(0, f.name) in cells else "" for f in shown]
        for column, value in zip(shown, values, strict=True):
            sums[column.name] += Decimal(value or 0)
        rows.append((one.region_name, one.state, tuple(values)))
    sums_shown = {name: f"{number:f}" for name, number in sums.items()}
    return Table(
        heads=tuple(one.title for one in shown), rows=tuple(rows),
        totals=_totals(made, sums_shown, [one.name for one in shown]),
        sent=sum(one.state != "已拒收" for one in listed),
        handed=sum(one.state in HANDED for one in listed), late=sum(one.late for one in listed),
        withheld=tuple(one.title for one in numbers if one not in shown),
    )  # fmt: skip


def _totals(made: FormText, sums: dict[str, str], names: Sequence[str]) -> tuple[str, ...]:
    """Sums of what adds up; a formula is formed anew from the sums, never added."""
    cells: Cells = {
        key(0, one.name): Cell(value="" if one.source == "formula" else sums[one.name])
        for one in made.fields
        if one.name in sums
    }
    rules.compute(made, cells, [0])
    return tuple(cells[key(0, name)].value for name in names)
