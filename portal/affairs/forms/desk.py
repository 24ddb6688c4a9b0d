"""The only writer of 一表通: drafting a form, moving it, filling cells, moving an answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, select, update

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.forms import correcting, effects, fill, held, rules
from portal.affairs.forms.book import ANSWERS, FORMS, form_flow
from portal.affairs.forms.effects import RefusedError, content, rows_of
from portal.affairs.forms.rules import Asker
from portal.affairs.forms.tables import form, form_answer, form_event
from portal.affairs.forms.words import (
    AUTO,
    CHANGED,
    MISSING,
    TYPED,
    Cell,
    Cells,
    FormError,
    key,
)
from portal.affairs.workflow import ledger
from portal.affairs.workflow.flow import KEPT, Form
from portal.affairs.workflow.ledger import By
from portal.settings import settings
from portal.store import clock
from portal.store.citypack import pack
from portal.store.form_texts import FormText
from portal.store.scope import acting_as, scoped

VIEW, DRAFT, FILL = "forms.view", "forms.draft", "forms.fill"
RIGHTS = ("draft", "approve", "fill", "check", "lock")
GONE = f"没有找到这张报表，可能不在本岗位的管辖范围，{KEPT}"


def asker(principal: Principal) -> Asker:
    """Who acts, as the rules see it."""
    rights = {one for one in RIGHTS if permissions.allowed(principal, f"forms.{one}")}
    return Asker(
        unit_id=principal.unit.id,
        level=principal.unit.level,
        prefixes=principal.prefixes,
        rights=frozenset(rights),
    )


def _by(principal: Principal, kinds: frozenset[str]) -> By:
    return By(
        login=principal.login,
        name=principal.name,
        unit_id=principal.unit.id,
        unit_name=principal.unit.name,
        kinds=kinds,
    )


def _audit(principal: Principal, action: str, detail: dict[str, Any]) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail=detail,
    )


# -- forms ----------------------------------------------------------------------------------------


def draft(principal: Principal, made: FormText, form_id: UUID | None = None) -> UUID:
    """Write a form down, or write it anew while it is a draft; faults are told on submission."""
    permissions.check(principal, DRAFT)
    if made.source != rules.LOCAL:
        raise FormError(f"省级报表由省级下发，不能自行起草，{KEPT}")
    with scoped(principal.reach) as connection, acting_as(connection, held.SERVICE.actor):
        if form_id is not None:
            row = connection.execute(select(form).where(form.c.id == form_id)).first()
            if row is None or row.issuer_unit != principal.unit.id:
                raise FormError(GONE)
            if row.state != form_flow().text.first:
                raise FormError(f"报表现为“{row.state}”，不能修改，{KEPT}")
        stored = _stored(principal, made)
        if form_id is not None:
            values = {**stored, "version": form.c.version + 1}
            connection.execute(update(form).where(form.c.id == form_id).values(**values))
            return form_id
        return _new(connection, principal, stored)


def _stored(principal: Principal, made: FormText) -> dict[str, Any]:
    return {
        "number": made.number.strip(),
        "title": made.title,
        "source": made.source,
        "valid_until": made.valid_until,
        "issuer_unit": principal.unit.id,
        "region_code": principal.unit.region_code,
        "content": made.model_dump(mode="json"),
        "overlaps": [],
    }


def _new(connection: Connection, principal: Principal, stored: dict[str, Any]) -> UUID:
    form_id, now, first = uuid4(), clock.now(), form_flow().text.first
    connection.execute(
        insert(form).values(
            **stored, id=form_id, state=first, state_since=now, made_at=now,
            simulated=None if settings().production else "demo",
        )
    )  # fmt: skip
    connection.execute(
        insert(form_event).values(
            form_id=form_id, at=now, move="draft", from_state="", to_state=first,
            unit_id=principal.unit.id, unit_name=principal.unit.name, actor=principal.login,
            actor_name=principal.name, words="起草报表", detail={"version": 1},
        )
    )  # fmt: skip
    return form_id


def act(
    principal: Principal,
    form_id: UUID,
    move: str,
    given: Form | None = None,
    version: int | None = None,
) -> None:
    """Make one move of a form that one may see."""
    permissions.check(principal, VIEW)
    who = asker(principal)
    try:
        with scoped(principal.reach) as connection:
            row = _seen(connection, form, form_id)
            ledger.turn(
                connection, FORMS, form_id, move, given or {}, version=version,
                by=lambda one: _by(
                    principal, rules.form_kinds(who, one.issuer_unit, one.region_code)
                ),
            )  # fmt: skip
    except RefusedError as refusal:
        # The move is not made, but what was kept from being asked twice is counted.
        with scoped(held.SERVICE) as connection:
            effects.note_refused(connection, row, refusal.fields)
        raise
    _audit(principal, "forms.act", {"form": row.title, "move": move})


def _seen(connection: Connection, table: Any, thing_id: UUID) -> Row[Any]:
    row = connection.execute(select(table).where(table.c.id == thing_id)).first()
    if row is None:
        raise FormError(GONE)
    return row


def _editions(row: Row[Any]) -> ColumnElement[bool]:
    """A form and, of the province's, its earlier editions: a period is asked once."""
    if row.source != rules.PROVINCIAL:
        return and_(form.c.id == row.id)
    return and_(form.c.number == row.number, form.c.source == row.source)


