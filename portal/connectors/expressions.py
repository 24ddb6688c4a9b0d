"""JMESPath expressions of manifests, compiled once.

Nearly all of them are a name, a dotted path or "this name equals that text". A dossier evaluates
hundreds within a few milliseconds while its answers arrive in one burst, and the library interprets
each from its syntax tree; walking the plain ones here takes a fraction of that and gives the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

Find = Callable[[Any], Any]


def finder(expression: str) -> Find:
    """A function that finds the value of an expression in an answer or in a row.

    What is malformed raises here; what cannot be applied to the data raises `JMESPathError` later.
    """
    compiled = jmespath.compile(expression)
    path = _path(compiled.parsed)
    if path is None:
        search: Find = compiled.search
        return search
    if len(path) == 1:
        return _one(path[0])
    return _walk(path)


def single_name(expression: str) -> str | None:
    """The name, if an expression is nothing else: nearly every column of a row is."""
    path = _path(jmespath.compile(expression).parsed)
    return path[0] if path is not None and len(path) == 1 else None


def predicate(expression: str | None) -> Callable[[Any], bool] | None:
    """A test of an answer or of a row; what it cannot be applied to does not hold."""
    if expression is None:
        return None
    compiled = jmespath.compile(expression)
    plain = _equality(compiled.parsed)
    if plain is not None:
        return plain
    search = compiled.search

    def holds(answer: Any) -> bool:
        try:
            return search(answer) is True
        except JMESPathError:
            return False

    return holds


def _one(name: str) -> Find:
    def find(row: Any) -> Any:
        return row.get(name) if isinstance(row, dict) else None

    return find


def _walk(path: tuple[str, ...]) -> Find:
    def find(row: Any) -> Any:
        for step in path:
            if not isinstance(row, dict):
                return None
            row = row.get(step)
        return row

    return find


def _path(node: Any) -> tuple[str, ...] | None:
    """The names of a plain path in a syntax tree; None for everything else."""
    if node["type"] == "field":
        return (node["value"],)
    if node["type"] != "subexpression":
        return None
    steps = [_path(child) for child in node["children"]]
    if any(step is None for step in steps):
        return None
    return tuple(name for step in steps if step for name in step)


def _equality(node: Any) -> Callable[[Any], bool] | None:
    """``path == 'text'`` as a plain comparison; None for everything else.

    Only texts: JMESPath tells numbers from booleans more strictly than Python does.
    """
    if node["type"] != "comparator" or node["value"] != "eq":
        return None
    left, right = node["children"]
    path = _path(left)
    if path is None or right["type"] != "literal" or not isinstance(right["value"], str):
        return None
    find, wanted = _walk(path), right["value"]
    return lambda answer: bool(find(answer) == wanted)
