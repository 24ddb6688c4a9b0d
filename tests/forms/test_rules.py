"""What a form may ask, where it overlaps, what a cell may hold, who is who."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.affairs.forms import fill, formula, rules
from portal.affairs.forms.formula import FormulaError
from portal.affairs.forms.rules import Asker
from portal.affairs.forms.words import AUTO, CHANGED, MISSING, TYPED, Cell, Held, HeldField
from portal.affairs.forms.words import HeldMeasure as Measure
from portal.store.form_texts import AdmittedText, FieldText, FormText, FormTexts
from portal.store.measure_words import Value

HELD = Held(
    measures={
        "residents": Measure(id="residents", name="实有人口", system_id="grid", system_name="网格")
    },
    fields={"grid.phone": HeldField(id="grid.phone", label="联系电话", system_name="网格")},
    systems={"grid": "网格"},
)
TEXTS = FormTexts(admitted=(AdmittedText(id="people", name="人口服务"),))


def field(name: str, title: str = "", **over: Any) -> FieldText:
    return FieldText(name=name, title=title or f"栏目{name}", **over)


def form(*fields: FieldText, **over: Any) -> FormText:
    values: dict[str, Any] = {
        "id": "a", "number": "西统〔2026〕1", "title": "人口表", "issuer": "市统计局",
        "approval": "备〔2026〕3", "valid_until": date(2027, 1, 1), "matter": "people",
    }  # fmt: skip
    return FormText(fields=fields, **{**values, **over})


SAID = [
    (field("x", source="measure", bind="gone"), "没有可取的来源“measure:gone”"),
    (field("x", source="index", bind="elsewhere"), "没有可取的来源"),
    (field("x", source="index", bind="system:nobody"), "没有可取的来源"),
    (field("x", source="person", bind="name"), "没有可取的来源"),  # in a summary
    (field("x", source="place", bind="weather"), "没有可取的来源"),
    (field("x", title="实有人口数（人）"), "“网格”的统计指标“实有人口”已有此项"),
    (field("x", title="联系电话", kind="text"), "“网格”的信息项“联系电话”已有此项"),
    (field("x", kind="text", source="measure", bind="residents", most=3), "各类名称的统计指标"),
    (field("x", source="formula", bind="y + 1"), "引用了表外栏目：y"),
    (field("x", source="formula", bind=""), "没有写公式"),
    (field("x", source="formula", bind="x + 1"), "成环：x → x"),
    (field("x", source="formula", bind="__import__('os')"), "公式只能用栏目名"),
    (field("x", check="x <= elsewhere"), "表外栏目：elsewhere"),
]


@pytest.mark.parametrize(("one", "words"), SAID)
def test_what_a_form_may_not_ask_is_named_with_its_place(one: FieldText, words: str) -> None:
    (fault,) = rules.faults(form(one), HELD, TEXTS)
    assert words in str(fault)
    assert one.title in str(fault) or fault.place == "公式"


def test_a_sound_form_has_no_fault_and_must_serve_an_admitted_matter() -> None:
    sound = form(
        field("a", source="measure", bind="residents"),
        field("b", source="index", bind="system:grid", check="b <= a"),
        field("c", source="formula", bind="a - b"),
        field("d", title="下月打算", kind="text"),
    )
    assert rules.faults(sound, HELD, TEXTS) == ()
    stray = sound.model_copy(update={"matter": "other"})
    assert [str(one) for one in rules.faults(stray, HELD, TEXTS)] == [
        "表头：没有这项准入事项，请从准入清单中选择"
    ]
    assert rules.refused(form(field("x", title="联系电话"), field("y", title="备注")), HELD) == ()
    assert rules.refused(form(field("x", title="联系电话", kind="text")), HELD) == (
        ("联系电话", "“网格”的信息项“联系电话”"),
    )


def test_two_formulas_that_need_each_other_are_a_circle() -> None:
    made = form(
        field("a", source="formula", bind="b + 1"), field("b", source="formula", bind="a - 1")
    )
    assert [one.words for one in rules.faults(made, HELD, TEXTS)] == ["公式互相引用成环：a → b → a"]
    twice = form(field("a"), field("a"))
    assert "重复" in str(rules.faults(twice, HELD, TEXTS)[0])


HEADS = [
    ({}, ()),
    ({"number": " "}, ("缺少表号",)),
    ({"approval": ""}, ("缺少批准（备案）文号",)),
    ({"valid_until": None}, ("缺少有效期",)),
    ({"valid_until": date(2026, 11, 22)}, ("有效期已于 2026-11-22 届满",)),
    ({"valid_until": date(2026, 11, 23)}, ()),
]


@pytest.mark.parametrize(("over", "said"), HEADS)
def test_a_head_that_lacks_something_says_what(over: dict[str, Any], said: tuple[str, ...]) -> None:
    assert rules.head_faults(form(field("a"), **over), date(2026, 11, 23)) == said


def test_overlap_counts_equal_bindings_and_equal_titles() -> None:
    one = form(
        field("place", source="place", bind="name"),
        field("a", source="measure", bind="residents"),
        field("b", title="其中：空巢老人户数"),
        field("c", title="下月打算", kind="text"),
        field("d", source="measure", bind="residents", from_age=60),
    )
    other = form(
        field("place", source="place", bind="name"),
        field("x", title="总人口", source="measure", bind="residents"),
        field("y", title="空巢老人户数（户）"),
        id="b", title="另表", number="2",
    )  # fmt: skip
    (found,) = rules.overlaps(one, [other, one], 30)
    assert (found.percent, found.shared) == (50, ("栏目a", "其中：空巢老人户数"))
    assert rules.overlaps(one, [other], 51) == ()


TIDY = [
    ("number", " 1,234 ", "1234", ""),
    ("number", "１２", "12", ""),
    ("number", "3.50", "3.5", ""),
    ("number", "100", "100", ""),
    ("number", "约十户", "", "“约十户”不是数字"),
    ("number", "NaN", "", "“NaN”不是可用的数字"),
    ("number", "", "", ""),
    ("date", "2026年11月5日", "", "“2026年11月5日”不是日期，请写成 2026-11-05 的样子"),
    ("date", "2026/11/05", "2026-11-05", ""),
    ("text", " =1+1 ", "=1+1", ""),
    ("text", "长" * 501, "", "超过 500 个字"),
]


@pytest.mark.parametrize(("kind", "raw", "value", "fault"), TIDY)
def test_what_a_cell_may_hold(kind: Any, raw: str, value: str, fault: str) -> None:
    assert rules.tidy(field("a", kind=kind), raw) == (value, fault)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9))
def test_a_number_that_was_tidied_stays_as_it_is(number: Decimal) -> None:
    once, fault = rules.tidy(field("a"), str(number))
    assert (rules.tidy(field("a"), once), fault) == ((once, ""), "")
    assert Decimal(once) == number


@given(st.integers(-999, 999), st.integers(-999, 999))
def test_formulas_reckon_as_arithmetic_does(one: int, other: int) -> None:
    given_ = {"a": Decimal(one), "b": Decimal(other)}
    assert formula.value("(a + b) * 2 - -a", given_) == (one + other) * 2 + one
    assert formula.holds("a <= b", given_) is (one <= other)
    assert formula.value("a / b", given_) == (Decimal(one) / other if other else None)
    assert formula.value("a + c", {**given_, "c": None}) is None


@given(st.text(max_size=40))
def test_any_text_is_a_formula_or_refused(text: str) -> None:
    try:
        formula.value(text, dict.fromkeys(formula.names(text), Decimal(1)))
    except FormulaError:
        return


def test_formulas_follow_cells_but_not_over_what_a_person_wrote() -> None:
    made = form(
        field("a"),
        field("b"),
        field("c", source="formula", bind="100 * b / a"),
        field("d", source="formula", bind="c + 1"),
    )
    cells = {"0.a": Cell(value="3", state=AUTO), "0.b": Cell(value="2", state=TYPED)}
    rules.compute(made, cells, [0])
    assert (cells["0.c"].value, cells["0.d"].value) == ("66.67", "67.67")
    cells["0.c"] = Cell(value="70", state=CHANGED)
    cells["0.a"] = Cell(value="0", state=AUTO)
    rules.compute(made, cells, [0])
    assert (cells["0.c"].value, cells["0.d"].value) == ("70", "71")
    cells["0.c"] = Cell()
    rules.compute(made, cells, [0])
    assert (cells["0.c"].state, cells["0.d"].state) == (MISSING, MISSING)
    counted = rules.count(made, cells, [0])
    assert (counted.asked, counted.auto, counted.typed, counted.percent) == (4, 1, 1, 25)
    hours = counted.hours(FormTexts(minutes_per_cell=Decimal(60)))
    assert (hours.before, hours.after, hours.saved) == (4, 3, 1)
    said = [str(one) for one in rules.lacking(made, cells, [0])]
    assert said == ["“栏目c”：没有填写", "“栏目d”：没有填写"]


def test_a_check_that_fails_is_named_and_one_that_cannot_be_asked_is_not() -> None:
    made = form(field("a"), field("b", check="b <= a"), layout="名册")
    cells = {"1.a": Cell(value="1"), "1.b": Cell(value="2"), "2.b": Cell(value="2")}
    assert [str(one) for one in rules.lacking(made, cells, [1, 2])] == [
        "第 1 行“栏目b”：不符合校验 b <= a",
        "第 2 行“栏目a”：没有填写",
    ]


PERIODS = [
    ("周", date(2026, 11, 25), date(2026, 11, 23), date(2026, 11, 30)),
    ("月", date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1)),
    ("季", date(2026, 11, 1), date(2026, 10, 1), date(2027, 1, 1)),
    ("年", date(2026, 2, 28), date(2026, 1, 1), date(2027, 1, 1)),
]


@pytest.mark.parametrize(("cycle", "day", "first", "after"), PERIODS)
def test_the_period_a_day_lies_in(cycle: str, day: date, first: date, after: date) -> None:
    assert rules.period_of(cycle, day) == (first, after)


def asker(unit: str, level: str, prefix: str, *rights: str) -> Asker:
    return Asker(unit_id=unit, level=level, prefixes=(prefix,) if prefix else (),
                 rights=frozenset(rights))  # fmt: skip


WHO = [
    (asker("dept", "city", "", "draft"), {"制定单位"}),
    (asker("other", "city", "", "draft"), set()),
    (asker("gov", "city", "99", "approve"), {"审批单位"}),
    (asker("gov-9901", "district", "9901", "approve"), set()),
    (asker("dept", "city", "99", "approve", "draft"), {"制定单位"}),
]


@pytest.mark.parametrize(("who", "expected"), WHO)
def test_who_is_who_towards_a_form(who: Asker, expected: set[str]) -> None:
    assert rules.form_kinds(who, "dept", "9901") == expected


COMMUNITY = "990102001001"
FILLS = [
    (asker("com", "community", COMMUNITY, "fill"), {"填报单位"}),
    (asker("com-2", "community", "990102001002", "fill"), set()),
    (asker("town", "street", "990102001", "check"), {"填报单位", "审核单位"}),
    (asker("town-2", "street", "990102002", "check"), set()),
    (asker("gov", "district", "990102", "lock"), {"锁定单位"}),
    (asker("gov", "district", "990103", "lock"), set()),
]


@pytest.mark.parametrize(("who", "expected"), FILLS)
def test_who_is_who_towards_an_answer(who: Asker, expected: set[str]) -> None:
    assert rules.answer_kinds(who, "com", COMMUNITY) == expected


@given(
    st.sampled_from(["a * b", "a * a * a", "a / b", "a - b * 0.1", "a * b / b"]),
    st.decimals("-999999999999999", "999999999999999", places=2),
    st.decimals("-999999999999999", "999999999999999", places=2),
)
def test_a_formula_gives_a_number_that_a_cell_can_hold_or_none(
    text: str, a: Decimal, b: Decimal
) -> None:
    made = form(field("a"), field("b"), field("c", source="formula", bind=text))
    cells = {"0.a": Cell(value=f"{a:f}", state=TYPED), "0.b": Cell(value=f"{b:f}", state=TYPED)}
    rules.compute(made, cells, [0])
    there = cells["0.c"]
    assert (there.state == AUTO) == bool(there.value)
    assert rules.tidy(made.fields[2], there.value) == (there.value, "")


def test_a_number_too_large_for_a_cell_is_missing() -> None:
    made = form(field("a"), field("c", source="formula", bind="a * a"))
    cells = {"0.a": Cell(value="99999999999999", state=TYPED)}
    rules.compute(made, cells, [0])
    assert (cells["0.c"].value, cells["0.c"].state) == ("", MISSING)


NAMES = {"01.01": "市容秩序", "01.02": "市政设施", "02.01": "噪声", "02.02": "供暖"}
DEMANDS = Measure(
    id="classes", name="受理量", system_id="platform:orders", system_name="本平台", unit="件",
    parts=lambda: NAMES, whole="all",
)  # fmt: skip


@pytest.mark.parametrize(
    ("numbers", "whole", "names", "words"),
    [
        ({}, 0, NAMES, "无"),
        ({}, 4, NAMES, "无；另有 4 件未归类"),
        ({"02.01": 2}, 2, NAMES, "噪声 2 件"),
        ({"01.01": 5, "01.02": 1, "02.01": 3, "02.02": 2}, 12, NAMES,
         "市容秩序 5 件、噪声 3 件、供暖 2 件；另有 1 件未归类"),
        ({"01": 9, "01.01": 5, "01.02": 2, "02.01": 3, "02.02": 2}, 12, NAMES,
         "市容秩序 5 件、噪声 3 件、供暖 2 件、市政设施 2 件"),
        ({"02.01": 2}, 2, {}, ""),  # nobody knows what the class is called
    ],
)  # fmt: skip
def test_the_largest_parts_are_named_and_what_belongs_to_none_is_told(
    numbers: dict[str, int], whole: int, names: dict[str, str], words: str
) -> None:
    one = field("x", kind="text", source="measure", bind="classes", most=3)
    known = Held(measures={"classes": DEMANDS})
    assert rules.faults(form(one), known, TEXTS) == ()

    def told(measure: str, part: str, number: int) -> Value:
        return Value(measure=measure, region_code="990102001001", slice=part,
                     system_id="platform:orders", numerator=number, denominator=0)  # fmt: skip

    read = fill.Read(
        values={
            ("classes", "990102001001"): [told("classes", *each) for each in numbers.items()],
            ("all", "990102001001"): [told("all", "", whole)],
        },
        as_of={"classes": "2026-11-27"},
        parts={"classes": names},
    )
    made = fill.cell(one, "990102001001", known, read)
    assert (made.value, made.state) == (words, AUTO if words else MISSING)


@pytest.mark.parametrize(
    ("title", "refused"),
    [("手机号码", True), ("本人的手机号码（必填）", True), ("联系方式", True),
     ("监护人电话", False), ("手机型号", False)],
)  # fmt: skip
def test_another_word_for_what_a_system_holds_is_refused_and_told_how_to_bind(
    title: str, refused: bool
) -> None:
    same = rules.alike([["联系电话", "手机号码", "联系方式", "本人手机号码"]])
    known = replace(HELD, same=same)
    asked = field("x", title=title, kind="text")
    told = "“网格”的信息项“联系电话”（来源填“业务系统”，取数填“网格·联系电话”）"
    roster = form(asked).model_copy(update={"layout": "名册"})
    assert rules.refused(roster, known) == (((title, told),) if refused else ())
    assert rules.refused(roster, HELD) == ()  # the words are the city's, none are built in
