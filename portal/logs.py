"""How the portal writes its log: one plain line per event, and never a local variable.

The default of the logging library prints the variables of every frame beside a traceback; here they
hold residents. A traceback keeps its files and lines, and loses the rest.
"""

import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger


def _frames(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and by where it happened; its message may hold a person."""
    given: Any = event.pop("exc_info", None)
    if not given:
        return event
    error = given if isinstance(given, BaseException) else sys.exc_info()[1]
    if error is not None:
        frames = traceback.extract_tb(error.__traceback__)[-8:]
        event["error"] = type(error).__name__
        event["where"] = " < ".join(f"{one.filename}:{one.lineno}" for one in reversed(frames))
    return event


def configure() -> None:
    """Set the log of this process."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _frames,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
