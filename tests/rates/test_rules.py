"""一比三率: the arithmetic of rates, scores, places and zones, case by case and as properties."""

import itertools
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from portal.affairs.rates import standings
from portal.affairs.rates.counts import (
    Counts,
    Share,
    change,
    change_words,
    per_10k,
    points,
    rounded,
    shares,
)
from portal.affairs.rates.standings import BLUE, RED, YELLOW, Entrant, Standing, stand
from portal.settings import ROOT
from portal.store.citypack import read_pack
from portal.store.scheme_texts import Scheme

XINING = read_pack(ROOT / "city" / "xining", production=True).evaluation
DEFAULT = XINING.scheme
assert DEFAULT is not None
SCHEME: Scheme = DEFAULT
SIX = Decimal("0.6")


def counts(**over: int) -> Counts:
    """A unit that did well: 100 orders, all answered, 20 visited."""
    plain = {
        "dispatched": 100, "accepted": 100, "responded": 100, "closed": 100, "due": 100,
        "on_time": 100, "visited": 20, "resolved": 20, "asked": 20, "satisfied": 20,
    }  # fmt: skip
    return Counts(**{**plain, **over})


def entrant(name: str = "甲", before: tuple[Decimal | None, ...] = (), **over: int) -> Entrant:
    return Entrant(id=name, name=name, region_code="990102", counts=counts(**over), before=before)


def only(one: Entrant, scheme: Scheme = SCHEME) -> Standing:
    return stand([one], scheme)[0]


# -- rates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "over", "percent"),
    [
        ("responded", {"accepted": 80, "responded": 72}, "90.00"),
        ("closed", {"closed": 98}, "98.00"),
        ("closed", {"closed": 103}, "103.00"),  # arrears worked off: shown as it is
        ("on_time", {"due": 3, "on_time": 2}, "66.67"),
        ("resolved", {"visited": 8, "resolved": 7}, "87.50"),
        ("satisfied", {"asked": 10, "satisfied": 7, "basically": 2}, "82.00"),
        ("satisfied", {"asked": 3, "satisfied": 0, "basically": 1}, "20.00"),
        ("returned", {"dispatched": 1000, "returned": 37}, "3.70"),
    ],
)
def test_a_rate_is_divided_at_the_end(rate: str, over: dict[str, int], percent: str) -> None:
    assert shares(counts(**over), SIX)[rate].percent == Decimal(percent)


def test_nothing_counted_is_no_sample_and_never_100_percent() -> None:
    for one in shares(Counts(), SIX).values():
        assert one.value is None
        assert one.words == "无样本"


def test_a_rate_shows_what_is_behind_it() -> None:
    rate = shares(counts(asked=10, satisfied=7, basically=2), SIX)["satisfied"]
    assert rate.behind == "8.2/10"
    assert shares(counts(), SIX)["responded"].behind == "100/100"
    assert Share(numerator=Fraction(0), denominator=10).behind == "0/10"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1/200", "0.01"),
        ("-1/200", "-0.01"),
        ("1/3", "0.33"),
        ("2/3", "0.67"),
        ("99995/1000", "100.00"),
    ],
)
def test_halves_are_rounded_away_from_nought(value: str, shown: str) -> None:
    assert str(rounded(Fraction(value))) == shown


@pytest.mark.parametrize(
    ("received", "population", "ratio"),
    [(489, 489_372, "9.99"), (0, 1000, "0.00"), (7, None, None), (7, 0, None)],
)
def test_demands_per_ten_thousand(received: int, population: int | None, ratio: str | None) -> None:
    assert per_10k(received, population) == (None if ratio is None else Decimal(ratio))


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (110, 100, "升10.00%"),
        (90, 100, "降10.00%"),
        (5, 5, "持平"),
        (5, 0, "无可比"),
        (5, None, "无可比"),
    ],
)
def test_a_movement_in_words(now: int, before: int | None, words: str) -> None:
    assert change_words(change(now, before)) == words


def test_a_rate_moves_by_percentage_points() -> None:
    assert points(Decimal("97.10"), Decimal("95.00")) == "升2.10个百分点"
    assert points(Decimal("95.00"), Decimal("95.00")) == "持平"
    assert points(None, Decimal("95.00")) == "无可比"


# -- scores and places --------------------------------------------------------------------------


def test_the_score_weighs_ten_forty_five_forty_five() -> None:
    one = only(entrant(responded=90, resolved=18, asked=20, satisfied=10, basically=5))
    # 90 % × 10 + 90 % × 45 + (10 + 3) / 20 × 45
    assert one.score == Decimal("78.75")
    assert standings.parts(one.rates, SCHEME) == (
        ("响应率", Decimal("9.00")),
        ("解决率", Decimal("40.50")),
        ("满意率", Decimal("29.25")),
    )


