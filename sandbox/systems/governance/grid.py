"""社会治理网格化信息系统, written by hand in ``sandbox/grid``."""

from __future__ import annotations

from sandbox.control import Handle
from sandbox.grid.database import MODES, GridDatabase
from sandbox.grid.records import Records
from sandbox.kit.handmade import Handmade
from sandbox.kit.serve import Ground, Served
from sandbox.misbehaviour import Faults, Switch, json_response

_READER = "grid_reader"


def _open(ground: Ground) -> Served | None:
    if not ground.database_url:
        return None
    database = GridDatabase(ground.database_url, ground.credentials[_READER])
    records = Records(ground.world)
    database.install(records, ground.clock)
    handle = Handle(
        switch=Switch(MODES),
        register=records.register,
        on_turn=database.turn,
        tasks=database.tasks,
        seen=database.seen,
        finish=database.finish,
    )
    faults = Faults(error=lambda: json_response({"status": "DOWN"}))
    return Served(handle=handle, routes=[], faults=faults)


SYSTEM = Handmade(
    id="grid",
    name="社会治理网格化信息系统",
    credentials=(_READER,),
    build=_open,
    pages=("/house/{number}", "/patrol"),
)
