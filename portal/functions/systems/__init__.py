"""The operator's desk for the connected systems: figures, alarms, grade, switching."""

from dataclasses import dataclass

from auth import permissions
from auth.principal import Principal
from portal.connectors.gateway import Gateway
from portal.connectors.quality import Checked, Verdict
from portal.connectors.registry import Refusal
from portal.functions.systems import alarms
from portal.functions.systems import background as jobs
from portal.functions.systems import board as boards
from portal.functions.systems.alarms import Alarm
from portal.functions.systems.background import Background
from portal.functions.systems.background import Line as JobLine
from portal.functions.systems.board import (
    FAULTS,
    WINDOWS,
    Board,
    BoardRow,
    Detail,
    Figures,
    Sampled,
)
from portal.functions.systems.rules import ITEMS, PERMISSION, Item, Step, Way
from portal.functions.systems.switching import Standing, SwitchError, Switching

__all__ = [
    "FAULTS",
    "ITEMS",
    "PERMISSION",
    "WINDOWS",
    "Alarm",
    "Background",
    "Board",
    "BoardRow",
    "Checked",
    "Detail",
    "Figures",
    "Item",
    "JobLine",
    "Refusal",
    "Sampled",
    "Standing",
    "Step",
    "SwitchError",
    "Systems",
    "Verdict",
    "Way",
]


@dataclass(frozen=True, kw_only=True)
class Systems(Switching):
    """The function of one process."""

    gateway: Gateway

    def board(self, principal: Principal, window: str = "24 小时") -> Board:
        """Every system in one window of time."""
        return boards.board(principal, self.gateway, window)

    def detail(self, principal: Principal, system_id: str) -> Detail | None:
        """One system more closely."""
        return boards.detail(principal, self.gateway, system_id)

    def background(self, principal: Principal) -> Background:
        """Whether the recurring jobs run, and how each last went."""
        return jobs.shown(principal)

    def alarms(self, principal: Principal) -> tuple[Alarm, ...]:
        """What nobody has acknowledged yet; nothing for a post that does not run the platform."""
        if not permissions.allowed(principal, PERMISSION):
            return ()
        return alarms.unseen(principal)

    def acknowledge(self, principal: Principal, system_id: str, until: int) -> int:
        """The alarms of a system up to the one that was shown are known to somebody."""
        return alarms.acknowledge(principal, system_id, until)
