"""What outgoing messages look like to a page."""

from dataclasses import dataclass
from datetime import datetime


class MessageError(Exception):
    """Nothing was done; the message says why, what was kept and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One message as it stands: to which cadre, by which way, how far it is."""

    id: str
    kind: str
    step: str
    person: str
    channel: str
    state: str
    at: datetime
    reason: str
    task_id: str
    simulated: bool
