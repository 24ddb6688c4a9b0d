"""Puts the simulated systems together into one ASGI application."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route, Router

from sandbox.control import Desk, Handle
from sandbox.distort import Clock
from sandbox.files.numbers import Numbers
from sandbox.files.publish import CSV_MODES, FILE_MODES, CommitteeFiles, PartyFiles, Publisher
from sandbox.files.server import FileServer
from sandbox.grid.database import MODES as GRID_MODES
from sandbox.grid.database import GridDatabase
from sandbox.grid.records import Records as GridRecords
from sandbox.hotline import service as hotline
from sandbox.hotline.records import Records as HotlineRecords
from sandbox.hotline.signatures import Signatures
from sandbox.medical_insurance import service as medical_insurance
from sandbox.medical_insurance.records import Records as MedicalRecords
from sandbox.medical_insurance.tokens import Tokens
from sandbox.misbehaviour import HTTP_MODES, Faults, Misbehave, Mode, Switch
from sandbox.options import Credentials
from sandbox.pension import service as pension
from sandbox.pension.records import Records as PensionRecords
from sandbox.population import World
from sandbox.subsistence import service as subsistence
from sandbox.subsistence.records import Records as SubsistenceRecords


def wall_clock() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def create_app(
    world: World,
    credentials: Credentials,
    *,
    grid: GridDatabase | None = None,
    files: FileServer | None = None,
    clock: Clock = wall_clock,
) -> Starlette:
    """The HTTP systems and the control desk; with ``grid`` and ``files``, theirs as well."""
    routes: list[BaseRoute] = []
    handles: dict[str, Handle] = {}

    def mount(system: str, served: list[Route], switch: Switch, faults: Faults) -> None:
        app = Misbehave(Router(served), switch, faults)
        routes.append(Mount(f"/{system}", app=app))

    switch = Switch(HTTP_MODES)
    subsidies = SubsistenceRecords(world)
    service = subsistence.Service(subsidies, credentials.subsistence_app_key, clock)
    mount("subsistence", service.routes(), switch, subsistence.FAULTS)
    handles["subsistence"] = Handle(switch=switch, register=subsidies.register)

    switch = Switch(HTTP_MODES | {Mode.EXPIRE_TOKEN})
    insured = MedicalRecords(world)
    tokens = Tokens(credentials.medical_client_id, credentials.medical_client_secret, clock)
    platform = medical_insurance.Service(insured, tokens, clock, switch)
    mount("medical_insurance", platform.routes(), switch, medical_insurance.FAULTS)
    handles["medical_insurance"] = Handle(
        switch=switch, register=insured.register, revoke_tokens=tokens.revoke_all
    )

    switch = Switch(HTTP_MODES)
    pensions = PensionRecords(world)
    username, password = credentials.pension_username, credentials.pension_password
    soap = pension.Service(pensions, username, password, clock)
    mount("pension", soap.routes(), switch, pension.FAULTS)
    handles["pension"] = Handle(switch=switch, register=pensions.register)

    switch = Switch(HTTP_MODES)
    app_id, secret = credentials.hotline_app_id, credentials.hotline_secret
    desk = hotline.Service(HotlineRecords(world), Signatures(app_id, secret, clock), clock)
    mount("hotline", desk.routes(), switch, hotline.FAULTS)
    handles["hotline"] = Handle(switch=switch)

    if grid is not None:
        cells = GridRecords(world)
        grid.install(cells)
        handles["grid"] = Handle(
            switch=Switch(GRID_MODES), register=cells.register, on_turn=grid.turn
        )
    if files is not None:
        handles |= _put_out(world, files, credentials, clock)
    routes = [*Desk(world, handles, files).routes(), *routes]
    return Starlette(routes=routes)


def _put_out(
    world: World, files: FileServer, credentials: Credentials, clock: Clock
) -> dict[str, Handle]:
    """The systems that only put out files."""
    numbers = Numbers(region=world.region, seed=world.seed)
    party = Publisher(files, credentials.party_username, PartyFiles(numbers), clock)
    committee = Publisher(files, credentials.committee_username, CommitteeFiles(numbers), clock)
    for one in (party, committee):
        one.open()
    return {
        "party_members": Handle(switch=Switch(CSV_MODES), on_turn=party.turn),
        "committee_cadres": Handle(switch=Switch(FILE_MODES), on_turn=committee.turn),
    }
