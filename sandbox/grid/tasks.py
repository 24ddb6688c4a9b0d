"""The grid's tasks as rows of its table; its own function finishes them (``tasks.sql``)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any

from sandbox.distort import Clock, local
from sandbox.grid.records import SOURCE, Records
from sandbox.tasks import DONE, written

_TITLES = {"1": "独居老人走访", "2": "信息核实"}


def rows(records: Records, clock: Clock) -> Iterator[tuple[Any, ...]]:
    """Rows of ``t_rw``, in its column order."""
    world = records.register.world
    tasks = written(
        records.register,
        clock,
        number=lambda count: f"WG2026{count:010d}",
        kinds={0: "1", 99: "2"},
        notice=None,
    )
    for one in tasks:
        person = one.person
        alone = person is not None and world.lives_alone(person)
        kind = "1" if alone else "2"
        yield (
            one.id,
            kind,
            _TITLES[kind],
            person.name if person else None,
            person.id_number if person else None,
            world.region.retired(one.region),
            datetime.combine(one.due, time()) if one.due else None,
            "1" if one.state == DONE else "0",
            one.handler,
            one.outcome,
            None,
            0,
            SOURCE,
            local(one.changed).replace(tzinfo=None),
        )
