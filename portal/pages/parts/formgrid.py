"""The grid of a list (名册): a page of persons to look over, to write and to paste into.

A browser keeps what is written in a grid until the grid says the same, and the grid itself as long
as it has the same key. So the key stays while somebody writes: what 一键调取 or a colleague brings
is drawn into the cells around. Rows that have become complete stay until one looks at others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import streamlit as st

from auth.principal import Principal
from portal.affairs.forms import desk, masking
from portal.affairs.forms.desk import Change
from portal.affairs.forms.queries import Opened
from portal.affairs.forms.words import AUTO, Cell, key
from portal.pages.guards import guarded
from portal.pages.parts import formcells, memory
from portal.pages.parts.formcells import Written
from portal.store.form_texts import FieldText

ROW, LEFT = "行", "核对"
_SHEET = "form_sheet"
_Edits = dict[tuple[int, str], str]  # what a browser has written in the grid, by row and title


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What a grid shows, what whoever writes in it has seen, and what was taken out of it."""

    of: tuple[int, UUID, str, int]  # visit, answer, look, page
    rows: tuple[int, ...]
    columns: Mapping[str, FieldText]  # by title
    seen: Mapping[str, int]  # versions, by ``row.field``
    taken: Mapping[tuple[int, str], str] = field(default_factory=dict)
    at: Mapping[tuple[int, str], int] = field(default_factory=dict)  # and the version it met there
    turn: int = 0


# -- what becomes of it from drawing to drawing ---------------------------------------------------


def follows(
    before: Sheet | None, now: Sheet, cells: Mapping[str, Cell], written: Written | None
) -> Sheet:
    """The sheet to draw: another one only where nobody can be writing in the one before.

    While somebody writes (``written``) a cell that another person changed counts as not seen yet:
    what is written over it is kept beside it. What a system filled in is seen where it stands.
    """
    if before is None or before.of != now.of:
        return replace(now, turn=before.turn + 1 if before else 0)
    if written is None:
        if before.rows != now.rows or _hides(before, cells):
            return replace(now, turn=before.turn + 1)
        return replace(now, turn=before.turn, taken=before.taken, at=before.at)
    versions = {one: cells.get(one, Cell()).version for one in before.seen}
    seen = {
        one: version if one in written or _by_system(cells, one) else before.seen[one]
        for one, version in versions.items()
    }
    return replace(before, seen=seen)


def _by_system(cells: Mapping[str, Cell], place: str) -> bool:
    return cells.get(place, Cell()).state == AUTO


def _hides(sheet: Sheet, cells: Mapping[str, Cell]) -> bool:
    """Whether something that was written in the grid covers what the cell says by now."""
    for (row, title), value in sheet.taken.items():
        one = sheet.columns[title]
        cell = cells.get(key(row, one.name), Cell())
        moved = cell.version != sheet.at[row, title]
        if moved and masking.shown(one, cell.value) != value:
            return True
    return False


def written_in(edited: Mapping[Any, Mapping[str, Any]], sheet: Sheet) -> _Edits:
    """What stands written in the grid, by row and title."""
    return {
        (sheet.rows[int(at)], title): "" if value is None else f"{value}"
        for at, cells in edited.items()
        for title, value in cells.items()
        if title in sheet.columns and int(at) < len(sheet.rows)
    }


# -- keeping and drawing --------------------------------------------------------------------------


@guarded(desk.VIEW)
def _save(who: Principal, answer_id: UUID, widget: str) -> None:
    """What was written since the last time; the versions are those that were seen."""
    sheet: Sheet | None = memory.recall(who, _SHEET)
    if sheet is None or sheet.of[1] != answer_id:
        return
    formcells.stand(who)
    edits = written_in((st.session_state.get(widget) or {}).get("edited_rows", {}), sheet)
    new = {place: value for place, value in edits.items() if sheet.taken.get(place) != value}
    places = {one: (one[0], sheet.columns[one[1]]) for one in new}
    seen = {one: sheet.seen.get(key(row, made.name), 0) for one, (row, made) in places.items()}
    changes = [
        (Change(row=row, field=made.name, value=new[one], base=seen[one]), made)
        for one, (row, made) in places.items()
    ]
    if changes and not formcells.keep(who, answer_id, changes, listed=True):
        return  # nothing was kept; it is tried again with the next cell
    at = {**sheet.at, **seen}
    memory.keep(who, _SHEET, replace(sheet, taken=edits, at={one: at[one] for one in edits}))


def draw(
    who: Principal, found: Opened, now: tuple[str, int, Sequence[int]], left: Mapping[int, str],
    written: Written | None,
) -> None:  # fmt: skip
    """The grid of the rows that a look at a page shows; ``left`` says what each still lacks."""
    look, page, rows = now
    fields, cells = found.made.fields, found.cells
    made = Sheet(
        of=(memory.visit(), found.row.id, look, page), rows=tuple(rows),
        columns={one.title: one for one in fields},
        seen={(at := key(row, one.name)): cells.get(at, Cell()).version
              for row in rows for one in fields},
    )  # fmt: skip
    sheet = follows(memory.recall(who, _SHEET), made, cells, written)
    memory.keep(who, _SHEET, sheet)

    def shown(row: int, one: FieldText) -> str:
        return masking.shown(one, cells.get(key(row, one.name), Cell()).value)

    data: dict[str, list[Any]] = {ROW: list(sheet.rows), LEFT: [left[row] for row in sheet.rows]}
    data |= {one.title: [shown(row, one) for row in sheet.rows] for one in fields}
    columns: dict[str, Any] = {
        ROW: st.column_config.NumberColumn(disabled=True, pinned=True, width=44),
        LEFT: st.column_config.TextColumn(disabled=True, width=150),
    }
    columns |= {one.title: st.column_config.TextColumn(pinned=True)
                for one in fields if names(one)}  # fmt: skip
    columns |= {one.title: None for one in fields if one.bind == "row"}  # stands in 行
    widget = f"form-rows-{look}-{sheet.rows[0]}-{len(sheet.rows)}-{sheet.turn}"
    st.data_editor(
        data, key=widget, hide_index=True, on_change=_save, column_config=columns,
        args=(found.row.id, widget), width="stretch",
    )  # fmt: skip


def names(one: FieldText) -> bool:
    """Of the columns about a person: whose row it is stays in sight."""
    return one.source == "person" and one.bind == "name"


def rows_standing(
    who: Principal, of: tuple[UUID, str, int], written: Written | None
) -> tuple[int, ...]:
    """The rows that stand in the grid of that look and page, while somebody writes in it."""
    sheet: Sheet | None = memory.recall(who, _SHEET)
    stands = sheet is not None and written is not None and sheet.of == (memory.visit(), *of)
    return sheet.rows if sheet is not None and stands else ()
