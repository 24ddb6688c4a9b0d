"""The simulated systems' own rows, into the measures by the real manifests; no network between."""

from collections.abc import Iterable, Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from portal.connectors.counting import Counting
from portal.connectors.manifest import FilesManifest
from portal.connectors.registry import Registry, System
from portal.connectors.survey import Roster, Tallied
from portal.connectors.tally import Tally
from portal.functions.reports import collect
from portal.store import clock, measures
from portal.store.scope import scoped
from sandbox.distort import Register
from sandbox.files.numbers import COMMITTEE_HEAD, PARTY_HEAD, Numbers
from sandbox.grid.records import Records as Grid
from sandbox.hotline.records import Records as Hotline
from sandbox.kit.declared import Simulated
from sandbox.kit.drop import DropFace, Files
from sandbox.population import World
from sandbox.subsistence.records import Records as Subsistence
from sandbox.systems.governance import (
    fire_safety,
    grassroots_power,
    neighbour_orders,
    police_nonurgent,
    supervision_710,
    urban_management,
)
from sandbox.systems.party import member_checkin, smart_party, volunteers
from sandbox.systems.service import disability_subsidy, elderly_care

Row = Mapping[str, Any]
PERIOD, FIRST = date(2026, 10, 31), date(2026, 10, 1)
GRID = (
    *("RYBH", "XM", "ZJHM", "ZJHM_CX", "XB", "CSRQ", "LXDH", "HH", "YHZGX", "RYLB"),
    *("HJ_QHDM", "HJ_DZ", "HJ_RQ", "XZ_QHDM", "XZ_DZ", "RZSJ", "RHYZ", "WGDM", "WGMC", "FWBH"),
    *("CQ_QHDM", "CQ_DZ", "CQ_RQ", "GZDW", "GZ_QHDM", "GZ_DZ", "GZ_RQ"),
    *("HYZK", "DJLR", "CJDJ", "SJLY", "GXSJ"),
)


def _people(world: World, system: Simulated) -> list[Row]:
    people = system.people
    assert people is not None
    register = Register(world, system.id, misses=people.misses, holds=people.holds)
    say = people.brief or people.full
    return [say(register, person) for person in register.members]


def _drop(world: World, system: Simulated) -> list[Row]:
    face = system.face
    assert isinstance(face, DropFace)
    files = Files(system.id, face, world.region, world.seed)
    rows = face.rows(world.region, files._dice, PERIOD, 1)
    return [dict(zip(face.head, row, strict=True)) for row in rows]


def rows_of(world: World) -> dict[str, list[Row]]:
    """What each system would say, row by row, in its own words."""
    things = (urban_management, neighbour_orders, police_nonurgent, smart_party, member_checkin)
    drops = (fire_safety, supervision_710, grassroots_power, volunteers)
    numbers = Numbers(region=world.region, seed=world.seed)
    said: dict[str, list[Row]] = {
        "grid": [dict(zip(GRID, row, strict=True)) for row in Grid(world).persons()],
        "hotline": Hotline(world).all(clock.now()),
        "party_members": [
            dict(zip(PARTY_HEAD, row, strict=True)) for row in numbers.party("2026-10-31", 1)
        ],
        "committee_cadres": [
            dict(zip(COMMITTEE_HEAD, row, strict=True)) for row in numbers.committees(1)
        ],
    }
    poor = Subsistence(world)
    said["subsistence"] = [poor.brief(person) for person in poor.register.members]
    for one in (elderly_care, disability_subsidy):
        said[one.SYSTEM.id] = _people(world, one.SYSTEM)
    for one in things:
        assert one.SYSTEM.things is not None
        said[one.SYSTEM.id] = list(one.SYSTEM.things(world, clock.now))
    for one in drops:
        said[one.SYSTEM.id] = _drop(world, one.SYSTEM)
    return said


def fill(registry: Registry, said: Mapping[str, Iterable[Row]]) -> None:
    """Bring what every system says into the measures, as its walk, its rows or its file would."""
    for system_id, rows in said.items():
        system = registry.system(system_id)
        if isinstance(system.manifest, FilesManifest):
            _file(system, system.manifest, rows)
        elif system.manifest.roster is not None:
            _roster(system, rows)
        else:
            _rows(system, rows)
    measures.settle()


def _roster(system: System, rows: Iterable[Row]) -> None:
    counting = Counting(system.manifest.measures, clock.local(clock.now()).date(), system.context)
    for row in rows:
        counting.take(row, system.roster_reader(row))
    walked = SimpleNamespace(counted=counting.results, as_of=clock.now(), unreadable=0)
    collect.keep(system, cast(Roster, walked))


def _tally(system: System, rows: Iterable[Row]) -> Tally:
    assert system.manifest.tally is not None
    tally = Tally(system.manifest.measures, system.manifest.tally, system.context)
    for row in rows:
        tally.take(row, tally.place_of(row))
    return tally


def _rows(system: System, rows: Iterable[Row]) -> None:
    counted = _tally(system, rows).results()
    told = Tallied(counted=counted, as_of=clock.now(), rows=0, unreadable=0)
    last = clock.local(clock.now()).date()
    collect.put_flows(system, told, FIRST, last)


def _file(system: System, manifest: FilesManifest, rows: Iterable[Row]) -> None:
    named = [{key: str(row[head]) for key, head in manifest.drop.columns.items()} for row in rows]
    counted = _tally(system, named).results()
    with scoped(measures.WRITER) as connection:
        collect.put_stocks(connection, system, counted, collect.end_of(PERIOD))
