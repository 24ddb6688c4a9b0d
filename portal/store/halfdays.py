"""Half days, on the clock on the wall: what may be said once in each is keyed by their name."""

from datetime import datetime

from portal.store import clock

NOON = 12


def half_day(moment: datetime) -> str:
    """The half day of a moment: ``2026-11-23 上午``."""
    here = clock.local(moment)
    return f"{here:%Y-%m-%d} {'上午' if here.hour < NOON else '下午'}"
