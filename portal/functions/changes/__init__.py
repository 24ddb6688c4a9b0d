"""系统变动: what the systems changed about open cases' residents, by digest, never by value."""

from portal.functions.changes.notices import Changed, Look, NoLook, Notices
from portal.functions.changes.patrol import Patrol, WatchedCase

__all__ = ["Changed", "Look", "NoLook", "Notices", "Patrol", "WatchedCase"]
