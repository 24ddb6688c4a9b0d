"""Changes of divisions: what is refused, what moves along, and one total under both views."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, text
from sqlalchemy.exc import DBAPIError

from portal.store import (
    division_changes,
    division_effect,
    divisions,
    measure_reads,
    measure_views,
    measures,
)
from portal.store.division_changes import CannotChange
from portal.store.division_rules import (
    ChangeFile,
    Heir,
    Passing,
    Place,
    Step,
    allot,
    heirs,
    problems,
)
from portal.store.divisions import Division
from portal.store.measure_rebuild import rebuild
from portal.store.measure_tables import measure_rollup
from portal.store.measure_words import Change, Definition, Kind, Period
from portal.store.region_codes import LEVELS
from portal.store.scope import Reach, scoped
from portal.store.tables import division, division_change, division_name, division_sight
from portal.store.tables import division_step as step_table
from tests.conftest import TestDatabase

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
DAY = date(2026, 10, 8)
CITY, EAST, WEST = "9801", "980102", "980103"
NORTH, SOUTH, FAR = "980102001", "980102002", "980103001"
A, B, C, D = "980102001001", "980102001002", "980102002001", "980103001001"
NEW, ALSO = "980102002009", "980102001009"
PLACES = {CITY: "市", EAST: "东区", WEST: "西区", NORTH: "北街", SOUTH: "南街", FAR: "远街",
          A: "甲社区", B: "乙社区", C: "丙社区", D: "丁社区"}  # fmt: skip
BOOK = {code: Place(code=code, name=name) for code, name in PLACES.items()}
READER = Reach(prefixes=(CITY,), unit_id=None, actor="t")
_names = count(1)
often = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def step(kind: str, old: tuple[str, ...] = (), *into: tuple[str, ...]) -> Step:
    given_ = [dict(zip(("code", "name", "share"), one, strict=False)) for one in into]
    return Step.model_validate({"kind": kind, "old": old, "into": given_})


def change(*steps: Step, day: date = DAY) -> ChangeFile:
    return ChangeFile(day=day, document="市政函〔2026〕1号", step=steps)


MERGE = step("merge", (A, B), (B,))
MERGE_NEW = step("merge", (A, B), (ALSO, "新社区"))
ACROSS = step("merge", (A,), (D,))
RECODE = step("recode", (A,), (NEW, "甲社区"))
SHARED = step("split", (A,), (NEW, "甲一", "2/3"), (ALSO, "甲二", "1/3"))
UNSHARED = step("split", (A,), (NEW, "甲一"), (ALSO, "甲二"))
CARVED = step("split", (A,), (A,), (ALSO, "甲二"))
CLOSED = step("close", (A,))
STREET = (
    step("merge", (NORTH,), (SOUTH,)),
    step("recode", (A,), ("980102002101", "甲社区")),
    step("merge", (B,), (C,)),
)
POSSIBLE = [(MERGE,), (MERGE_NEW,), (ACROSS,), (RECODE,), (SHARED,), (UNSHARED,), (CARVED,),
            (CLOSED,), STREET, (step("rename", (A,), (A, "新名")),)]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ((step("merge", ("980102001077",), (B,)),), "没有区划 980102001077"),
        ((step("merge", (CITY,), (EAST,)),), "市本级"),
        ((step("merge", (A,), (SOUTH,)),), "同一级"),
        ((step("merge", (A,), (A,)),), "自己"),
        ((step("merge", (A, A), (B,)),), "重复"),
        ((step("recode", (A,), (B, "乙")),), "已有区划"),
        ((step("recode", (A,), (NEW,)),), "没有名称"),
        ((step("recode", (A,), ("980109001001", "孤社区")),), "没有上级区划"),
        ((step("recode", (A,), ("98010200100x", "甲")),), "不是区县"),
        ((step("split", (A,), (NEW, "一", "1/2"), (ALSO, "二", "1/3")),), "之和不是 1"),
        ((step("split", (A,), (NEW, "一", "1/2"), (ALSO, "二")),), "全部写明"),
        ((step("split", (A,), (NEW, "一", "3/0"), (ALSO, "二", "1")),), "份额应为"),
        ((step("split", (A,), (A, "", "1/2"), (ALSO, "二", "1/2")),), "启用新代码"),
        ((step("split", (A,), (NEW, "一")),), "个数不对"),
        ((step("close", (NORTH,)),), "上级“北街”（980102001）已撤销"),
        ((step("rename", (A,), (A, "甲社区")),), "相同"),
        ((step("rename", (A,), (B, "丙")),), "recode"),
        ((step("close", (A,)), step("merge", (A,), (B,))), "第2项（合并）：区划 980102001001"),
        ((step("close", (B,)), step("merge", (A,), (B,))), "区划 980102001002 已在第1项"),
        ((step("merge", (A,), (B, "", "1")),), "只有拆分"),
        ((step("found", (), (NEW, "新")), step("found", (), (NEW, "新"))), "已在第1项中启用"),
        ((), "没有任何变更"),
    ],
)  # fmt: skip
def test_an_impossible_change_is_refused_with_place_and_reason(
    steps: tuple[Step, ...], why: str
) -> None:
    said = problems(change(*steps), BOOK)
    assert any(why in one for one in said), said


def test_what_is_possible_is_not_refused_and_a_used_code_never_comes_back() -> None:
    assert [problems(change(*one), BOOK) for one in POSSIBLE] == [[]] * len(POSSIBLE)
    gone = {**BOOK, A: Place(code=A, name="甲社区", until=date(2026, 1, 1))}
    assert "不能再用" in problems(change(step("found", (), (A, "新"))), gone)[0]
    assert "已撤销" in problems(change(CLOSED), gone)[0]


shares = st.lists(st.integers(1, 50), min_size=1, max_size=5).map(
    lambda parts: {f"p{n}": Fraction(one, sum(parts)) for n, one in enumerate(parts)}
)


@given(number=st.integers(-10_000, 10_000), parts=shares)
def test_whole_parts_add_up_and_are_near_their_share(
    number: int, parts: dict[str, Fraction]
) -> None:
    found = allot(number, parts)
    assert sum(found.values()) == number
    assert all(abs(found[one] - number * share) < 1 for one, share in parts.items())


def test_heirs_of_heirs_have_their_part_of_the_part() -> None:
    half = Fraction(1, 2)
    passed = [
        Passing(day=date(2026, 3, 1), old="b", heirs=(("c", Fraction(1)),)),
        Passing(day=date(2026, 1, 1), old="a", heirs=(("b", half), ("c", half))),
    ]
    assert heirs("a", passed) == {"c": Fraction(1)}
    assert heirs("x", passed) == {"x": Fraction(1)}


# -- in the store ---------------------------------------------------------------------------------


def town() -> None:
    """The places as they were before anything changed."""
    with scoped(division_changes.WRITER) as connection:
        for table in (division_sight, division_name, step_table, division_change):
            connection.execute(delete(table))
        connection.execute(delete(division).where(division.c.code.startswith("98")))
    level = {4: "city", 6: "district", 9: "street", 12: "community"}
    above = {4: None, 6: 4, 9: 6, 12: 9}
    divisions.put(
        [
            Division(
                code=code, name=name, level=level[len(code)], population=None,
                parent_code=code[:up] if (up := above[len(code)]) else None, statistics_only=False,
            )
            for code, name in PLACES.items()
        ]
    )  # fmt: skip


@pytest.fixture(autouse=True)
def places(database: TestDatabase) -> Iterator[None]:
    town()
    yield
    divisions.forget()


def fresh(kind: Kind) -> str:
    name = f"moved{next(_names)}"
    with scoped(measures.WRITER) as connection:
        measures.define(connection, [Definition(id=name, kind=kind, name="数", unit="人")])
    return name


def add(name: str, region: str, day: date, number: int) -> None:
    one = Change(measure=name, system_id="s", region_code=region, day=day, numerator=number)
    with scoped(measures.WRITER) as connection:
        measures.add(connection, [one], NOW)


def read(
    name: str, period: Period, *, now: bool = False, prefix: str = CITY, who: Reach = READER
) -> dict[str, int]:
    view: Any = measure_views if now else measure_reads
    levels = [one for one in LEVELS if one >= len(prefix)]
    with scoped(who) as connection:
        found = view.values(connection, [name], prefix, levels, period)
    return {one.region_code: one.numerator for one in found if one.numerator}


def make(*steps: Step, day: date = DAY) -> None:
    division_changes.register(change(*steps, day=day), "甲")
    division_effect.apply_due(day)


PERIODS = [
    Period(grain="day", starts=DAY - timedelta(days=1)),
    Period(grain="day", starts=DAY),
    Period(grain="week", starts=date(2026, 10, 5)),
    *(Period(grain="month", starts=date(2026, month, 1)) for month in (9, 10, 11)),
    Period(grain="quarter", starts=date(2026, 10, 1)),
    Period(grain="year", starts=date(2026, 1, 1)),
]
events = st.lists(
    st.tuples(
        st.sampled_from((A, B, C, D, NORTH, EAST)),
        st.sampled_from([date(2026, 9, 3), DAY - timedelta(days=1), DAY, date(2026, 11, 2)]),
        st.integers(-3, 9),
    ),
    max_size=12,
)


def rest(numbers: dict[str, int], place: str, level: int) -> int:
    """What a place has beside the places below it."""
    below = (n for code, n in numbers.items() if len(code) == level and code.startswith(place))
    return numbers.get(place, 0) - sum(below)


@given(
    steps=st.sampled_from(POSSIBLE),
    before=events,
    after=events,
    kind=st.sampled_from((Kind.FLOW, Kind.STOCK)),
)
@often
def test_the_total_is_the_same_under_both_views_and_no_street_loses_its_own(
    database: TestDatabase, steps: tuple[Step, ...], before: Any, after: Any, kind: Kind
) -> None:
    town()
    name = fresh(kind)
    for one in before:
        add(name, *one)
    totals = [read(name, period).get(CITY, 0) for period in PERIODS]
    history = read(name, PERIODS[0]), read(name, PERIODS[3])
    make(*steps)
    # What was counted before the day is where it was counted; the city has what it had.
    assert history == (read(name, PERIODS[0]), read(name, PERIODS[3]))
    assert totals == [read(name, period).get(CITY, 0) for period in PERIODS]
    for one in after:
        add(name, *one)
    for period in PERIODS:
        then, now = read(name, period), read(name, period, now=True)
        assert then.get(CITY, 0) == now.get(CITY, 0)
        for place, level in ((CITY, 6), (EAST, 9), (WEST, 9)):
            assert rest(then, place, level) == rest(now, place, level)
        for gone in {one.old for one in divisions.passings()}:
            assert gone not in now
    # Formed anew from the changes, the roll-ups are what the move has left.
    with scoped(measures.WRITER) as connection:
        rows = select(measure_rollup).where(measure_rollup.c.measure == name)
        kept = set(connection.execute(rows))
        rebuild(connection, name)
        assert set(connection.execute(rows)) == kept


def test_each_kind_of_change_by_both_views() -> None:
    """Nine in September and one on the day before; after the change one more of the heir's."""
    september, october = PERIODS[3], PERIODS[4]
    table: list[tuple[tuple[Step, ...], dict[str, int], dict[str, int]]] = [
        # steps · today's view of September · the stock at the end of October, as of the time
        ((MERGE,), {B: 14}, {B: 15}),
        ((MERGE_NEW,), {ALSO: 14}, {ALSO: 15}),
        ((ACROSS,), {B: 5, D: 9}, {B: 5, D: 10}),
        ((RECODE,), {B: 5, NEW: 9}, {B: 5, NEW: 10}),
        ((SHARED,), {B: 5, NEW: 6, ALSO: 3}, {B: 5, NEW: 7, ALSO: 3}),
        ((UNSHARED,), {A: 9, B: 5}, {A: 10, B: 5}),
        ((CLOSED,), {A: 9, B: 5}, {A: 10, B: 5}),
        (STREET, {"980102002101": 9, C: 5}, {"980102002101": 10, C: 5}),
    ]
    for steps, now, then in table:
        town()
        name = fresh(Kind.STOCK)
        for region, day, number in (
            (A, date(2026, 9, 3), 9), (B, date(2026, 9, 4), 5), (A, DAY - timedelta(days=1), 1),
        ):  # fmt: skip
            add(name, region, day, number)
        make(*steps)
        assert {k: n for k, n in read(name, september, now=True).items() if len(k) == 12} == now
        assert {k: n for k, n in read(name, october).items() if len(k) == 12} == then
        assert read(name, september)[A] == 9
    street = read(name, september, now=True)
    assert NORTH not in street
    assert street[SOUTH] == street[EAST] == 14


