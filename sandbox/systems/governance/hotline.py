"""12345诉求受理一体化管理平台, written by hand in ``sandbox/hotline``."""

from __future__ import annotations

from sandbox.control import Handle
from sandbox.hotline.operations import Operations
from sandbox.hotline.records import Records
from sandbox.hotline.service import FAULTS, Service
from sandbox.kit.handmade import Handmade
from sandbox.kit.serve import Ground, Served
from sandbox.kit.signatures import Signatures
from sandbox.misbehaviour import HTTP_MODES, Switch

_ID, _SECRET = "hotline_app_id", "hotline_secret"


def _open(ground: Ground) -> Served:
    signatures = Signatures(ground.credentials[_ID], ground.credentials[_SECRET], ground.clock)
    records = Records(ground.world)
    operations = Operations(records, ground.clock)
    service = Service(records, signatures, ground.clock, operations)
    handle = Handle(
        switch=Switch(HTTP_MODES),
        tasks=operations.shown,
        seen=lambda: dict(operations.keys),
        finish=operations.finish,
    )
    return Served(handle=handle, routes=service.routes(), faults=FAULTS)


SYSTEM = Handmade(
    id="hotline",
    name="12345诉求受理一体化管理平台",
    credentials=(_ID, _SECRET),
    build=_open,
)
