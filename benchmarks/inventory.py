"""What a page consists of, taken from what it sent: the same elements can then be drawn barely."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.json_format import MessageToDict
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

VARIABLE = "BENCH_INVENTORY"  # the file in which the bare page finds it


@dataclass(kw_only=True)
class Node:
    """An element, or a container with what is in it."""

    kind: str
    values: dict[str, Any] = field(default_factory=dict)
    inside: dict[int, "Node"] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """The node as JSON."""
        inside = [self.inside[place].plain() for place in sorted(self.inside)]
        return {"kind": self.kind, "values": self.values, "inside": inside}


def _container(top: Node, path: Iterable[int]) -> Node:
    for place in path:
        top = top.inside.setdefault(place, Node(kind="vertical"))
    return top


def _block(message: ForwardMsg) -> Node:
    block = message.delta.add_block
    kind = block.WhichOneof("type") or "vertical"
    flow = block.flex_container
    sideways = kind == "flex_container" and flow.direction == flow.Direction.HORIZONTAL
    form = kind == "form"
    return Node(kind="form" if form else "horizontal" if sideways else "vertical")


def _element(message: ForwardMsg) -> Node:
    element = message.delta.new_element
    kind = element.WhichOneof("type") or "empty"
    return Node(kind=kind, values=MessageToDict(getattr(element, kind)))


def of(messages: Iterable[ForwardMsg]) -> dict[str, Any]:
    """The page that these messages of one whole run build, as a tree."""
    top = Node(kind="vertical")
    for message in messages:
        if message.WhichOneof("type") != "delta":
            continue
        *path, place = message.metadata.delta_path
        what = message.delta.WhichOneof("type")
        if what == "add_block":
            _container(top, path).inside[place] = _block(message)
        elif what == "new_element":
            _container(top, path).inside[place] = _element(message)
    return top.plain()
