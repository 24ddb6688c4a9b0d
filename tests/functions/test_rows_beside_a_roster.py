"""A system walked for persons that gives sums as well: both are taken, either fails alone."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.connectors.contract import TheirFault
from portal.connectors.gateway import Gateway
from portal.connectors.manifest import Call
from portal.functions import rounds
from portal.functions.reports import collect
from portal.store import clock, measures
from portal.store.citypack import CityPack
from portal.store.clock import FrozenClock
from portal.store.measure_tables import measure_change, measure_snapshot
from portal.store.scope import scoped
from tests.connectors import support
from tests.connectors.support import FakeTransport
from tests.functions.test_reports import WILLOW, person

MORE = """
[calls.counts]
path = "/numbers"
query = { from = "{from_day}", to = "{to_day}" }
items = "rows"
[tally]
region = "place"
days = 35
monthly = true
"""
MEASURED = """
[[roster.relations]]
kind = "居住"
region_code = "place"
[[measures]]
id = "walked"
name = "甲"
[[measures]]
id = "standing"
name = "乙"
count = "sum"
of = { from = "there", convert = ["number"] }
where = "newest == 'Y'"
[[measures]]
id = "happened"
name = "丙"
kind = "flow"
count = "sum"
of = { from = "times", convert = ["number"] }
day = { from = "day", convert = ["date:iso"] }
"""


def _manifest(text: str) -> str:
    able = text.replace('"roster"]', '"reports", "roster"]').replace("size = 2", "size = 500")
    return able.replace("[fields]", MORE + "[fields]", 1) + MEASURED


def numbers(day: date, there: int | None, times: int) -> dict[str, Any]:
    return {"place": WILLOW, "day": f"{day}", "newest": "N" if there is None else "Y",
            "there": there, "times": times}  # fmt: skip


class Owner:
    """What a system says, of persons and of numbers; an exception is raised."""

    def __init__(self, folder: Path) -> None:
        self.people: Any = [person(WILLOW) for _ in range(3)]
        self.rows: Any = []
        self.registry = support.load(folder, ["a"], _manifest)
        self.system = self.registry.system("a")
        self.gateway = Gateway(self.registry, transports=lambda _: FakeTransport(self.say))

    async def say(self, call: Call, _values: Any) -> Any:
        answer = self.rows if call is self.system.manifest.calls["counts"] else self.people
        if isinstance(answer, Exception):
            raise answer
        return {"code": "0", "rows": answer}


@pytest.fixture
def owner(hailing: CityPack, tmp_path: Path, frozen: FrozenClock) -> Iterator[Owner]:
    made = Owner(tmp_path)
    made.gateway.start()
    yield made
    made.gateway.stop()


def stored(measure: str) -> dict[date, int]:
    """What the store holds of a measure, day by day."""
    query = (
        select(measure_change.c.day, func.sum(measure_change.c.numerator))
        .where(measure_change.c.measure == measure)
        .group_by(measure_change.c.day)
    )
    with scoped(measures.WRITER) as connection:
        return {day: int(number) for day, number in connection.execute(query)}


def problems(day: date) -> dict[str, str | None]:
    query = select(measure_snapshot.c.measure, measure_snapshot.c.problem)
    with scoped(measures.WRITER) as connection:
        rows = connection.execute(query.where(measure_snapshot.c.day == day)).all()
    return {one.measure: one.problem for one in rows}


def test_both_are_taken_and_an_open_month_moves_on(owner: Owner, frozen: FrozenClock) -> None:
    today = clock.local(clock.now()).date()
    before = today.replace(day=1) - timedelta(days=1)
    owner.rows = [numbers(before, None, 9), numbers(today, 40, 4)]
    done = rounds.walk(owner.gateway, owner.system)
    assert done.problem == "" and done.indexed and done.indexed.people == 3
    assert done.measured and done.measured.measures == 3
    assert stored("walked") == {today: 3}
    assert stored("standing") == {today: 40}
    assert stored("happened") == {before: 9, today: 4}
    frozen.advance(timedelta(days=1))
    tomorrow = today + timedelta(days=1)
    assert tomorrow.month == today.month
    owner.rows = [numbers(before, None, 10), numbers(tomorrow, 38, 5)]
    collect.refresh(owner.gateway, owner.system)
    assert stored("happened") == {before: 10, tomorrow: 5}  # yesterday's part is not added to it
    assert sum(stored("standing").values()) == 38


@pytest.mark.parametrize(
    ("failing", "well", "ill"),
    [("people", {"standing", "happened"}, {"walked"}),
     ("rows", {"walked"}, {"standing", "happened"})],
)  # fmt: skip
def test_one_of_them_fails_without_the_other(
    failing: str, well: set[str], ill: set[str], owner: Owner
) -> None:
    today = clock.local(clock.now()).date()
    owner.rows = [numbers(today, 40, 4)]
    setattr(owner, failing, TheirFault(detail="no answer"))
    done = rounds.walk(owner.gateway, owner.system)
    assert done.problem and done.measured and done.measured.problem == done.problem
    said = problems(today)
    assert {one for one, problem in said.items() if problem is None} == well
    assert {one for one, problem in said.items() if problem} == ill
    assert all(stored(one) for one in well) and not any(stored(one) for one in ill)
