"""Taking some of what waits, so that nobody else takes it too."""

from typing import Any

from sqlalchemy import Select, select


def picked(query: Select[Any]) -> Select[Any]:
    """The rows of a limited query, locked, for the ``IN`` of a change; others' are passed over.

    As a common table, which the database works out once: as a subquery it may be run again for
    every row that is looked at, passes over what the same statement has changed, and so picks more
    than its limit. Which of both happens depends on the statistics of the day.
    """
    return select(query.with_for_update(skip_locked=True).cte())
