"""Group ``library``: every report of one community as one .zip of .xlsx, and one report at a time.

The measures of the manifests hold a number for each community and each part; their values are made
up: what a report costs depends on how many numbers it reads.
"""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import ground
from benchmarks.figures import Figure, emit, percentile
from benchmarks.reports import officer_of
from portal.commands import setup
from portal.functions.reports import Reports, batch
from portal.functions.reports.known import Known
from portal.store import clock, divisions, measures
from portal.store.citypack import pack
from portal.store.measure_words import Cell, Kind, Snapshot
from portal.store.scope import scoped
from portal.wiring import build

RUNS = 3


def _parts(one: Known) -> list[str]:
    if one.bands:
        bands = [f"{low:03d}-{'' if high is None else f'{high:03d}'}" for low, high in one.bands]
        sexes = ("男", "女") if one.by_sex else ("",)
        return [f"{sex}|{band}" for sex in sexes for band in bands]
    if one.by_sex:
        return ["男|", "女|"]
    return [part for part in one.slices or () if not part.startswith("未")] or [""]


def _fill(reports: Reports, communities: list[str]) -> None:
    now = clock.now()
    day = clock.local(now).date()
    for one in reports.catalogue.measures.values():
        if one.own or one.definition.kind is Kind.DISTINCT:
            continue
        cells = [
            Cell(region_code=code, slice=part, numerator=1 + number % 7)
            for number, code in enumerate(communities)
            for part in _parts(one)
        ]
        picture = Snapshot(
            measure=one.definition.id,
            system_id=one.suppliers[0].system_id,
            day=day,
            as_of=now,
            taken_at=now,
        )
        with scoped(measures.WRITER) as connection:
            measures.define(connection, [one.definition])
            measures.restate(connection, picture, cells)
    measures.settle()


@contextmanager
def _stage() -> Iterator[Reports]:
    with ground.folder() as place, ground.database(place):
        setup.load_city(pack())
        reports = build().reports
        city = pack().region_code
        communities = [
            one.code for one in divisions.below(city, "community") if not one.statistics_only
        ]
        _fill(reports, communities)
        yield reports


def _emit(name: str, value: float, unit: str, runs: int, target: str | None = None) -> None:
    emit(
        Figure(
            figure=f"library.{name}", value=value, unit=unit, runs=runs, scale="city", target=target
        )
    )


def run() -> None:
    """Measure and print."""
    with _stage() as reports:
        city = pack().region_code
        month = f"{clock.local(clock.now()):%Y-%m}"
        community = next(
            one.code for one in divisions.below(city, "community") if not one.statistics_only
        )
        officer = officer_of(city, "city", ("city_officer",))
        leader = officer_of(city, "city", ("city_leader",))
        templates = reports.library.templates
        _emit("templates", len(templates), "", 1, ">= 90")
        gc.collect()
        for who, name in ((officer, "zip_community"), (leader, "zip_community_protected")):
            taken = []
            for _ in range(RUNS):
                made = batch.of_region(reports, who, community, month)
                started = time.perf_counter()
                for _done in made:
                    pass
                taken.append(time.perf_counter() - started)
            _emit(name, max(taken), "s", RUNS, "<= 20")
        for who, name in ((officer, "build_city"), (leader, "build_city_protected")):
            taken = []
            for template in templates:
                started = time.perf_counter()
                reports.of_template(who, template, city, month)
                taken.append((time.perf_counter() - started) * 1000)
            _emit(f"{name}.p95", percentile(taken, 0.95), "ms", len(taken), "<= 50")
