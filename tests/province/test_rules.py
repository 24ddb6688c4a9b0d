"""What a form of the province becomes here, and what stays of an answer: pure rules."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.affairs.forms import keeping
from portal.affairs.forms.province import rules
from portal.affairs.forms.province.rules import Ground
from portal.affairs.forms.words import AUTO, CHANGED, MISSING, TYPED, Cell, Cells
from portal.connectors.province import dialect
from portal.connectors.province.words import Issued, Listed
from portal.settings import ROOT
from portal.store import form_texts, province_texts
from portal.store.form_texts import FormTexts
from portal.store.measure_words import Topic
from portal.store.province_texts import MappedText, ProvinceTexts
from tests.forms import world
from tests.province.world import CITY, fixture

TEXTS = province_texts.read(ROOT / "tests" / "packs" / "hailing")
FORMS = FormTexts.model_validate(form_texts.read(ROOT / "tests" / "packs" / "hailing"))
GROUND = Ground(city=CITY, texts=TEXTS, forms=FORMS, held=world.HELD)


def issued(**over: Any) -> Issued:
    body = {**fixture("form")["sj"], **over}
    return dialect.issued(body, Listed(number=body["bh"], edition=body["bbh"], changed="1"))


def field(code: str = "QH001", title: str = "某项", **over: str) -> dict[str, str]:
    plain = {"zdbm": code, "zdmc": title, "zdlx": "S", "bt": "1", "mg": "0", "js": "", "jy": ""}
    return plain | over


def test_a_form_becomes_one_of_ours() -> None:
    found = rules.read(issued(), GROUND)
    assert found.made is not None and not found.faults
    made = found.made
    assert (made.source, made.cycle, made.layout, made.matter, made.days) == (
        "省级一表通", "月", "汇总表", "population", 5,
    )  # fmt: skip
    assert (found.region_code, made.targets, found.back) == (CITY, (), "单位")
    assert [(one.name, one.source, one.bind) for one in made.fields] == [
        ("pgg001", "place", "name"), ("prk001", "measure", "residents"),
        ("prk003", "measure", "residents"), ("prk002", "measure", "households"),
        ("prk009", "formula", "prk001 / prk002"), ("pqh077", "typed", ""),
    ]  # fmt: skip
    assert made.fields[2].check == "prk003 <= prk001" and made.fields[2].from_age == 60
    assert found.codes["pqh077"] == "QH077"


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"zqbm": "X"}, "表头：周期代码“X”没有对应"),
        ({"lxbm": "", "sxbm": "ZZ"}, "表头：表式代码“”没有对应"),
        ({"sxbm": "ZZ"}, "表头：事项代码“ZZ”没有对应"),
        ({"hcjb": "XX"}, "表头：回传层级代码“XX”没有对应"),
        ({"lxbm": "MC", "dxbm": "QT"}, "表头：名册对象代码“QT”没有对应"),
        ({"xfqh": ["630102000000"]}, "表头：下发范围不在本市"),
        ({"xfqh": ["990102000000", "630102000000"]}, "表头：下发范围不在本市"),
        ({"zdjg": ""}, "表头：制定机关缺失或过长"),
        ({"zd": [field(zdlx="T")]}, "第 1 栏“某项”：类型代码“T”没有对应"),
        ({"zd": [field(""), field("B2", zdlx="T")]}, "第 2 栏“某项”：类型代码“T”没有对应"),
        ({"zd": [field(js="QH001 + 1")]}, "公式：公式互相引用成环"),
        ({"zd": [field(jy="QH001 <= QH9")]}, "第 1 栏“某项”：公式“pqh001 <= QH9”引用了表外栏目"),
        ({"zd": [field(jy="__import__('os')")]}, "第 1 栏“某项”："),
        ({"zd": [field("Qa1"), field("QA1")]}, "栏目：有字段编码只以大小写区分"),
    ],
)
def test_what_cannot_be_read_names_its_place(over: dict[str, Any], said: str) -> None:
    found = rules.read(issued(**over), GROUND)
    assert found.made is None
    assert any(one.startswith(said) for one in found.faults), found.faults


def test_an_unmapped_field_is_typed_with_a_note_and_protected_where_marked() -> None:
    fields = [
        field("QH001", "实有人口"),
        field("QH002", "帮扶户数", mg="1"),
        field("RK004", "80岁以上"),
    ]
    found = rules.read(issued(zd=fields), GROUND)
    assert found.made is not None
    one, two, three = found.made.fields
    assert {one.source, two.source, three.source} == {"typed"}
    assert (one.topic, two.topic) == (Topic.NONE, Topic.HARDSHIP)
    assert "“网格系统”的统计指标“实有人口”已有此项，请在 province.toml 中对应" in one.note
    assert "省级字段未对应" in two.note and "对应的来源现不能取" in three.note
    assert len(found.notes) == 3


def test_two_districts_are_two_targets_and_one_place_above() -> None:
    found = rules.read(issued(xfqh=["990102000000", "990103100000"]), GROUND)
    assert found.made is not None
    assert (found.region_code, found.made.targets) == (CITY, ("990102", "990103100"))
    assert rules.common(["990102001001", "990102001002"]) == "990102001"
    assert rules.common([]) == ""


@given(st.lists(st.sampled_from(["9901", "990102", "990102001", "990102001002", "990103100001"]),
                min_size=1))  # fmt: skip
def test_the_common_place_holds_each(places: list[str]) -> None:
    found = rules.common(places)
    assert len(found) in (4, 6, 9, 12) and all(one.startswith(found) for one in places)


def test_an_edition_is_known_by_what_it_says() -> None:
    assert rules.digest(issued()) == rules.digest(issued())
    for over in ({"mc": "别名"}, {"tbgzr": 6}, {"zd": [field()]}):
        assert rules.digest(issued(**over)) != rules.digest(issued())


def test_a_list_goes_back_row_by_row_in_the_provinces_codes() -> None:
    fields = [
        field("MC001", "姓名", zdlx="W"),
        field("MC002", "性别", zdlx="W"),
        field("MC031", "探访"),
    ]
    made = rules.read(issued(lxbm="MC", dxbm="LR80", zd=fields), GROUND).made
    assert made is not None and (made.rows, made.from_age) == ("aged", 80)
    cells: Cells = {"1.pmc001": Cell(value="王某"), "1.pmc002": Cell(value="女"),
                    "2.pmc002": Cell(value="不详"), "was3.pmc001": Cell(value="迁出")}  # fmt: skip
    codes = {one.name: one.name[1:].upper() for one in made.fields if one.name != "pmc031"}
    found = rules.values(made, codes, TEXTS, "990102001001", (cells, [1, 2]))
    assert [(one.row, one.code, one.value) for one in found] == [
        (1, "MC001", "王某"), (1, "MC002", "2"), (2, "MC001", ""), (2, "MC002", "不详"),
    ]  # fmt: skip


def test_periods_are_shown_in_words() -> None:
    day = date(2026, 10, 1)
    shown = [rules.period_shown(cycle, day) for cycle in ("月", "季", "年", "周", "一次")]
    assert shown == ["2026年10月", "2026年第4季度", "2026年", "2026-10-01 起一周", "2026年10月"]


# -- what was typed stays -------------------------------------------------------------------------

SUMMARY = world.written(
    world.field("all", "常住人口"), world.field("teams", "小组数"),
    world.field("both", "合计", source="formula", bind="all + teams"),
)  # fmt: skip
ROSTER = world.written(world.field("visited", "已探访", kind="text"), layout="名册", rows="aged")


def test_what_was_typed_is_laid_over_what_was_filled() -> None:
    filled: Cells = {"0.all": Cell(value="140", state=AUTO, source="网格"),
                     "0.teams": Cell(base=3), "0.both": Cell()}  # fmt: skip
    typed = {
        "0.all": Cell(value="150", state=CHANGED, auto="130", version=2, by="甲"),
        "0.teams": Cell(value="6", state=TYPED, version=1, by="乙"),
        "0.gone": Cell(value="旧", state=TYPED, other="丙：新"),
    }
    cells = dict(filled)
    keeping.keep(SUMMARY, cells, typed, [0])
    assert (cells["0.all"].value, cells["0.all"].state, cells["0.all"].auto) == (
        "150", CHANGED, "140",
    )  # fmt: skip
    assert (cells["0.teams"].state, cells["0.teams"].base, cells["0.both"].value) == (
        TYPED, 3, "156",
    )  # fmt: skip
    assert (cells["was0.gone"].value, cells["was0.gone"].other) == ("旧", "")
    # The system says now what a person had said: nobody's hand is left in it.
    again = dict(filled)
    keeping.keep(SUMMARY, again, {"0.all": Cell(value="140", state=CHANGED, version=2)}, [0])
    assert (again["0.all"].state, again["0.all"].version, again["0.all"].source) == (
        AUTO,
        2,
        "网格",
    )
    # A word where a number is asked now is kept apart.
    keeping.keep(SUMMARY, again, {"0.teams": Cell(value="六个", state=TYPED)}, [0])
    assert again["was0.teams"].value == "六个" and again["0.teams"].value == ""


def test_the_row_of_a_person_is_found_by_the_person() -> None:
    cells: Cells = {"1.visited": Cell(subject="b"), "2.visited": Cell(subject="a")}
    typed = {"1.visited": Cell(value="是", state=TYPED, subject="a"),
             "2.visited": Cell(value="否", state=TYPED, subject="moved")}  # fmt: skip
    keeping.keep(ROSTER, cells, typed, [1, 2])
    assert (cells["2.visited"].value, cells["1.visited"].state) == ("是", MISSING)
    assert cells["was2.visited"].value == "否"
    keeping.keep(ROSTER, cells, {"was2.visited": replace(cells["was2.visited"], value="在外")}, [1])
    assert (cells["was2.visited"].value, cells["waswas2.visited"].value) == ("否", "在外")


WORDS = st.integers(0, 9999).map(str) | st.just("六个")


@given(st.dictionaries(st.sampled_from(["all", "teams", "gone"]), WORDS))
def test_no_word_of_a_person_is_lost(typed: dict[str, str]) -> None:
    cells: Cells = {"0.all": Cell(value="140", state=AUTO), "0.teams": Cell(), "0.both": Cell()}
    kept = {f"0.{name}": Cell(value=one, state=TYPED) for name, one in typed.items()}
    keeping.keep(SUMMARY, cells, kept, [0])
    for name, one in typed.items():
        assert one in {cells[at].value for at in (f"0.{name}", f"was0.{name}") if at in cells}


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"field": [{"code": "A1"}, {"code": "A1"}]}, "省级字段重复对应：A1"),
        ({"field": [{"code": "A1", "source": "formula", "bind": "a"}]}, "不能对应为 formula"),
        ({"field": [{"code": "A-1"}]}, "code"),
        ({"cycles": {"Y": "旬"}}, "cycles"),
        ({"address": "http://x"}, "address"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(over: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ProvinceTexts.model_validate(over)


def test_the_citys_own_mapping_is_sound() -> None:
    city = ROOT / "city" / "xining"
    texts, forms = province_texts.read(city), FormTexts.model_validate(form_texts.read(city))
    assert not texts.joined and not texts.simulated
    shown = province_texts.read(city, sandbox="http://s.test")
    assert (shown.endpoint, shown.simulated) == ("http://s.test/province", True)
    assert {forms.matter(one) is not None for one in texts.matters.values()} == {True}
    bound = {one.bind for form in forms.form for one in form.fields if one.source == "measure"}
    mapped = {one.bind for one in texts.field if one.source == "measure"}
    assert mapped and mapped <= bound
    assert isinstance(texts.meaning("MC002"), MappedText) and texts.meaning("ZZ9") is None
