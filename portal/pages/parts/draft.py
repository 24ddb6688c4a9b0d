"""A form whose texts are kept: two lines in any form, and what was begun is there the next time.

::

    paper = draft.paper(who, "matters.close", case.id, f"办结事项：{case.matter}")
    result = paper.text_area("办理结果", "result", max_chars=500)
    ...
    paper.done()  # once it was sent off
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from auth.principal import Principal
from portal.functions import drafts
from portal.look import notice, states
from portal.look.markup import tag, text
from portal.pages.guards import guarded

_UNFIT = re.compile(r"[^0-9A-Za-z-]+")


@guarded(None)
def _save(who: Principal, place: str, key: str, title: str, fields: Mapping[str, str]) -> None:
    """When a field is sent: everything of the form as it stands now."""
    words = {name: str(st.session_state.get(widget) or "") for name, widget in fields.items()}
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
    fields: dict[str, str]

    def widget(self, field: str) -> str:
        """The key of a field's widget."""
        return f"draft-{_UNFIT.sub('-', f'{self.place}-{self.key}-{field}{self.where}')}"

    def text_area(
        self, label: str, field: str, *, max_chars: int, placeholder: str = "", height: int = 130
    ) -> str:
        """A field that is kept; its key lets ``static/desk.js`` find it."""
        widget = self.widget(field)
        self.fields[field] = widget
        if widget not in st.session_state:
            self._bring_back(field, widget)
        words = st.text_area(
            label,
            key=widget,
            max_chars=max_chars,
            placeholder=placeholder,
            height=height,
            on_change=_save,
            args=(self.place, self.key, self.title, self.fields),
        )
        self._say()
        return words or ""

    def done(self) -> None:
        """It was sent off: nothing is left to come back to."""
        drafts.drop(self.who, self.place, self.key)
        for name in (*self.fields.values(), _told(self.place, self.key)):
            st.session_state.pop(name, None)

    def _bring_back(self, field: str, widget: str) -> None:
        kept = drafts.load(self.who, self.place, self.key)
        st.session_state[widget] = kept.fields.get(field, "") if kept else ""
        st.session_state[_told(self.place, self.key)] = kept.saved_at if kept else None

    def _say(self) -> None:
        saved = st.session_state.get(_told(self.place, self.key))
        with notice.place():
            if saved is not None:
                words = f"已自动保存（{states.moment(saved)}），没有提交的内容 30 天内可以接着写。"
                st.html(tag("div", text(words), class_="default kept", role="status"))


def paper(who: Principal, place: str, key: str, title: str, *, where: str = "") -> Paper:
    """The form; ``where`` tells two copies of it on one page apart."""
    return Paper(who=who, place=place, key=key, title=title, where=where, fields={})
