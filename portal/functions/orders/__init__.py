"""Work orders between the platform and the systems that hold them: pulled, and commanded."""

from portal.functions.orders.post import Outbox, deliver, drain
from portal.functions.orders.pull import Gone, Origin, Pulled, Take, offers, pull, pull_all

__all__ = (
    "Gone",
    "Origin",
    "Outbox",
    "Pulled",
    "Take",
    "deliver",
    "drain",
    "offers",
    "pull",
    "pull_all",
)
