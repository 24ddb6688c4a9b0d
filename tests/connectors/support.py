"""A little world for the gateway: one-field systems, and a transport that does what it is told."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from portal.connectors.contract import Answer, Asker, Subject
from portal.connectors.gateway import Gateway
from portal.connectors.manifest import Call
from portal.connectors.recorder import CallRecorder, Row
from portal.connectors.registry import ManifestError, Registry, load_registry
from portal.connectors.template import Values
from portal.connectors.transport import Trace
from portal.store.citypack import SystemSite

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
ID_NUMBER = "630102195304129822"
OTHER_ID_NUMBER = "630122196111039919"
SUBJECT = Subject(id="s-1", id_number=ID_NUMBER, name="才让卓玛", region_code="630102101003")
GOOD = {"code": "0", "rows": [{"no": "1", "id": ID_NUMBER, "name": "才让卓玛", "grade": "甲"}]}
NOBODY: dict[str, Any] = {"code": "0", "rows": []}

MANIFEST = """
id = "{id}"
version = 1
about = "试验"
field = "service"
transport = "rest"
capabilities = ["entry", "records", "roster"]
network = "互联网"
login = "平台票据"
[limits]
timeout_seconds = 5
parallel = 4
per_second = 1000
stale_minutes = 60
failures = 3
rest_seconds = 30
[envelope]
success = "code == '0'"
denied = "code == '3'"
[calls.person]
path = "/person"
query = {{ id = "{{id_number}}" }}
items = "rows"
[calls.roster]
path = "/roster"
query = {{ page = "{{page}}" }}
items = "rows"
paging = {{ kind = "page", size = 2 }}
[calls.probe]
path = "/probe"
[fields]
id_number = {{ label = "身份证号", sensitivity = "sensitive", mask = "id_number" }}
name = {{ label = "姓名", sensitivity = "personal", mask = "name" }}
grade = {{ label = "等级", sensitivity = "open" }}
[[records]]
title = "试验记录"
[records.map]
id_number = {{ from = "id", convert = ["id_number"] }}
name = {{ from = "name", convert = ["name"] }}
grade = "grade"
[roster]
foreign_id = "no"
id_number = {{ from = "id", convert = ["id_number"] }}
name = {{ from = "name", convert = ["name"] }}
"""

Behaviour = Callable[[Call, Values], Awaitable[Any]]


def always(answer: Any) -> Behaviour:
    """A system that always says the same; an exception is raised."""

    async def behave(_call: Call, _values: Values) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return behave


def in_turn(*answers: Any) -> Behaviour:
    """A system that says one thing after the other, then the last for ever."""
    left = list(answers)

    async def behave(_call: Call, _values: Values) -> Any:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return behave


async def never(_call: Call, _values: Values) -> Any:
    """A system that hangs."""
    await asyncio.Event().wait()


class FakeTransport:
    """Counts what it is asked and does as told."""

    def __init__(self, behave: Behaviour) -> None:
        self.behave = behave
        self.calls: list[Values] = []
        self.cancelled = 0
        self.closed = False
        self.under_way = 0
        self.most_under_way = 0

    async def exchange(self, call: Call, values: Values, trace: Trace) -> Any:
        self.calls.append(dict(values))
        trace.sent()
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            answer = await self.behave(call, values)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.under_way -= 1
        trace.returned()
        trace.size += len(str(answer))
        return answer

    async def close(self) -> None:
        self.closed = True


def site(system_id: str, **changes: Any) -> SystemSite:
    """A city's half of a test system."""
    values = {
        "id": system_id,
        "name": f"系统{system_id}",
        "owner": "某局",
        "level": "市级",
        "mode": "试运行",
        "endpoint": "http://example.test/api",
        "legal_basis": "试验用",
        "simulated": True,
    }
    return SystemSite.model_validate({**values, **changes})


def write_manifests(folder: Path, ids: Sequence[str], change: Callable[[str], str] = str) -> Path:
    """Manifests of test systems, each changed the same way."""
    (folder / "service").mkdir(parents=True, exist_ok=True)
    for one in ids:
        file = folder / "service" / f"{one}.toml"
        file.write_text(change(MANIFEST.format(id=one)), encoding="utf-8")
    return folder


def load(
    folder: Path, ids: Sequence[str], change: Callable[[str], str] = str, **options: Any
) -> Registry:
    """A registry of test systems; a manifest that is refused raises here."""
    written = write_manifests(folder, ids, change)
    registry = load_registry([site(one) for one in ids], folder=written, **options)
    if registry.refused:
        raise ManifestError(registry.refused)
    return registry


class World:
    """A gateway over fake systems, with its call records in a list."""

    def __init__(
        self, registry: Registry, behaviours: dict[str, Behaviour], **options: Any
    ) -> None:
        self.transports = {one: FakeTransport(behave) for one, behave in behaviours.items()}
        self.rows: list[Row] = []
        options.setdefault("recorder", CallRecorder(self.rows.extend))
        options.setdefault("deadline_seconds", 5.0)
        self.gateway = Gateway(
            registry, transports=lambda system: self.transports[system.id], **options
        )

    def asker(self, **changes: Any) -> Asker:
        """Someone who may read everything of every system."""
        values: dict[str, Any] = {
            "actor": "clerk",
            "unit": "unit-1",
            "prefixes": ("630102101003",),
            "permission_digest": "d1",
            "purpose": "visit",
            "readable": self.gateway.registry.readable((), "visit"),
        }
        return Asker(**{**values, **changes})

    def ask(self, **changes: Any) -> dict[str, Answer]:
        """Ask everything and wait for the afterwork too."""
        answers = list(self.gateway.stream(self.asker(**changes), SUBJECT))
        self.gateway.settle()
        by_id = {one.system_id: one for one in answers}
        assert len(by_id) == len(answers), "a system answered twice"
        return by_id

    def calls(self, system_id: str) -> int:
        """How often a system was really called."""
        return len(self.transports[system_id].calls)


def values_of(answer: Answer) -> dict[str, str | None]:
    """The fields of an answer's first record."""
    return {one.name: one.value for one in answer.records[0].fields}


def has_chinese(text: str) -> bool:
    """Whether a message is one for a clerk."""
    return any("\u4e00" <= char <= "\u9fff" for char in text) and "Error" not in text