def test_a_rate_above_100_counts_as_100() -> None:
    closing = SCHEME.model_copy(
        update={
            "rates": tuple(
                one.model_copy(update={"weight": Decimal(100 if one.id == "closed" else 0)})
                for one in SCHEME.rates
            )
        }
    )
    assert only(entrant(closed=130), closing).score == Decimal("100.00")


def test_without_a_sample_there_is_no_score_and_no_place() -> None:
    found = stand([entrant("甲"), entrant("乙", visited=0, resolved=0)], SCHEME)
    assert [(one.entrant.id, one.place, one.zone, one.flag) for one in found] == [
        ("甲", 1, BLUE, ""),
        ("乙", None, None, "无样本"),
    ]
    assert found[1].reasons == ("解决率没有样本，不计得分",)


def test_a_small_sample_is_flagged_and_ranked_only_where_the_city_wants_it() -> None:
    small = entrant(visited=4, resolved=1, asked=4, satisfied=1)
    assert (only(small).flag, only(small).place, only(small).zone) == ("样本不足", None, None)
    assert only(small).reasons == ("有效回访4件，少于5件，不参加排位",)
    ranked = only(small, SCHEME.model_copy(update={"small_sample_ranked": True}))
    assert (ranked.flag, ranked.place, ranked.zone) == ("样本不足", 1, RED)
    assert only(entrant(visited=5, resolved=5, asked=5, satisfied=5)).flag == ""


def test_equal_scores_share_a_place() -> None:
    scores = {"甲": Decimal(90), "乙": Decimal(95), "丙": Decimal(90), "丁": Decimal(80)}
    assert standings.places(scores) == {"乙": 1, "甲": 2, "丙": 2, "丁": 4}


@pytest.mark.parametrize(
    ("scores", "percent", "lowest"),
    [
        ([99, 98, 97, 96, 95, 94, 93], 10, set()),  # seven districts: nobody has to be last
        ([*range(81, 101)], 10, {"0", "1"}),
        ([80, 80, 80, *range(84, 101)], 10, set()),  # a tie is not split
        ([80, *range(82, 101)], 0, set()),
    ],
)
def test_the_lowest_tenth(scores: list[int], percent: int, lowest: set[str]) -> None:
    given = {str(place): Decimal(one) for place, one in enumerate(scores)}
    assert standings.bottom(given, percent) == lowest


# -- zones --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "over", "zone", "word"),
    [
        ((), {}, BLUE, "没有其他情形"),
        ((), {"on_time": 99}, YELLOW, "超期1件（黄区）"),
        ((), {"urgent_late": 1}, RED, "紧急工单逾期未办结1件（红区）"),
        ((), {"resolved": 18}, BLUE, "综合得分95.50"),
        ((), {"resolved": 17}, YELLOW, "在85至95之间"),
        ((), {"resolved": 13}, RED, "低于85"),
        ((Decimal("100.10"), Decimal("100.20")), {}, YELLOW, "连续2期下降"),
        ((Decimal("100.10"), Decimal("100.05")), {}, BLUE, "没有其他情形"),
        ((Decimal("100.10"), None), {}, BLUE, "没有其他情形"),
    ],
)
def test_zones(
    before: tuple[Decimal | None, ...], over: dict[str, int], zone: str, word: str
) -> None:
    found = only(entrant(before=before, **over))
    assert found.zone == zone
    assert word in "；".join(found.reasons)


def test_the_worst_ground_decides_and_all_are_told() -> None:
    found = only(entrant(resolved=17, on_time=98, urgent_late=1))
    assert found.zone == RED
    assert [one[-3:-1] for one in found.reasons] == ["红区", "黄区", "黄区"]


def test_the_lowest_of_many_is_red() -> None:
    many = [entrant(str(n), resolved=20 if n else 19) for n in range(10)]
    found = {one.entrant.id: one.zone for one in stand(many, SCHEME)}
    assert found["0"] == RED
    assert {zone for name, zone in found.items() if name != "0"} == {BLUE}


def test_the_rules_stand_beside_the_zones_and_change_with_them() -> None:
    words = "；".join(standings.rule_words(SCHEME))
    assert "蓝区（好）：综合得分95以上且没有超期工单" in words
    assert (
        "后10%" in words
        and "连续2期下降" in words
        and "期末有紧急工单逾期未办结（期内逾期后已办结的，计入超期" in words
    )
    bare = SCHEME.zones.model_copy(
        update={"falls_to_yellow": 0, "bottom_percent": 0, "urgent_overdue_is_red": False}
    )
    words = "；".join(standings.rule_words(SCHEME.model_copy(update={"zones": bare})))
    assert "下降" not in words and "后10%" not in words and "紧急" not in words


