"""A form whose words are kept: two lines in any form, and what was begun is there the next time.

::

    paper = draft.paper(who, "matters.close", case.id, f"办结事项：{case.matter}")
    title = paper.text_input("标题", "title", max_chars=60)
    result = paper.text_area("办理结果", "result", max_chars=500)
    ...
    paper.done()  # once it was sent off

What is only chosen is kept beside what was written: by itself it is nothing that was begun.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st

from auth.principal import Principal
from portal.functions import drafts
from portal.look import notice, states
from portal.look.markup import tag, text
from portal.pages.guards import guarded

_UNFIT = re.compile(r"[^0-9A-Za-z-]+")
_YES = "是"
T = TypeVar("T")


def _word(value: object) -> str:
    return _YES if value is True else str(value or "")


@guarded(None)
def _save(
    who: Principal,
    place: str,
    key: str,
    title: str,
    fields: Mapping[str, str],
    choices: Mapping[str, str],
) -> None:
    """When a field is sent: everything of the form as it stands now."""
    words = {name: _word(st.session_state.get(widget)) for name, widget in fields.items()}
    if any(one.strip() for one in words.values()):
        words |= {
            f"{drafts.CHOSEN}{name}": _word(st.session_state.get(widget))
            for name, widget in choices.items()
        }
    st.session_state[_told(place, key)] = drafts.save(who, place, key, title, words)


def _told(place: str, key: str) -> str:
    return f"draft.saved.{place}.{key}"


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One form about one thing."""

    who: Principal
    place: str
    key: str
    title: str
    where: str
    fields: dict[str, str] = field(default_factory=dict)  # what is written: name -> widget
    choices: dict[str, str] = field(default_factory=dict)  # what is chosen
    _held: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def widget(self, field: str) -> str:
        """The key of a field's widget."""
        return f"draft-{_UNFIT.sub('-', f'{self.place}-{self.key}-{field}{self.where}')}"

    def text_area(
        self,
        label: str,
        field: str,
        *,
        max_chars: int,
        placeholder: str = "",
        height: int = 130,
        first: str = "",
    ) -> str:
        """A field that is kept; its key lets ``static/desk.js`` find it."""
        widget = self._written(field, first)
        words = st.text_area(
            label,
            key=widget,
            max_chars=max_chars,
            placeholder=placeholder,
            height=height,
            **self._kept(),
        )
        self._say()
        return words or ""

    def text_input(
        self, label: str, field: str, *, first: str = "", on: Any = st, **more: Any
    ) -> str:
        """A line that is kept; ``on`` is the column it stands in, ``first`` what stands in it."""
        widget = self._written(field, first, one_line=True)
        return on.text_input(label, key=widget, autocomplete="off", **more, **self._kept()) or ""

    def selectbox(
        self,
        label: str,
        field: str,
        options: Sequence[T],
        *,
        index: int | None = None,
        on: Any = st,
        **more: Any,
    ) -> T | None:
        """A choice that is kept while it is one of those offered."""
        widget = self._offered(field, options, index)
        # With a first choice there is always one; without, it can be taken back.
        empty: dict[str, Any] = {} if index is not None else {"index": None}
        chosen: T | None = on.selectbox(label, options, key=widget, **empty, **more, **self._kept())
        return chosen

    def radio(self, label: str, field: str, options: Sequence[T], **more: Any) -> T:
        """The same where all that is offered is seen at once; the first is chosen."""
        widget = self._offered(field, options, 0)
        chosen: T = st.radio(label, options, key=widget, **more, **self._kept())
        return chosen

    def _offered(self, field: str, options: Sequence[T], index: int | None) -> str:
        first = options[index] if index is not None and options else None
        known = {_word(one): one for one in options}
        widget = self._chosen(field, lambda word: known.get(word, first) if word else first)
        held = st.session_state[widget]
        if held is not None and held not in known.values():
            st.session_state[widget] = first
        return widget

    def checkbox(self, label: str, field: str, *, on: Any = st) -> bool:
        """A tick that is kept."""
        widget = self._chosen(field, lambda word: word == _YES)
        return bool(on.checkbox(label, key=widget, **self._kept()))

    def token(self, field: str, made: Callable[[], str]) -> str:
        """A number that the form was begun under; it comes back with what was written."""
        widget = self._chosen(field, lambda word: word or made())
        return str(st.session_state[widget])

    def renumber(self, field: str, value: str) -> None:
        """Another number: what stands in the form is another thing than was sent under the old."""
        st.session_state[self.widget(field)] = value

    def done(self) -> None:
        """It was sent off: nothing is left to come back to."""
        drafts.drop(self.who, self.place, self.key)
        every = (*self.fields.values(), *self.choices.values(), _told(self.place, self.key))
        for name in every:
            st.session_state.pop(name, None)

    def _kept(self) -> dict[str, Any]:
        given = (self.place, self.key, self.title, self.fields, self.choices)
        return {"on_change": _save, "args": given}

    def _written(self, field: str, first: str = "", *, one_line: bool = False) -> str:
        self.fields[field] = widget = self.widget(field)
        if widget not in st.session_state:
            words = self._before(field) or first
            # A handover may have put two lines below each other: they stay one line.
            st.session_state[widget] = " ".join(words.splitlines()) if one_line else words
        return widget

    def _chosen(self, field: str, value: Callable[[str], Any]) -> str:
        self.choices[field] = widget = self.widget(field)
        if widget not in st.session_state:
            st.session_state[widget] = value(self._before(f"{drafts.CHOSEN}{field}"))
        return widget

    def _before(self, field: str) -> str:
        """What was there the last time; looked for once for a whole form."""
        if "fields" not in self._held:
            kept = drafts.load(self.who, self.place, self.key)
            self._held["fields"] = kept.fields if kept else {}
            st.session_state[_told(self.place, self.key)] = kept.saved_at if kept else None
        return self._held["fields"].get(field, "")

    def _say(self) -> None:
        saved = st.session_state.get(_told(self.place, self.key))
        with notice.place():
            if saved is not None:
                words = f"已自动保存（{states.moment(saved)}），没有提交的内容 30 天内可以接着写。"
                st.html(tag("div", text(words), class_="default kept", role="status"))


def paper(who: Principal, place: str, key: str, title: str, *, where: str = "") -> Paper:
    """The form; ``where`` tells two copies of it on one page apart."""
    return Paper(who=who, place=place, key=key, title=title, where=where)
