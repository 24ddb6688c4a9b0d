"""医保信息平台, written by hand in ``sandbox/medical_insurance``."""

from __future__ import annotations

from sandbox.control import Handle
from sandbox.kit.handmade import Handmade
from sandbox.kit.serve import Ground, Served
from sandbox.kit.tokens import Tokens
from sandbox.medical_insurance.records import Records
from sandbox.medical_insurance.service import FAULTS, Service
from sandbox.misbehaviour import PEOPLE_MODES, TOKEN_MODES, Switch

_ID, _SECRET = "medical_client_id", "medical_client_secret"


def _open(ground: Ground) -> Served:
    switch = Switch(PEOPLE_MODES | TOKEN_MODES)
    records = Records(ground.world)
    tokens = Tokens(ground.credentials[_ID], ground.credentials[_SECRET], ground.clock, switch)
    service = Service(records, tokens, ground.clock)
    handle = Handle(
        switch=switch,
        register=records.register,
        revoke_tokens=tokens.revoke_all,
        **service.book.on_the_desk(),
    )
    return Served(handle=handle, routes=service.routes(), faults=FAULTS)


SYSTEM = Handmade(
    id="medical_insurance",
    name="医保信息平台",
    credentials=(_ID, _SECRET),
    build=_open,
)
