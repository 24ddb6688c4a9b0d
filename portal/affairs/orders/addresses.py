"""A view of orders as an address, so that every number can open what it counts. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from portal.affairs.orders.boxes import ANY, NAMES, BoxId, View
from portal.affairs.orders.filters import MOST_WORDS, Filters

PAGE = "/orders"
MOST_TEXT = 80
_DUE = ("逾期", "临期", "今天到期")
_YES = {"1": True, "0": False}


def _text(value: str) -> str:
    return value.strip()[:MOST_TEXT]


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _urgency(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) == 1 else None


# The word in the address, the filter it is, and how it is read; what cannot be read is no filter.
_READ: tuple[tuple[str, str, Callable[[str], Any]], ...] = (
    ("open", "open", _YES.get),
    ("state", "states", lambda one: tuple(word for word in _text(one).split(",") if word)),
    ("urgency", "urgency", _urgency),
    ("kind", "kind", _text),
    ("category", "category", _text),
    ("source", "source", _text),
    ("region", "region", lambda one: one if one.isascii() and one.isdigit() else ""),
    ("unit", "unit", _text),
    ("due", "due", lambda one: one if one in _DUE else ""),
    ("place", "place", lambda one: one.strip()[:MOST_WORDS]),
    ("no", "order_no", _text),
    ("since", "since", _day),
    ("until", "until", _day),
    ("tag", "tag", _text),
    ("account", "on_account", _YES.get),
    ("whole", "whole", lambda one: one == "1"),
    ("closed", "closed_since", _day),
    ("late", "late_since", _day),
    ("sort", "sort", lambda one: one if one in ("时限", "最新") else "时限"),
)
WORDS = ("box", *(word for word, _, _ in _READ))


def _box(word: str | None) -> BoxId:
    return next((one for one in NAMES if one == word), "all")


def read(query: Mapping[str, str]) -> View | None:
    """The view that an address names; ``None`` when it names none."""
    if not any(query.get(word) for word in WORDS):
        return None
    given = {name: take(query[word]) for word, name, take in _READ if query.get(word)}
    box = _box(query.get("box"))
    return View(box=box, narrow=replace(ANY, **given))


def _written(value: object) -> str:
    if value is True or value is False:
        return "1" if value else "0"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def query(view: View) -> dict[str, str]:
    """The words of a view, without what stands by itself."""
    found: dict[str, str] = {"box": view.box}
    for word, name, _ in _READ:
        value = getattr(view.narrow, name)
        if value != getattr(ANY, name):
            found[word] = _written(value)
    return found


def address(view: View) -> str:
    """The address of a list."""
    return f"{PAGE}?{urlencode(query(view))}"


def of(box: str = "all", **narrow: Any) -> str:
    """The address of a list, by what it is narrowed to."""
    return address(View(box=_box(box), narrow=Filters(**{"open": None, **narrow})))
