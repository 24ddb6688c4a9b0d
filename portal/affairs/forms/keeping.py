"""What was typed stays when an answer is filled anew, because its form has a new edition. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from portal.affairs.forms import rules
from portal.affairs.forms.words import AUTO, CHANGED, TYPED, Cell, Cells, key
from portal.store.form_texts import FormText

_APART = "was"  # before the row of a cell that has no place in the form any more


def keep(made: FormText, cells: Cells, kept: Cells, rows: Sequence[int]) -> None:
    """Lay what was typed over what was filled; what has no place any more is kept apart.

    The rows of a list are found again by whom they are about, never by their number.
    """
    persons = {
        one.subject: int(where.split(".")[0])
        for where, one in cells.items()
        if one.subject and not where.startswith(_APART)
    }
    for where, one in kept.items():
        row, _, name = where.partition(".")
        at = _row(row, one, persons, rows)
        field = made.field(name)
        value, wrong = rules.tidy(field, one.value) if field is not None else ("", "")
        if at is None or field is None or wrong:
            _apart(cells, f"{row}.{name}", replace(one, other=""))
            continue
        cells[key(at, name)] = _over(cells.get(key(at, name), Cell()), replace(one, value=value))
    rules.compute(made, cells, rows)


def _apart(cells: Cells, where: str, one: Cell) -> None:
    """Where nobody is asked any more; two words of one place both stay."""
    where = where if where.startswith(_APART) else f"{_APART}{where}"
    while where in cells and cells[where].value != one.value:
        where = f"{_APART}{where}"
    cells[where] = one


def _row(row: str, one: Cell, persons: dict[str, int], rows: Sequence[int]) -> int | None:
    if one.subject:
        return persons.get(one.subject)
    return int(row) if row.isdigit() and int(row) in rows else None


def _over(filled: Cell, typed: Cell) -> Cell:
    """A word of a person over a word of a system; the same word needs nobody's hand."""
    if filled.state != AUTO:
        state = TYPED if typed.value else typed.state
        return replace(typed, state=state, auto="", base=filled.base)
    if typed.value == filled.value:
        return replace(filled, version=typed.version)
    return replace(
        typed, state=CHANGED, auto=filled.value, source=filled.source, as_of=filled.as_of,
        base=filled.base,
    )  # fmt: skip
