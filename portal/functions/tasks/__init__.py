"""统一办理: the tasks of every system in one inbox; acted on here, written back there."""

from portal.functions.tasks.desk import Tasks
from portal.functions.tasks.model import (
    BOXES,
    PAGE,
    Box,
    Due,
    Entry,
    Event,
    Filters,
    Inbox,
    OpenedTask,
    Outcome,
    Source,
    TaskRow,
    Trouble,
    Waiting,
)
from portal.functions.tasks.rules import TakenError, TaskError
from portal.store.tasks import hand_over

__all__ = [
    "BOXES",
    "PAGE",
    "Box",
    "Due",
    "Entry",
    "Event",
    "Filters",
    "Inbox",
    "OpenedTask",
    "Outcome",
    "Source",
    "TakenError",
    "TaskError",
    "TaskRow",
    "Tasks",
    "Trouble",
    "Waiting",
    "hand_over",
]
