"""城乡最低生活保障系统, written by hand in ``sandbox/subsistence``."""

from __future__ import annotations

from sandbox.control import Handle
from sandbox.kit.handmade import Handmade
from sandbox.kit.serve import Ground, Served
from sandbox.misbehaviour import PEOPLE_MODES, Switch
from sandbox.subsistence.records import Records
from sandbox.subsistence.service import FAULTS, Service


def _open(ground: Ground) -> Served:
    records = Records(ground.world)
    service = Service(records, ground.credentials["subsistence_app_key"], ground.clock)
    handle = Handle(
        switch=Switch(PEOPLE_MODES), register=records.register, **service.book.on_the_desk()
    )
    return Served(handle=handle, routes=service.routes(), faults=FAULTS)


SYSTEM = Handmade(
    id="subsistence",
    name="城乡最低生活保障系统",
    credentials=("subsistence_app_key",),
    build=_open,
    pages=("/household/{number}", "/review", "/apply/{number}"),
)
