"""The form of a move: for each thing that the flow wants, the field that takes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from auth.principal import Principal
from portal.affairs.orders import boxes, choices, classtree, phrases, rules
from portal.affairs.orders.files import Attachment
from portal.affairs.orders.phrases import About
from portal.affairs.orders.reading import Opened
from portal.affairs.workflow.flow import LABELS, MOST
from portal.look import states
from portal.pages.guards import guarded
from portal.pages.parts import memory, orderclasses
from portal.pages.parts.draft import Paper

VIEW = "orders.view"
_NAMES = "orders_unit_names"
_FILES = ["jpg", "jpeg", "png", "webp", "pdf", "docx", "xlsx", "mp3", "wav", "mp4"]
_TEXTS = ("text", "answer", "reason", "words", "legal_basis")
_HEIGHT = {"text": 100, "answer": 130, "reason": 80, "words": 68, "legal_basis": 68}


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The form that is being filled in."""

    who: Principal
    opened: Opened
    move: str
    paper: Paper

    def key(self, name: str) -> str:
        """The key of a field; of another version it is another one where a file was sent."""
        return f"order-{self.opened.row.id}-{self.move}-{name}"

    @property
    def about(self) -> About:
        """What templates may say."""
        row = self.opened.row
        return About(
            order_no=row.order_no, title=row.title, place=row.place, kind=row.kind,
            category=row.category, state=row.state, unit_name=self.who.unit.name,
            today=states.today(),
        )  # fmt: skip


def field(sheet: Sheet, name: str, *, needed: bool) -> Any:
    """One field; gives what was filled in."""
    label = LABELS.get(name, name) + ("（必填）" if needed else "")
    if name in _TEXTS:
        return _text(sheet, name, label)
    made = _MADE.get(name)
    return made(sheet, name, label) if made else None


# -- texts -----------------------------------------------------------------------------------------


@guarded(VIEW)
def _apply(who: Principal, sheet: Sheet, name: str, key: str) -> None:
    """Put a template below what is written already."""
    fitting = phrases.fitting(phrases.of_city(), sheet.about, name)
    chosen = next((one for one in fitting if one.id == st.session_state.get(key)), None)
    if chosen is None:
        return
    widget = sheet.paper.widget(name)
    so_far = str(st.session_state.get(widget) or "").rstrip()
    words = phrases.filled(chosen, sheet.about)
    joined = f"{so_far}\n{words}" if so_far else words
    st.session_state[widget] = joined[: MOST[name]]
    st.session_state[key] = None


def _text(sheet: Sheet, name: str, label: str) -> str:
    fitting = phrases.fitting(phrases.of_city(), sheet.about, name)
    if fitting:
        key = sheet.key(f"{name}-template")
        named = {one.id: one.name for one in fitting}
        st.selectbox("套用模板", list(named), index=None, format_func=lambda one: named[one],
                     placeholder="套用模板（系统默认，可修改）", key=key, filter_mode=None,
                     label_visibility="collapsed", on_change=_apply, args=(sheet, name, key),
                     width=260)  # fmt: skip
    return sheet.paper.text_area(label, name, max_chars=MOST[name], height=_HEIGHT[name])


# -- units -----------------------------------------------------------------------------------------


def know(who: Principal, names: Mapping[str, str]) -> None:
    """Units that may be chosen although nobody looked for them: a suggestion names them."""
    memory.keep(who, _NAMES, {**(memory.recall(who, _NAMES) or {}), **names})


def _found(sheet: Sheet, name: str) -> dict[str, str]:
    """Units to choose from; those chosen before stay choosable whatever one looks for next."""
    words = st.text_input(
        "查找单位", key=sheet.key(f"{name}-words"), placeholder="单位名称中的几个字",
        max_chars=40, autocomplete="off", width=180,
    )  # fmt: skip
    found = choices.units_found(sheet.who, sheet.opened.row, sheet.move, words or "")
    seen: dict[str, str] = dict(memory.recall(sheet.who, _NAMES) or {})
    seen |= {one.id: one.name for one in found}
    memory.keep(sheet.who, _NAMES, seen)
    held = st.session_state.get(sheet.key(name)) or ()
    chosen = [held] if isinstance(held, str) else list(held)
    return {one: seen[one] for one in (*(one.id for one in found), *chosen) if one in seen}


