"""A check says yes, no, or that it cannot be told; and what is not known never makes a no."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.functions.matters import rules
from portal.functions.matters.rules import BadCheckError, Fact, Known, Setting, Unknown, Verdict

SETTING = Setting(today=date(2026, 11, 24), region="9901")


def facts(**known: str | tuple[str, ...] | None) -> rules.Facts:
    """Facts under their names (``a__b`` for ``a.b``); ``None`` is one that nobody gave."""

    def fact(name: str) -> Fact:
        value = known.get(name.replace(".", "__"))
        if value is None:
            return Unknown(why=f"缺{name}")
        return Known(values=(value,) if isinstance(value, str) else value, source=name)

    return fact


@pytest.mark.parametrize(
    ("check", "known", "expected"),
    [
        ("age >= 80", {"age": "80"}, True),
        ("age >= 80", {"age": "79"}, False),
        ("age >= 80", {}, None),
        ("age >= 80", {"age": "八十"}, None),
        ("age == 80", {"age": "80"}, True),
        ("sex == '女'", {"sex": "男"}, False),
        ("a.state == '在保'", {"a__state": "在保"}, True),
        ("a.state == '在保'", {"a__state": "停保"}, False),
        ("a.state == '在保'", {"a__state": ("停保", "在保")}, True),
        ("a.state == '在保'", {"a__state": ()}, None),
        ("a.grade in ('一级', '二级')", {"a__grade": "二级"}, True),
        ("a.grade in ('一级', '二级')", {"a__grade": "三级"}, False),
        ("a.record", {"a__record": "是"}, True),
        ("a.record", {"a__record": "否"}, False),
        ("a.record and a.state == '在保'", {"a__record": "否"}, False),
        ("a.record and a.state == '在保'", {"a__record": "是"}, None),
        ("a.record or b.record", {"a__record": "是"}, True),
        ("a.record or b.record", {"a__record": "否"}, None),
        ("not a.record", {"a__record": "否"}, True),
        ("not a.record", {}, None),
        ("here(a.place)", {"a__place": "柳岸社区"}, True),
        ("here(a.place)", {"a__place": "990102000000"}, True),
        ("here(a.place)", {"a__place": "110101000000"}, False),
        ("here(a.place)", {}, None),
        ("months_since(a.day) >= 12", {"a__day": "2025-11-24"}, True),
        ("months_since(a.day) >= 12", {"a__day": "2025-11-25"}, False),
        ("months_since(a.day) >= 12", {"a__day": "2025-11"}, True),
        ("months_since(a.day) >= 12", {"a__day": "去年"}, None),
        ("age >= 80 or unknown", {"age": "80"}, True),
        ("age >= 80 or unknown", {"age": "79"}, None),
        ("a.record and unknown", {"a__record": "否"}, False),
        ("a.record and unknown", {"a__record": "是"}, None),
        ("a.sum < 1000", {"a__sum": "999.50"}, True),
        ("a.sum < 1000", {"a__sum": "NaN"}, None),
    ],
)
def test_what_a_check_says(
    check: str, known: dict[str, str | tuple[str, ...]], expected: bool | None
) -> None:
    assert rules.judge(check, facts(**known), SETTING).holds is expected


@pytest.mark.parametrize(
    "check",
    [
        "",
        "age",
        "age >=",
        "80 <= age",
        "age >= '80'",
        "age >= 80.5",
        "age > 1 > 0",
        "a.state != '在保'",
        "a.state not in ('在保',)",
        "a.state in '在保'",
        "a.state in ()",
        "a.b.c == '1'",
        "weight >= 80",
        "open('x')",
        "here(a.b, a.c)",
        "here('x')",
        "__import__('os').system('id')",
        "a.record if age else b.record",
        "[one for one in a.record]",
        "lambda: a.record",
        "a.state == True",
        "a.state == f'{age}'",
        "(" * 300 + "a.record" + ")" * 300,
    ],
)
def test_whatever_is_no_check_is_refused(check: str) -> None:
    with pytest.raises(BadCheckError, match="判断式"):
        rules.read(check)


def test_only_what_decided_is_named() -> None:
    found = rules.judge("age >= 80 or a.record", facts(age="90", a__record="否"), SETTING)
    assert [one.source for one in found.used] == ["age"]
    found = rules.judge("age >= 80 and a.record", facts(age="90"), SETTING)
    assert found.missing == ("缺a.record",)


def test_the_names_of_a_check_are_what_will_be_asked_for() -> None:
    check = "age >= 60 and (not a.record or here(b.place) or months_since(c.day) < 3)"
    assert set(rules.names(check)) == {"age", "a.record", "b.place", "c.day"}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], Verdict.UNKNOWN),
        ([Verdict.YES], Verdict.YES),
        ([Verdict.YES, Verdict.UNKNOWN], Verdict.UNKNOWN),
        ([Verdict.UNKNOWN, Verdict.NO], Verdict.NO),
        ([Verdict.YES, Verdict.NO], Verdict.NO),
    ],
)
def test_all_conditions_at_once(found: list[Verdict], expected: Verdict) -> None:
    assert rules.altogether(found) is expected


NAMES = ("a.x", "b.x", "c.x")
_ATOMS = st.sampled_from([f"{name} == '{value}'" for name in NAMES for value in "12"])
CHECKS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda three: f"({three[0]} {three[1]} {three[2]})"
        ),
        inner.map(lambda one: f"(not {one})"),
    ),
    max_leaves=8,
)
VALUES = st.fixed_dictionaries({name: st.sampled_from(["1", "2"]) for name in NAMES})


def _only(values: dict[str, str], kept: set[str]) -> rules.Facts:
    return facts(**{n.replace(".", "__"): v for n, v in values.items() if n in kept})


@given(CHECKS, VALUES, st.sets(st.sampled_from(NAMES)))
def test_knowing_less_never_turns_one_result_into_the_other(
    check: str, values: dict[str, str], kept: set[str]
) -> None:
    whole = rules.judge(check, _only(values, set(NAMES)), SETTING)
    part = rules.judge(check, _only(values, kept), SETTING)
    assert whole.holds is not None
    assert part.holds in (None, whole.holds)


@given(CHECKS)
def test_where_nothing_is_known_nothing_is_decided(check: str) -> None:
    found = rules.judge(check, _only({}, set()), SETTING)
    assert found.verdict is Verdict.UNKNOWN
    assert found.missing and not found.used


@given(CHECKS, VALUES)
def test_a_check_and_its_negation_are_never_of_one_mind(check: str, values: dict[str, str]) -> None:
    known = _only(values, set(NAMES))
    yes, no = rules.judge(check, known, SETTING), rules.judge(f"not ({check})", known, SETTING)
    assert {yes.holds, no.holds} == {True, False}
