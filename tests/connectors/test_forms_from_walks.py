"""The eight summaries of the city, filled from what the simulated systems really say."""

from portal import plugs
from portal.affairs.forms import fill, held, rules
from portal.affairs.forms.effects import rows_of
from portal.affairs.forms.words import AUTO, Held
from portal.affairs.orders import tally
from portal.commands import setup
from portal.connectors.gateway import Gateway
from portal.functions import drops
from portal.functions.reports import collect
from portal.store import citypack, clock, measures
from portal.store.scope import Reach, scoped
from tests.conftest import TestDatabase
from tests.connectors.grounds import Ground

PLACE = "630102101003"  # where six hundred people of the simulation live
LEAST = 0.8
READER = Reach(prefixes=(PLACE,), unit_id=None, actor=held.SERVICE.actor)
EMPTY = {
    "population": {"f18", "f22"},
    "elderly": {"f16"},
    "relief": set(),
    "disability": set(),
    "insurance": {"f10", "f11"},
    "employment": {f"f{at:02d}" for at in range(3, 14)},  # people walk into it, it says nothing
    "demands": {"f18"},
    "grid": {"f16"},
}


def walk(gateway: Gateway, known: Held) -> None:
    """Ask every system that a cell is bound to, once."""
    summaries = [one for one in citypack.pack().forms.form if one.layout == "汇总表"]
    bound = {one.bind for made in summaries for one in made.fields if one.source == "measure"}
    files = {one.id for one in drops.drop_systems(gateway)}
    for system_id in sorted({known.measures[one].system_id for one in bound}):
        if system_id.startswith("platform:"):
            continue
        system = gateway.registry.system(system_id)
        wanted = [one for one in system.manifest.measures if one.id in bound]
        if system_id in files:
            drops.fetch(gateway, system)
        elif all(one.tallied for one in wanted):  # its roster, too, would take seconds
            assert collect.rows_of(gateway, system).problem == ""
        else:
            assert collect.refresh(gateway, system).problem == ""
    tally.define()
    measures.settle()


def test_most_cells_of_a_community_come_from_what_systems_said(
    database: TestDatabase, sandbox: Ground
) -> None:
    setup.load_city(citypack.pack())
    registry = sandbox.registry()
    known = plugs.held_by(registry)
    gateway = Gateway(registry)
    gateway.start()
    try:
        walk(gateway, known)
    finally:
        gateway.stop()
    values: dict[str, str] = {}
    auto = asked = 0
    for made in citypack.pack().forms.form:
        if made.layout != "汇总表":
            continue
        starts, _ = rules.period_of(made.cycle, clock.local(clock.now()).date())
        with scoped(READER) as connection:
            read = fill._read(connection, made, known, PLACE, starts)
            cells, rows = fill.filled(connection, made, known, read, PLACE)
        fill.signed(made, cells, "王小梅", "东兴社区")
        count = rules.count(made, cells, rows_of(made, rows))
        auto, asked = auto + count.auto, asked + count.asked
        empty = {name.rpartition(".")[2] for name, one in cells.items() if one.state != AUTO}
        assert empty == EMPTY[made.id], made.title
        values |= {f"{made.id}.{name.rpartition('.')[2]}": one.value for name, one in cells.items()}
    assert asked == 129
    assert auto / asked >= LEAST, f"{auto} / {asked}"
    told = {name: int(one) for name, one in values.items() if one.isdigit()}
    assert told["population.f06"] > 400  # the simulation lets six hundred live there
    assert told["population.f04"] == told["grid.f02"] + told["grid.f03"] > 0
    assert sum(told[f"disability.f{at:02d}"] for at in range(3, 10)) == told["disability.f02"] > 0
    assert told["elderly.f11"] >= told["elderly.f12"] > 0
    assert told["insurance.f05"] >= told["insurance.f06"] > 0
