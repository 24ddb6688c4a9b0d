"""Walking a list page by page: pure bookkeeping, shared by every transport."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.connectors.calls import Paging
from portal.connectors.contract import TheirFault
from portal.connectors.expressions import finder


class Walk:
    """Where a walk stands: the values of the next request, and whether there is one."""

    def __init__(self, paging: Paging | None) -> None:
        self._paging = paging
        self._pages = 0
        self._rows = 0
        self._cursor: str | None = None
        self._total = finder(paging.total) if paging and paging.total else None
        self._next = finder(paging.next) if paging and paging.next else None
        self.done = False

    @property
    def values(self) -> dict[str, str | int | None]:
        """The placeholders of the next request."""
        if self._paging is None:
            return {}
        return {
            "page": self._paging.first + self._pages,
            "size": self._paging.size,
            "offset": self._rows,
            "row": self._rows + 1,
            "cursor": self._cursor,
        }

    def advance(self, answer: Any, rows: list[Any]) -> None:
        """Take note of one page."""
        self._pages += 1
        self._rows += len(rows)
        self.done = self._paging is None or self._is_last(self._paging, answer, rows)

    def _is_last(self, paging: Paging, answer: Any, rows: list[Any]) -> bool:
        if paging.kind == "cursor":
            return self._move(self._next(answer) if self._next else None)
        if not rows:
            return True
        if paging.kind == "keyset":
            return self._move(rows[-1].get(paging.key)) or len(rows) < paging.size
        if self._total is not None:
            return self._rows >= _whole(self._total(answer))
        return len(rows) < paging.size

    def _move(self, cursor: Any) -> bool:
        """Take the next cursor; one that does not move would walk in a circle for ever."""
        if cursor in (None, ""):
            return True
        if str(cursor) == self._cursor:
            raise TheirFault(detail="the cursor does not move")
        self._cursor = str(cursor)
        return False


def _whole(total: Any) -> int:
    try:
        return int(total)
    except (TypeError, ValueError) as error:
        raise TheirFault(detail="the page names no total") from error


def rows_of(found: Any) -> list[Any]:
    """The rows of an answer: nothing, one row or a list of rows, each of them an object."""
    rows = found if isinstance(found, list) else [] if found is None else [found]
    if not all(isinstance(row, Mapping) for row in rows):
        raise TheirFault(detail="the rows are not objects")
    return rows
