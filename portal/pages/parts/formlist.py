"""A list (名册) to be filled: a grid to look over and paste into, and one person whole beside it.

The grid shows a page of persons at a time with what is left to do of each; where a value is from,
as of when, and what other lists said stands with the person.
"""

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from auth.principal import Principal
from portal.affairs.forms import desk, masking, queries, settling
from portal.affairs.forms.personfacts import Rival
from portal.affairs.forms.queries import Opened
from portal.affairs.forms.words import CHANGED, Cell, FormError, key
from portal.functions import city
from portal.look import notice, tables
from portal.look.markup import tag, text
from portal.pages.guards import guarded
from portal.pages.parts import formcells, formgrid, memory, redraw
from portal.pages.parts.formcells import Written
from portal.store.form_texts import FieldText

PER_PAGE = 50
LIST, HEAD, ROSTER = "form_list", "form_head", "form_roster"  # pieces of an opened list
_ALL, _EMPTY, _OPEN, _CHANGED = "全部", "有空格", "待核定", "人工修改"


class _Rows:
    """Of each row of a list, what is left to do."""

    def __init__(self, found: Opened) -> None:
        self.found = found
        settle = {int(place.partition(".")[0]) for place in found.rivals}
        self.empty: dict[int, tuple[int, int]] = {}
        self.changed: dict[int, int] = {}
        self.open: set[int] = set(settle)
        for row in found.rows:
            there = [(one, self._cell(row, one)) for one in found.made.fields]
            must = sum(one.required and not cell.value for one, cell in there)
            may = sum(not one.required and not cell.value for one, cell in there)
            self.empty[row] = (must, may)
            self.changed[row] = sum(cell.state == CHANGED for _, cell in there)
            if any(cell.other for _, cell in there):
                self.open.add(row)

    def _cell(self, row: int, one: FieldText) -> Cell:
        return self.found.cells.get(key(row, one.name), Cell())

    def chosen(self, name: str) -> list[int]:
        """The rows that one looks at."""
        wanted = {
            _EMPTY: {row for row, left in self.empty.items() if any(left)},
            _OPEN: self.open,
            _CHANGED: {row for row, number in self.changed.items() if number},
        }
        return [row for row in self.found.rows if name == _ALL or row in wanted[name]]

    def left(self, row: int) -> str:
        """What is left to do of a person, in words."""
        must, may = self.empty[row]
        parts = (
            "待核定" if row in self.open else "",
            f"必填缺 {must}" if must else "",
            f"选填缺 {may}" if may else "",
            f"改 {self.changed[row]}" if self.changed[row] else "",
        )
        return " · ".join(filter(None, parts)) or "齐"

    def person(self, row: int) -> str:
        """Whose row it is, for choosing: the same words before and after a cell was written.

        A choice whose words change is taken for another one, and the screen would jump.
        """
        name = next((one for one in self.found.made.fields if formgrid.names(one)), None)
        cell = self._cell(row, name) if name else Cell()
        whose = masking.shown(name, cell.auto or cell.value) if name else ""
        return f"第 {row} 行 {whose}".strip()


# -- one person ---------------------------------------------------------------------------


@guarded(desk.VIEW)
def _anew(_who: Principal, name: str) -> None:
    """Another look begins with its first person; within a look one stays with whom one has."""
    st.session_state.pop(name, None)


@guarded(desk.VIEW)
def _step(_who: Principal, name: str, row: int) -> None:
    st.session_state[name] = row


@guarded(desk.VIEW)
def _settle(
    who: Principal, answer_id: UUID, row: int, name: str, version: int | None, base: int
) -> None:
    formcells.fresh()
    try:
        told = settling.settle(who, answer_id, row, name, version, base)
    except FormError as problem:
        formcells.failed(who, problem)
    else:
        formcells.done(who, told)


def _rivals(
    who: Principal, found: Opened, row: int, one: FieldText, rivals: tuple[Rival, ...]
) -> None:
    cell = found.cells.get(key(row, one.name), Cell())
    words = [masking.shown(one, rival.value) or "空" for rival in rivals]
    said = "；".join(
        f"{city.place_within(who, rival.place)}《{rival.form}》{rival.as_of} 填“{value}”"
        f"{'（现沿用）' if rival.counts else ''}"
        for rival, value in zip(rivals, words, strict=True)
    )
    mine = masking.shown(one, cell.value) or "空"
    notice.hint(
        f"“{one.title}”在名册之间说法不一致",
        f"{said}。本格现为“{mine}”。核定后随本表锁定成为新的一版，各说法都留存；不核定也可上报。",
    )
    with st.container(key=f"form-rivals-{row}-{one.name}", horizontal=True):
        keeps = f"沿用本格“{formcells.plain(mine)}”" if cell.value else "都不采用，保持为空"
        st.button(keeps, key=f"form-keep-{row}-{one.name}", on_click=_settle,
                  args=(found.row.id, row, one.name, None, cell.version))  # fmt: skip
        for rival, value in zip(rivals, words, strict=True):
            if rival.value == cell.value:
                continue
            st.button(
                f"采用“{formcells.plain(value)}”",
                key=f"form-rival-{row}-{one.name}-{rival.version}",
                on_click=_settle,
                args=(found.row.id, row, one.name, rival.version, cell.version),
            )


