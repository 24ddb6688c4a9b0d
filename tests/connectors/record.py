"""Records the dialects of declared systems: ``python -m tests.connectors.record ID…``.

Each is asked, through its manifest, by a real gateway over real HTTP, in a small town whose clock
stands still; what went over the wire is kept byte for byte in ``fixtures/<id>/``, with an index of
the exchanges by which `tests.connectors.replaying` answers again.
"""

import asyncio
import json
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.connectors.children import is_child
from portal.connectors.contract import ABOUT, Capability, Command, Subject, SubjectKind, SystemFault
from portal.settings import Settings
from sandbox.application import create_app
from sandbox.distort import Register
from sandbox.files.server import FileServer
from sandbox.kit.book import register_of
from sandbox.kit.declared import Simulated
from sandbox.kit.drop import DropFace
from sandbox.kit.views import ViewFace
from sandbox.people import Person
from sandbox.population import World, build
from sandbox.region import load_region
from sandbox.systems import declared
from tests.connectors.desk import Desk, desk_on
from tests.connectors.grounds import FIXTURES, NOBODY, SECRETS, Ground, person, post

NOON = datetime.now(UTC).replace(microsecond=0)  # it stands still from here on
TOWN = ("6301", "630102", "630102101")
MOST_PEOPLE = 160
SYSTEMS = {one.id: one for one in declared()}


class Tape:
    """An ASGI layer that keeps every exchange of one system."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.heard: list[dict[str, Any]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and keep what was asked and said."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked, told, status = b"", b"", 0

        async def listen() -> Message:
            nonlocal asked
            message = await receive()
            asked += message.get("body", b"")
            return message

        async def say(message: Message) -> None:
            nonlocal told, status
            status = message.get("status", status)
            told += message.get("body", b"")
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self._keep(scope, asked, status, told)  # before the caller goes on
            await send(message)

        await self._app(scope, listen, say)

    def _keep(self, scope: Scope, asked: bytes, status: int, told: bytes) -> None:
        self.heard.append(
            {
                "method": scope["method"],
                "path": scope["path"],
                "query": scope["query_string"].decode(),
                "asked": asked.decode(),
                "status": status,
                "told": told,
            }
        )


def small_world() -> World:
    """A town of one street and some persons."""
    region = load_region(Settings().city_pack)
    known = {
        code: one
        for code, one in region.divisions.items()
        if any(code == place or code.startswith(TOWN[-1]) for place in TOWN)
    }
    leaves = tuple(code for code in known if code.startswith(TOWN[-1]) and len(code) == 12)
    town = replace(region, divisions=known, focus=leaves[:2])
    whole = build(town)
    persons = whole.persons[:MOST_PEOPLE]
    last = max(one.household for one in persons)
    return replace(whole, persons=persons, households=whole.households[: last + 1])


@contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """Serve an application in a thread; gives its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    ready = threading.Event()

    async def serve() -> None:
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        ready.set()
        await serving

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    ready.wait()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def record_http(system: Simulated, world: World) -> None:
    """One system behind REST, SOAP or a door."""
    kept, known = heard_http(system, world)
    _write(system.id, kept, known.id_number if known else "", known.name if known else "")


def heard_http(
    system: Simulated, world: World
) -> tuple[list[tuple[str, dict[str, Any]]], Subject | None]:
    """What it says to every kind of question, and of whom it was asked."""
    now = datetime.now(UTC)  # signatures are made by the real clock and must not look old
    tape = Tape(create_app(world, SECRETS, clock=lambda: now))
    register = register_of(system, world)
    first = _first(register)
    known = person(first.id_number, first.name) if first else None
    with running(tape) as address:
        ground = Ground(
            name="recording",
            http_url=address,
            database_url="",
            sftp_url="sftp://127.0.0.1:1",
            host_key="",
            known={},
        )
        with desk_on(ground) as desk:
            return list(_kept(system, world, desk, tape, known, address)), known


def _first(register: Register | None) -> Person | None:
    """The first of whom everything may be told: of children there are conclusions only."""
    members = register.members if register else ()
    return next((one for one in members if not is_child(one.id_number, NOON.date())), None)


Kept = tuple[str, dict[str, Any]]


