"""The cells of a list that a connected system holds of a person: which are empty, and what came.

The affair does not ask the systems. It says what is missing, row by row, and keeps what whoever
asked brings; so an asking that was broken off goes on with whatever is still empty.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from auth import permissions
from auth.principal import Principal
from portal.affairs.forms import desk, held, rules
from portal.affairs.forms.book import ANSWERS
from portal.affairs.forms.effects import rows_of
from portal.affairs.forms.words import AUTO, MISSING, Cell, Cells, key
from portal.affairs.workflow import ledger
from portal.store.form_texts import FormText
from portal.store.scope import acting_as, scoped


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """A person of a list, and what of them is still to be asked: system -> fields."""

    row: int
    subject: str
    wanted: Mapping[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What of a list is still to be asked, and the number it is asked under."""

    number: str
    lacking: tuple[Lacking, ...]
    reasons: tuple[tuple[str, int], ...] = ()  # why cells are still empty, the commonest first


@dataclass(frozen=True, kw_only=True)
class Came:
    """What a system said of one field of a person; without a value, why there is none."""

    value: str = ""
    source: str = ""
    as_of: str = ""


@dataclass(frozen=True, kw_only=True)
class Brought:
    """What was brought for one row, by ``system.field``."""

    row: int
    subject: str
    came: Mapping[str, Came] = field(default_factory=dict)


def asks(made: FormText) -> bool:
    """Whether a form has cells that a system holds of a person."""
    return made.layout == "名册" and any(one.source == "field" for one in made.fields)


def wanted(principal: Principal, answer_id: UUID) -> Wanted:
    """The empty cells of a list that a system could fill; only for whoever may fill it."""
    permissions.check(principal, desk.VIEW)
    with scoped(principal.reach) as connection:
        row = desk.seen_answer(connection, answer_id)
        desk.may_fill(principal, row)
        made = desk.form_of(connection, row)
    cells = held.unseal(row.payload)
    return Wanted(
        number=row.paper_no,
        lacking=tuple(_lacking(made, cells, row.rows)) if asks(made) else (),
        reasons=_reasons(made, cells, row.rows),
    )


def _reasons(made: FormText, cells: Cells, rows: int) -> tuple[tuple[str, int], ...]:
    empty = (
        cell.source
        for number in rows_of(made, rows)
        for one in made.fields
        if one.source == "field" and _empty(cell := cells.get(key(number, one.name), Cell()))
    )
    return tuple(Counter(filter(None, empty)).most_common())


def _lacking(made: FormText, cells: Cells, rows: int) -> Iterable[Lacking]:
    for number in rows_of(made, rows):
        systems: dict[str, set[str]] = {}
        subject = ""
        for one in made.fields:
            cell = cells.get(key(number, one.name), Cell())
            subject = subject or cell.subject
            if one.source == "field" and _empty(cell):
                system, _, name = one.bind.partition(".")
                systems.setdefault(system, set()).add(name)
        if systems and subject:
            least = {system: frozenset(names) for system, names in systems.items()}
            yield Lacking(row=number, subject=subject, wanted=least)


def _empty(cell: Cell) -> bool:
    return cell.state == MISSING and not cell.value and not cell.other


def put(principal: Principal, answer_id: UUID, brought: Iterable[Brought]) -> int:
    """Keep what was brought in the cells that are still empty; gives how many were filled.

    What a person wrote meanwhile stands, and a row that is about somebody else by now is left.
    """
    permissions.check(principal, desk.VIEW)
    with scoped(principal.reach) as connection:
        desk.seen_answer(connection, answer_id)
        with acting_as(connection, held.SERVICE.actor):
            row = ledger.take_hold(connection, ANSWERS, answer_id)
            desk.may_fill(principal, row)
            made = desk.form_of(connection, row)
            cells = held.unseal(row.payload)
            count = sum(_kept(made, cells, one) for one in brought)
            rules.compute(made, cells, rows_of(made, row.rows))
            desk.store(connection, made, row, cells)
    return count


def _kept(made: FormText, cells: Cells, told: Brought) -> int:
    count = 0
    for one in made.fields:
        came = told.came.get(one.bind) if one.source == "field" else None
        there = cells.get(key(told.row, one.name))
        if came is None or there is None or there.subject != told.subject or not _empty(there):
            continue
        value, wrong = rules.tidy(one, came.value)
        if not value:
            why = f"{came.source}：{wrong}" if wrong else came.source
            cells[key(told.row, one.name)] = replace(there, source=why, as_of="")
            continue
        cells[key(told.row, one.name)] = replace(
            there, value=value, state=AUTO, source=came.source, as_of=came.as_of,
            version=there.version + 1,
        )  # fmt: skip
        count += 1
    return count
