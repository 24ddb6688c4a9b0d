"""The report templates of a city: rows, columns, formulas and the head of the official table.

They lie in ``reports.toml`` and ``reports/*.toml``. A template that cannot be used is refused with
its file, line and reason; the others are there all the same. ``awaited`` names the measures that
no system counts yet and for which a column is kept; ``affair.orders`` says who answers for what the
platform counts itself there.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from portal.store import formulas
from portal.store.formulas import FormulaError

Compare = Literal["", "previous", "last_year"]
Style = Literal["number", "percent", "decimal"]
Rows = Literal["places", "lines", "months"]
Sex = Literal["", "男", "女"]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Words = Annotated[str, Field(min_length=1, max_length=60)]
MOST_COLUMNS, MOST_LINES, HEAD_LINES = 60, 120, 3
_CELL = re.compile(r"([A-Z]{1,2})([1-9]\d{0,3})")
_HEADER = re.compile(r"\s*\[\[\s*report\s*\]\]")


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Counted(_Data):
    """What is counted: a measure, or a slice of it."""

    measure: str = ""
    system: str = ""  # which system counts, where several could
    slice: str = ""
    sex: Sex = ""
    from_age: int | None = None
    to_age: int | None = None
    part: Literal["numerator", "denominator"] = "numerator"


class ReportColumn(_Counted):
    """A column: a measure or a slice of it, the same for an earlier period, or a formula."""

    id: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,31})?$")] = ""
    head: Words
    group: str = ""
    unit: str = ""
    source: Literal["measure", "census"] = "measure"
    compare: Compare = ""
    formula: str = ""
    style: Style = "number"
    chart: bool = False
    home: bool = False  # shown on the homes; the first of them place by place


class ReportLine(_Counted):
    """A row that is a measure or a slice, where rows are not places."""

    head: Words
    group: str = ""
    unit: str = ""


class HeadCell(_Data):
    """A text that the official table has at a cell of its head, counted below the title."""

    at: str
    text: Words

    @property
    def place(self) -> tuple[int, int] | None:
        """Line and column from nought."""
        found = _CELL.fullmatch(self.at)
        if found is None:
            return None
        column = 0
        for letter in found[1]:
            column = column * 26 + ord(letter) - 64
        return int(found[2]) - 1, column - 1


class ReportTemplate(_Data):
    """A report as this city wants it."""

    id: Slug
    name: Words
    field: Literal["party", "governance", "service"] = "governance"
    unit: str = ""
    about: str = ""
    number: str = ""  # 表号
    issuer: str = ""  # 制定机关
    approval: str = ""  # 批准（备案）文号
    valid_until: str = ""
    cells: tuple[HeadCell, ...] = ()
    notes: tuple[str, ...] = ()
    rows: Rows = "places"
    rest: bool = False  # lines divide a whole: a total, and what no line names
    columns: tuple[ReportColumn, ...] = Field(min_length=1, max_length=MOST_COLUMNS)
    lines: tuple[ReportLine, ...] = Field(default=(), max_length=MOST_LINES)

    @model_validator(mode="after")
    def _hangs_together(self) -> "ReportTemplate":
        for check in (_check_lines, _check_columns, _check_formulas, _check_cells):
            check(self)
        return self

    @property
    def shape(self) -> tuple[object, ...]:
        """What a report counts and how its rows are made; names are no difference."""
        columns = tuple(_bare(one) for one in self.columns)
        return self.rows, columns, tuple(_bare(one) for one in self.lines)


def _bare(one: _Counted) -> tuple[object, ...]:
    more = (one.source, one.compare, one.formula) if isinstance(one, ReportColumn) else ()
    return (*(getattr(one, name) for name in _Counted.model_fields), *more)


def _check_lines(template: ReportTemplate) -> None:
    if (template.rows == "lines") != bool(template.lines):
        raise ValueError("rows = lines 与 lines 须同时写明")
    if template.rest and template.rows != "lines":
        raise ValueError("rest 只用于 rows = lines")
    if template.rest and any(one.measure for one in template.lines):
        raise ValueError("rest 只用于同一指标的各分类，lines 不另写 measure")


def _check_columns(template: ReportTemplate) -> None:
    lined = template.lines and all(one.measure for one in template.lines)
    for place, one in enumerate(template.columns, start=1):
        made = bool(one.formula) + bool(one.measure) + (one.source == "census")
        if made > 1:
            raise ValueError(f"第{place}列“{one.head}”：measure、formula、census 只能写一个")
        if not made and not lined:
            raise ValueError(f"第{place}列“{one.head}”：没有写明取哪个指标")
        if one.source == "census" and template.rows != "places":
            raise ValueError(f"第{place}列“{one.head}”：census 只用于按地区的报表")
    doubled = [name for name, times in Counter(_ids(template)).items() if times > 1]
    if doubled:
        raise ValueError(f"列 id 重复：{'、'.join(doubled)}")


def _ids(template: ReportTemplate) -> Iterator[str]:
    return (one.id for one in template.columns if one.id)


def _check_formulas(template: ReportTemplate) -> None:
    known = set(_ids(template))
    found = {}
    for place, one in enumerate(template.columns, start=1):
        if not one.formula:
            continue
        try:
            formula = formulas.read(one.formula)
        except FormulaError as error:
            raise ValueError(f"第{place}列“{one.head}”：{error}") from error
        if missing := [name for name in formula.names if name not in known]:
            raise ValueError(f"第{place}列“{one.head}”：公式引用了表外的列“{'、'.join(missing)}”")
        found[one.id or f"#{place}"] = formula
    if ring := formulas.circle(found):
        raise ValueError(f"公式循环引用：{' → '.join(ring)}")


def _check_cells(template: ReportTemplate) -> None:
    for one in template.cells:
        place = one.place
        if place is None or place[0] >= HEAD_LINES or place[1] > len(template.columns):
            raise ValueError(f"单元格“{one.at}”不在表头范围内")


class AffairText(_Data):
    """Who answers for the numbers of an affair of the platform, and on which legal basis."""

    owner: Words
    basis: str


@dataclass(frozen=True, kw_only=True)
class UnreadReport:
    """A template that cannot be used: where it stands, and why."""

    file: str
    line: int
    id: str
    reason: str

    @property
    def words(self) -> str:
        """The same in one sentence."""
        named = f"报表“{self.id}”" if self.id else "报表文件"
        return f"{self.file} 第{self.line}行：{named}未载入，{self.reason}"


@dataclass(frozen=True, kw_only=True)
class ReportTexts:
    """The templates of a city, those that cannot be used, and where each stands."""

    templates: tuple[ReportTemplate, ...] = ()
    unread: tuple[UnreadReport, ...] = ()
    awaited: frozenset[str] = frozenset()  # measures that no system counts yet
    affairs: Mapping[str, AffairText] = field(default_factory=dict)
    lines: dict[str, tuple[str, int]] = field(default_factory=dict)


def reasons(error: ValidationError) -> str:
    """Why a template does not fit, in words for who wrote it."""
    said = []
    for one in error.errors():
        place = ".".join(str(n + 1) if isinstance(n, int) else n for n in one["loc"])
        text = one["msg"].removeprefix("Value error, ")
        said.append(f"{place}：{text}" if place else text)
    return "；".join(said)


def _files(folder: Path) -> Iterator[Path]:
    first = folder / "reports.toml"
    return (one for one in (first, *sorted((folder / "reports").glob("*.toml"))) if one.exists())


def _starts(text: str) -> list[int]:
    """The lines at which templates begin; tomllib does not say."""
    return [n for n, line in enumerate(text.splitlines(), start=1) if _HEADER.match(line)]


class _Reading:
    """Takes in one file after the other."""

    def __init__(self) -> None:
        self.good: dict[str, ReportTemplate] = {}
        self.bad: list[UnreadReport] = []
        self.lines: dict[str, tuple[str, int]] = {}
        self.awaited: set[str] = set()
        self.affairs: dict[str, AffairText] = {}

    def file(self, name: str, text: str) -> None:
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"line (\d+)", str(error))
            line = int(found[1]) if found else 1
            self.bad.append(UnreadReport(file=name, line=line, id="", reason="文件写法有误"))
            return
        self._affairs(name, data.get("affair", {}))
        entries, starts = data.get("report", []), _starts(text)
        self.awaited.update(map(str, data.get("awaited", [])))
        for number, entry in enumerate(entries if isinstance(entries, list) else []):
            self._entry(name, starts[number] if number < len(starts) else 1, entry)

    def _affairs(self, name: str, given: Any) -> None:
        for affair, entry in (given if isinstance(given, dict) else {}).items():
            try:
                self.affairs[affair] = AffairText.model_validate(entry)
            except ValidationError as error:
                why = f"affair.{affair}：{reasons(error)}"
                self.bad.append(UnreadReport(file=name, line=1, id="", reason=why))

    def _entry(self, name: str, line: int, entry: Any) -> None:
        known = str(entry.get("id", "")) if isinstance(entry, dict) else ""
        try:
            one = ReportTemplate.model_validate(entry)
        except ValidationError as error:
            self.bad.append(UnreadReport(file=name, line=line, id=known, reason=reasons(error)))
            return
        if one.id in self.good:
            self.bad.append(UnreadReport(file=name, line=line, id=known, reason="id 重复"))
            return
        self.good[one.id] = one
        self.lines[one.id] = (name, line)


def read(folder: Path) -> ReportTexts:
    """Every template of a pack."""
    reading = _Reading()
    for file in _files(folder):
        reading.file(str(file.relative_to(folder)), file.read_text("utf-8"))
    return ReportTexts(
        templates=tuple(reading.good.values()),
        unread=tuple(reading.bad),
        awaited=frozenset(reading.awaited),
        affairs=reading.affairs,
        lines=reading.lines,
    )
