"""What is being typed or pressed is never moved: where the fields of a page stand, run after run.

A browser tells the blocks of a page by their order. A block that is another one than before is
made anew: what was typed in it but not yet sent is lost, and so is a press on a button in it that
was not let go yet. Fields are sent one by one, and a page also draws itself anew by the clock: only
a click of the same hand may move a field or a button.
"""

from collections.abc import Iterator
from typing import Any

from streamlit.testing.v1.element_tree import Block, Button, Element, Node

_FIELDS = ("text_input", "text_area", "number_input", "selectbox", "multiselect", "date_input",
           "time_input", "button", "button_group", "checkbox", "radio", "dataframe",
           "file_uploader")  # fmt: skip

Path = tuple[int, ...]


def _walk(node: Node, path: Path) -> Iterator[tuple[Element, Path]]:
    if isinstance(node, Block):
        for place, child in node.children.items():
            inner = (*path, place) if isinstance(child, Block) else path
            yield from _walk(child, inner)
    elif isinstance(node, Element):
        yield node, path


def places(tree: Any) -> dict[str, Path]:
    """The blocks that each field stands in, by the key of the field."""
    return {
        str(one.key): path
        for one, path in _walk(tree, ())
        if one.type in _FIELDS and getattr(one, "key", None)
    }


def clicked(tree: Any) -> bool:
    """Whether the next run is the answer to a click."""
    return any(isinstance(one, Button) and one.value for one, _ in _walk(tree, ()))


def moved(before: dict[str, Path], after: dict[str, Path]) -> list[str]:
    """The fields that stand in other blocks than they did."""
    return sorted(key for key in before.keys() & after.keys() if before[key] != after[key])
