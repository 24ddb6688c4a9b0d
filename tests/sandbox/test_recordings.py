"""What the declared systems say today has the shape of what was recorded of them."""

import json
from typing import Any

import pytest
from lxml import etree

from portal.connectors.registry import read_manifests
from sandbox.kit.drop import DropFace
from sandbox.kit.views import ViewFace
from sandbox.population import World
from tests.connectors.grounds import FIXTURES
from tests.connectors.record import SYSTEMS, heard_http, small_world

MANIFESTS = read_manifests()
ASKED = sorted(one.id for one in SYSTEMS.values() if not isinstance(one.face, DropFace | ViewFace))


@pytest.fixture(scope="module")
def town() -> World:
    return small_world()


def shape(value: Any) -> Any:
    """The names and kinds in an answer, whatever the values; rows are taken together."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        rows: dict[str, Any] = {}
        for one in map(shape, value):
            rows |= one if isinstance(one, dict) else {"": one}
        return [rows]
    return type(value).__name__


def fits(now: Any, then: Any) -> bool:
    """Whether two shapes are one; null stands for any value, and an empty list for any rows."""
    if "NoneType" in (now, then):
        return True
    if isinstance(now, dict) and isinstance(then, dict):
        return now.keys() == then.keys() and all(fits(now[name], then[name]) for name in now)
    if isinstance(now, list) and isinstance(then, list):
        return not now[0] or not then[0] or fits(now[0], then[0])
    return bool(now == then)


def said(body: bytes, encoding: str) -> Any:
    """The shape of an answer in JSON, in XML, or as plain text."""
    if body.lstrip().startswith(b"<?xml"):
        return {str(one.tag) for one in etree.fromstring(body).iter(etree.Element)}
    try:
        return shape(json.loads(body.decode(encoding)))
    except ValueError:
        return "text"


@pytest.mark.parametrize("system_id", ASKED)
def test_a_system_still_speaks_as_it_was_recorded(system_id: str, town: World) -> None:
    folder, encoding = FIXTURES / system_id, MANIFESTS[system_id].envelope.encoding
    index = json.loads((folder / "exchanges.json").read_text(encoding="utf-8"))["exchanges"]
    heard: dict[str, dict[str, Any]] = {}
    for name, one in heard_http(SYSTEMS[system_id], town)[0]:
        heard.setdefault(name, one)
    assert heard.keys() == {one["name"] for one in index}
    for one in index:
        now, then = heard[one["name"]], (folder / one["file"]).read_bytes()
        assert (now["method"], now["path"]) == (one["method"], one["path"]), one["name"]
        assert now["status"] == one["status"], one["name"]
        assert fits(said(now["told"], encoding), said(then, encoding)), (
            one["name"],
            now["told"][:600].decode(encoding, "replace"),
        )


@pytest.mark.parametrize(
    ("now", "then", "same"),
    [
        ({"a": 1}, {"a": 2}, True),
        ({"a": 1}, {"a": "1"}, False),
        ({"a": 1}, {"b": 1}, False),
        ({"a": 1}, {"a": 1, "b": 1}, False),
        ({"a": None}, {"a": {"b": 1}}, True),
        ([{"a": 1}, {"a": 2, "b": 1}], [{"a": 1, "b": 2}], True),
        ([], [{"a": 1}], True),
        ([{"a": 1}], [{"a": "x"}], False),
    ],
)
def test_shapes_are_told_apart(now: Any, then: Any, same: bool) -> None:
    assert fits(shape(now), shape(then)) is same