def renew() -> int:
    """Send every form that is out for the period that has begun; gives how many were sent."""
    by = By(login=held.SERVICE.actor, name="平台", unit_id=None, unit_name=None,
            kinds=frozenset({rules.PLATFORM}))  # fmt: skip
    sent, today = 0, effects.today()
    with scoped(held.SERVICE) as connection:
        rows = connection.execute(select(form).where(form.c.state == "已下发")).all()
        for row in rows:
            made = content(row)
            if made.cycle == "一次" or rules.head_faults(made, today):
                continue
            first, _ = rules.period_of(made.cycle, today)
            query = select(func.max(form_answer.c.period_from)).join(form)
            last = connection.execute(query.where(_editions(row))).scalar()
            if last is None or last < first:
                ledger.turn(connection, FORMS, row.id, "send", {}, version=None, by=lambda _: by)
                sent += 1
    return sent


# -- answers --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Change:
    """A cell that somebody wrote; ``base`` is the version of the cell they saw."""

    row: int
    field: str
    value: str
    base: int


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A cell that somebody else changed meanwhile: theirs stands, mine is kept beside it."""

    row: int
    field: str
    title: str
    theirs: str
    mine: str
    by: str


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What became of changes."""

    stored: int
    conflicts: tuple[Conflict, ...] = ()
    faults: tuple[str, ...] = ()
    taken_back: tuple[str, ...] = ()  # requests (数据校核) that no longer say what the cell says
    told: tuple[str, ...] = ()  # what became of those, in words


def save(principal: Principal, answer_id: UUID, changes: Iterable[Change]) -> Saved:
    """Keep what was written, cell by cell; what two wrote differently is kept twice."""
    permissions.check(principal, VIEW)
    with scoped(principal.reach) as connection:
        _seen(connection, form_answer, answer_id)
        with acting_as(connection, held.SERVICE.actor):
            row = ledger.take_hold(connection, ANSWERS, answer_id)
            may_fill(principal, row)
            made = form_of(connection, row)
            cells = held.unseal(row.payload)
            fill.signed(made, cells, principal.name, principal.unit.name)
            saved = _put(made, cells, row, principal, tuple(changes))
            store(connection, made, row, cells)
    return replace(saved, told=correcting.take_back(principal, saved.taken_back))


def seen_answer(connection: Connection, answer_id: UUID) -> Row[Any]:
    """The answer, as far as the reach of who asks goes."""
    return _seen(connection, form_answer, answer_id)


def may_fill(principal: Principal, row: Row[Any]) -> None:
    """Whether this post may write into this answer now; else the reason in words."""
    kinds = rules.answer_kinds(asker(principal), row.unit_id, row.region_code)
    if rules.FILLER not in kinds:
        raise FormError(f"本岗位不能填写这份填报，没有保存，{KEPT}")
    if row.state != "待填报":
        raise FormError(f"填报现为“{row.state}”，不能再修改，没有保存，{KEPT}")
    if row.filled_at is None:
        raise FormError(f"正在自动取数，请稍候再填，{KEPT}")


def form_of(connection: Connection, row: Row[Any]) -> FormText:
    """The form that an answer answers."""
    found = connection.execute(select(form).where(form.c.id == row.form_id)).one()
    return content(found)