def _unit(sheet: Sheet, name: str, label: str) -> str | None:
    with _side_by_side(sheet, name):
        names = _found(sheet, name)
        return st.selectbox(
            label, list(names), index=None, format_func=lambda one: names.get(one, one),
            placeholder="请选择", key=sheet.key(name), filter_mode=None,
        )  # fmt: skip


# What the units of a move are asked for; everywhere else they help.
_ASKED = {"confer": "参与会商单位"}


def _units(sheet: Sheet, name: str, label: str) -> list[str]:
    asked = label.replace(LABELS[name], _ASKED.get(sheet.move, "协办单位"))
    with _side_by_side(sheet, name):
        names = _found(sheet, name)
        return st.multiselect(
            asked, list(names), format_func=lambda one: names.get(one, one),
            placeholder="可选多个", key=sheet.key(name),
        )  # fmt: skip


def _side_by_side(sheet: Sheet, name: str) -> Any:
    return st.container(key=f"orderunits-{name}", horizontal=True, vertical_alignment="bottom")


# -- the others ------------------------------------------------------------------------------------


def _level(sheet: Sheet, name: str, label: str) -> int | None:
    names = boxes.offered().urgencies
    return st.selectbox(
        label, list(names), index=None, format_func=lambda one: names[one],
        placeholder="不改变", key=sheet.key(name), filter_mode=None, width=260,
    )  # fmt: skip


def _line(hint: str) -> Callable[[Sheet, str, str], str]:
    def made(sheet: Sheet, name: str, label: str) -> str:
        return (
            st.text_input(label, key=sheet.key(name), placeholder=hint, max_chars=80,
                          autocomplete="off", width=260) or ""
        )  # fmt: skip

    return made


def _until(sheet: Sheet, name: str, label: str) -> Any:
    return st.date_input(label, value=None, min_value=states.today(), key=sheet.key(name),
                         format="YYYY-MM-DD", width=260)  # fmt: skip


def _attachment(sheet: Sheet, name: str, label: str) -> list[Attachment]:
    key = sheet.key(f"{name}-{sheet.opened.row.version}")
    sent = st.file_uploader(label, type=_FILES, accept_multiple_files=True, key=key)
    return [Attachment(name=one.name, data=one.getvalue()) for one in sent or ()]


def _visit(sheet: Sheet, name: str, label: str) -> dict[str, str] | None:
    resolved = st.radio("是否解决", rules.RESOLVED, index=None, horizontal=True,
                        key=sheet.key(f"{name}-resolved"))  # fmt: skip
    satisfied = st.radio("是否满意", rules.SATISFIED, index=None, horizontal=True,
                         key=sheet.key(f"{name}-satisfied"))  # fmt: skip
    if resolved is None or satisfied is None:
        return None
    return {"resolved": resolved, "satisfied": satisfied}


def _parts(sheet: Sheet, name: str, label: str) -> list[dict[str, str]]:
    words = sheet.paper.text_area(f"{label}：每行一项，写作“标题：内容”", name, max_chars=3000,
                                  height=100)  # fmt: skip
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    pieces = [line.replace(":", "：", 1).partition("：") for line in lines]
    return [
        {"title": title.strip(), "content": content.strip() or title.strip()}
        for title, _, content in pieces
    ]


def _category(sheet: Sheet, name: str, label: str) -> str | None:
    """Another class, looked for by its name or spelling; a city without lists is told the code."""
    names = orderclasses.names_of(sheet.who.unit.region_code, sheet.who)
    if not names:
        return _line("分类代码，如 04.02；不填则不改变")(sheet, name, label) or None
    with _side_by_side(sheet, name):
        words = st.text_input(
            "查找分类", key=sheet.key(f"{name}-words"), placeholder="名称或拼音首字母",
            max_chars=20, autocomplete="off", width=180,
        )  # fmt: skip
        held = st.session_state.get(sheet.key(name))
        found = orderclasses.matching(sheet.who, names, words or "")
        options = list(dict.fromkeys([*([held] if held else []), *found]))
        chosen: str | None = st.selectbox(
            label, options, index=None, placeholder="不改变", key=sheet.key(name),
            format_func=lambda code: classtree.called(names, code), filter_mode=None,
        )  # fmt: skip
    return chosen


_MADE: Mapping[str, Callable[[Sheet, str, str], Any]] = {
    "unit": _unit,
    "suggested_unit": _unit,
    "units": _units,
    "level": _level,
    "category": _category,
    "target": _line("要并入的在办工单编号"),
    "way": _line(""),
    "until": _until,
    "attachment": _attachment,
    "visit_answers": _visit,
    "parts": _parts,
}
