"""从一件到一类: alike demands of one place become one matter, the same way every time."""

from datetime import date, timedelta
from random import Random
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.affairs.dispatch import clusters
from portal.affairs.dispatch.cluster_rules import Demand, alike, grams, groups
from portal.affairs.orders import intake
from portal.store import clock
from portal.store.dispatch_texts import ClusterTexts
from tests.orders import world

TEXTS = ClusterTexts(days=14, before=28, least=3, likeness=0.18, most=20, grown=1.5)
HEAT = ["家里暖气不热", "暖气片不热太冷", "三单元暖气不热", "暖气一直不热"]
NOISE = ["广场舞噪音扰民", "晚上广场舞音响噪音", "广场舞噪音太大"]


def _demand(number: int, title: str, place: str = "990102001001", code: str = "03.01") -> Demand:
    return Demand(
        id=uuid5(UUID(int=1), str(number)),
        order_no=f"N{number:04}",
        region_code=place,
        code=code,
        title=title,
        day=date(2026, 11, 1 + number % 14),
        open=True,
    )


def _all(*titles: str) -> list[Demand]:
    return [_demand(number, title) for number, title in enumerate(titles)]


def test_words_join_what_is_alike_and_part_what_is_not() -> None:
    found = groups(_all(*HEAT, *NOISE, "自行车丢了"), {}, TEXTS)
    assert [len(one.orders) for one in found] == [4, 3]
    assert found[0].title in HEAT
    assert "不热" in found[0].words
    assert "近 14 天同一地方同类诉求 4 件（未办结 4 件）" in found[0].reason


def test_other_places_and_classes_are_other_matters() -> None:
    there = [_demand(n, t, place="990102001002") for n, t in enumerate(HEAT[:2], 50)]
    other = [_demand(n, t, code="03.02") for n, t in enumerate(HEAT[:2], 70)]
    assert groups([*_all(*HEAT[:2]), *there, *other], {}, TEXTS) == ()


@pytest.mark.parametrize(
    ("before", "trend"), [(0, "新出现"), (4, "上升"), (8, "持平"), (16, "下降")]
)
def test_the_trend_compares_day_with_day(before: int, trend: str) -> None:
    """Four in fourteen days; eight in twenty-eight is as many."""
    (one,) = groups(_all(*HEAT), {("990102001001", "03.01"): before}, TEXTS)
    assert one.trend == trend
    assert f"此前 28 天同类 {before} 件" in one.reason


def test_where_something_is_does_not_make_it_alike() -> None:
    assert grams("3号楼2单元") == grams("12号楼1单元")
    assert alike(grams(""), grams("")) == 0


@given(
    st.lists(
        st.tuples(st.sampled_from([*HEAT, *NOISE, "其他"]), st.sampled_from("12")), max_size=25
    ),
    st.integers(0, 9),
)
def test_the_order_of_the_rows_changes_nothing_and_nobody_is_twice(
    rows: list[tuple[str, str]], seed: int
) -> None:
    demands = [
        _demand(number, title, place=f"99010200100{place}")
        for number, (title, place) in enumerate(rows)
    ]
    found = groups(demands, {}, TEXTS)
    shuffled = list(demands)
    Random(seed).shuffle(shuffled)
    assert groups(shuffled, {}, TEXTS) == found
    ids = [one.id for group in found for one in group.orders]
    assert len(ids) == len(set(ids))
    assert all(len(group.orders) >= TEXTS.least for group in found)
    assert all(len({(o.region_code, o.code) for o in group.orders}) == 1 for group in found)


def _taken(count: int, start: int = 0, **over: object) -> None:
    intake.take(
        [world.demand(f"{start + n}", title=f"{n}单元楼道堆放杂物", **over) for n in range(count)]
    )


@pytest.mark.usefixtures("hailing")
def test_clusters_stay_in_the_scope_and_leave_out_what_is_confidential(
    frozen: clock.FrozenClock,
) -> None:
    _taken(3, received_at=clock.now() - timedelta(days=30))
    _taken(5, start=100)
    _taken(5, start=200, region_code="990103100001")
    _taken(5, start=300, region_code="990102001002", confidential=True)
    found = clusters.clusters(world.command())
    assert [(one.region_code, one.count, one.before) for one in found.found] == [
        ("990102001001", 5, 3),
        ("990103100001", 5, 0),
    ]
    assert (found.complete, found.looked_at) == (True, 10)
    first = found.found[0]
    assert (first.class_name, first.trend, first.open_count) == ("楼道堆物", "上升", 5)
    assert len(first.order_nos) == 5
    own = clusters.clusters(world.district())
    assert [one.region_code for one in own.found] == ["990102001001"]
    assert clusters.clusters(world.urban()).found == ()
    assert clusters.clusters(world.command(), region_code="990103").found[0].count == 5
