"""城乡居民养老保险系统, written by hand in ``sandbox/pension``."""

from __future__ import annotations

from sandbox.control import Handle
from sandbox.kit.handmade import Handmade
from sandbox.kit.serve import Ground, Served
from sandbox.misbehaviour import PEOPLE_MODES, Switch
from sandbox.pension.records import Records
from sandbox.pension.service import FAULTS, Service

_USER, _PASSWORD = "pension_username", "pension_password"


def _open(ground: Ground) -> Served:
    records = Records(ground.world)
    held = ground.credentials
    service = Service(records, held[_USER], held[_PASSWORD], ground.clock)
    handle = Handle(
        switch=Switch(PEOPLE_MODES), register=records.register, **service.book.on_the_desk()
    )
    return Served(handle=handle, routes=service.routes(), faults=FAULTS)


SYSTEM = Handmade(
    id="pension",
    name="城乡居民养老保险系统",
    credentials=(_USER, _PASSWORD),
    build=_open,
)
