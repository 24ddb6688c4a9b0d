"""Cells of an answer as fields with state, source and day; each is kept as soon as it is left.

A field is another one when its cell has become another one. That must not happen to the field that
somebody is typing in, because a colleague, or 一键调取, wrote into its cell meanwhile: after a run
that no act beside the cells has caused, they stand as they were drawn, and the change is offered.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

import streamlit as st

from auth.principal import Principal
from portal.affairs.forms import desk, masking
from portal.affairs.forms.desk import Change, Saved
from portal.affairs.forms.queries import Opened
from portal.affairs.forms.words import TYPED, Cell, FormError, key
from portal.look import notice
from portal.pages.guards import guarded
from portal.pages.parts import memory, saying
from portal.store.form_texts import FieldText

_SAID, _TOLD = "form_said", "form_told"
_WRITTEN, _FRESH, _DRAWN = "form_written", "form_fresh", "form_drawn"
_FOLLOWS = ("formula", "post")  # cells that follow what is written in others
_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:$<>^])")
_COLUMNS = 3


def plain(words: str) -> str:
    """Words in a label: nothing in them is markup."""
    return _MARKS.sub(r"\\\1", words)


# -- what is said -------------------------------------------------------------------------


def failed(who: Principal, problem: FormError) -> None:
    """Nothing was kept; why is said on the next run."""
    memory.keep(who, _SAID, [problem.message])


def tell(who: Principal, saved: Saved, columns: dict[str, FieldText] | None = None) -> None:
    """What became of changes, said on the next run; values of a list stand there masked."""

    def shown(name: str, value: str) -> str:
        one = (columns or {}).get(name)
        return masking.shown(one, value) if one is not None else value

    clash = [
        f"“{one.title}”刚由{one.by or '系统'}填为“{shown(one.field, one.theirs)}”，"
        f"您填的“{shown(one.field, one.mine)}”已留在旁边，请核定。"
        for one in saved.conflicts
    ]
    memory.keep(who, _SAID, [*clash, *(f"{one}，没有保存这一格。" for one in saved.faults)] or None)
    done(who, saved.told)


def done(who: Principal, words: tuple[str, ...]) -> None:
    """What followed from a change, said on the next run."""
    memory.keep(who, _TOLD, list(words) or None)


def said(who: Principal) -> None:
    """Say it, once."""
    saying.draw()
    for name, draw, title in (
        (_SAID, notice.error, "请核对"),
        (_TOLD, notice.hint, "数据校核"),
    ):
        if words := memory.recall(who, name):
            memory.keep(who, name, None)
            draw(title, "；".join(words))


# -- what stands as it was drawn ----------------------------------------------------------


_Drawn = tuple[tuple[int, UUID, int], Mapping[str, Cell]]  # visit, answer, row; by name
Written = frozenset[str]  # the cells, ``row.field``, that were written just now; all others stand


def stand(who: Principal, written: Iterable[str] = ()) -> None:
    """At the next drawing every cell stands as it was drawn, except those written just now."""
    held: Written = memory.recall(who, _WRITTEN) or frozenset()
    memory.keep(who, _WRITTEN, held | frozenset(written))


@guarded(desk.VIEW)
def fresh(who: Principal) -> None:
    """At the next drawing every cell is drawn as it is: somebody asked for it."""
    memory.keep(who, _FRESH, True)


def standing(who: Principal, *, whole: bool) -> Written | None:
    """For one drawing: ``None`` where every cell may be drawn as it is.

    A run of the whole page is caused by something else on it, as by a reason being written below.
    """
    asked, written = memory.recall(who, _FRESH), memory.recall(who, _WRITTEN)
    memory.keep(who, _FRESH, None)
    memory.keep(who, _WRITTEN, None)
    if asked:
        return None
    kept: Written | None = written if written is not None else frozenset() if whole else None
    return kept


def _as_drawn(
    who: Principal, found: Opened, row: int, written: Written | None
) -> Mapping[str, Cell]:
    """The cells of a row as they are to be drawn, by name."""
    place = (memory.visit(), found.row.id, row)
    kept: _Drawn | None = memory.recall(who, _DRAWN)
    at, before = kept if kept is not None else (None, {})
    made: dict[str, Cell] = {}
    for one in found.made.fields:
        here = key(row, one.name)
        now = found.cells.get(here, Cell())
        moves = written is None or at != place or here in written or one.source in _FOLLOWS
        made[one.name] = now if moves else before.get(one.name, now)
    memory.keep(who, _DRAWN, (place, made))
    return made


def _changed(found: Opened, row: int, drawn: Mapping[str, Cell]) -> None:
    """Which cells say something else by now; they are shown when they are asked for."""
    others = [
        one.title
        for one in found.made.fields
        if _widget(row, one, found.cells.get(key(row, one.name), Cell()))
        != _widget(row, one, drawn[one.name])
    ]
    with notice.place():
        if others:
            told = f"{'、'.join(others)}。正在填写的内容不受影响；显示最新内容后再核对。"
            notice.hint(f"有 {len(others)} 格刚刚有新值", told)
            st.button("显示最新内容", key="form_fresh", on_click=fresh)


# -- keeping ------------------------------------------------------------------------------


def keep(
    who: Principal, answer_id: UUID, written: list[tuple[Change, FieldText]], *, listed: bool
) -> bool:
    """Keep what was written; an edited mask is no value. Whether it came to a decision on each."""
    half = [
        (change, one)
        for change, one in written
        if listed and masking.half_masked(one, change.value)
    ]
    good = [one for one in written if one not in half]
    stand(who, (key(change.row, change.field) for change, _ in written))
    try:
        saved = desk.save(who, answer_id, [change for change, _ in good])
    except FormError as problem:
        failed(who, problem)
        return False
    faults = [
        f"第 {change.row} 行“{one.title}”显示为掩码，请整格重新填写完整内容" for change, one in half
    ]
    columns = {one.name: one for _, one in written} if listed else None
    tell(who, replace(saved, faults=(*saved.faults, *faults)), columns)
    return True


@guarded(desk.VIEW)
def _save(
    who: Principal, answer_id: UUID, row: int, one: FieldText, base: int, shown: str, widget: str
) -> None:
    value = str(st.session_state.get(widget) or "")
    stand(who)
    if value != shown:
        change = Change(row=row, field=one.name, value=value, base=base)
        keep(who, answer_id, [(change, one)], listed=row > 0)


# -- drawing ------------------------------------------------------------------------------


def origin(one: FieldText, cell: Cell, *, listed: bool) -> str:
    """State, source and day of a cell, and what else was said of it."""

    def shown(value: str) -> str:
        return masking.shown(one, value) if listed else value

    parts = [cell.state, cell.source if cell.state != TYPED else cell.by, cell.as_of]
    if cell.auto:
        parts.append(f"系统原值 {shown(cell.auto)}")
    if cell.other:
        by, _, value = cell.other.partition("：")
        parts.append(f"另有 {by}：{shown(value)}")
    return " · ".join(part for part in parts if part)


def cells(who: Principal, found: Opened, row: int, written: Written | None) -> None:
    """The cells of one row (of a summary the row 0), side by side and in the form's order.

    Line by line, so that a narrow screen, which stacks columns, keeps the order as well.
    """
    fields, drawn = found.made.fields, _as_drawn(who, found, row, written)
    _changed(found, row, drawn)
    for first in range(0, len(fields), _COLUMNS):
        columns = st.columns(_COLUMNS)
        for column, one in zip(columns, fields[first : first + _COLUMNS], strict=False):
            with column:
                _cell(found, row, one, drawn[one.name])


def _widget(row: int, one: FieldText, cell: Cell) -> str:
    """The key of a cell's field: a cell that has become another one has another field."""
    name = f"{row}-{one.name}" if row > 0 else one.name
    return f"form-cell-{name}-{cell.version}-{bool(cell.other)}"


def _cell(found: Opened, row: int, one: FieldText, cell: Cell) -> None:
    listed = row > 0
    widget = _widget(row, one, cell)
    title = plain(one.title if one.required else f"{one.title}（可不填）")
    shown = masking.shown(one, cell.value) if listed else cell.value
    st.text_input(
        f"{title}  \n{plain(origin(one, cell, listed=listed))}",
        value=shown,
        key=widget,
        max_chars=500,
        autocomplete="off",
        on_change=_save,
        args=(found.row.id, row, one, cell.version, "" if cell.other else shown, widget),
        help=plain(one.note) if one.note else None,
    )