def _kept(
    system: Simulated, world: World, desk: Desk, tape: Tape, known: Any, address: str
) -> Iterator[Kept]:
    gateway = desk.gateway
    manifest = gateway.registry.system(system.id).manifest
    able = manifest.capabilities

    def taped(name: str, work: Callable[[], Any]) -> Iterator[Kept]:
        tape.heard.clear()
        with suppress(SystemFault):
            work()
        heard = [one for one in tape.heard if one["path"].startswith(f"/{system.id}/")]
        number = 0
        for one in heard:
            aside = _aside(one)
            number += aside is None
            yield aside or (f"{name}_{number}" if name.endswith("page") else name), one

    yield from taped("probe", lambda: gateway.probe(system.id))
    if Capability.RECORDS in able:
        yield from taped("person_found", lambda: desk.ask_one(system.id, known))
        yield from taped("person_missing", lambda: desk.ask_one(system.id, NOBODY))
    for about in things(system, world):
        if ABOUT[about.kind] in able:
            told = f"{about.kind.value}_found"
            yield from taped(told, lambda one=about: desk.ask_one(system.id, one))  # type: ignore[misc]
            other = replace(
                about, id="none", credit_code="91630102MA0000000Q", address="没有这一处"
            )
            told = f"{about.kind.value}_missing"
            yield from taped(told, lambda one=other: desk.ask_one(system.id, one))  # type: ignore[misc]
    if Capability.ROSTER in able:
        yield from taped("roster_page", lambda: list(gateway.roster(system.id)))
    if "counts" in manifest.calls:
        monthly = manifest.tally is not None and manifest.tally.monthly
        days = (date(2026, 9 if monthly else 11, 1), date(2026, 11, 23))
        yield from taped("counts_page", lambda: gateway.tally(system.id, *days))
    if manifest.tasks:
        yield from _tasks(taped, desk, system.id)
    post(f"{address}/_control/{system.id}", {"mode": "error200"})
    yield from taped("error_busy", lambda: gateway.probe(system.id))


def things(system: Simulated, world: World) -> Iterator[Subject]:
    """The first house of the town, and the first enterprise that a system has something about."""
    home = world.households[0]
    place = {"name": home.dwelling, "address": home.dwelling, "region_code": home.region}
    yield Subject(id="house", kind=SubjectKind.HOUSE, **place)
    if not any(getattr(op, "names", {}).get("code") for op in getattr(system.face, "ops", ())):
        return
    for one in world.enterprises.all:
        if system.look_up and system.look_up(world, {"code": one.code}):
            where = {"region_code": one.region, "address": one.address}
            about = {"name": one.name, "credit_code": one.code}
            yield Subject(id="enterprise", kind=SubjectKind.ENTERPRISE, **about, **where)
            return


def _aside(one: dict[str, Any]) -> str | None:
    """What an exchange is, when it only prepares the one that was meant."""
    if one["method"] == "GET" and "wsdl" in one["query"].lower():
        return "service"
    return "token" if b"access_token" in one["told"] else None


def _tasks(taped: Callable[..., Iterator[Kept]], desk: Desk, system_id: str) -> Iterator[Kept]:
    tasks = desk.gateway.tasks(system_id)
    section = desk.gateway.registry.system(system_id).manifest.tasks
    assert section is not None
    found = [one for page in tasks.changed(None) for one in page]
    open_ = [one for one in found if one.state == "待办"]
    finished = next((one for one in found if one.state == "已办"), None)
    done = finished or open_[1]
    action = section.actions[0]
    choices = next(iter(action.form)).choices
    good, *_, bad = choices

    def send(task_id: str, result: str, key: str, by: str = "王小梅") -> None:
        tasks.act(
            Command(
                key=key,
                foreign_id=task_id,
                action=action.id,
                form={"result": result, "note": ""},
                actor="dongxing.clerk",
                actor_name=by,
                unit="com-1",
            )
        )

    if finished is None:
        send(done.foreign_id, good, "key-0", "原经办人")
    yield from taped("tasks_page", lambda: [list(one) for one in tasks.changed(None)])
    yield from taped("act_refused", lambda: send(open_[0].foreign_id, bad, "key-1"))
    yield from taped("act_done", lambda: send(open_[0].foreign_id, good, "key-2"))
    yield from taped("act_again", lambda: send(open_[0].foreign_id, good, "key-2"))
    yield from taped("act_finished", lambda: send(done.foreign_id, good, "key-3"))
    yield from taped("task_found", lambda: tasks.one(open_[0].foreign_id))


def _write(system_id: str, kept: list[Kept], known: str, name: str) -> None:
    folder = FIXTURES / system_id
    folder.mkdir(exist_ok=True)
    index: list[dict[str, Any]] = []
    for told, one in kept:
        if any(entry["name"] == told for entry in index):
            continue
        status = "" if one["status"] == 200 else f".{one['status']}"
        body = one["told"]
        kind = "xml" if body.lstrip().startswith(b"<?xml") else "json"
        kind = "wsdl" if told == "service" else kind
        if not body.lstrip().startswith((b"<?xml", b"{", b"[")):
            kind = "txt"
        file = f"{told}{status}.{kind}"
        (folder / file).write_bytes(body)
        index.append(
            {
                "name": told,
                "method": one["method"],
                "path": one["path"],
                "query": one["query"],
                "asked": one["asked"],
                "status": one["status"],
                "file": file,
            }
        )
    about = {"known": known, "name": name, "exchanges": index}
    text = json.dumps(about, ensure_ascii=False, indent=1)
    (folder / "exchanges.json").write_text(text + "\n", encoding="utf-8")


