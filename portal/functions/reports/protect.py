"""Small numbers about disability, hardship and children, for posts without record rights.

A number from one to four is shown as ``<5``, nought stays nought, and as many further cells are
left out as it takes that no difference tells the small one. The rules, each a reason why:

- Cells close by *group* and row: a row's age bands close together, since they add up to a number
  that is shown; so do the columns of one topic, since one bounds the other.
- A column's shown total minus its shown cells is the sum of its closed cells. Rows close until the
  ones with large numbers leave room for every small one to be anything from one to four.
- A closed cell is not broken down further: no table below adds up to it.
- Where a place has so few residents that their number itself tells, its cells are closed as well,
  nought included; and where no rows are large enough, the whole group of the table is closed.

Decisions go from the top of one's scope downwards, so the same cell is shown alike in the table
above (as a row) and in its own (as the total).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from portal.functions.reports.model import SMALL, SMALL_LIMIT, WITHHELD, Cell, exact

Numbers = Sequence[int | None]
_LARGEST = SMALL_LIMIT - 1
_FEW_RESIDENTS = 2 * SMALL_LIMIT


@dataclass(frozen=True, kw_only=True)
class Group:
    """Columns that close together: the protected ones and what would give them away."""

    protected: tuple[int, ...]
    companions: tuple[int, ...] = ()  # the other bands of the same age structure
    residents: int | None = None  # the column that bounds the protected ones


@dataclass(frozen=True, kw_only=True)
class Table:
    """The plain numbers of a place: its total and the rows below it."""

    total: Numbers
    rows: Sequence[Numbers]


@dataclass(frozen=True, kw_only=True)
class Closed:
    """What of a group is closed in one table: these rows, or all of it."""

    rows: frozenset[int] = frozenset()
    everything: bool = False

    def __contains__(self, row: int) -> bool:
        return self.everything or row in self.rows


def _at(numbers: Numbers, column: int) -> int:
    return numbers[column] or 0


def _cushion(group: Group, total: Numbers) -> int | None:
    """The unprotected band that gives way when a protected one moves: the largest."""
    return max(group.companions, key=lambda column: _at(total, column), default=None)


def _tiny(group: Group, cushion: int | None, row: Numbers) -> bool:
    """Whether so few live there that the number of residents bounds the small ones tightly."""
    if cushion is not None:
        alive = sum(_at(row, column) for column in (*group.protected, *group.companions))
        return alive > 0 and _at(row, cushion) <= (_LARGEST - 1) * len(group.protected)
    if group.residents is None:
        return False
    return 0 < _at(row, group.residents) < _FEW_RESIDENTS


def _small(group: Group, row: Numbers) -> bool:
    return any(0 < _at(row, column) < SMALL_LIMIT for column in group.protected)


class _Search:
    """Closes rows of one table until every small number is free."""

    def __init__(self, table: Table, group: Group) -> None:
        self._rows, self._group = table.rows, group
        self._cushion = _cushion(group, table.total)
        self._tiny = {n for n, row in enumerate(self._rows) if _tiny(group, self._cushion, row)}
        self.closed = self._tiny | {n for n, row in enumerate(self._rows) if _small(group, row)}

    def run(self) -> Closed:
        while (column := next(self._tight(), None)) is not None:
            row = self._next(column)
            if row is None:
                return Closed(everything=True)
            self.closed.add(row)
        return Closed(rows=frozenset(self.closed))

    def _free(self, column: int) -> list[int]:
        """The closed numbers that must be able to be anything small."""
        return [
            _at(self._rows[n], column)
            for n in self.closed
            if n in self._tiny or 0 < _at(self._rows[n], column) < SMALL_LIMIT
        ]

    def _spare(self, column: int) -> int:
        """How much the large closed numbers of a column can give without becoming small."""
        spare = 0
        for n in self.closed - self._tiny:
            value = _at(self._rows[n], column)
            spare += value - SMALL_LIMIT if value >= SMALL_LIMIT else 0
        return spare

    def _need(self, column: int) -> int:
        return sum(max(_LARGEST, value) - value for value in self._free(column))

    def _tight(self) -> Iterator[int]:
        """The protected columns whose small numbers are not free yet."""
        for column in self._group.protected:
            rows = [self._rows[n] for n in self.closed - self._tiny]
            room = any(_at(row, column) >= SMALL_LIMIT for row in rows)
            room = room and self._spare(column) >= self._need(column)
            if any(self._free(column)) and not room:
                yield column

    def _yields(self, row: Numbers, column: int) -> bool:
        """Whether a row can give and take enough without its shown numbers saying otherwise."""
        group = self._group
        if self._cushion is not None:  # every protected band moves against the one cushion
            free = sum(len(self._free(one)) for one in group.protected)
            return _at(row, self._cushion) > _LARGEST * (1 + free)
        moved = _LARGEST * len(self._free(column))
        return group.residents is None or _at(row, group.residents) >= _at(row, column) + moved

    def _next(self, column: int) -> int | None:
        """The smallest row that suffices, else the largest there is."""
        able = {
            n: _at(row, column)
            for n, row in enumerate(self._rows)
            if n not in self.closed
            and _at(row, column) >= SMALL_LIMIT
            and self._yields(row, column)
        }
        if not able:
            return None
        missing = self._need(column) - self._spare(column)
        enough = [n for n, value in able.items() if value - SMALL_LIMIT >= missing]
        if enough:
            return min(enough, key=lambda n: (able[n], n))
        return max(able, key=lambda n: (able[n], -n))


def close(table: Table, group: Group) -> Closed:
    """What to close of a group in a table whose total is shown."""
    return _Search(table, group).run()


def close_top(total: Numbers, group: Group) -> bool:
    """Whether the total of the whole scope must be closed itself."""
    return _small(group, total) or _tiny(group, _cushion(group, total), total)


def _closed_cell(group: Group, numbers: Numbers, column: int, *, tiny: bool) -> Cell:
    value = numbers[column]
    if value is None or tiny:
        return WITHHELD if value is not None else exact(None)
    if column in group.protected and value < SMALL_LIMIT:
        return SMALL if value else exact(0)
    return WITHHELD


def draw(numbers: Numbers, group: Group, cushion_of: Numbers, cells: list[Cell]) -> None:
    """Draw one closed row of a group into its cells."""
    tiny = _tiny(group, _cushion(group, cushion_of), numbers)
    for column in (*group.protected, *group.companions):
        cells[column] = _closed_cell(group, numbers, column, tiny=tiny)


def withhold(numbers: Numbers, group: Group, cells: list[Cell]) -> None:
    """Leave out a group of a row altogether."""
    for column in (*group.protected, *group.companions):
        cells[column] = WITHHELD if numbers[column] is not None else exact(None)


def protect(
    path: Sequence[tuple[Table, int]], table: Table, groups: Sequence[Group]
) -> tuple[list[Cell], list[list[Cell]]]:
    """The cells of a table as shown: its total and its rows.

    ``path`` holds the tables above, from the top of the scope down, each with the row that leads
    on.
    """
    total = [exact(one) for one in table.total]
    rows = [[exact(one) for one in row] for row in table.rows]
    for group in groups:
        top = path[0][0].total if path else table.total
        if close_top(top, group):
            if path:
                withhold(table.total, group, total)
            else:
                draw(table.total, group, table.total, total)
            _withhold_rows(table, group, rows)
        elif not _closed_above(path, group, total):
            _draw_rows(table, group, rows)
        else:
            _withhold_rows(table, group, rows)
    return total, rows


def _closed_above(path: Sequence[tuple[Table, int]], group: Group, total: list[Cell]) -> bool:
    """Whether a table above closes this one; its total is then drawn as it is there."""
    for step, (above, row) in enumerate(path):
        closed = close(above, group)
        if row in closed:
            last = step == len(path) - 1
            if last and not closed.everything:
                draw(above.rows[row], group, above.total, total)
            else:
                for column in (*group.protected, *group.companions):
                    total[column] = WITHHELD
            return True
    return False


def _draw_rows(table: Table, group: Group, rows: list[list[Cell]]) -> None:
    closed = close(table, group)
    for number, numbers in enumerate(table.rows):
        if closed.everything:
            withhold(numbers, group, rows[number])
        elif number in closed:
            draw(numbers, group, table.total, rows[number])


def _withhold_rows(table: Table, group: Group, rows: list[list[Cell]]) -> None:
    for number, numbers in enumerate(table.rows):
        withhold(numbers, group, rows[number])
