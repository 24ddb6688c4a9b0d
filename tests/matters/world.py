"""A small city's matters over two fake systems, and residents of its index."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine, text

from portal.connectors.gateway import Gateway
from portal.functions.matters import Matters
from portal.functions.records import Purpose, Records
from portal.store.engine import driver_url
from tests import people
from tests.conftest import TestDatabase
from tests.connectors import support
from tests.connectors.support import GOOD, ID_NUMBER, NOBODY, FakeTransport, always

COUNTER = Purpose(id="counter", name="本人到场")


@dataclass
class Office:
    """The function over its systems, and one resident of 73 years."""

    matters: Matters
    gateway: Gateway
    transports: dict[str, FakeTransport]
    resident: UUID

    def check(self, **who: Any) -> dict[str, Any]:
        """The last word on every matter."""
        asked = people.principal(**who)
        found = self.matters.check(asked, str(self.resident), COUNTER)
        results = {one.matter_id: one for one in found}
        self.gateway.settle()
        return results


@contextmanager
def opened(folder: Path) -> Iterator[Office]:
    """The function, running."""
    transports = {"a": FakeTransport(always(GOOD)), "b": FakeTransport(always(NOBODY))}
    registry = support.load(folder, list(transports))
    gateway = Gateway(registry, transports=lambda system: transports[system.id])
    gateway.start()
    try:
        yield Office(
            matters=Matters(records=Records(gateway=gateway), registry=registry),
            gateway=gateway,
            transports=transports,
            resident=people.add_person(ID_NUMBER, name="才让卓玛"),
        )
    finally:
        gateway.stop()


def everything(database: TestDatabase) -> dict[str, list[str]]:
    """Every row of every table, as the owner sees them, as text."""
    engine = create_engine(driver_url(database.owner_url))
    with engine.connect() as connection:
        tables = connection.execute(
            text(
                "SELECT schemaname || '.' || tablename FROM pg_tables"
                " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            )
        ).scalars()
        rows = {
            name: sorted(connection.execute(text(f"SELECT t::text FROM {name} t")).scalars())
            for name in sorted(tables)
        }
    engine.dispose()
    return rows