def _person(who: Principal, state: _Rows, rows: Sequence[int], written: Written | None) -> None:
    found, name = state.found, f"form_person.{state.found.row.id}"
    there = st.session_state.get(name)
    offered = sorted({*rows, there}) if there in found.rows else list(rows)
    if there not in offered:
        st.session_state[name] = offered[0]  # said aloud: the screen keeps its own choice else
    with st.container(key="formperson", horizontal=True, vertical_alignment="bottom"):
        row = st.selectbox("逐人核对", offered, key=name, format_func=state.person)
        at = offered.index(row)
        st.html(tag("span", text(state.left(row)), class_="aside"))
        st.button("上一人", key="form_before", disabled=at == 0, on_click=_step,
                  args=(name, offered[max(at - 1, 0)]))  # fmt: skip
        st.button("下一人", key="form_after", disabled=at == len(offered) - 1, on_click=_step,
                  args=(name, offered[min(at + 1, len(offered) - 1)]))  # fmt: skip
    with notice.place():
        for one in found.made.fields:
            if rivals := found.rivals.get(key(row, one.name)):
                _rivals(who, found, row, one, rivals)
    formcells.cells(who, found, row, written)


def _turning(count: int, pages: int, name: str) -> None:
    with st.container(key="formpages", horizontal=True, vertical_alignment="center"):
        st.html(tables.head("", text(f"共 {count} 人，每页 {PER_PAGE} 人")))
        st.pagination(pages, key=name)


def draw(who: Principal, found: Opened) -> None:
    """The whole list, a page at a time: a piece of its own, drawn anew when cells have changed."""
    if not found.rows:
        notice.empty("名册中没有人", "本单位没有符合条件的人，核对后可直接上报。")
        return
    st.fragment(_body, key=LIST)(found.row.id, [found])


@guarded(desk.VIEW)
def _body(who: Principal, answer_id: UUID, first: list[Opened]) -> None:
    whole = bool(first)
    written = formcells.standing(who, whole=whole)
    memory.keep(who, f"{LIST}.{answer_id}", None)  # what came by one click is drawn now
    if written and not whole:
        redraw.fragment(HEAD, ROSTER)
    with notice.place():
        formcells.said(who)
        try:
            found = first.pop() if first else queries.opened(who, answer_id)
        except FormError as problem:
            notice.error("没有打开", problem.message)
            return
        if not found.may_fill:
            words = "所填内容留在本页，不再保存；请返回列表查看。"
            notice.hint(f"填报现为“{found.row.state}”，不能再填写", words)
    _whole(who, found, written)


def _whole(who: Principal, found: Opened, written: Written | None) -> None:
    state = _Rows(found)
    counts = {one: len(state.chosen(one)) for one in (_ALL, _EMPTY, _OPEN, _CHANGED)}
    look = st.segmented_control(
        "查看", list(counts), key="form_look", default=_ALL, label_visibility="collapsed",
        format_func=lambda one: f"{one} {counts[one]}", on_change=_anew,
        args=(f"form_person.{found.row.id}",),
    ) or _ALL  # fmt: skip
    rows = state.chosen(look)
    pages = -(-len(rows) // PER_PAGE)
    at = min(int(st.session_state.get(f"form_list_page.{look}") or 1), max(pages, 1))
    stand = formgrid.rows_standing(who, (found.row.id, look, at), written)
    some = stand or tuple(rows[(at - 1) * PER_PAGE : at * PER_PAGE])
    if not some:
        notice.empty(f"没有“{look}”的人", "可点“全部”查看整份名册。")
        return
    left = {row: state.left(row) for row in some}
    formgrid.draw(who, found, (look, at, some), left, written)
    with notice.place():
        if pages > 1:
            _turning(len(rows), pages, f"form_list_page.{look}")
    _person(who, state, sorted({*rows, *stand}), written)
