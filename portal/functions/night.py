"""The hours in which the platform itself asks the systems, when nobody else does."""

from datetime import datetime, timedelta

from portal.settings import settings
from portal.store import clock


def began(now: datetime) -> datetime | None:
    """When the night that is running now began; ``None`` by day.

    The hours are those of ``night_hours`` on the wall clock; they may cross midnight.
    """
    first, last = settings().night_hours
    here = clock.local(now)
    if not (first <= here.hour < last if first <= last else here.hour >= first or here.hour < last):
        return None
    start = here.replace(hour=first, minute=0, second=0, microsecond=0)
    return start if start <= here else start - timedelta(days=1)
