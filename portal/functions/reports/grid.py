"""The cells of one place for one period, as this viewer may see them, before any formula."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import Connection

from portal.functions.reports import plain
from portal.functions.reports.known import Catalogue
from portal.functions.reports.laid import Laid
from portal.functions.reports.model import SMALL_LIMIT, UNKNOWN, WITHHELD, Cell, Shown, exact
from portal.functions.reports.plain import Numbers, Places, Wanted
from portal.functions.reports.plan import Detail, Plan, Portion
from portal.functions.reports.protect import Table, close, close_top, protect
from portal.store.divisions import Division
from portal.store.measure_words import Period

Cells = list[Cell]
Way = Sequence[tuple[Table, int]]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who asks for what: a place, the places above it within the scope, and their rights."""

    plan: Plan
    own: Division
    above: Sequence[Division]
    open_records: bool
    laid: Laid
    alone: bool  # only the place itself is shown


@dataclass(frozen=True, kw_only=True)
class Grid:
    """One total and the rows below it: a cell per number of the plan."""

    wanted: Sequence[Wanted]
    numbers: Numbers
    below: tuple[Division, ...]
    with_rest: bool
    total: Cells
    rows: Sequence[Cells]


def read(connection: Connection, catalogue: Catalogue, asked: Asked, span: Period) -> Grid:
    """Read a period and close what must not be told."""
    plan, own = asked.plan, asked.own
    wanted = plain.wanted(connection, catalogue, plan.bases, span)
    numbers = Numbers()
    reading = asked.laid.reading(connection, span)
    shielded = bool(plan.groups) and not asked.open_records
    for place in (*asked.above, own) if shielded else (own,):
        alone = asked.alone and not shielded
        plain.read(place, wanted, reading, numbers, alone=alone)
    here = plain.places(own, asked.laid.below(own.code), wanted, numbers, plan.shown)
    total: Cells
    rows: list[Cells]
    if shielded:
        total, rows = _Shielded(asked, wanted, numbers, here).cells()
    else:
        total = [exact(one) for one in here.table.total]
        rows = [[exact(one) for one in row] for row in here.table.rows]
    return Grid(
        wanted=wanted,
        numbers=numbers,
        below=here.below,
        with_rest=here.with_rest,
        total=total,
        rows=rows,
    )


class _Shielded:
    """Closes the cells of a place, and of what is finer than the columns that decide."""

    def __init__(
        self, asked: Asked, wanted: Sequence[Wanted], numbers: Numbers, here: Places
    ) -> None:
        self._plan, self._wanted, self._numbers, self._here = asked.plan, wanted, numbers, here
        self._way: list[tuple[Table, int]] = []
        self._tables: list[tuple[Table, list[str]]] = []
        for place, next_one in pairwise((*asked.above, asked.own)):
            found = plain.places(place, asked.laid.below(place.code), wanted, numbers)
            inside = [one.code for one in found.below]
            self._way.append((found.table, inside.index(next_one.code)))
            self._tables.append((found.table, [place.code, *inside]))
        codes = [asked.own.code, *(one.code for one in here.below)]
        self._tables.append((here.table, codes))

    def cells(self) -> tuple[Cells, list[Cells]]:
        total, rows = protect(self._way, self._here.table, self._plan.groups)
        for column, bands in self._plan.unions.items():
            for line in (total, *rows):
                if any(line[band].shown in (Shown.SMALL, Shown.WITHHELD) for band in bands):
                    line[column] = _closed(line[column])
        above = self._tables[:-1] or self._tables
        for part in self._plan.portions:
            _shut(part.column, total, rows, _tells(part, above), _tells(part, self._tables))
        for one in self._plan.details:
            open_above, open_here = self._clean(one, above), self._clean(one, self._tables)
            _shut(one.column, total, rows, not open_above, not open_here)
        return total, rows

    def _clean(self, one: Detail, tables: Sequence[tuple[Table, list[str]]]) -> bool:
        """Whether nothing of its group is closed and no part of its measure is small, from the top
        of the scope down: only then do the parts tell nothing that a whole hides."""
        group = self._plan.groups[one.group]
        if close_top(tables[0][0].total, group):
            return False
        measure = self._wanted[one.column].column.measure
        for table, codes in tables:
            closed = close(table, group)
            if closed.everything or closed.rows:
                return False
            if any(0 < n < SMALL_LIMIT for n in self._parts(codes, measure)):
                return False
        return True

    def _parts(self, codes: Sequence[str], measure: str) -> Iterator[int]:
        """The parts of a place, of those below it, and of what is placed no further down."""
        own, *below = (self._numbers.parts(code, measure) for code in codes)
        yield from own.values()
        rest = own.copy()
        for one in below:
            yield from one.values()
            rest.subtract(one)
        if below:
            yield from rest.values()


def _shut(column: int, total: Cells, rows: Sequence[Cells], above: bool, here: bool) -> None:
    """Close a column in the total (as the tables above do) or in the rows."""
    for line in (*([total] if above else []), *(rows if here else [])):
        line[column] = _closed(line[column])


def _tells(part: Portion, tables: Sequence[tuple[Table, list[str]]]) -> bool:
    """Whether a small number remains where a part is taken from its whole, from the top of the
    scope down: then the part tells what its whole hides."""
    for table, _ in tables:
        for of, taken in part.remains:
            left = [
                (numbers[of] or 0) - sum(numbers[one] or 0 for one in taken)
                for numbers in (table.total, *table.rows)
            ]
            if any(0 < one < SMALL_LIMIT for one in left):
                return True
    return False


def _closed(cell: Cell) -> Cell:
    return UNKNOWN if cell.shown is Shown.UNKNOWN else WITHHELD
