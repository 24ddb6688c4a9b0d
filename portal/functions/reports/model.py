"""A report: a table with everything that must stand beside it, the same for page, file and API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

SMALL_LIMIT = 5
# By which divisions the numbers are laid out: those of the time, or those of today.
View = Literal["then", "now"]
VIEWS: Mapping[View, str] = {"then": "按当时区划", "now": "按现区划"}


class Shown(StrEnum):
    """How a cell is shown."""

    EXACT = "exact"
    SMALL = "small"  # one to four about disability, hardship or children
    WITHHELD = "withheld"  # left out, because it would reveal a small one
    UNKNOWN = "unknown"
    NO_SAMPLE = "no_sample"  # a rate of nothing


WORDS = {
    Shown.SMALL: f"<{SMALL_LIMIT}",
    Shown.WITHHELD: "不公布",
    Shown.UNKNOWN: "无数据",
    Shown.NO_SAMPLE: "无样本",
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One number, or the word in its place."""

    shown: Shown
    value: int | Decimal | None = None
    style: str = "number"

    @property
    def text(self) -> str:
        """What a person reads."""
        if self.value is None:
            return WORDS[self.shown]
        return f"{self.value:.2%}" if self.style == "percent" else f"{self.value:,}"


UNKNOWN, SMALL, WITHHELD, NO_SAMPLE = (
    Cell(shown=one) for one in (Shown.UNKNOWN, Shown.SMALL, Shown.WITHHELD, Shown.NO_SAMPLE)
)


def exact(value: int | None) -> Cell:
    """A number as it is; ``None`` is not known and never nought."""
    return UNKNOWN if value is None else Cell(shown=Shown.EXACT, value=value)


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column with its source; ``problem`` says why it has no numbers."""

    head: str
    group: str
    unit: str
    source: str
    problem: str = ""
    chart: bool = False
    home: bool = False
    style: str = "number"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A place, a line or a month with its numbers; ``code`` is set where one may go further down.

    ``line`` is the number of a line that may be asked for place by place.
    """

    code: str | None
    name: str
    cells: tuple[Cell, ...]
    statistics_only: bool = False
    group: str = ""
    unit: str = ""
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class Official:
    """What stands around the official table: its number, who made it, who fills it in."""

    number: str = ""
    issuer: str = ""
    approval: str = ""
    valid_until: str = ""
    cells: tuple[tuple[int, int, str], ...] = ()  # line, column, text


@dataclass(frozen=True, kw_only=True)
class Source:
    """A system behind the numbers: from when its data is, or why there is none."""

    system_id: str
    name: str
    as_of: datetime | None
    problem: str = ""
    aged: bool = False
    simulated: bool = False
    unplaced: int = 0
    unreadable: int = 0


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What a measure of the report counts, and who says so."""

    name: str
    about: str
    unit: str
    kind: str
    source: str
    owner: str
    basis: str
    level: str
    cases: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """What ``build`` gives."""

    template: str
    title: str
    unit: str
    region_code: str
    region_name: str
    place_head: str
    path: tuple[tuple[str, str], ...]
    period: str
    period_name: str
    as_of: datetime | None
    made_at: datetime
    made_by: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: Row
    sources: tuple[Source, ...]
    notes: tuple[str, ...]
    default_note: str
    protected: bool
    official: Official = Official()
    below: tuple[tuple[str, str], ...] = ()  # the places one step further down
    total_shown: bool = True
    cutoff: str = ""  # until when is counted, in words
    view: View = "then"
    changed: bool = False  # the divisions have changed since: the other view has other numbers
    meanings: tuple[Meaning, ...] = ()

    @property
    def missing(self) -> tuple[Source, ...]:
        """The systems whose numbers are not in the report."""
        return tuple(one for one in self.sources if one.as_of is None)

    @property
    def missing_words(self) -> str:
        """Which systems are missing and why; empty when none is."""
        if not self.missing:
            return ""
        named = "、".join(f"{one.name}（{one.problem}）" for one in self.missing)
        return f"缺 {len(self.missing)} 家系统：{named}"

    @property
    def simulated(self) -> bool:
        """Whether any number is about nobody."""
        return any(one.simulated for one in self.sources)

    @property
    def series(self) -> Mapping[str, Sequence[int | Decimal | None]]:
        """The columns for the chart, by head: a number per row, as shown in the table."""
        return {
            column.head: [row.cells[place].value for row in self.rows or (self.total,)]
            for place, column in enumerate(self.columns)
            if column.chart
        }
