"""The columns of a draft as lines: what becomes of one that is renamed, moved or put before."""

from collections.abc import Iterator

import pytest

from portal.affairs.forms import held, rules
from portal.affairs.forms.words import FormError, Held
from portal.pages.parts import formlines
from portal.store.form_texts import FieldText, FormText, FormTexts
from tests.forms import world

MADE = world.written(*(one for one in world.FIELDS if one.name != "plan"))


@pytest.fixture(autouse=True)
def _held() -> Iterator[None]:
    held.comes_from(lambda: world.HELD)
    yield
    held.comes_from(Held)


def _read(lines: list[str], before: FormText = MADE) -> dict[str, FieldText]:
    found = [FieldText.model_validate(one) for one in formlines.read("\n".join(lines), before)]
    return {one.name: one for one in found}


def test_a_column_keeps_its_number_and_all_that_was_chosen_for_it() -> None:
    lines = formlines.write(MADE).splitlines()
    assert lines[3] == "old\t60岁及以上\t数字\t统计指标\t实有人口\told <= all\t\t\t是"
    assert tuple(_read(lines).values()) == MADE.fields  # as it went out, nothing changes
    # A column before all others, one renamed, one bound anew: the formula means what it meant.
    lines[3] = lines[3].replace("60岁及以上", "老年人口")
    lines[4] = lines[4].replace("统计指标\t户数", "统计指标\t实有人口")
    lines.insert(1, "\t网格员人数\t数字\t基层填写\t\t\t\t")
    found = _read(lines)
    assert list(found)[:3] == ["f01", "place", "all"]
    assert (found["old"].title, found["old"].from_age) == ("老年人口", 60)
    assert found["share"].bind == "all / houses" and found["houses"].bind == "residents"
    made = MADE.model_copy(update={"fields": tuple(found.values())})
    assert not rules.formula_faults(made)
    assert formlines.said(found["share"], made) == "常住人口 / 户数总计"
    assert formlines.said(found["old"], made) == "实有人口（60岁及以上）"
    # Ages were chosen for one measure: another one is not silently cut to them.
    other = [lines[0], lines[4].replace("实有人口", "户数")]
    assert _read(other)["old"].from_age is None
    # A sheet from before the numbers is still understood, by the titles.
    old = ["栏目\t类型\t来源\t取数\t校验", "60岁及以上\t数字\tmeasure\tresidents\t"]
    assert _read(old)["old"].from_age == 60
    # Whether it has to be filled is said on its line; a new binding alone asks for nothing.
    assert not _read([lines[0], lines[3].removesuffix("是") + "否"])["all"].required
    assert _read([lines[0], "\t新栏\t文字\t已采集的事实\tnew\t\tnew\t\t是"])["f01"].required
    for need in ("是", ""):
        bound = f"all\t常住人口\t数字\t已采集的事实\tall\t\tall\t\t{need}"
        assert not _read([lines[0], bound])["all"].required
    form = FormTexts(admitted=())
    assert rules.faults(made, world.HELD, form)[0].place == "表头"  # the rest is for the rules


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("all\t甲\t数字\t基层填写\t\t\t\t", "栏号“all”与前面的重复"),
        ("ALL\t甲\t数字\t基层填写\t\t\t\t", "栏号“ALL”须为小写字母开头"),
        ("\t甲\t金额\t基层填写\t\t\t\t", "“甲”的类型须为"),
        ("\t甲\t数字\t随便\t\t\t\t", "“甲”的来源须为统计指标、居民人数"),
        ("\t甲\t数字\t基层填写\t\t\t\t全部", "“甲”的掩码须为"),
        ("\t甲\t数字\t基层填写\t\t\t\t\t必须", "“甲”的必填须为"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(line: str, words: str) -> None:
    with pytest.raises(FormError, match=words):
        _read([formlines.HEAD, "all\t常住人口\t数字\t统计指标\t实有人口\t\t\t", line])
