"""What a drafted column may be bound to: fields of systems, and facts collected earlier.

A column of a list that somebody holds already is bound here by choosing it, with the mask that a
screen shows it under, instead of being asked again and refused.
"""

from dataclasses import dataclass

import streamlit as st

from auth.principal import Principal
from portal.affairs.forms import desk, held, queries
from portal.connectors.contract import Mask
from portal.pages.guards import guarded
from portal.pages.parts import formlines
from portal.store.citypack import pack
from portal.store.form_texts import FieldText, FormText

_MASKS = {
    Mask.NAME: "姓名", Mask.ID_NUMBER: "证件号", Mask.PHONE: "电话", Mask.ACCOUNT: "仅存末四位",
    Mask.ADDRESS: "地址", Mask.TEXT: "整格", Mask.NONE: "整格",
}  # fmt: skip
_CHOSEN = "form_bind"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Something a column may be bound to: how it is called, and the line of the column."""

    label: str
    line: str


def masked(one: FieldText) -> str:
    """How a screen shows a column, in words; empty: as it is."""
    known = held.now().fields.get(one.bind) if one.source == "field" else None
    kind = Mask(one.mask) if one.mask else known.mask if known else None
    return _MASKS[kind] if kind is not None else ""


def offers(made: FormText, others: tuple[FormText, ...]) -> dict[str, Offer]:
    """By binding, what is there for a form: of a list the fields of persons, and earlier facts."""
    found: dict[str, Offer] = {}
    for form in (*pack().forms.form, *others):
        for one in form.fields:
            if one.fact and form.layout == made.layout:
                found[f"fact:{one.fact}"] = _fact(one, form.title)
    if made.layout == "名册":
        for known in held.now().fields.values():
            shown = f"（掩码：{_MASKS[known.mask]}）" if known.mask is not None else ""
            found[f"field:{known.id}"] = Offer(
                label=f"业务系统 {known.system_name}·{known.label}{shown}",
                line="\t".join(
                    (
                        "",
                        known.label,
                        "文字",
                        formlines.SOURCES["field"],
                        formlines.bind_words("field", known.id),
                        "",
                        "",
                        "",
                    )
                ),
            )
    return found


def _fact(one: FieldText, title: str) -> Offer:
    mask = _MASKS[Mask(one.mask)] if one.mask else ""
    shown = f"（掩码：{mask}）" if mask else ""
    return Offer(
        label=f"已采集的事实 {one.title}{shown}，见《{title}》",
        line="\t".join(
            (
                "",
                one.title,
                formlines.KINDS[one.kind],
                formlines.SOURCES["fact"],
                one.fact,
                "",
                one.fact,
                mask,
            )
        ),
    )


@guarded(desk.DRAFT)
def _add(_who: Principal, lines: str, line: str) -> None:
    """The line goes to the end of what stands in the box by now; nothing typed is lost."""
    before = str(st.session_state.get(lines) or "").rstrip("\n")
    st.session_state[lines] = f"{before}\n{line}"


def offer(who: Principal, made: FormText, lines: str) -> None:
    """Choose one, and it stands as a line; its title and order are then changed like any other."""
    there = offers(made, tuple(one.made for one in queries.forms(who)))
    if not there:
        return
    with st.container(key="formbinds", horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "由系统信息项或已采集的事实提供的栏目（可输入文字查找）", list(there), key=_CHOSEN,
            index=None, placeholder="选择后加到末尾", format_func=lambda one: there[one].label,
        )  # fmt: skip
        st.button("加一栏", key="form_bind_add", disabled=chosen is None, on_click=_add,
                  args=(lines, there[chosen].line if chosen else ""))  # fmt: skip
