"""Puts the simulated systems of the catalogue together into one ASGI application."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Router

from sandbox.control import Desk, Handle
from sandbox.distort import Clock
from sandbox.entrance import Platform
from sandbox.files.server import FileServer
from sandbox.kit.serve import Ground
from sandbox.landing import Landing
from sandbox.messengers import messengers
from sandbox.misbehaviour import Misbehave
from sandbox.population import World
from sandbox.province import service as provincial
from sandbox.systems import catalogue


def wall_clock() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


NO_PLATFORM = Platform(url="", passwords={})


def create_app(
    world: World,
    credentials: Mapping[str, str],
    *,
    database_url: str = "",
    files: FileServer | None = None,
    clock: Clock = wall_clock,
    portal: Platform = NO_PLATFORM,
) -> Starlette:
    """The systems with their entrances, and the control desk.

    Without ``database_url`` and ``files`` the systems that live there stay out.
    """
    routes: list[BaseRoute] = []
    handles: dict[str, Handle] = {}
    ground = Ground(
        world=world, clock=clock, credentials=credentials, database_url=database_url, files=files
    )
    for system in catalogue():
        served = ground.serve(system)
        if served is None:
            continue
        entrance = Landing(system.id, system.name, portal, clock, system.pages)
        inner = Router([*entrance.routes(), *served.routes])
        app = Misbehave(inner, served.handle.switch, served.faults)
        routes.append(Mount(f"/{system.id}", app=app))
        handles[system.id] = served.handle
    for name, mount, handle in messengers(credentials, clock).mounts():
        routes.append(mount)
        handles[name] = handle
    city = next(one.code for one in world.region.divisions.values() if one.level == "city")
    for name, mount, handle in provincial.mounts(provincial.province(credentials, clock, city)):
        routes.append(mount)
        handles[name] = handle
    return Starlette(routes=[*Desk(world, handles, files).routes(), *routes])