def test_days_names_and_words_follow_the_date() -> None:
    make(step("merge", (A,), (B, "新乙社区")))
    assert [one.code for one in divisions.children(NORTH)] == [B]
    before, after = date(2026, 9, 1), date(2026, 11, 1)
    during = divisions.children_during(NORTH, before, date(2026, 10, 1))
    assert [(one.code, one.name) for one in during] == [(A, "甲社区"), (B, "乙社区")]
    assert [one.name for one in divisions.children_during(NORTH, after, date(2026, 12, 1))] == [
        "新乙社区"
    ]
    assert divisions.end_of(A) == f"{DAY} 起并入新乙社区"
    assert divisions.end_of(B) == ""
    assert divisions.heir(A, DAY) == B
    assert divisions.heir(A, DAY - timedelta(days=1)) == A
    assert [divisions.current(one) for one in (A, A + "007", B, NORTH + "000")] == [
        B, B, B, NORTH + "000",
    ]  # fmt: skip
    assert divisions.counts(NORTH) == {"street": 1, "community": 1, "statistics_only": 0}
    # The pack's file neither brings a place back nor takes the new name away.
    one = divisions.find(A)
    assert one is not None
    divisions.put([Division(**{**vars(one), "name": "旧名", "since": None, "until": None})])
    assert divisions.find(A) == one


