"""Puts the simulated systems together into one ASGI application."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route, Router

from sandbox.control import Desk, Handle
from sandbox.distort import Clock
from sandbox.grid.database import MODES as GRID_MODES
from sandbox.grid.database import GridDatabase
from sandbox.grid.records import Records as GridRecords
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
from sandbox.tasks import TaskBook


def wall_clock() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def create_app(
    world: World,
    credentials: Credentials,
    *,
    grid: GridDatabase | None = None,
    clock: Clock = wall_clock,
) -> Starlette:
    """The HTTP systems and the control desk; with ``grid``, its database is filled as well."""
    routes: list[BaseRoute] = []
    handles: dict[str, Handle] = {}

    def desk(book: TaskBook) -> dict[str, Any]:
        return {"tasks": book.shown, "seen": lambda: dict(book.keys), "finish": book.finish_here}

    def mount(system: str, served: list[Route], switch: Switch, faults: Faults) -> None:
        app = Misbehave(Router(served), switch, faults)
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

    if grid is not None:
        cells = GridRecords(world)
        grid.install(cells, clock)
        handles["grid"] = Handle(
            switch=Switch(GRID_MODES),
            register=cells.register,
            on_turn=grid.turn,
            tasks=grid.tasks,
            seen=grid.seen,
            finish=grid.finish,
        )
    routes = [*Desk(world, handles).routes(), *routes]
    return Starlette(routes=routes)
