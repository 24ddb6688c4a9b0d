"""What counts as a change: pure rules on digests."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.connectors.contract import Answer, Field, Mask, Record, Sensitivity, State
from portal.functions.changes import digests
from portal.functions.changes.digests import Difference, Seen

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def record(title: str, **values: str) -> Record:
    fields = (
        Field(name=name, label=name, value=value, sensitivity=Sensitivity.OPEN, mask=Mask.NONE)
        for name, value in values.items()
    )
    return Record(title=title, fields=tuple(fields))


def answer(*records: Record, state: State = State.RETURNED) -> Answer:
    return Answer(
        system_id="a",
        system_name="甲",
        simulated=True,
        state=state,
        records=records,
        asked_at=NOON,
        elapsed_ms=1,
        trace_id="t",
    )


TABLE: list[tuple[str, list[Seen], list[Seen], list[Difference]]] = [
    ("the same", [("医保", {"a": "1"})], [("医保", {"a": "1"})], []),
    (
        "one value",
        [("医保", {"a": "1", "b": "2"})],
        [("医保", {"a": "1", "b": "3"})],
        [Difference(title="医保", fields=("b",))],
    ),
    ("another order", [("t", {"a": "1"}), ("t", {"a": "2"})],
     [("t", {"a": "2"}), ("t", {"a": "1"})], []),
    (
        "one more record",
        [("t", {"a": "1"})],
        [("t", {"a": "0"}), ("t", {"a": "1"})],
        [Difference(title="t", fields=("a",), counted=True)],
    ),
    ("the person is gone", [("t", {"a": "1"})], [],
     [Difference(title="t", fields=("a",), counted=True)]),
    ("two titles", [("t", {"a": "1"}), ("u", {"a": "1"})], [("t", {"a": "2"}), ("u", {"a": "1"})],
     [Difference(title="t", fields=("a",))]),
    ("a field is new", [("t", {"a": "1"})], [("t", {"a": "1", "b": "2"})],
     [Difference(title="t", fields=("b",))]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "before", "after", "expected"), TABLE, ids=[t[0] for t in TABLE])
def test_differences(
    name: str, before: list[Seen], after: list[Seen], expected: list[Difference]
) -> None:
    assert digests.differences(before, after) == expected


SEEN = st.lists(
    st.tuples(st.sampled_from(["t", "u"]), st.dictionaries(st.sampled_from("abc"), st.text("12"))),
    max_size=5,
)


@given(before=SEEN, order=st.randoms(use_true_random=False))
def test_an_answer_never_differs_from_itself_in_any_order(before: list[Seen], order) -> None:  # type: ignore[no-untyped-def]
    after = list(before)
    order.shuffle(after)
    assert digests.differences(before, after) == []


@given(before=SEEN, after=SEEN)
def test_what_differs_is_told_both_ways(before: list[Seen], after: list[Seen]) -> None:
    there = {one.title for one in digests.differences(before, after)}
    back = {one.title for one in digests.differences(after, before)}
    assert there == back
    assert bool(there) == (_counted(before) != _counted(after))


def _counted(seen: list[Seen]) -> list[tuple[str, list[tuple[str, str]]]]:
    return sorted((title, sorted(fields.items())) for title, fields in seen)


@pytest.mark.parametrize("state", list(State))
def test_only_a_fresh_answer_says_anything(state: State) -> None:
    fresh = state in (State.RETURNED, State.NOT_FOUND)
    assert digests.comparable(answer(state=state)) is fresh


def test_a_digest_tells_nothing_across_cases_systems_fields_or_titles(configured: object) -> None:
    same = ("c1", "a", "t", "n", "在保")
    others = [("c2", *same[1:]), ("c1", "b", *same[2:]), ("c1", "a", "u", *same[3:]),
              ("c1", "a", "t", "m", "在保"), (*same[:4], "停保"), (*same[:4], None)]  # fmt: skip
    made = [digests.digest(*one) for one in (same, *others)]
    assert len(set(made)) == len(made)
    assert all("保" not in one and len(one) == 16 for one in made)


def test_a_fingerprint_holds_no_value(configured: object) -> None:
    given = answer(record("医保", status="在保", name="张三丰"))
    told = repr(digests.fingerprint("c1", given))
    assert "在保" not in told
    assert "张三丰" not in told
    moved = replace(given, as_of=NOON, elapsed_ms=9, trace_id="u")
    assert digests.fingerprint("c1", moved) == digests.fingerprint("c1", given)
