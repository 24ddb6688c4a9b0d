"""Whom a suggestion names: by catalogue, by the past, by duty; every point has its sentence."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.affairs.dispatch import rules
from portal.affairs.dispatch.rules import Line, Lists, Past, Question, classify, fitting, rank
from portal.affairs.dispatch.words import Entry, ancestors
from portal.store.dispatch_texts import AdviceTexts

TEXTS = AdviceTexts()
CODE = "990102001001"
UNITS = {
    ("line:住建", "区县级"): "d-build",
    ("line:住建", "市级"): "c-build",
    ("line:城管", "区县级"): "d-city",
    ("line:供热", "市级"): "c-heat",
    ("place:street", "乡镇（街道）级"): "gov-street",
    ("place:community", "社区（村）级"): "com-1",
}


def _resolve(target: str, level: str) -> str | None:
    return UNITS.get((target, level))


def _line(
    number: int, code: str, region: str = "9901", condition: str = "", **body: object
) -> Line:
    whole = {"level": "区县级", "district": "line:住建", "city": "line:住建", **body}
    return Line(
        id=number,
        region_code=region,
        entry=Entry(code=code, name=f"事项{code}", condition=condition, body=whole),
    )


def _ask(code: str, text: str = "", never: frozenset[str] = frozenset()) -> Question:
    return Question(code=code, region_code=CODE, text=text, never=never)


def _past(number: int, unit_id: str, likeness: float = 0.5, shared: int = 12) -> Past:
    return Past(order_no=f"N{number}", title="暖气不热", unit_id=unit_id, likeness=likeness,
                shared=shared)  # fmt: skip


def test_the_codes_above_a_code() -> None:
    assert ancestors("01.04.01") == ("01.04.01", "01.04", "01")
    assert ancestors("") == ()


def test_the_most_exact_class_decides() -> None:
    lines = [_line(1, "01.04"), _line(2, "01.04.01"), _line(3, "01")]
    assert [one.id for one in fitting(_ask("01.04.01.02"), lines)] == [2]
    assert [one.id for one in fitting(_ask("01.05"), lines)] == [3]
    assert fitting(_ask("02"), lines) == ()


def test_a_condition_that_fits_goes_before_the_general_entry() -> None:
    lines = [_line(1, "01.04"), _line(2, "01.04", condition="小区内、院内")]
    assert [one.id for one in fitting(_ask("01.04", "我们院内路面塌了"), lines)] == [2, 1]
    assert [one.id for one in fitting(_ask("01.04", "路面塌了"), lines)] == [1]


def test_the_nearest_list_goes_first() -> None:
    lines = [_line(1, "01.04"), _line(2, "01.04", region="990102"), _line(3, "01", "990102001")]
    assert [one.id for one in fitting(_ask("01.04"), lines)] == [3, 2, 1]


def test_the_catalogue_names_the_unit_and_says_so() -> None:
    (best,) = rank(_ask("01.04"), Lists(catalogue=[_line(1, "01.04")]), [], _resolve, TEXTS)
    assert best.unit_id == "d-build"
    assert best.entry_id == 1
    assert "派单目录：01.04 事项01.04由区县级承办" in best.reasons[0]


def test_where_a_place_lacks_the_unit_the_next_level_up_takes_it_and_it_is_said() -> None:
    line = _line(1, "03", level="区县级", district="line:供热", city="line:供热")
    (best,) = rank(_ask("03"), Lists(catalogue=[line]), [], _resolve, TEXTS)
    assert best.unit_id == "c-heat"
    assert "市级（区县级未设对应单位）" in best.reasons[0]


def test_what_like_orders_ended_with_speaks_for_a_unit() -> None:
    past = [_past(1, "d-city"), _past(2, "d-city"), _past(3, "d-build"), _past(4, "x", 0.01)]
    ranked = rank(_ask("01"), Lists(), past, _resolve, TEXTS)
    assert [one.unit_id for one in ranked] == ["d-city", "d-build"]
    assert "同类相似事项 3 件，其中 2 件由该单位办结" in ranked[0].reasons[0]
    assert sum(one.points for one in ranked) == TEXTS.history


def test_near_orders_weigh_more_than_far_ones() -> None:
    past = [_past(1, "far", shared=6), _past(2, "near", shared=12)]
    assert [one.unit_id for one in rank(_ask("01"), Lists(), past, _resolve, TEXTS)] == [
        "near",
        "far",
    ]


def test_what_was_taken_back_from_townships_is_not_suggested_to_one() -> None:
    township = Line(id=9, region_code="9901", entry=Entry(
        code="01", name="执法", body={"type": "上级收回", "lead": "line:城管"}))  # fmt: skip
    street = _line(1, "01.01", level="乡镇（街道）级", street="place:street")
    lists = Lists(catalogue=[street], township=[township])
    ranked = rank(_ask("01.01"), lists, [_past(1, "gov-street")], _resolve, TEXTS)
    assert [one.unit_id for one in ranked] == ["d-city"]
    assert "已由上级收回" in ranked[0].reasons[0]


def test_the_most_exact_township_duty_decides() -> None:
    def line(number: int, code: str, kind: str) -> Line:
        return Line(id=number, region_code="9901",
                    entry=Entry(code=code, name=code, body={"type": kind}))  # fmt: skip

    lists = Lists(township=[line(1, "01", "上级收回"), line(2, "01.01", "配合履职")])
    assert rules.recalled(_ask("01.01.01"), lists) is None
    assert rules.helped(_ask("01.01.01"), lists) is not None
    assert rules.recalled(_ask("01.02"), lists) is not None


def test_the_unit_that_is_complained_about_is_never_named() -> None:
    lists = Lists(catalogue=[_line(1, "01")])
    past = [_past(1, "d-build"), _past(2, "d-city")]
    ranked = rank(_ask("01", never=frozenset({"d-build"})), lists, past, _resolve, TEXTS)
    assert [one.unit_id for one in ranked] == ["c-build", "d-city"]
    assert "市级（诉求反映下级单位，由上级办理）" in ranked[0].reasons[0]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("楼上漏水到我家", "02.02"),
        ("路面有个大坑，坑洼不平", "01.04"),
        ("什么都没说", ""),
    ],
)
def test_a_text_without_a_class_is_guessed_from_its_words(text: str, code: str) -> None:
    classes = [
        Entry(code="01.04", name="道路破损", body={"words": ["坑洼", "路面"]}),
        Entry(code="02.02", name="漏水纠纷", body={"words": ["漏水", "楼上漏水"]}),
    ]
    found = classify(text, classes)
    assert (found[0].code if found else "") == code


_units = st.sampled_from(["a", "b", "c", "d-build", "gov-street"])
_pasts = st.lists(
    st.builds(
        _past,
        st.integers(0, 99),
        _units,
        st.floats(0, 1),
        st.sampled_from([4, 6, 9, 12]),
    ),
    max_size=30,
)
_lines = st.lists(
    st.builds(
        _line,
        st.integers(1, 99),
        st.sampled_from(["01", "01.04", "01.04.01"]),
        st.sampled_from(["9901", "990102", "990102001"]),
        st.sampled_from(["", "院内"]),
    ),
    max_size=8,
)


@given(_lines, _pasts, st.randoms())
def test_points_are_the_sum_of_what_is_said(
    lines: list[Line], past: list[Past], random: object
) -> None:
    """Every point has a sentence, and the order of the rows from the database changes nothing."""
    lists = Lists(catalogue=lines)
    ranked = rank(_ask("01.04.01", "院内路面"), lists, past, _resolve, TEXTS)
    for one in ranked:
        said = [int(found) for r in one.reasons for found in re.findall(r"（([+-]\d+)）$", r)]
        assert len(said) == len(one.reasons)
        assert abs(sum(said) - one.points) <= len(said)  # each sentence is rounded by itself
    assert [one.points for one in ranked] == sorted((one.points for one in ranked), reverse=True)
    shuffled = sorted(past, key=lambda one: (one.unit_id, one.order_no), reverse=True)
    again = rank(_ask("01.04.01", "院内路面"), lists, shuffled, _resolve, TEXTS)
    assert [(o.unit_id, o.points) for o in again] == [(o.unit_id, o.points) for o in ranked]
