"""Request templates: the few placeholders a manifest may use, and how they are filled in.

Filling never parses: a value replaces its placeholder inside one text, and that text stays one
value. Transports then encode it for a path, hand it over as a parameter, or bind it in SQL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from typing import Any
from urllib.parse import quote

from portal.connectors.contract import Subject
from portal.connectors.converters import short_id_number

PLACEHOLDERS = frozenset(
    {"id_number", "id_number_15", "name", "phone", "page", "size", "offset", "row", "cursor"}
    | {"since", "task_id", "key", "action", "actor", "actor_name", "unit"}
    | {"from_day", "to_day", "region_code", "matter", "number"}
    | {"household_no", "house_no", "credit_code", "address"}
)
# Placeholders of some calls only; {region_code} is where we have the person, or the house.
BELONGS: Mapping[str, frozenset[str]] = {
    "since": frozenset({"tasks"}),
    "from_day": frozenset({"counts"}),
    "to_day": frozenset({"counts"}),
    "region_code": frozenset({"person", "house"}),
    "household_no": frozenset({"household"}),
    "house_no": frozenset({"house"}),
    "address": frozenset({"house"}),
    "credit_code": frozenset({"enterprise"}),
}
FORM = "form_"  # what a person typed: {form_<name of the field>}
Values = Mapping[str, str | int | None]

_SLOT = re.compile(r"\{([^{}]*)\}")


def subject_values(subject: Subject) -> dict[str, str | int | None]:
    """The values of one subject; a system's own number for it is not among them."""
    return {
        "id_number": subject.id_number,
        "id_number_15": short_id_number(subject.id_number),
        "name": subject.name,
        "phone": subject.phone,
        "region_code": subject.region_code or None,
        "address": subject.address or None,
        "credit_code": subject.credit_code or None,
    }


def values_for(subject: Subject, system_id: str, wanted: Set[str]) -> list[Values]:
    """What one system is asked with: once, or once for each number of its own that is needed.

    A call that wants the system's own number and has none asks nothing.
    """
    base = subject_values(subject)
    own = wanted & {"household_no", "house_no"}
    if not own:
        return [base]
    return [{**base, **dict.fromkeys(own, number)} for number in subject.numbers.get(system_id, ())]


def placeholders(template: Any) -> set[str]:
    """Every placeholder named anywhere in a template."""
    if isinstance(template, str):
        return set(_SLOT.findall(template))
    if isinstance(template, Mapping):
        return set().union(*(placeholders(one) for one in template.values()))
    if isinstance(template, list | tuple):
        return set().union(*(placeholders(one) for one in template))
    return set()


def fill(template: Any, values: Values) -> Any:
    """The template with its values; a text that is one placeholder keeps the value's own type."""
    if isinstance(template, str):
        whole = _SLOT.fullmatch(template)
        if whole:
            return values.get(whole[1])
        return _SLOT.sub(lambda slot: _text(values.get(slot[1])), template)
    if isinstance(template, Mapping):
        return {key: fill(one, values) for key, one in template.items()}
    if isinstance(template, list | tuple):
        return [fill(one, values) for one in template]
    return template


def fill_path(template: str, values: Values) -> str:
    """A URL path with every value percent-encoded, so that none can add a segment or a query."""
    return _SLOT.sub(lambda slot: quote(_text(values.get(slot[1])), safe=""), template)


def fill_query(template: Mapping[str, str], values: Values) -> dict[str, str]:
    """Query parameters; one whose value is not there (a first page's cursor) is left out."""
    filled = fill(template, values)
    return {key: _text(one) for key, one in filled.items() if one is not None}


def _text(value: str | int | None) -> str:
    return "" if value is None else str(value)