def record_files(system: Simulated, world: World) -> None:
    """The files of one system."""
    from sandbox.files.publish import Publisher
    from sandbox.kit.drop import Files

    face = system.face
    assert isinstance(face, DropFace)
    with tempfile.TemporaryDirectory() as place:
        files = FileServer(Path(place), {"one": "two"})
        kind = Files(system.id, face, world.region, world.seed)
        Publisher(files, "one", kind, lambda: NOON).open()
        for file in (Path(place) / "one" / face.folder).iterdir():
            copy = FIXTURES / system.id / face.folder / file.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())


def record_views(system: Simulated, world: World) -> None:
    """The rows of one system's views."""
    face = system.face
    assert isinstance(face, ViewFace)
    register = register_of(system, world)
    rows: dict[str, list[Any]] = {"things": [], "people": []}
    if system.things:
        rows["things"] = list(system.things(world, lambda: NOON))[:60]
    if register and system.people:
        rows["people"] = [system.people.full(register, one) for one in register.members]
    folder = FIXTURES / system.id
    folder.mkdir(exist_ok=True)
    views = {
        view.name: [{name: row.get(name) for name in view.columns} for row in rows[view.rows]]
        for view in face.views
    }
    status = [{"zt": "正常", "sjsj": "2026-11-23 03:00:00", "sjly": "模拟数据"}]
    known = _first(register)
    answers: dict[str, list[Any]] = {**views, "probe": status}
    if known and system.people and register:
        answers |= {"person_found": [system.people.full(register, known)], "person_missing": []}
    for name, some in answers.items():
        text = json.dumps(some, ensure_ascii=False, indent=1)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    about = {
        "known": known.id_number if known else "",
        "name": known.name if known else "",
        "schema": face.schema,
        "reader": face.reader,
        "views": {**{name: f"{name}.json" for name in views}, face.status: "probe.json"},
    }
    text = json.dumps(about, ensure_ascii=False, indent=1)
    (folder / "exchanges.json").write_text(text + "\n", encoding="utf-8")


def record_hotline(world: World) -> None:
    """The orders of the hotline, which is written by hand; its lists are recorded apart."""
    now = datetime.now(UTC)
    tape = Tape(create_app(world, SECRETS, clock=lambda: now))
    with running(tape) as address:
        ground = Ground(
            name="recording",
            http_url=address,
            database_url="",
            sftp_url="sftp://127.0.0.1:1",
            host_key="",
            known={},
        )
        with desk_on(ground) as desk:
            for name, one in _orders(desk, tape):
                status = "" if one["status"] == 200 else f".{one['status']}"
                (FIXTURES / "hotline" / f"{name}{status}.json").write_bytes(one["told"])


def _orders(desk: Desk, tape: Tape) -> Iterator[Kept]:
    tasks = desk.gateway.tasks("hotline")
    found = [one for page in tasks.changed(None) for one in page]
    open_ = [one for one in found if one.order and one.order.state == "办理中"]
    done = next(one for one in found if one.state == "已办")
    steps = {
        "act_refused": (open_[0], "HF", "好", "key-1"),
        "act_done": (open_[0], "HF", "已到现场修复照明", "key-2"),
        "act_again": (open_[0], "HF", "已到现场修复照明", "key-2"),
        "act_finished": (done, "HF", "已到现场修复照明", "key-3"),
        "act_sent_back": (open_[1], "TD", "依职责清单应由城管部门办理", "key-4"),
    }
    for name, (task, action, text, key) in steps.items():
        tape.heard.clear()
        with suppress(SystemFault):
            tasks.act(
                Command(
                    key=key,
                    foreign_id=task.foreign_id,
                    action=action,
                    form={"text": text},
                    actor="dongxing.clerk",
                    actor_name="王小梅",
                    unit="com-1",
                )
            )
        yield name, tape.heard[-1]
    tape.heard.clear()
    since = max(one.changed_at for one in found) - timedelta(days=2)
    list(tasks.changed(since))
    yield "tasks_page_1", tape.heard[0]
    tape.heard.clear()
    tasks.one(open_[0].foreign_id)
    yield "task_found", tape.heard[-1]


def main(wanted: list[str]) -> None:
    """Record these systems, or all that are declared."""
    world = small_world()
    if "hotline" in wanted:
        record_hotline(world)
    for system_id in [one for one in wanted or SYSTEMS if one != "hotline"]:
        system = SYSTEMS[system_id]
        if isinstance(system.face, DropFace):
            record_files(system, world)
        elif isinstance(system.face, ViewFace):
            record_views(system, world)
        else:
            record_http(system, world)


if __name__ == "__main__":
    main(sys.argv[1:])
