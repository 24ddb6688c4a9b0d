"""From the cells of a plan to the rows of a report: places, lines or months, with formulas."""

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from portal.functions.reports.grid import Grid
from portal.functions.reports.model import NO_SAMPLE, UNKNOWN, WITHHELD, Cell, Shown, exact
from portal.functions.reports.plan import WHOLE, Plan
from portal.store import formulas
from portal.store.citypack import ReportColumn, ReportTemplate
from portal.store.formulas import NoSampleError
from portal.store.report_texts import Compare

Grids = Mapping[Compare, Grid]
Read = Callable[[int], Cell]  # the cell of a column that is no formula
_STEP = {"percent": Decimal("0.0001"), "decimal": Decimal("0.01"), "number": Decimal(1)}
_RANK = (Shown.UNKNOWN, Shown.WITHHELD, Shown.SMALL, Shown.NO_SAMPLE)


class _Row:
    """One row: what was read, and what follows from it."""

    def __init__(self, columns: Sequence[ReportColumn], read: Read) -> None:
        self._columns, self._read = columns, read
        self._places = {one.id: place for place, one in enumerate(columns) if one.id}
        self._found: dict[int, Cell | Fraction] = {}

    def cells(self) -> tuple[Cell, ...]:
        return tuple(self._cell(place) for place in range(len(self._columns)))

    def _cell(self, place: int) -> Cell:
        found = self._value(place)
        if isinstance(found, Cell):
            return found
        return styled(found, self._columns[place].style)

    def _value(self, place: int) -> Cell | Fraction:
        """A formula counts with exact numbers: what it is shown as is rounded at the end only."""
        if place not in self._found:
            column = self._columns[place]
            self._found[place] = self._made(column) if column.formula else self._read(place)
        return self._found[place]

    def _made(self, column: ReportColumn) -> Cell | Fraction:
        formula = formulas.read(column.formula)
        numbers: dict[str, Fraction] = {}
        missing: list[Cell] = []
        for name in formula.names:
            value = self._value(self._places[name])
            if isinstance(value, Fraction):
                numbers[name] = value
            elif value.value is None:
                missing.append(value)
            else:
                numbers[name] = Fraction(value.value)
        if missing:
            return _word(missing)
        try:
            return formula.value(numbers)
        except NoSampleError:
            return NO_SAMPLE


def _word(missing: Sequence[Cell]) -> Cell:
    shown = min((one.shown for one in missing), key=_RANK.index)
    if shown is Shown.SMALL:  # one to four is no number to count with
        return WITHHELD
    return Cell(shown=shown)


def styled(value: Fraction, style: str) -> Cell:
    """A number as its column shows it, rounded half up."""
    whole = Decimal(value.numerator) / Decimal(value.denominator)
    rounded = whole.quantize(_STEP[style], ROUND_HALF_UP)
    if style == "number":
        return exact(int(rounded))
    return Cell(shown=Shown.EXACT, value=rounded, style=style)


def _reader(template: ReportTemplate, plan: Plan, grids: Grids, line: int, row: int | None) -> Read:
    def read(place: int) -> Cell:
        grid = grids[template.columns[place].compare]
        cells = grid.total if row is None else grid.rows[row]
        return cells[plan.slots[line, place]]

    return read


def total(template: ReportTemplate, plan: Plan, grids: Grids) -> tuple[Cell, ...]:
    """The row of the place itself."""
    return _Row(template.columns, _reader(template, plan, grids, WHOLE, None)).cells()


def place_rows(template: ReportTemplate, plan: Plan, grids: Grids) -> list[tuple[Cell, ...]]:
    """A row for each place below, last what has none where there is such."""
    first = grids[""]
    count = len(first.below) + any(one.with_rest for one in grids.values()) * bool(first.below)
    return [
        _Row(template.columns, _reader(template, plan, grids, WHOLE, row)).cells()
        for row in range(count)
    ]


def line_rows(template: ReportTemplate, plan: Plan, grids: Grids) -> list[tuple[Cell, ...]]:
    """A row for each line of the template."""
    return [
        _Row(template.columns, _reader(template, plan, grids, line, None)).cells()
        for line in range(len(template.lines))
    ]


def rest_row(template: ReportTemplate, plan: Plan, grids: Grids) -> tuple[Cell, ...] | None:
    """What is in the whole and in no line; nothing when the lines are the whole."""

    def read(place: int) -> Cell:
        whole = _reader(template, plan, grids, WHOLE, None)(place)
        parts = [
            _reader(template, plan, grids, line, None)(place) for line in range(len(template.lines))
        ]
        if whole.value is None or any(one.value is None for one in parts):
            return UNKNOWN if whole.shown is Shown.UNKNOWN else WITHHELD
        return exact(int(whole.value) - sum(int(one.value or 0) for one in parts))

    plain = [place for place, one in enumerate(template.columns) if not one.formula]
    if all(read(place).value == 0 or read(place).shown is Shown.UNKNOWN for place in plain):
        return None
    return _Row(template.columns, read).cells()
