"""Small numbers about disability, hardship and children: shown as <5, and no difference tells."""

from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from portal.functions.reports.model import SMALL_LIMIT, Cell, Shown
from portal.functions.reports.protect import Group, Table, protect

# residents, 0-6, 7-14, adults, elders, persons in hardship, households in hardship
RESIDENTS, BABIES, PUPILS, ADULTS, ELDERS, POOR, POOR_HOMES = range(7)
CHILDREN = Group(protected=(BABIES, PUPILS), companions=(ADULTS, ELDERS))
HARDSHIP = Group(protected=(POOR, POOR_HOMES), residents=RESIDENTS)
GROUPS = (CHILDREN, HARDSHIP)
PROTECTED = (BABIES, PUPILS, POOR, POOR_HOMES)
GROUP_OF = {column: group for group in GROUPS for column in group.protected}

few = st.one_of(st.integers(0, 7), st.integers(0, 40))
rows_of_numbers = st.tuples(few, few, st.integers(0, 90), few, few).map(
    lambda n: [n[0] + n[1] + n[2] + n[3], n[0], n[1], n[2], n[3], min(n[4], sum(n[:4])), n[4] // 2]
)


def table(rows: Sequence[Sequence[int]]) -> Table:
    return Table(total=[sum(column) for column in zip(*rows, strict=True)], rows=rows)


def shown(cells: Sequence[Cell]) -> list[str]:
    return [one.text for one in cells]


def _allowed(cell: Cell, column: int, true: int, value: int) -> bool:
    """Whether a reader must think that a cell could hold a value.

    A protected cell that is left out though it is large was left out for others: it is large.
    """
    if cell.shown is Shown.EXACT:
        return value == cell.value
    if cell.shown is Shown.SMALL:
        return 1 <= value < SMALL_LIMIT
    large = column in PROTECTED and true >= SMALL_LIMIT
    return value >= (SMALL_LIMIT if large else 0)


def _other(
    cells: list[list[Cell]], rows: Sequence[Sequence[int]], row: int, column: int, value: int
) -> bool:
    """Whether there is a table with another number in a cell and everything shown the same.

    One by one, the difference is moved to another row of the column, and back in a column that adds
    up to the same row sum.
    """
    now = [list(one) for one in rows]
    sign = 1 if value > rows[row][column] else -1

    def one_step() -> bool:
        for other in range(len(rows)):
            for back in GROUP_OF[column].companions or (None,):
                moves = [(row, column, sign), (other, column, -sign)]
                if back is not None:
                    moves += [(row, back, -sign), (other, back, sign)]
                if other != row and all(
                    _allowed(cells[r][c], c, rows[r][c], now[r][c] + by) for r, c, by in moves
                ):
                    for r, c, by in moves:
                        now[r][c] += by
                    return True
        return False

    return all(one_step() for _ in range(abs(value - rows[row][column])))


@given(rows=st.lists(rows_of_numbers, min_size=1, max_size=7))
@settings(max_examples=400, deadline=None)
def test_a_small_number_could_be_another_one_for_all_that_is_shown(rows: list[list[int]]) -> None:
    whole = table(rows)
    total, cells = protect([], whole, GROUPS)
    for column in PROTECTED:
        assert (total[column].value or 0) not in range(1, SMALL_LIMIT)
        for number, row in enumerate(rows):
            cell = cells[number][column]
            assert (cell.value or 0) not in range(1, SMALL_LIMIT), "a small number is shown"
            if cell.shown is Shown.SMALL:
                for value in range(1, SMALL_LIMIT):
                    assert _other(cells, rows, number, column, value), (column, row, value)


@given(rows=st.lists(rows_of_numbers, min_size=2, max_size=7))
@settings(max_examples=400, deadline=None)
def test_the_only_closed_cell_of_a_column_is_never_a_small_one(rows: list[list[int]]) -> None:
    total, cells = protect([], table(rows), GROUPS)
    for column in PROTECTED:
        closed = [n for n in range(len(rows)) if cells[n][column].shown is not Shown.EXACT]
        if len(closed) == 1 and total[column].shown is Shown.EXACT:
            assert rows[closed[0]][column] not in range(1, SMALL_LIMIT)
        for number in closed:  # and no row gives it away by its own sum
            group = GROUP_OF[column]
            if group.companions and rows[number][column] in range(1, SMALL_LIMIT):
                assert any(cells[number][one].shown is not Shown.EXACT for one in group.companions)


@given(rows=st.lists(rows_of_numbers, min_size=1, max_size=7))
@settings(max_examples=200, deadline=None)
def test_what_is_shown_is_true_and_what_needs_no_cover_is_shown(rows: list[list[int]]) -> None:
    whole = table(rows)
    total, cells = protect([], whole, GROUPS)
    for line, numbers in zip([total, *cells], [whole.total, *rows], strict=True):
        assert line[RESIDENTS].value == numbers[RESIDENTS]
        for cell, value in zip(line, numbers, strict=True):
            assert cell.value in (None, value)
            assert (cell.shown is Shown.SMALL) <= (1 <= (value or 0) < SMALL_LIMIT)
    for group in GROUPS:
        large = all(row[c] >= SMALL_LIMIT for row in rows for c in group.protected)
        roomy = all(row[ADULTS] > 6 and row[RESIDENTS] >= 10 for row in rows)
        if large and roomy:
            assert all(line[c].shown is Shown.EXACT for line in cells for c in group.protected)


def test_nought_stays_nought_beside_small_ones() -> None:
    rows = [[90, 0, 20, 60, 10, 0, 0], [90, 3, 20, 57, 10, 2, 1], [99, 30, 20, 40, 9, 30, 20]]
    rows.append([300, 90, 80, 100, 30, 60, 40])
    total, cells = protect([], table(rows), GROUPS)
    assert shown(cells[0])[BABIES] == "0" and shown(cells[0])[POOR] == "0"
    assert shown(cells[1])[BABIES] == "<5" and shown(cells[1])[POOR] == "<5"
    assert shown(total)[BABIES] == "123"
    assert "不公布" in [line[BABIES].text for line in cells]


def test_a_total_that_is_small_itself_is_closed_with_all_below_it() -> None:
    rows = [[90, 0, 20, 60, 10, 1, 1], [90, 8, 20, 52, 10, 2, 1]]
    total, cells = protect([], table(rows), GROUPS)
    assert shown(total)[POOR:] == ["<5", "<5"]
    assert [shown(line)[POOR:] for line in cells] == [["不公布", "不公布"]] * 2


def test_two_small_ones_that_their_total_would_tell_are_both_left_out() -> None:
    rows = [[50, 9, 9, 25, 7, 4, 0], [60, 9, 9, 35, 7, 4, 0]]
    total, cells = protect([], table(rows), GROUPS)
    assert shown(total)[POOR] == "8"
    assert [shown(line)[POOR] for line in cells] == ["不公布", "不公布"]


def test_so_few_residents_that_their_number_tells_show_nothing() -> None:
    rows = [[1, 1, 0, 0, 0, 1, 1], [200, 40, 40, 100, 20, 40, 30], [300, 60, 60, 150, 30, 60, 40]]
    _, cells = protect([], table(rows), GROUPS)
    assert {shown(cells[0])[column] for column in PROTECTED} == {"不公布"}


def test_what_nobody_counted_stays_unknown() -> None:
    rows = [[90, None, 20, 60, 10, None, 1], [90, None, 20, 52, 10, None, 9]]
    whole = Table(total=[180, None, 40, 112, 20, None, 10], rows=rows)
    total, cells = protect([], whole, GROUPS)
    assert shown(total)[BABIES] == "无数据"
    assert all(line[POOR].text == "无数据" for line in cells)


# -- level by level -------------------------------------------------------------------------------

ABOVE = table(
    [
        [90, 3, 20, 57, 10, 2, 1],
        [99, 12, 18, 60, 9, 14, 9],
        [300, 90, 80, 100, 30, 60, 40],
        [400, 99, 99, 160, 42, 90, 60],
    ]
)


@pytest.mark.parametrize("row", range(4))
def test_a_cell_is_shown_alike_as_a_row_above_and_as_its_own_total(row: int) -> None:
    _, above = protect([], ABOVE, GROUPS)
    below = table([list(ABOVE.rows[row]), [0] * 7])  # type: ignore[list-item]
    total, cells = protect([(ABOVE, row)], below, GROUPS)
    assert shown(total) == shown(above[row])
    for column in (*PROTECTED, *CHILDREN.companions):
        if total[column].shown in (Shown.SMALL, Shown.WITHHELD):
            assert {line[column].shown for line in cells} == {Shown.WITHHELD}


@given(
    rows=st.lists(rows_of_numbers, min_size=2, max_size=5),
    below=st.lists(rows_of_numbers, min_size=2, max_size=4),
)
@settings(max_examples=150, deadline=None)
def test_a_closed_cell_is_never_broken_down(rows: list[list[int]], below: list[list[int]]) -> None:
    own = table(below)
    above = table([*rows, list(own.total)])  # type: ignore[list-item]
    assume(sum(above.total) > 0)  # type: ignore[arg-type]
    _, shown_above = protect([], above, GROUPS)
    total, cells = protect([(above, len(rows))], own, GROUPS)
    for group in GROUPS:
        for column in (*group.protected, *group.companions):
            closed = any(
                shown_above[-1][one].shown in (Shown.SMALL, Shown.WITHHELD)
                for one in group.protected
            )
            if closed:
                assert all(line[column].value is None for line in cells)
            assert total[column] == shown_above[-1][column]
