"""Serving declared systems: each face becomes routes, files or views, and a handle of the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from sandbox.control import Handle
from sandbox.distort import Clock, Register
from sandbox.files.publish import CSV_MODES, FILE_MODES, Publisher
from sandbox.files.server import FileServer
from sandbox.kit.book import book_of, register_of
from sandbox.kit.declared import Row, Simulated
from sandbox.kit.door import DoorFace, DoorService
from sandbox.kit.drop import DropFace, Files
from sandbox.kit.handmade import Handmade
from sandbox.kit.rest import OAuth, RestFace, RestService
from sandbox.kit.soap import SoapFace, SoapService
from sandbox.kit.views import MODES as VIEW_MODES
from sandbox.kit.views import ViewDatabase, ViewFace
from sandbox.misbehaviour import HTTP_MODES, PEOPLE_MODES, TOKEN_MODES, Faults, Mode, Switch
from sandbox.population import World
from sandbox.tasks import TaskBook


@dataclass(frozen=True, kw_only=True)
class Served:
    """What became of one system."""

    handle: Handle
    routes: list[Route]
    faults: Faults


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What systems are served on."""

    world: World
    clock: Clock
    credentials: Mapping[str, str]  # by the reference that the city pack uses
    database_url: str
    files: FileServer | None

    def held(self, system: Simulated) -> dict[str, str]:
        """The credentials of one system, by what they are."""
        return {kind: self.credentials[f"{system.id}_{kind}"] for kind in system.face.needs}

    def serve(self, system: Simulated | Handmade) -> Served | None:
        """Serve one system; None where what it needs is not there."""
        if isinstance(system, Handmade):
            return system.build(self)
        face = system.face
        if isinstance(face, DropFace):
            return self._drop(system, face)
        if isinstance(face, ViewFace):
            return self._views(system, face)
        if isinstance(face, DoorFace):
            return self._door(system, face)
        register = register_of(system, self.world)
        book = book_of(system, register, self.world, self.clock)
        if isinstance(face, RestFace):
            return self._rest(system, face, register, book)
        if isinstance(face, SoapFace):
            return self._soap(system, face, register, book)
        raise TypeError(f"{system.id} has no face")

    def _things(self, system: Simulated) -> list[Row]:
        return list(system.things(self.world, self.clock)) if system.things else []

    def _rest(
        self, system: Simulated, face: RestFace, register: Register | None, book: TaskBook | None
    ) -> Served:
        tokens = TOKEN_MODES if isinstance(face.auth, OAuth) else frozenset()
        switch = Switch(_modes(register) | tokens)
        service = RestService(
            system,
            face,
            self.held(system),
            self.clock,
            switch,
            register=register,
            book=book,
            things=lambda: self._things(system),
            world=self.world,
        )
        revoke = service.tokens.revoke_all if service.tokens else None
        handle = Handle(switch=switch, register=register, revoke_tokens=revoke, **_tasks_of(book))
        faults = Faults(
            error=service.busy,
            limited=service.limited,
            wrongly=service.wrongly,
            garbled=service.garbled,
        )
        return Served(handle=handle, routes=service.routes(), faults=faults)

    def _soap(
        self, system: Simulated, face: SoapFace, register: Register | None, book: TaskBook | None
    ) -> Served:
        switch = Switch(_modes(register))
        service = SoapService(
            system,
            face,
            self.held(system),
            self.clock,
            register=register,
            book=book,
            things=lambda: self._things(system),
        )
        envelopes = service.envelopes
        handle = Handle(switch=switch, register=register, **_tasks_of(book))
        faults = Faults(error=service.busy, wrongly=envelopes.wrongly, garbled=envelopes.garbled)
        return Served(handle=handle, routes=service.routes(), faults=faults)

    def _door(self, system: Simulated, face: DoorFace) -> Served:
        service = DoorService(face, self.clock)
        handle = Handle(switch=Switch(HTTP_MODES))
        return Served(handle=handle, routes=service.routes(), faults=Faults(error=service.busy))

    def _drop(self, system: Simulated, face: DropFace) -> Served | None:
        if self.files is None:
            return None
        account, password = (self.held(system)[kind] for kind in face.needs)
        self.files.admit(account, password)
        kind = Files(system.id, face, self.world.region, self.world.seed)
        publisher = Publisher(self.files, account, kind, self.clock)
        publisher.open()
        modes = CSV_MODES if face.format == "csv" else FILE_MODES
        handle = Handle(switch=Switch(modes), on_turn=publisher.turn)
        return Served(handle=handle, routes=[], faults=Faults(error=_busy))

    def _views(self, system: Simulated, face: ViewFace) -> Served | None:
        if not self.database_url:
            return None
        register = register_of(system, self.world)
        database = ViewDatabase(self.database_url, face, self.held(system)["reader"])

        def people() -> list[Row]:
            if register is None or system.people is None:
                return []
            return [system.people.full(register, one) for one in register.members]

        database.install({"things": self._things(system), "people": people()}, self.clock)

        def turn(mode: Mode, delay_ms: int) -> None:
            told = mode is Mode.DISAGREE
            if register is not None and register.contrary != told:
                register.contrary = told
                database.refill(people())
            database.turn(mode, delay_ms)

        modes = VIEW_MODES if register is not None else VIEW_MODES - {Mode.DISAGREE}
        handle = Handle(switch=Switch(modes), register=register, on_turn=turn)
        return Served(handle=handle, routes=[], faults=Faults(error=_busy))


def _modes(register: Register | None) -> frozenset[Mode]:
    return HTTP_MODES if register is None else PEOPLE_MODES


def _tasks_of(book: TaskBook | None) -> dict[str, Any]:
    return book.on_the_desk() if book is not None else {}


def _busy() -> Response:
    return Response("系统繁忙", status_code=500)
