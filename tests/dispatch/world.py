"""People and sheets for tests of dispatch, on top of the world of orders."""

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

import openpyxl

from auth.principal import Principal
from portal.affairs.dispatch.rows import COLUMNS
from portal.affairs.dispatch.words import Kind
from tests.orders import world


def manager() -> Principal:
    """Who keeps the city's lists."""
    return replace(world.command(), login="manager", name="manager", roles=("order_manager",))


def district_manager() -> Principal:
    """Who keeps the district's lists."""
    return replace(world.district(), login="dmanager", roles=("order_manager",))


def sheet(kind: Kind, rows: Sequence[Sequence[object]], head: Sequence[str] = ()) -> bytes:
    """An .xlsx file with the kind's own head."""
    book = openpyxl.Workbook()
    page = book.active
    page.append(list(head) or list(COLUMNS[kind].values()))
    for row in rows:
        page.append(list(row))
    held = BytesIO()
    book.save(held)
    return held.getvalue()


def cells(data: bytes) -> list[tuple[object, ...]]:
    """The rows of a file that we wrote."""
    page = openpyxl.load_workbook(BytesIO(data)).active
    assert page is not None
    return list(page.iter_rows(values_only=True))
