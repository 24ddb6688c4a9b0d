"""A worker is killed in the middle; whoever comes next finishes, every row once, none lost."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.functions.verify import Runner, Verify
from portal.settings import ROOT
from portal.store import clock, verify
from portal.store.citypack import CityPack
from portal.store.scope import scoped
from portal.store.verify_tables import verify_job, verify_row
from tests.conftest import TestDatabase
from tests.connectors.support import FakeTransport
from tests.verify import world


def _rows() -> list[tuple[int, str, str | None, object]]:
    with scoped(verify.SERVICE) as connection:
        rows = connection.execute(select(verify_row).order_by(verify_row.c.number)).all()
    return [(row.number, row.state, row.outcome, row.done_at) for row in rows]


def _state() -> str:
    with scoped(verify.SERVICE) as connection:
        return str(connection.execute(select(verify_job.c.state)).scalar_one())


@pytest.mark.parametrize("dies_at", [1, 8, 12])
def test_a_killed_worker_loses_no_row_and_does_none_twice(
    hailing: CityPack,
    database: TestDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dies_at: int,
) -> None:
    limits = hailing.verification.model_copy(update={"release_above": 100})
    city = hailing.model_copy(update={"verification": limits})
    monkeypatch.setattr("portal.functions.verify.desk.pack", lambda: city)
    transport = FakeTransport(world.knows)
    records = world.records(tmp_path / "systems", {"a": transport})
    who = world.clerk("wang")
    people = world.persons(12)
    Verify(records=records).submit(
        who, world.book(people), "名单.xlsx", wanted={"a": ["grade"]}, reason="年度复核"
    )

    killed = subprocess.run(
        [sys.executable, "-m", "tests.verify.worker", str(tmp_path / "systems"), str(dies_at)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database.app_url},
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    before = _rows()
    assert len(before) == 12 and _state() == "核验中"
    assert any(state != "已核验" for _, state, _, _ in before)

    records.gateway.start()
    try:
        runner = Runner(records=records, at_once=5)
        while runner.turn():
            pass
        leased = [number for number, state, _, _ in _rows() if state == "核验中"]
        assert leased  # the dead worker's rows wait for its lease
        assert _state() == "核验中"
        with clock.use(clock.FrozenClock(clock.now() + timedelta(minutes=3))):
            while runner.turn():
                pass
            after = _rows()
            assert _state() == "已完成"
    finally:
        records.gateway.stop()
    assert [number for number, *_ in after] == list(range(2, 14))
    assert {(state, outcome) for _, state, outcome, _ in after} == {("已核验", "已核验")}
    done_before = [one for one in before if one[1] == "已核验"]
    assert set(done_before) <= set(after)  # what was done was not done again
    asked = [str(call["id_number"]) for call in transport.calls]
    assert sorted(asked) == sorted(
        number for place, (_, number) in enumerate(people) if before[place][1] != "已核验"
    )
