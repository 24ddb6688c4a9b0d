"""Systems that offer views of their database, read-only, and perhaps one function that writes.

Statements are built from the names in the manifest and bound values, never from text; the session
is read-only, with a time limit that the server itself enforces.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from math import ceil
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine, Text, bindparam, column, create_engine, func, make_url, select, table
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal.connectors import wire
from portal.connectors.calls import FunctionCall, ViewCall
from portal.connectors.contract import (
    OurMistake,
    RetryLater,
    SignInAgain,
    SystemFault,
    TheirFault,
    TimedOut,
    Unreachable,
)
from portal.connectors.manifest import Call, DatabaseManifest
from portal.connectors.registry import System
from portal.connectors.sign import credential, user_name
from portal.connectors.template import Values, fill
from portal.connectors.transport import Trace

# The beginnings of SQLSTATE, and what each means for us; the longest that fits wins.
MEANING: dict[str, type[SystemFault]] = {
    "08": Unreachable,
    "22": TheirFault,
    "28": SignInAgain,
    "42": OurMistake,
    "42501": SignInAgain,
    "53": RetryLater,
    "57014": TimedOut,
    "57P": Unreachable,
}
LOGIN_REFUSED = (
    "authentication failed",
    "not permitted to log in",
    "permission denied",
    "does not exist",
    "no pg_hba",
)


class DatabaseTransport:
    """Reads the views of one system."""

    def __init__(self, system: System) -> None:
        if not isinstance(system.manifest, DatabaseManifest):
            raise OurMistake(detail="not a database manifest")
        self._system = system
        self._manifest = system.manifest
        limits = system.manifest.limits
        self._max_bytes = limits.max_kilobytes * 1024
        self._threads = ThreadPoolExecutor(system.parallel, thread_name_prefix=f"view-{system.id}")
        self._engine: Engine | None = None
        self._opening = threading.Lock()
        self._closed = False

    async def exchange(self, call: Call, values: Values, trace: Trace) -> Any:
        """Read the rows of one view, or call the one function that writes, in a thread."""
        if isinstance(call, ViewCall):
            statement, writes = select_rows(call, values), False
        elif isinstance(call, FunctionCall):
            statement, writes = call_function(call, values), True
        else:
            raise OurMistake(detail="not a call of a database")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._read, statement, trace, writes)

    async def close(self) -> None:
        """Close the pool; a thread still waiting ends at the server's time limit, and hangs up."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._engine is not None:
            self._engine.dispose()

    def _read(self, statement: Any, trace: Trace, writes: bool = False) -> list[dict[str, Any]]:
        trace.sent()
        try:
            with self._ready_engine().connect() as connection:
                try:
                    if writes:  # its own transaction, and the only one that is not read-only
                        connection.execution_options(
                            isolation_level="READ COMMITTED", postgresql_readonly=False
                        )
                    result = connection.execute(statement)
                    trace.returned()
                    rows = [dict(row._mapping) for row in result]
                    if writes:
                        connection.commit()
                finally:
                    if self._closed and not connection.invalidated:
                        connection.detach()  # nobody would close it later
        except PoolTimeout as error:
            raise TimedOut(detail="no free connection") from error
        except DBAPIError as error:
            raise _meaning(error) from error
        except UnicodeDecodeError as error:
            raise TheirFault(wire.BAD_ENCODING, detail="not the encoding of the server") from error
        except SQLAlchemyError as error:
            raise OurMistake(detail=type(error).__name__) from error
        self._measure(rows, trace)
        wire.refuse_broken_text(rows)
        return rows

    def _measure(self, rows: list[dict[str, Any]], trace: Trace) -> None:
        size = sum(len(str(one)) for row in rows for one in row.values() if one is not None)
        trace.size += size
        if size > self._max_bytes:
            raise TheirFault(wire.TOO_BIG, detail=f"more than {self._max_bytes} characters")

    def _ready_engine(self) -> Engine:
        with self._opening:
            if self._engine is None:
                self._engine = _open(self._system, self._manifest)
            return self._engine


def select_rows(call: ViewCall, values: Values) -> Any:
    """The statement of a call: names from the manifest are quoted, values are bound."""
    schema, _, name = call.view.rpartition(".")
    statement: Any = select(*(column(one) for one in call.columns)).select_from(
        table(name, schema=schema or None)
    )
    for name, template in call.where.items():
        statement = statement.where(column(name) == fill(template, values))
    if call.since and values.get("since"):
        moment = datetime.fromisoformat(str(values["since"]))
        statement = statement.where(column(call.since) >= moment)
    paging = call.paging
    if paging is None:
        return statement.limit(call.limit)
    if paging.kind == "keyset" and paging.key:
        if values.get("cursor") is not None:
            statement = statement.where(column(paging.key) > values["cursor"])
        return statement.order_by(column(paging.key)).limit(paging.size)
    offset = int(values.get("offset") or 0)
    return statement.order_by(column(call.columns[0])).limit(paging.size).offset(offset)


def call_function(call: FunctionCall, values: Values) -> Any:
    """The call of a function with its arguments by name, in the order of the manifest."""
    schema, _, name = call.function.rpartition(".")
    function = getattr(getattr(func, schema), name) if schema else getattr(func, name)
    given = [
        bindparam(argument, _text(fill(template, values)), type_=Text())
        for argument, template in call.arguments.items()
    ]
    made = function(*given).table_valued(*call.columns)
    return select(*(made.c[one] for one in call.columns))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _open(system: System, manifest: DatabaseManifest) -> Engine:
    limits = manifest.limits
    parts = urlsplit(system.site.endpoint)
    url = make_url(parts._replace(scheme="postgresql+psycopg").geturl()).set(
        username=user_name(system, manifest.auth),
        password=credential(system, manifest.auth.password),
    )
    milliseconds = int(limits.timeout_seconds * 1000)
    return create_engine(
        url,
        pool_size=system.parallel,
        max_overflow=0,
        pool_timeout=limits.timeout_seconds,
        pool_pre_ping=True,
        isolation_level="AUTOCOMMIT",
        connect_args={
            "application_name": "portal",
            "connect_timeout": max(2, ceil(limits.timeout_seconds)),
            "tcp_user_timeout": milliseconds,
            "options": "-c default_transaction_read_only=on "
            f"-c statement_timeout={milliseconds} -c timezone=Asia/Shanghai",
        },
    )


def _meaning(error: DBAPIError) -> SystemFault:
    """What a database error means; one without a code came before the session stood."""
    state = getattr(error.orig, "sqlstate", None)
    if state:
        fits = [beginning for beginning in MEANING if state.startswith(beginning)]
        fault = MEANING[max(fits, key=len)] if fits else TheirFault
        return fault(detail=f"SQLSTATE {state}")
    text = str(error.orig).lower()
    if any(words in text for words in LOGIN_REFUSED):
        return SignInAgain(detail="the login was refused")
    if "timeout" in text:
        return TimedOut(detail="no connection in time")
    return Unreachable(detail=type(error.orig).__name__)
