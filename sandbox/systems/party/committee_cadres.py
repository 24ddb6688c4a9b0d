"""村（社区）“两委”干部信息管理: workbooks with numbers of posts, nobody by name."""

from __future__ import annotations

from sandbox.control import Handle
from sandbox.files.numbers import Numbers
from sandbox.files.publish import FILE_MODES, CommitteeFiles, Publisher
from sandbox.kit.handmade import Handmade
from sandbox.kit.serve import Ground, Served
from sandbox.misbehaviour import Faults, Switch, json_response

_USER, _PASSWORD = "committee_username", "committee_password"


def _open(ground: Ground) -> Served | None:
    if ground.files is None:
        return None
    numbers = Numbers(region=ground.world.region, seed=ground.world.seed)
    files = CommitteeFiles(numbers)
    ground.files.admit(ground.credentials[_USER], ground.credentials[_PASSWORD])
    publisher = Publisher(ground.files, ground.credentials[_USER], files, ground.clock)
    publisher.open()
    handle = Handle(switch=Switch(FILE_MODES), on_turn=publisher.turn)
    faults = Faults(error=lambda: json_response({"status": "DOWN"}))
    return Served(handle=handle, routes=[], faults=faults)


SYSTEM = Handmade(
    id="committee_cadres",
    name="村（社区）“两委”干部信息管理",
    credentials=(_USER, _PASSWORD),
    build=_open,
)
