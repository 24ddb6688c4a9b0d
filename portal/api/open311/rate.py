"""How often one address may ask: a count per minute, held by this process alone.

Reading needs no key, so there is nobody to count for but an address. Losing the count at a restart
costs nothing; several processes each allow their own share.
"""

from collections import OrderedDict
from threading import Lock

from portal.settings import settings
from portal.store import clock

MOST_ADDRESSES = 10_000


class Rate:
    """Counts of the running minute, bounded."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._lock = Lock()

    def allows(self, address: str) -> bool:
        """Count one question; ``False`` when it was one too many."""
        minute = int(clock.now().timestamp() // 60)
        with self._lock:
            began, used = self._counts.pop(address, (minute, 0))
            used = used + 1 if began == minute else 1
            self._counts[address] = (minute, used)
            while len(self._counts) > MOST_ADDRESSES:
                self._counts.popitem(last=False)
        return used <= settings().open311_per_minute
