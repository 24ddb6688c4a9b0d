"""Puts the simulated systems together into one ASGI application."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route, Router

from sandbox.control import Desk, Handle
from sandbox.distort import Clock
from sandbox.entrance import Platform
from sandbox.files.numbers import Numbers
from sandbox.files.publish import CSV_MODES, FILE_MODES, CommitteeFiles, PartyFiles, Publisher
from sandbox.files.server import FileServer
from sandbox.grid.database import MODES as GRID_MODES
from sandbox.grid.database import GridDatabase
from sandbox.grid.records import Records as GridRecords
from sandbox.hotline import service as hotline
from sandbox.hotline.records import Records as HotlineRecords
from sandbox.kit.serve import Ground
from sandbox.kit.signatures import Signatures
from sandbox.kit.tokens import Tokens
from sandbox.landing import Landing
from sandbox.medical_insurance import service as medical_insurance
from sandbox.medical_insurance.records import Records as MedicalRecords
from sandbox.misbehaviour import HTTP_MODES, Faults, Misbehave, Mode, Switch
from sandbox.options import Credentials
from sandbox.pension import service as pension
from sandbox.pension.records import Records as PensionRecords
from sandbox.population import World
from sandbox.subsistence import service as subsistence
from sandbox.subsistence.records import Records as SubsistenceRecords
from sandbox.systems import declared
from sandbox.tasks import TaskBook


def wall_clock() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


NO_PLATFORM = Platform(url="", passwords={})
# The name over the entrance; on the platform a system is called as the city pack says.
ENTRANCES = {
    "hotline": "12345诉求受理一体化管理平台",
    "party_members": "全国党员管理信息系统",
    "committee_cadres": "村（社区）“两委”干部信息管理",
    "subsistence": "城乡最低生活保障系统",
    "medical_insurance": "医保信息平台",
    "pension": "城乡居民养老保险系统",
    "grid": "社会治理网格化信息系统",
}


def create_app(
    world: World,
    credentials: Credentials,
    *,
    grid: GridDatabase | None = None,
    files: FileServer | None = None,
    clock: Clock = wall_clock,
    portal: Platform = NO_PLATFORM,
) -> Starlette:
    """The HTTP systems and the control desk; with ``grid`` and ``files``, theirs as well."""
    routes: list[BaseRoute] = []
    handles: dict[str, Handle] = {}

    def desk(book: TaskBook) -> dict[str, Any]:
        return {"tasks": book.shown, "seen": lambda: dict(book.keys), "finish": book.finish_here}

    def mount(system: str, served: list[Route], switch: Switch, faults: Faults) -> None:
        entrance = Landing(system, ENTRANCES.get(system, "业务系统"), portal, clock)
        app = Misbehave(Router([*entrance.routes(), *served]), switch, faults)
        routes.append(Mount(f"/{system}", app=app))

    switch = Switch(HTTP_MODES)
    subsidies = SubsistenceRecords(world)
    service = subsistence.Service(subsidies, credentials.subsistence_app_key, clock)
    mount("subsistence", service.routes(), switch, subsistence.FAULTS)
    handles["subsistence"] = Handle(
        switch=switch, register=subsidies.register, **desk(service.book)
    )

    switch = Switch(HTTP_MODES | {Mode.EXPIRE_TOKEN})
    insured = MedicalRecords(world)
    tokens = Tokens(credentials.medical_client_id, credentials.medical_client_secret, clock)
    platform = medical_insurance.Service(insured, tokens, clock, switch)
    mount("medical_insurance", platform.routes(), switch, medical_insurance.FAULTS)
    handles["medical_insurance"] = Handle(
        switch=switch,
        register=insured.register,
        revoke_tokens=tokens.revoke_all,
        **desk(platform.book),
    )

    switch = Switch(HTTP_MODES)
    pensions = PensionRecords(world)
    username, password = credentials.pension_username, credentials.pension_password
    soap = pension.Service(pensions, username, password, clock)
    mount("pension", soap.routes(), switch, pension.FAULTS)
    handles["pension"] = Handle(switch=switch, register=pensions.register, **desk(soap.book))

    switch = Switch(HTTP_MODES)
    app_id, secret = credentials.hotline_app_id, credentials.hotline_secret
    line = hotline.Service(HotlineRecords(world), Signatures(app_id, secret, clock), clock)
    mount("hotline", line.routes(), switch, hotline.FAULTS)
    handles["hotline"] = Handle(switch=switch)

    if grid is not None:
        cells = GridRecords(world)
        grid.install(cells, clock)
        switch = Switch(GRID_MODES)
        mount("grid", [], switch, Faults(error=subsistence.busy))
        handles["grid"] = Handle(
            switch=switch,
            register=cells.register,
            on_turn=grid.turn,
            tasks=grid.tasks,
            seen=grid.seen,
            finish=grid.finish,
        )
    if files is not None:
        put_out = _put_out(world, files, credentials, clock)
        for name, handle in put_out.items():
            mount(name, [], handle.switch, Faults(error=subsistence.busy))
        handles |= put_out
    ground = Ground(
        world=world,
        clock=clock,
        credentials=credentials.declared,
        database_url=grid.url if grid else "",
        files=files,
    )
    for system in declared():
        served = ground.serve(system)
        if served is not None:
            entrance = Landing(system.id, system.name, portal, clock)
            inner = Router([*entrance.routes(), *served.routes])
            app = Misbehave(inner, served.handle.switch, served.faults)
            routes.append(Mount(f"/{system.id}", app=app))
            handles[system.id] = served.handle
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
