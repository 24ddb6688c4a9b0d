"""How a change passes by closed periods: pure rules, without a database.

A flow on a closed day is withheld. A stock that moves is another number from that day *on*: inside
a closed period it is withheld, from the first open day after it the move counts. So every open
period is right, every closed one stays as it was signed, and what is withheld is known exactly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

Span = tuple[date, date]  # from a day until before another


@dataclass(frozen=True)
class Way:
    """What becomes of a move of one: by how much it counts on which days, and what is withheld."""

    counts: tuple[tuple[date, int], ...]
    withheld: tuple[Span, ...]


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same days in spans that neither touch nor overlap, in order."""
    found: list[Span] = []
    for starts, ends in sorted(spans):
        if found and starts <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((starts, ends))
    return tuple(found)


def of_flow(day: date, closed: Sequence[Span]) -> Way:
    """What happened on a day."""
    if any(starts <= day < ends for starts, ends in closed):
        return Way((), ((day, day + timedelta(days=1)),))
    return Way(((day, 1),), ())


def of_stock(day: date, closed: Sequence[Span]) -> Way:
    """What is so from a day on; ``closed`` is merged."""
    moves: dict[date, int] = {day: 1}
    withheld = []
    for starts, ends in closed:
        if ends <= day:
            continue
        since = max(starts, day)
        moves[since] = moves.get(since, 0) - 1
        moves[ends] = moves.get(ends, 0) + 1
        withheld.append((since, ends))
    return Way(tuple((one, by) for one, by in moves.items() if by), tuple(withheld))
