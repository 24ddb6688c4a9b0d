"""Said anew, the measures of findings are what following every move had made of them."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from portal.affairs.findings import linked, restating, tally
from portal.affairs.orders import tally as order_tally
from portal.store import clock, measure_closing, measures
from portal.store.citypack import CityPack
from portal.store.measure_lock_tables import measure_pending
from portal.store.measure_tables import measure_change, measure_rollup
from portal.store.measure_words import Change, Period
from portal.store.scope import scoped
from tests.findings import world

TABLES = (measure_change, measure_pending, measure_rollup)
IDS = tuple(one.id for one in tally.DEFINITIONS)


def _kept() -> tuple["Counter[tuple[Any, ...]]", ...]:
    """Every number of findings that there is, wherever it lies."""
    with scoped(measures.WRITER) as connection:
        return tuple(
            Counter(
                tuple(row)
                for row in connection.execute(
                    select(*[one for one in table.c if one.name != "as_of"]).where(
                        table.c.measure.in_(IDS)
                    )
                )
            )
            for table in TABLES
        )


def _live(frozen: clock.FrozenClock) -> None:
    """A finding in each state, come to it over two months."""
    linked.become_orders(None)
    for number, make in enumerate(world.IN_STATE.values()):
        make(str(number))
        frozen.advance(timedelta(days=1))
    order_tally.drain()
    linked.become_orders(None)


@pytest.fixture
def lived(hailing: CityPack, frozen: clock.FrozenClock) -> None:
    """What was followed move by move."""
    _live(frozen)


CELL = st.tuples(
    st.sampled_from(IDS),
    st.sampled_from([world.PLACE, "990102001002", "990103001001"]),
    st.sampled_from(["", "自办", "协办"]),
    st.integers(-5, 40),
    st.integers(-3, 3),
)


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(spoilt=st.lists(CELL, max_size=6), gone=st.booleans())
def test_whatever_was_spoilt_is_as_it_was(
    lived: None, spoilt: list[tuple[str, str, str, int, int]], gone: bool
) -> None:
    before = _kept()
    assert {one[1] for one in before[0]} == set(IDS)
    assert restating.restate().moved == 0, "what was followed is what is said anew"
    with scoped(measures.WRITER) as connection:
        if gone:  # as when the findings are older than the measures
            for table in TABLES:
                connection.execute(delete(table).where(table.c.measure.in_(IDS)))
        wrong = [
            Change(measure=measure, system_id="platform:findings", region_code=place, slice=part,
                   day=clock.local(clock.now()).date() - timedelta(days=days), numerator=by)
            for measure, place, part, days, by in spoilt
        ]  # fmt: skip
        measures.add(connection, wrong, clock.now())
    restating.restate()
    assert _kept() == before


def test_what_waits_for_the_job_or_for_a_closed_month_is_not_said_twice(
    lived: None, frozen: clock.FrozenClock
) -> None:
    with scoped(measures.WRITER) as connection:
        november = Period(grain="month", starts=date(2026, 11, 1))
        measure_closing.close(connection, world.DISTRICT, november, "tester", clock.now())
        spoilt = Change(measure=tally.FOUND, system_id="platform:findings",
                        region_code=world.PLACE, day=date(2026, 11, 24), numerator=7)  # fmt: skip
        measures.add(connection, [spoilt], clock.now())
    signed = _kept()
    assert signed[1], "a closed month keeps it waiting"
    assert restating.restate().moved == 1
    assert not _kept()[1] and _kept()[0] == signed[0]
    world.moved(world.handed("new"), world.community(), "keep")
    assert restating.restate().moved == 0
    order_tally.drain()
    assert restating.restate().moved == 0
    assert _kept()[0] != signed[0]