def _put(
    made: FormText, cells: Cells, row: Row[Any], who: Principal, changes: Sequence[Change]
) -> Saved:
    rows, stored = set(rows_of(made, row.rows)), 0
    conflicts: list[Conflict] = []
    faults: list[str] = []
    taken_back: list[str] = []
    for one in changes:
        field = made.field(one.field)
        if field is None or one.row not in rows:
            faults.append(f"第 {one.row} 行没有栏目“{one.field}”")
            continue
        value, wrong = rules.tidy(field, one.value)
        if wrong:
            faults.append(f"{f'第 {one.row} 行' if one.row else ''}“{field.title}”{wrong}")
            continue
        there = cells.setdefault(key(one.row, one.field), Cell())
        if there.value == value and not there.other:
            continue  # the same word twice is no conflict
        if there.version > one.base:
            cells[key(one.row, one.field)] = replace(there, other=f"{who.name}：{value}")
            conflicts.append(
                Conflict(row=one.row, field=one.field, title=field.title, theirs=there.value,
                         mine=value, by=there.by)
            )  # fmt: skip
            continue
        taken_back += [there.asked] if there.asked and there.value != value else []
        cells[key(one.row, one.field)] = written(there, value, who)
        stored += 1
    rules.compute(made, cells, sorted(rows))
    return Saved(stored=stored, conflicts=tuple(conflicts), faults=tuple(faults),
                 taken_back=tuple(taken_back))  # fmt: skip


def written(there: Cell, value: str, who: Principal) -> Cell:
    """A cell after a person wrote into it; what the system had said is kept beside it."""
    auto = there.auto or (there.value if there.state == AUTO else "")
    state = AUTO if auto and value == auto else CHANGED if auto else TYPED
    if not value:
        state = CHANGED if auto else MISSING
    return replace(
        there,
        value=value,
        state=state,
        auto="" if state == AUTO else auto,
        version=there.version + 1,
        by=f"{who.unit.name} {who.name}",
        at=clock.now().isoformat(timespec="seconds"),
        other="",
        asked=there.asked if value == there.value else "",
    )


def store(connection: Connection, made: FormText, row: Row[Any], cells: Cells) -> None:
    """Write the cells of an answer and what is counted of them; the caller holds the row."""
    counted = rules.count(made, cells, rows_of(made, row.rows))
    connection.execute(
        update(form_answer)
        .where(form_answer.c.id == row.id)
        .values(payload=held.seal(cells), **vars(counted))
    )


def move(
    principal: Principal,
    answer_id: UUID,
    move_id: str,
    given: Form | None = None,
    version: int | None = None,
) -> tuple[str, ...]:
    """Make one move of an answer; gives what was put to owners of data, and what could not be."""
    permissions.check(principal, VIEW)
    who = asker(principal)
    with scoped(principal.reach) as connection:
        row = _seen(connection, form_answer, answer_id)
        if move_id == "hand_in":
            _sign(connection, principal, answer_id)
        ledger.turn(
            connection, ANSWERS, answer_id, move_id, given or {}, version=version,
            by=lambda one: _by(principal, rules.answer_kinds(who, one.unit_id, one.region_code)),
        )  # fmt: skip
        made = form_of(connection, row)
        cells = held.unseal(_seen(connection, form_answer, answer_id).payload)
    _audit(principal, "forms.move", {"form": made.title, "move": move_id})
    if move_id != "hand_in":
        return ()
    told = correcting.put(
        principal, made, cells, rows_of(made, row.rows), row.region_code, pack().forms.ground
    )
    if told.asked:
        _note_asked(principal, answer_id, told.asked)
    return told.shown()


def _note_asked(principal: Principal, answer_id: UUID, asked: Mapping[str, str]) -> None:
    """Remember which request stands for which cell, so that it goes when the cell is put back."""
    with scoped(principal.reach) as connection, acting_as(connection, held.SERVICE.actor):
        row = ledger.take_hold(connection, ANSWERS, answer_id)
        cells = held.unseal(row.payload)
        for name, request in asked.items():
            cells[name].asked = request
        values = {"payload": held.seal(cells)}
        connection.execute(update(form_answer).where(form_answer.c.id == answer_id).values(values))


def _sign(connection: Connection, principal: Principal, answer_id: UUID) -> None:
    with acting_as(connection, held.SERVICE.actor):
        row = ledger.take_hold(connection, ANSWERS, answer_id)
        kinds = rules.answer_kinds(asker(principal), row.unit_id, row.region_code)
        if rules.FILLER not in kinds or row.filled_at is None:
            return  # the flow says so in its own words
        made, cells = form_of(connection, row), held.unseal(row.payload)
        if fill.signed(made, cells, principal.name, principal.unit.name):
            store(connection, made, row, cells)