# -- properties ---------------------------------------------------------------------------------


@st.composite
def any_counts(draw: st.DrawFn) -> Counts:
    def pair(top: int = 60) -> tuple[int, int]:
        whole = draw(st.integers(0, top))
        return whole, draw(st.integers(0, whole))

    accepted, responded = pair()
    due, on_time = pair()
    visited, resolved = pair()
    asked, good = pair()
    satisfied = draw(st.integers(0, good))
    return Counts(
        dispatched=accepted, accepted=accepted, responded=responded, due=due, on_time=on_time,
        visited=visited, resolved=resolved, asked=asked, satisfied=satisfied,
        basically=good - satisfied, closed=draw(st.integers(0, 90)),
    )  # fmt: skip


@given(st.lists(any_counts(), min_size=1, max_size=12))
def test_a_total_is_never_better_than_its_best_part_nor_worse_than_its_worst(
    given_counts: list[Counts],
) -> None:
    whole = sum(given_counts, Counts())
    for name, share in shares(whole, SIX).items():
        values = [v for one in given_counts if (v := shares(one, SIX)[name].value) is not None]
        if share.value is None:
            assert not values
        elif name != "closed":  # what is closed may belong to a period in which nothing came in
            assert min(values) <= share.value <= max(values)


@given(st.lists(any_counts(), min_size=1, max_size=25))
def test_places_follow_scores_and_nobody_without_a_sample_has_one(found: list[Counts]) -> None:
    entrants = [
        Entrant(id=str(n), name=str(n), region_code=f"{n:06}", counts=one)
        for n, one in enumerate(found)
    ]
    league = stand(entrants, SCHEME)
    assert {one.entrant.id for one in league} == {one.id for one in entrants}
    ranked = [one for one in league if one.ranked]
    assert ranked == league[: len(ranked)]
    for left, right in itertools.pairwise(ranked):
        assert left.score is not None and right.score is not None
        assert left.score >= right.score
        assert (left.place == right.place) == (left.score == right.score)
    for one in league:
        assert one.score is None or 0 <= one.score <= 100
        assert one.ranked == (one.zone is not None)
        assert one.ranked or one.flag in ("无样本", "样本不足")
        assert one.reasons


@given(st.lists(any_counts(), min_size=1, max_size=12), st.randoms())
def test_the_order_of_asking_changes_nothing(found: list[Counts], chance: object) -> None:
    entrants = [
        Entrant(id=str(n), name=str(n), region_code=f"{n:06}", counts=one)
        for n, one in enumerate(found)
    ]
    mixed = list(entrants)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert stand(mixed, SCHEME) == stand(entrants, SCHEME)


@given(any_counts(), st.decimals(0, 1, places=2), st.decimals(0, 1, places=2))
def test_a_higher_weight_of_basically_satisfied_never_lowers_the_rate(
    one: Counts, low: Decimal, high: Decimal
) -> None:
    low, high = sorted((low, high))
    lower, higher = shares(one, low)["satisfied"].value, shares(one, high)["satisfied"].value
    assert (lower is None) == (higher is None)
    if lower is not None and higher is not None:
        assert lower <= higher <= 1


# -- the scheme as data -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rates": [{"id": "responded", "name": "响应率", "rule": "", "weight": 90}]}, "现为90"),
        (
            {"rates": [{"id": "closed", "name": "办结率", "rule": "", "weight": 50}] * 2},
            "只能出现一次",
        ),
        ({"zones": {"blue_from": 80, "yellow_from": 85}}, "蓝区的下限须高于黄区"),
        ({"basically_satisfied": 1.2}, "basically_satisfied"),
        ({"personal": True}, "personal"),
    ],
)
def test_a_scheme_that_cannot_be_meant_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Scheme.model_validate({**SCHEME.model_dump(), **changes})


def test_the_citys_scheme_is_a_marked_default_and_its_quotations_name_their_sources() -> None:
    text = (ROOT / "city" / "xining" / "schemes.toml").read_text("utf-8")
    assert "系统默认，可修改" in text
    assert {one.id: int(one.weight) for one in SCHEME.scoring} == {
        "responded": 10,
        "resolved": 45,
        "satisfied": 45,
    }
    assert SCHEME.basically_satisfied == SIX
    assert all(one.source for one in XINING.published)
    assert [one.satisfied for one in XINING.published if one.period == "2025年全年"] == ["97.5%"]