def test_a_change_waits_for_its_day_and_may_be_taken_back_until_then() -> None:
    later = division_changes.register(change(MERGE, day=date(2027, 1, 1)), "甲")
    assert division_effect.apply_due(date(2026, 12, 31)) == []
    with pytest.raises(CannotChange, match="待生效"):
        division_changes.register(change(CLOSED, day=date(2027, 2, 1)), "甲")
    division_changes.withdraw(later)
    with pytest.raises(CannotChange, match="没有待生效"):
        division_changes.withdraw(later)
    assert division_effect.apply_due(date(2027, 1, 1)) == []
    make(CLOSED)
    assert [one.state for one in division_changes.on_file()] == ["已生效", "已撤回"]
    with pytest.raises(CannotChange, match="已撤销"):
        division_changes.register(change(MERGE, day=date(2027, 2, 1)), "甲")
    make(step("rename", (D,), (D, "丁二")), day=date(2026, 11, 1))
    with pytest.raises(CannotChange, match="更早的变更"):
        division_changes.register(change(step("rename", (D,), (D, "丁三")), day=DAY), "甲")


def test_rows_scope_and_the_right_to_read_move_to_the_heir_and_no_further() -> None:
    with scoped(Reach(prefixes=("98",), unit_id=None, actor="service:index")) as connection:
        connection.execute(
            text("INSERT INTO address (id, region_code, text) VALUES ('x', :code, '一号楼')"),
            {"code": A},
        )
    name = fresh(Kind.FLOW)
    add(name, A, date(2026, 9, 3), 9)
    other = Reach(prefixes=(D,), unit_id=None, actor="t")
    september = PERIODS[3]
    assert read(name, september, now=True, prefix=D, who=other) == {}
    # Nobody moves a row but a change that is due, not even under the service's name.
    with (
        scoped(division_changes.WRITER) as connection,
        pytest.raises(DBAPIError, match="no change"),
    ):
        connection.execute(select(text("division_move('x', :a, :b)")).params(a=A, b=D))
    make(ACROSS)
    with scoped(other) as connection:
        assert connection.execute(text("SELECT region_code FROM address")).scalars().all() == [D]
    with scoped(Reach(prefixes=(NORTH,), unit_id=None, actor="t")) as connection:
        assert connection.execute(text("SELECT count(*) FROM address")).scalar() == 0
    assert read(name, september, now=True, prefix=D, who=other) == {D: 9}
    assert read(name, september, who=other, prefix=D) == {}
    stranger = Reach(prefixes=(C,), unit_id=None, actor="t")
    assert read(name, september, prefix=A, who=stranger) == {}
    with scoped(READER) as connection, pytest.raises(DBAPIError, match="row-level security"):
        connection.execute(insert(division_sight).values(old_code=A, heir_code=C))


def test_a_file_is_read_or_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "change.toml"
    head = 'day = 2026-10-08\ndocument = "市政函〔2026〕1号"\n'
    file.write_text(
        f'{head}[[step]]\nkind = "merge"\nold = ["{A}"]\ninto = [{{code = "{B}"}}]\n', "utf-8"
    )
    assert division_changes.read(file) == change(step("merge", (A,), (B,)))
    for body, why in (
        ("day = ", "不是 TOML"),
        (f'{head}[[step]]\nkind = "vanish"\n', "step.0.kind"),
        (f"{head}more = 1\n", "more"),
    ):
        file.write_text(body, "utf-8")
        with pytest.raises(CannotChange, match=why):
            division_changes.read(file)
    with pytest.raises(CannotChange, match="读不到"):
        division_changes.read(tmp_path / "none.toml")
    assert Heir(code="1") == Heir(code="1", name="", share="")
