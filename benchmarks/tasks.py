"""Group ``tasks``: the first page of an inbox, and commands sent through the outbox.

The bare side makes the same two calls per command (act, then read the task) one after the other
over one kept connection and remembers nothing; ours claims, locks, writes the end, the history and
the mirror, and leaves a call record for each.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from aiohttp import ClientSession
from sqlalchemy import insert

from auth.principal import Principal, Unit
from benchmarks import ground
from benchmarks.figures import Figure, emit, median, paired, percentile
from benchmarks.processes import child, free_port, wait_for
from portal.commands import setup
from portal.connectors.gateway import Gateway
from portal.connectors.registry import load_registry
from portal.functions.tasks import Box, Filters, Tasks, post
from portal.store import clock, crypto, divisions
from portal.store.citypack import SystemSite, pack
from portal.store.scope import scoped
from portal.store.task_tables import outbox, task
from portal.store.tasks import SERVICE

OPEN, RUNS, SYSTEMS = 5000, 60, 37
_BOXES: tuple[tuple[str, Box], ...] = (
    ("open", "待办"),
    ("unread", "待阅"),
    ("done", "已办"),
    ("sent", "我发起"),
)
_FIRST_PAGE = "<= 100"
COMMANDS, ROUNDS = 100, 5
ACTOR = "bench"
_MANIFEST = """
id = "s01"
version = 1
about = "性能测量用的业务系统"
field = "service"
transport = "rest"
capabilities = ["entry", "tasks"]
network = "政务外网"
login = "平台票据"
[limits]
per_second = 10000
[envelope]
success = "code == '0'"
[calls.probe]
path = "/healthz"
[calls.tasks]
path = "/tasks"
query = { since = "{since}" }
items = "rows"
[calls.task]
path = "/tasks/{task_id}"
items = "rows"
[calls.act]
method = "POST"
path = "/act"
json = { key = "{key}", id = "{task_id}", action = "{action}", note = "{form_note}" }
[tasks]
since = "iso"
refused = "code == '7'"
finished = "code == '8'"
reason = "words"
[tasks.map]
foreign_id = "id"
kind = "kind"
title = "title"
region_code = { from = "place", convert = ["region"] }
state = "state"
changed_at = { from = "at", convert = ["moment:iso"] }
handler = "by"
[[tasks.actions]]
id = "END"
label = "办结"
[[tasks.actions.form]]
name = "note"
label = "意见"
kind = "text"
"""


@dataclass(kw_only=True)
class Stage:
    """Everything a measurement needs."""

    base: str
    gateway: Gateway
    function: Tasks
    places: list[str]


def _principal(prefix: str, level: str) -> Principal:
    return Principal(
        account_id=UUID(int=1),
        login=ACTOR,
        name="测量",
        post_id=UUID(int=2),
        post_title="经办",
        unit=Unit(
            id="bench",
            name="测量",
            kind="government",
            level=level,  # type: ignore[arg-type]
            region_code=prefix,
        ),
        roles=("city_officer",),
        prefixes=(prefix,),
        session_id="b" * 64,
        factors=frozenset({"pwd"}),
    )


def _emit(name: str, value: float, unit: str, runs: int, target: str | None = None) -> None:
    emit(Figure(figure=f"tasks.{name}", value=value, unit=unit, runs=runs, target=target))


def _system(number: int) -> str:
    return f"s{number + 1:02d}"


def _fill(places: list[str], count: int, systems: int = 1, state: str = "待办") -> list[UUID]:
    """Tasks over the places and systems, as walks would have mirrored them."""
    now = clock.now()
    ids = [uuid4() for _ in range(count)]
    rows = [
        {
            "id": one,
            "system_id": _system(number % systems),
            "foreign_id": one.hex,
            "kind": "核查",
            "title": "入户核查",
            "person": "张*三",
            "region_code": places[number % len(places)],
            "due_on": (now + timedelta(days=number % 30 - 3)).date(),
            "state": state,
            "source_changed_at": now - timedelta(days=1),
            "synced_at": now,
        }
        for number, one in enumerate(ids)
    ]
    with scoped(SERVICE) as connection:
        connection.execute(insert(task), rows)
    return ids


def _inbox(
    stage: Stage, name: str, who: Principal, box: Box = "待办", filters: Filters | None = None
) -> None:
    stage.function.inbox(who, box, filters)
    taken = []
    for _ in range(RUNS):
        started = time.perf_counter()
        stage.function.inbox(who, box, filters)
        taken.append((time.perf_counter() - started) * 1000)
    _emit(f"inbox_{name}", median(taken), "ms", RUNS)
    _emit(f"inbox_{name}.p95", percentile(taken, 0.95), "ms", RUNS, _FIRST_PAGE)


def _stamp(stage: Stage, name: str, who: Principal) -> None:
    """What an open tab asks every few seconds, beside the list it spares."""
    figures = ((stage.function.stamp, []), (stage.function.inbox, []))
    for _ in range(RUNS):
        for work, taken in figures:
            started = time.perf_counter()
            work(who)
            taken.append((time.perf_counter() - started) * 1000)
    mark, whole = (median(taken) for _, taken in figures)
    _emit(f"stamp_{name}", mark, "ms", RUNS)
    _emit(f"stamp_{name}.vs_list", mark / whole, "x", RUNS)


def _decide(stage: Stage) -> list[UUID]:
    """Commands as the function writes them, waiting to be sent."""
    ids = _fill(stage.places, COMMANDS)
    now = clock.now()
    form = crypto.encrypt(json.dumps({"note": "情况属实"}))
    rows = [
        {
            "id": uuid4(),
            "task_id": one,
            "task_version": 1,
            "system_id": "s01",
            "region_code": stage.places[number % len(stage.places)],
            "unit_id": "bench",
            "actor": ACTOR,
            "actor_name": "测量",
            "post_id": UUID(int=2),
            "action": "END",
            "label": "办结",
            "form": form,
            "state": "待发送",
            "created_at": now,
            "since": now,
            "next_at": now,
        }
        for number, one in enumerate(ids)
    ]
    with scoped(SERVICE) as connection:
        connection.execute(insert(outbox), rows)
    return ids


async def _bare(stage: Stage, ids: list[UUID]) -> float:
    async with ClientSession() as session:
        started = time.perf_counter()
        for one in ids:
            body = {"key": str(uuid4()), "id": one.hex, "action": "END", "note": "情况属实"}
            async with session.post(f"{stage.base}/s01/act", json=body) as answer:
                await answer.json()
            async with session.get(f"{stage.base}/s01/tasks/{one.hex}") as answer:
                await answer.json()
        return time.perf_counter() - started


def _write_back(stage: Stage) -> None:
    ours, bare = [], []
    for _ in range(ROUNDS):
        ids = _decide(stage)
        bare.append(asyncio.run(_bare(stage, ids)))
        started = time.perf_counter()
        sent = post.deliver_all(stage.gateway)
        ours.append(time.perf_counter() - started)
        if sent != COMMANDS:
            raise RuntimeError(f"{sent} of {COMMANDS} commands were sent")
    _emit("write_back", COMMANDS / median(ours), "commands/s", ROUNDS)
    _emit("write_back.bare", COMMANDS / median(bare), "commands/s", ROUNDS)
    _emit("write_back.vs_bare_loop", paired(ours, bare), "x", ROUNDS)


@contextmanager
def _stage() -> Iterator[Stage]:
    with ground.folder() as place, ground.database(place):
        setup.load_city(pack())
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "benchmarks.taskserver", "--port", str(port)]
        log = place / "taskserver.log"
        with child(command, log) as process:
            wait_for(f"{base}/healthz", process, log, 30)
            sites = [_site(base, _system(number)) for number in range(SYSTEMS)]
            registry = load_registry(sites, folder=_manifests(place / "systems"))
            gateway = Gateway(registry)
            gateway.start()
            places = [
                one.code
                for one in divisions.below(pack().region_code, "community")
                if not one.statistics_only
            ]
            function = Tasks(registry=registry)
            try:
                yield Stage(base=base, gateway=gateway, function=function, places=places)
            finally:
                gateway.stop()


def _manifests(folder: Path) -> Path:
    (folder / "service").mkdir(parents=True)
    for number in range(SYSTEMS):
        name = _system(number)
        text = _MANIFEST.replace('id = "s01"', f'id = "{name}"', 1)
        (folder / "service" / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def _site(base: str, name: str) -> SystemSite:
    return SystemSite(
        id=name,
        name=f"业务系统{name}",
        owner="某局",
        level="市级",
        mode="正式",
        endpoint=f"{base}/{name}",
        legal_basis="测量用",
        simulated=True,
    )


def run() -> None:
    """Measure and print."""
    with _stage() as stage:
        _fill(stage.places, OPEN, SYSTEMS)
        for state in ("待阅", "已办"):
            _fill(stage.places, OPEN // 5, SYSTEMS, state)
        _decide(stage)
        city = _principal(pack().region_code, "city")
        counts = stage.function.inbox(city).counts
        if counts["待办"] < OPEN or len(stage.function.systems(city)) != SYSTEMS:
            raise RuntimeError(f"not the inbox that was to be measured: {counts}")
        gc.collect()
        gc.freeze()
        for name, box in _BOXES:
            _inbox(stage, f"city_{name}", city, box)
        for name, filters in (
            ("system", Filters(system_id=_system(SYSTEMS - 1))),
            ("kind", Filters(kind="核查")),
            ("late", Filters(due="逾期")),
            ("region", Filters(region=stage.places[0][:6])),
        ):
            _inbox(stage, f"city_by_{name}", city, filters=filters)
        district = replace(city, prefixes=(stage.places[0][:6],))
        _inbox(stage, "district", district)
        _stamp(stage, "city", city)
        post.deliver_all(stage.gateway)  # what was only there to be listed
        _write_back(stage)
