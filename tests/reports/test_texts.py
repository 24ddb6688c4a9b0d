"""Templates as data: what is refused and how it is named, and formulas that count exactly."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.functions.reports import lines
from portal.functions.reports.model import Cell, Shown
from portal.store import formulas, report_texts
from portal.store.formulas import FormulaError, NoSampleError

GOOD = """
[[report]]
id = "good"
name = "好表"
columns = [{ id = "a", head = "甲", measure = "m" }, { head = "率", formula = "a / a" }]
"""
BAD = {
    'columns = [{ id = "a", head = "A", formula = "b" }, { id = "b", head = "B", formula = "a" }]':
        "公式循环引用：a → b → a",
    'columns = [{ id = "a", head = "甲", formula = "a + 1" }]': "公式循环引用：a → a",
    'columns = [{ head = "甲", formula = "z / 2" }]': "第1列“甲”：公式引用了表外的列“z”",
    'columns = [{ head = "甲", formula = "(1" }]': "缺右括号",
    'columns = [{ head = "甲", formula = "__import__" }]': "第1个字符处",
    'columns = [{ head = "甲", measure = "m" }]\ncells = [{ at = "Z9", text = "x" }]':
        "单元格“Z9”不在表头范围内",
    'columns = [{ head = "甲", measure = "m" }]\ncells = [{ at = "C1", text = "x" }]':
        "单元格“C1”不在表头范围内",
    'columns = [{ head = "甲" }]': "第1列“甲”：没有写明取哪个指标",
    'columns = [{ head = "甲", measure = "m", formula = "1" }]': "只能写一个",
    'rows = "lines"\ncolumns = [{ head = "甲", measure = "m" }]':
        "rows = lines 与 lines 须同时写明",
    'columns = [{ head = "甲", measure = "m", colour = "red" }]': "columns.1.colour",
    "columns = []": "columns",
}  # fmt: skip


def _read(folder: Path, *texts: str) -> report_texts.ReportTexts:
    (folder / "reports").mkdir(parents=True)
    for number, text in enumerate(texts):
        (folder / "reports" / f"{number}.toml").write_text(text, encoding="utf-8")
    return report_texts.read(folder)


def test_a_bad_template_is_refused_with_file_line_and_reason_and_the_others_load(
    tmp_path: Path,
) -> None:
    for number, (body, reason) in enumerate(BAD.items()):
        text = f'{GOOD}\n[[report]]\nid = "bad"\nname = "坏表"\n{body}\n'
        told = _read(tmp_path / str(number), text)
        assert [one.id for one in told.templates] == ["good"], body
        (refused,) = told.unread
        assert (refused.file, refused.line, refused.id) == ("reports/0.toml", 7, "bad")
        assert reason in refused.reason, (body, refused.reason)
        assert "reports/0.toml 第7行：报表“bad”未载入" in refused.words


def test_a_broken_file_and_a_doubled_id_do_no_harm_to_the_rest(tmp_path: Path) -> None:
    told = _read(tmp_path, GOOD, "[[report]\nid = 1", GOOD)
    assert [one.id for one in told.templates] == ["good"]
    assert [(one.file, one.line, one.reason) for one in told.unread] == [
        ("reports/1.toml", 1, "文件写法有误"),
        ("reports/2.toml", 2, "id 重复"),
    ]


NUMBERS = st.integers(-10_000, 10_000)


@given(a=NUMBERS, b=NUMBERS, c=NUMBERS)
def test_a_formula_counts_as_arithmetic_does(a: int, b: int, c: int) -> None:
    values = {"a": Fraction(a), "b": Fraction(b), "c": Fraction(c)}
    assert formulas.read("a - b - c").value(values) == a - b - c
    assert formulas.read("a + b * c - 2").value(values) == a + b * c - 2
    ratio = formulas.read(" ( a - b ) / c ")
    assert ratio.names == ("a", "b", "c")
    if c:
        assert ratio.value(values) == Fraction(a - b, c)
    else:
        with pytest.raises(NoSampleError):
            ratio.value(values)


@given(st.text(alphabet="ab12+-*/() _%=", max_size=30))
def test_any_text_is_read_or_refused_and_never_run(text: str) -> None:
    try:
        found = formulas.read(text)
    except FormulaError as error:
        assert text in str(error)
    else:
        assert all(name in text for name in found.names)


def test_numbers_are_rounded_half_up_where_they_are_shown() -> None:
    assert lines.styled(Fraction(1, 8), "percent").text == "12.50%"
    assert lines.styled(Fraction(1, 3), "percent").text == "33.33%"
    assert lines.styled(Fraction(201, 200), "decimal").text == "1.01"
    assert lines.styled(Fraction(5, 2), "number") == Cell(shown=Shown.EXACT, value=3)
