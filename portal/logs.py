"""How the portal writes its log: one plain line per event, and never a local variable.

The default of the logging library prints the variables of every frame beside a traceback; here they
hold residents. A traceback keeps its files and lines, and loses the rest.
"""

import sys
import traceback
from typing import Any, TextIO, cast

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


class _StandardError:
    """The standard error as it is when a line is written.

    Loggers are kept once made; one that held on to a stream would fail its caller, and with it the
    work that was to be logged, when that stream is closed or put elsewhere.
    """

    def write(self, words: str) -> int:
        return sys.stderr.write(words)

    def flush(self) -> None:
        sys.stderr.flush()


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
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _StandardError())),
        cache_logger_on_first_use=True,
    )
