"""自组报表 shared by level: who sees a template, under whose scope it is built, who may take it."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import ProgrammingError

from auth.permissions import Denied
from auth.principal import Principal
from auth.tables import audit_entry
from portal.connectors.manifest import MeasureMap
from portal.functions.reports import Reports, shared, sketch
from portal.functions.reports.sketch import BadSketch, Sketch
from portal.functions.reports.tables import report_shared
from portal.store import clock, measures
from portal.store.clock import FrozenClock
from portal.store.engine import begin
from portal.store.measure_words import Cell, Definition, Kind, Snapshot
from portal.store.scope import scoped
from tests import people

CITY, EAST, WEST = "9901", "990102", "990103"
STREET, WILLOW, LOTUS = "990102001", "990102001001", "990102001002"
LEVELS = {4: "city", 6: "district", 9: "street", 12: "community"}
COLOURS = {"1": "红", "2": "蓝"}


def holds(code: str, role: str, login: str = "") -> Principal:
    """Somebody of a place."""
    level = LEVELS[len(code)]
    kind = "community" if level == "community" else "government"
    made = people.principal(roles=(role,), prefixes=(code,), unit_id=f"u-{code}", kind=kind,
                            level=level, region_code=code)  # fmt: skip
    return replace(made, login=login or f"{role}.{code}")


def counting() -> Reports:
    """A system that counts two measures of two communities: plain, and divided."""
    by = SimpleNamespace(convert=("code:colour",))
    maps: list[Any] = [
        MeasureMap(id="lamps", name="路灯"),
        SimpleNamespace(id="boats", name="船", unit="条", kind="stock", topic="none", about="",
                        by=by, ages=(), by_sex=False, part_of="", from_age=0, to_age=None,
                        tallied=False),
    ]  # fmt: skip
    site = SimpleNamespace(name="甲系统", mode="正式", owner="", legal_basis="", approval_no="")
    system = SimpleNamespace(
        id="a",
        manifest=SimpleNamespace(measures=maps, tables={"colour": COLOURS}),
        site=site,
        mode="正式",
        reachable=True,
    )
    systems = {"a": system}
    registry: Any = SimpleNamespace(systems=systems, system=systems.__getitem__)
    with scoped(measures.WRITER) as connection:
        for one, unit in (("lamps", "盏"), ("boats", "条")):
            definition = Definition(id=one, kind=Kind.STOCK, name=one, unit=unit)
            measures.define(connection, [definition])
            picture = Snapshot(measure=one, system_id="a", day=clock.now().date(),
                               as_of=clock.now(), taken_at=clock.now())  # fmt: skip
            cells = [
                Cell(region_code=place, slice=part, numerator=number)
                for place, number in ((WILLOW, 31), (LOTUS, 12), (f"{WEST}100001", 7))
                for part in (("红", "蓝") if one == "boats" else ("",))
            ]
            measures.restate(connection, picture, cells)
    measures.settle()
    return Reports(registry=registry)


@pytest.fixture
def reports(hailing: Any, frozen: FrozenClock) -> Iterator[Reports]:
    yield counting()


def seen(who: Principal) -> set[str]:
    return {one.sketch.name for one in shared.offered(who).values()}


def test_a_template_is_seen_by_the_level_it_was_shared_with_and_built_by_each_scope(
    reports: Reports,
) -> None:
    city, east = holds(CITY, "city_officer"), holds(EAST, "city_officer")
    other, clerk = holds(WEST, "city_officer"), holds(WILLOW, "community_clerk")
    street = holds(STREET, "community_clerk")
    lamps = Sketch(name="路灯表", measures=("lamps",))
    shared.share(reports, city, lamps, "below")
    shared.share(reports, city, replace(lamps, name="市级表"), "level")
    shared.share(reports, east, replace(lamps, name="区表"), "below")
    shared.share(reports, east, replace(lamps, name="区级表"), "level")
    assert seen(city) == {"路灯表", "市级表"}
    assert seen(holds(CITY, "leader")) == {"路灯表", "市级表"}, "the same place, another post"
    assert seen(east) == {"路灯表", "区表", "区级表"}
    assert seen(street) == seen(clerk) == {"路灯表", "区表"}
    assert seen(other) == {"路灯表"}, "nothing of the neighbour"
    assert [one.mine for one in shared.offered(east).values()] == [True, True, False]
    assert not any(one.mine for one in shared.offered(clerk).values())
    # The same choice, each with the numbers of the own scope and no other.
    made = sketch.template(lamps, reports.catalogue)
    for who, number in ((city, "50"), (east, "43"), (clerk, "31")):
        table = reports.of_template(who, made, who.unit.region_code, "2026-11")
        assert table.total.cells[0].text == number
    with pytest.raises(Denied):
        reports.of_template(clerk, made, EAST, "2026-11")


def test_sharing_again_replaces_and_the_own_level_withdraws(reports: Reports) -> None:
    city, deputy = holds(CITY, "city_officer"), holds(CITY, "city_officer", "another")
    shared.share(reports, city, Sketch(name="路灯表", measures=("lamps",)), "below")
    shared.share(reports, deputy, Sketch(name=" 路灯表 ", measures=("lamps", "boats")), "level")
    (one,) = shared.offered(city).values()
    assert one.sketch.measures == ("lamps", "boats") and one.reaches == "level"
    with pytest.raises(BadSketch, match="撤回"):
        shared.withdraw(holds(EAST, "city_officer"), str(one.id))
    with pytest.raises(BadSketch, match="撤回"):
        shared.withdraw(city, "no number")
    shared.withdraw(city, str(one.id))
    assert shared.offered(city) == {}
    with begin() as connection:
        rows = connection.execute(select(audit_entry.c.action)).scalars()
        assert [one for one in rows if one.startswith("reports.")] == [
            "reports.share", "reports.share", "reports.unshare",
        ]  # fmt: skip


def test_who_may_not_share_is_refused_twice(reports: Reports) -> None:
    made = Sketch(name="路灯表", measures=("lamps",))
    clerk = holds(WILLOW, "community_clerk")
    with pytest.raises(Denied):
        shared.share(reports, clerk, made, "below")
    with pytest.raises(Denied):
        shared.withdraw(clerk, "no number")
    with pytest.raises(Denied):
        shared.offered(holds(CITY, "explainer"))
    with pytest.raises(BadSketch, match="谁可以看"):
        shared.share(reports, holds(CITY, "city_officer"), made, "all")
    # Below the function the rows themselves: nobody writes for a place that is not theirs.
    row = {"id": clerk.post_id, "name": "x", "content": "{}", "reaches": "below", "by_whom": "x",
           "shared_at": clock.now()}  # fmt: skip
    for who, region, login in ((clerk, CITY, clerk.login), (clerk, WILLOW, "somebody")):
        with scoped(who.reach) as connection, pytest.raises(ProgrammingError, match="row-level"):
            connection.execute(insert(report_shared).values(**row, region_code=region, login=login))


def test_rows_may_be_the_parts_of_a_measure(reports: Reports) -> None:
    made = Sketch(name="船表", measures=("boats",), rows="lines", compares=("previous",))
    template = sketch.template(made, reports.catalogue)
    table = reports.of_template(holds(CITY, "city_officer"), template, CITY, "2026-11")
    assert [one.head for one in table.columns] == ["本期", "上期"]
    found = {row.name: row.cells[0].text for row in table.rows}
    assert (found["合计"], found["红"], found["蓝"]) == ("100", "50", "50")
    assert {row.group for row in table.rows} == {"船"}
    for measures_, reason in ((("lamps",), "没有分类"), (("none",), "没有名为"), ((), "请选")):
        bad = replace(made, measures=measures_)
        with pytest.raises(BadSketch, match=reason):
            sketch.template(bad, reports.catalogue)
