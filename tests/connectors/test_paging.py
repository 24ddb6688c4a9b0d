"""Templates and paging: values stay values, walks visit everything once and end."""

from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.connectors.calls import Paging, ViewCall
from portal.connectors.contract import TheirFault
from portal.connectors.database import select_rows
from portal.connectors.paging import Walk, rows_of
from portal.connectors.template import fill, fill_path, fill_query, placeholders

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(ANY_TEXT)
def test_no_value_adds_a_segment_or_a_query_to_a_path(value: str) -> None:
    path = fill_path("/persons/{name}/detail", {"name": value})
    parts = urlsplit(f"http://example.test{path}")
    assert parts.query == parts.fragment == ""
    segments = parts.path.split("/")
    assert len(segments) == 4
    assert unquote(segments[2]) == value


@given(ANY_TEXT)
def test_a_value_is_never_read_as_a_template(value: str) -> None:
    assert fill({"a": ["{name}"]}, {"name": value, "id_number": "secret"}) == {"a": [value]}
    assert fill("x{name}y", {"name": value, "id_number": "secret"}) == f"x{value}y"


def test_a_lone_placeholder_keeps_its_type_and_a_missing_one_leaves_a_query() -> None:
    assert fill({"row": "{row}"}, {"row": 1}) == {"row": 1}
    assert fill_query({"limit": "{size}", "cursor": "{cursor}"}, {"size": 5, "cursor": None}) == {
        "limit": "5"
    }
    assert placeholders({"a": ["{x}", {"b": "{y}-{z}"}], "c": 1}) == {"x", "y", "z"}


@given(ANY_TEXT)
def test_a_value_never_becomes_part_of_a_statement(value: str) -> None:
    call = ViewCall(view="s.v", columns=("A",), where={"ID": "{id_number}"})
    compiled = select_rows(call, {"id_number": value}).compile()
    assert str(compiled) == str(select_rows(call, {"id_number": "x"}).compile())
    assert value in compiled.params.values()


@pytest.mark.parametrize("view", ["v; DROP TABLE x", 'v"', "v w", "1v", "v--"])
def test_a_view_is_a_name_and_nothing_else(view: str) -> None:
    with pytest.raises(ValueError, match="view"):
        ViewCall(view=view, columns=("A",))


def walk_over(total: int, paging: Paging) -> list[int]:
    """Walk a list of numbers as a server of that kind would serve it."""
    everything, seen, walk = list(range(total)), [], Walk(paging)
    for _ in range(total + 3):
        values = walk.values
        start = {
            "page": (int(values["page"] or 0) - paging.first) * paging.size,
            "offset": int(values["offset"] or 0),
            "cursor": int(values["cursor"] or 0),
            "keyset": int(values["cursor"] or -1) + 1,
        }[paging.kind]
        rows = [{"n": one} for one in everything[start : start + paging.size]]
        after = start + len(rows)
        answer = {"total": total, "rows": rows, "next": str(after) if after < total else None}
        walk.advance(answer, rows)
        seen += [one["n"] for one in rows]
        if walk.done:
            return seen
    raise AssertionError("the walk does not end")


@given(
    total=st.integers(0, 60),
    size=st.integers(1, 25),
    kind=st.sampled_from(["page", "offset", "cursor", "keyset"]),
    first=st.integers(0, 1),
    knows_total=st.booleans(),
)
def test_every_walk_sees_everything_once_and_ends(
    total: int, size: int, kind: Any, first: int, knows_total: bool
) -> None:
    paging = Paging(
        kind=kind,
        size=size,
        first=first,
        total="total" if knows_total else None,
        next="next",
        key="n",
    )
    assert walk_over(total, paging) == list(range(total))


def test_a_cursor_that_stands_still_is_their_fault() -> None:
    walk = Walk(Paging(kind="cursor", size=1, next="next"))
    walk.advance({"next": "x"}, [{}])
    with pytest.raises(TheirFault):
        walk.advance({"next": "x"}, [{}])


@pytest.mark.parametrize("total", [None, "many", {}])
def test_a_list_that_hides_its_length_is_their_fault(total: Any) -> None:
    walk = Walk(Paging(kind="page", size=1, total="total"))
    with pytest.raises(TheirFault):
        walk.advance({"total": total}, [{}])


def test_rows_are_objects() -> None:
    assert rows_of(None) == []
    assert rows_of({"a": 1}) == [{"a": 1}]
    for wrong in ("text", 1, ["text"], [[{}]]):
        with pytest.raises(TheirFault):
            rows_of(wrong)
