"""Which orders a list shows: kept while one is signed in, taken from an address, or by a name."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from auth.principal import Principal
from portal.affairs.orders import addresses, boxes
from portal.affairs.orders.boxes import BoxId, View
from portal.affairs.orders.filters import Filters
from portal.functions import keepsakes
from portal.functions.keepsakes import NotKeptError
from portal.pages.guards import guarded
from portal.pages.parts import memory

VIEW = "orders.view"
SAVED = "orders.filters"
PAGE = "orders_page"
_VIEW, _CAME, _TURN = "orders_view", "orders_came", "orders_turn"
_TOLD = "orders_saved_told"
# The widgets and the filters they show.
FIELDS = {
    "orders_due": "due",
    "orders_kind": "kind",
    "orders_source": "source",
    "orders_urgency": "urgency",
    "orders_region": "region",
    "orders_place": "place",
    "orders_category": "category",
}
WORDS = "orders_place"
_NUMBER = re.compile(r"[0-9]{8,30}(-[0-9]{1,3})?")
_FIRST: tuple[BoxId, ...] = ("sign", "doing", "review", "helping")


def current(who: Principal) -> View:
    """What is shown now."""
    kept = memory.recall(who, _VIEW)
    return kept if isinstance(kept, View) else View()


@st.cache_data(max_entries=2000, ttl=60, show_spinner=False)
def _under(
    unit_id: str, prefixes: tuple[str, ...], roles: tuple[str, ...], _who: Principal
) -> tuple[str, ...]:
    return boxes.under(_who)


def under(who: Principal) -> tuple[str, ...]:
    """The units directly below the own one, for who decides on what they ask; a minute old."""
    return _under(who.unit.id, who.prefixes, who.roles, who)


def begun(who: Principal) -> bool:
    """Whether anything was chosen since signing in."""
    return memory.recall(who, _VIEW) is not None


def choose(who: Principal, view: View) -> None:
    """Show this from now on, from its first page."""
    memory.keep(who, _VIEW, view)
    st.session_state.pop(PAGE, None)
    for key in FIELDS:  # each widget takes its value anew from the view
        st.session_state.pop(key, None)


def arrive(who: Principal) -> None:
    """An address that names a view shows it, once: what is chosen afterwards stands."""
    query = {name: st.query_params[name] for name in addresses.WORDS if name in st.query_params}
    came = urlencode(sorted(query.items()))
    if came == memory.recall(who, _CAME):
        return
    memory.keep(who, _CAME, came or None)
    if (view := addresses.read(query)) is not None:
        choose(who, view)


def _leave_address(who: Principal) -> None:
    """The address would no longer say what is shown."""
    for name in addresses.WORDS:
        st.query_params.pop(name, None)
    memory.keep(who, _CAME, None)


def stepped(who: Principal) -> None:
    """Something was done here: what was counted before is out of date for this tab."""
    memory.keep(who, _TURN, secrets.token_hex(8))


def turn(who: Principal) -> str:
    """Which step of one's own was the last."""
    return str(memory.recall(who, _TURN) or "")


def first_box(counts: Mapping[BoxId, int]) -> BoxId:
    """The box a desk begins at: the first with something in it."""
    return next((one for one in _FIRST if counts[one]), "all")


@guarded(VIEW)
def to_box(who: Principal, box: BoxId) -> None:
    """A box was chosen; what it is narrowed to stays."""
    _leave_address(who)
    choose(who, replace(current(who), box=box))


@guarded(VIEW)
def narrowed(who: Principal, key: str) -> None:
    """A filter was chosen."""
    value = st.session_state.get(key)
    _leave_address(who)
    view = current(who)
    if key == WORDS:
        narrow = _worded(view.narrow, str(value or ""))
        choose(who, replace(view, narrow=narrow, box="all" if narrow.order_no else view.box))
        return
    empty = getattr(boxes.ANY, FIELDS[key])
    narrow = replace(view.narrow, **{FIELDS[key]: empty if value in (None, "") else value})
    choose(who, replace(view, narrow=narrow))


@guarded(VIEW)
def reset(who: Principal) -> None:
    """Everything of the box again."""
    _leave_address(who)
    choose(who, View(box=current(who).box))


def _worded(narrow: Filters, words: str) -> Filters:
    """A number is looked for as a number, anything else in the addresses."""
    words = words.strip()
    numbered = _NUMBER.fullmatch(words) is not None
    return replace(narrow, order_no=words if numbered else "", place="" if numbered else words)


def value_of(who: Principal, key: str) -> Any:
    """What a widget has to show."""
    if key == WORDS:
        narrow = current(who).narrow
        return narrow.order_no or narrow.place
    return getattr(current(who).narrow, FIELDS[key])


# -- filters under a name --------------------------------------------------------------------------


@guarded(VIEW)
def take(who: Principal) -> None:
    """A saved filter was chosen."""
    name = st.session_state.get("orders_saved")
    words = keepsakes.kept(who, SAVED).get(name or "")
    view = addresses.read(dict(parse_qsl(words))) if words else None
    if view is not None:
        _leave_address(who)
        choose(who, view)


@guarded(VIEW)
def save(who: Principal) -> None:
    """Keep what is shown under a name."""
    name = str(st.session_state.get("orders_save_name") or "")
    try:
        keepsakes.keep(who, SAVED, name, urlencode(addresses.query(current(who))))
    except NotKeptError as problem:
        st.session_state[_TOLD] = problem.message
        return
    st.session_state["orders_save_name"] = ""
    st.session_state[_TOLD] = f"已保存“{' '.join(name.split())}”。"


@guarded(VIEW)
def drop(who: Principal, name: str) -> None:
    """Forget a saved filter."""
    keepsakes.drop(who, SAVED, name)
    st.session_state[_TOLD] = f"已删除“{name}”。"


def told() -> str:
    """What became of the last saving."""
    return str(st.session_state.pop(_TOLD, "") or "")


def hidden(narrow: Filters) -> tuple[tuple[str, str], ...]:
    """What is narrowed by and no widget shows: it must be said, or the list would mislead."""
    shown = (
        ("状态", "、".join(narrow.states)),
        ("进度", {True: "在办", False: "已结束", None: ""}[narrow.open]),
        ("承办单位", narrow.unit),
        ("收到自", f"{narrow.since:%Y-%m-%d}" if narrow.since else ""),
        ("收到至", f"{narrow.until:%Y-%m-%d}" if narrow.until else ""),
        ("办结自", f"{narrow.closed_since:%Y-%m-%d}" if narrow.closed_since else ""),
        ("逾期自", f"{narrow.late_since:%Y-%m-%d}" if narrow.late_since else ""),
        ("拆单", "不含拆出的工单" if narrow.whole else ""),
        ("标签", narrow.tag),
        ("挂账", {True: "是", False: "否", None: ""}[narrow.on_account]),
    )
    return tuple((name, words) for name, words in shown if words)
