"""``measures rebuild``: whatever the roll-ups say, they say afterwards what the changes say."""

from datetime import date

import pytest
from sqlalchemy import delete, update

from portal.__main__ import main
from portal.store import clock, measure_reads, measures
from portal.store.measure_lock_tables import measure_pending, measure_period_lock
from portal.store.measure_tables import measure_rollup
from portal.store.measure_words import Change, Definition, Kind, Period
from portal.store.region_codes import LEVELS
from portal.store.scope import Reach, scoped
from tests.conftest import TestDatabase

PLACE, MONTH = "960102001001", Period(grain="month", starts=date(2026, 9, 1))


def test_spoilt_roll_ups_are_formed_anew(
    database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    change = Change(
        measure="spoilt", system_id="s", region_code=PLACE, day=date(2026, 9, 3), numerator=5
    )
    with scoped(measures.WRITER) as connection:
        for table in (measure_period_lock, measure_pending):
            connection.execute(delete(table))
        definition = Definition(id="spoilt", kind=Kind.FLOW, name="走样的指标", unit="件")
        measures.define(connection, [definition])
        measures.add(connection, [change], clock.now())
        mine = measure_rollup.c.measure == "spoilt"
        connection.execute(update(measure_rollup).where(mine).values(numerator=77))
    assert main(["measures", "rebuild"]) == 0
    with scoped(Reach(prefixes=("96",), unit_id=None, actor="t")) as connection:
        found = measure_reads.values(connection, ["spoilt"], "96", LEVELS, MONTH)
    assert {one.numerator for one in found} == {5}
    said = capsys.readouterr().out
    assert "走样的指标：汇总 12 行" in said
    assert "未改动" in said
