"""10,000 orders are pushed while the process, the worker or the database is killed.

None is lost and none doubled: neither of the orders nor of what they count for.
"""

import os
import select as select_module
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

import portal.settings as settings_module
from portal.affairs.orders import intake, tally
from portal.affairs.orders.tables import (
    order_caller,
    order_event,
    order_seat,
    order_tally,
    work_order,
)
from portal.commands import setup
from portal.settings import ROOT
from portal.store import citypack, divisions, engine, migrate
from portal.store.citypack import CityPack
from portal.store.cluster import APP, OWNER, Cluster
from portal.store.measure_tables import measure_change
from portal.store.scope import Reach, scoped
from portal.store.task_tables import task
from portal.store.tasks import SERVICE as TASKS
from tests.conftest import TestDatabase
from tests.orders import world
from tests.orders.pusher import BATCH

ORDERS = 10_000


def _number(table: object) -> int:
    with scoped(tally.SERVICE) as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[call-overload]


def _tasks() -> int:
    with scoped(TASKS) as connection:
        return int(connection.execute(select(func.count()).select_from(task)).scalar_one())


def _whole(orders: int) -> None:
    """Everything that belongs to so many orders is there, once."""
    assert [_number(one) for one in (work_order, order_caller, order_event, order_seat)] == [
        orders
    ] * 4
    assert _tasks() == orders


def _push_all() -> list[str]:
    """As the other side does when it has had no answer: everything once more."""
    return [
        one.outcome
        for start in range(0, ORDERS, BATCH)
        for one in intake.take([world.demand(str(n)) for n in range(start, start + BATCH)])
    ]


def _measured() -> int:
    reach = Reach(prefixes=("9901",), unit_id=None, actor="service:measures")
    query = select(func.sum(measure_change.c.numerator)).where(
        measure_change.c.measure == "orders_received"
    )
    with scoped(reach) as connection:
        return int(connection.execute(query).scalar_one())


def _dies(database: TestDatabase, *words: str) -> None:
    """A process of its own, which kills itself in the middle of its work."""
    killed = subprocess.run(
        [sys.executable, "-m", "tests.orders.pusher", *words],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database.app_url},
        timeout=240,
        check=False,
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]


@pytest.mark.parametrize("dies_in", [0, 37])
def test_a_killed_process_loses_no_order_and_doubles_none(
    hailing: CityPack, database: TestDatabase, dies_in: int
) -> None:
    _dies(database, str(ORDERS), str(dies_in))
    _whole(dies_in * BATCH)  # a delivery is there whole or not at all
    outcomes = _push_all()
    assert outcomes.count("已有") == dies_in * BATCH
    assert outcomes.count("新收") == ORDERS - dies_in * BATCH
    _whole(ORDERS)
    notes = _number(order_tally)
    _dies(database, "drain", "2")  # the worker, in its third turn
    left = _number(order_tally)
    assert notes - left == 2 * BATCH // 5
    tally.drain()
    assert (_measured(), _number(order_tally)) == (ORDERS, 0)


@pytest.fixture
def durable(tmp_path: Path, configured: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A PostgreSQL of our own that writes its log through, to be killed."""
    server = Cluster(tmp_path / "pg" / "data")
    with server:
        server.ensure_role(OWNER, "owner")
        server.ensure_role(APP, "app")
        server.ensure_database("crash", OWNER)
        migrate.upgrade(server.url(OWNER, "owner", "crash"))
        monkeypatch.setenv("DATABASE_URL", server.url(APP, "app", "crash"))
        monkeypatch.setenv("PORTAL_CITY_PACK", str(ROOT / "tests" / "packs" / "hailing"))
        for forget in (engine.dispose, settings_module.reload, citypack.forget, divisions.forget):
            forget()
        setup.load_city(citypack.pack())
        yield server
    engine.dispose()
    server.remove()


def _kill(server: Cluster) -> None:
    """PostgreSQL with all its processes, at once, as when the power fails."""
    process = server._process
    assert process is not None
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii").split()
    ends = [os.pidfd_open(int(one)) for one in children]
    for one in (process.pid, *map(int, children)):
        os.kill(one, signal.SIGKILL)
    process.wait(timeout=60)
    for end in ends:
        select_module.select([end], [], [], 60)  # readable when the process is gone
        os.close(end)


def test_a_killed_database_loses_no_order_and_doubles_none(
    durable: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside, seen = intake._beside, [0]

    def killed(*given: object) -> None:
        seen[0] += 1
        if seen[0] == 38:
            _kill(durable)
        beside(*given)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(intake, "_beside", killed)
        with pytest.raises(OperationalError):
            _push_all()
    engine.dispose()
    durable.start()
    _whole(37 * BATCH)  # what was answered is there; what was under way is not
    outcomes = _push_all()
    assert outcomes.count("已有") == 37 * BATCH
    _whole(ORDERS)
    tally.drain()
    assert (_measured(), _number(order_tally)) == (ORDERS, 0)
