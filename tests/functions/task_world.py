"""A business system with tasks, played by the test: it keeps its own truth and the keys it saw."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from portal.connectors.calls import RestCall
from portal.connectors.gateway import Gateway
from portal.connectors.manifest import Call
from portal.connectors.registry import System
from portal.connectors.template import Values
from portal.connectors.transport import Trace
from portal.functions.tasks import Tasks
from portal.functions.tasks.sync import Synced, sync
from portal.store import clock
from tests.connectors import support

WILLOW, LOTUS, WEST = "990102001001", "990102001002", "990103100001"
START = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
ID_NUMBER = support.ID_NUMBER

TASKS = """
[calls.tasks]
path = "/tasks"
query = {{ since = "{{since}}", page = "{{page}}" }}
items = "rows"
paging = {{ kind = "page", size = 50 }}
[calls.task]
path = "/tasks/{{task_id}}"
items = "rows"
[calls.act]
method = "POST"
path = "/act"
[calls.act.json]
key = "{{key}}"
id = "{{task_id}}"
action = "{{action}}"
by = "{{actor_name}}"
result = "{{form_result}}"
note = "{{form_note}}"
[tables]
kind = {{ "核查" = "核查", "复核" = "复核" }}
[tasks]
since = "iso"
overlap_minutes = 10
refused = "code == '7'"
finished = "code == '8'"
reason = "words"
[tasks.map]
foreign_id = "id"
kind = {{ from = "kind", convert = ["code:kind"] }}
title = "title"
region_code = {{ from = "place", convert = ["region"] }}
state = "state"
changed_at = {{ from = "at", convert = ["moment:iso"] }}
due_on = {{ from = "due", convert = ["date:iso"] }}
person = "name"
id_number = "number"
handler = "by"
[[tasks.actions]]
id = "END"
label = "办结"
[[tasks.actions.form]]
name = "result"
label = "核查结果"
kind = "choice"
required = true
choices = {{ 1 = "符合", 2 = "不符合" }}
[[tasks.actions.form]]
name = "note"
label = "意见"
kind = "text"
[[tasks.actions]]
id = "READ"
label = "已阅"
states = ["待阅"]
batch = true
"""


def with_tasks(text: str) -> str:
    """The manifest of the test system, with tasks."""
    able = text.replace('"records", "roster"]', '"records", "roster", "tasks"]')
    assert able != text
    head, mark, tail = able.partition("[calls.probe]")
    return head + mark + tail + TASKS.replace("{{", "{").replace("}}", "}")


@dataclass
class Foreign:
    """The other system: its tasks, what it was sent, and how it misbehaves."""

    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: Counter[str] = field(default_factory=Counter)
    applied: Counter[str] = field(default_factory=Counter)
    fault: Exception | None = None
    after_applying: Exception | None = None  # it did it, and the answer was lost
    asked_since: list[str | None] = field(default_factory=list)
    reversed: bool = False
    unlisted: set[str] = field(default_factory=set)  # known, and left out of the list

    def put(self, task_id: str, **changes: Any) -> None:
        values = {
            "id": task_id,
            "kind": "核查",
            "title": "才让卓玛入户核查",
            "name": "才让卓玛",
            "number": ID_NUMBER,
            "place": WILLOW,
            "state": "待办",
            "at": START.isoformat(),
            "due": "2026-11-30",
            "by": "",
        }
        self.tasks[task_id] = {**values, **self.tasks.get(task_id, {}), **changes}

    def finish(self, task_id: str, by: str = "民政窗口") -> None:
        """Somebody over there finishes it."""
        self.put(task_id, state="已办", by=by, at=clock.now().isoformat())

    async def exchange(self, call: Call, values: Values, trace: Trace) -> Any:
        assert isinstance(call, RestCall)
        trace.sent()
        if self.fault is not None:
            raise self.fault
        trace.returned()
        if call.path == "/tasks":
            return self._changed(values)
        if call.path == "/act":
            return self._act(values)
        found = self.tasks.get(str(values["task_id"]))
        return {"code": "0", "rows": [found] if found else []}

    def _changed(self, values: Values) -> Any:
        since = values.get("since")
        self.asked_since.append(str(since) if since else None)
        if values["page"] != 1:
            return {"code": "0", "rows": []}
        moment = datetime.fromisoformat(str(since)) if since else None
        found = [
            one
            for one in self.tasks.values()
            if one["id"] not in self.unlisted
            and (not moment or datetime.fromisoformat(one["at"]) >= moment)
        ]
        return {"code": "0", "rows": found[::-1] if self.reversed else found}

    def _act(self, values: Values) -> Any:
        key, task_id = str(values["key"]), str(values["task_id"])
        again = self.applied[key] > 0
        self.keys[key] += 1
        task = self.tasks.get(task_id)
        if again:
            return {"code": "0"}
        if task is None:
            return {"code": "7", "words": "任务编号不存在"}
        if task["state"] == "已办":
            return {"code": "8", "words": f"该任务已由{task['by']}办结"}
        if values.get("form_result") == "2" and not values.get("form_note"):
            return {"code": "7", "words": "不符合时须填写意见"}
        self.finish(task_id, str(values["actor_name"]))
        self.applied[key] += 1
        if self.after_applying is not None:
            raise self.after_applying
        return {"code": "0"}

    async def close(self) -> None:
        pass


@dataclass
class TaskWorld:
    """Two systems, our function, and the clock in between."""

    gateway: Gateway
    foreign: dict[str, Foreign]
    function: Tasks

    @property
    def a(self) -> Foreign:
        return self.foreign["a"]

    def system(self, system_id: str = "a") -> System:
        return self.gateway.registry.system(system_id)

    def sync(self, system_id: str = "a", *, whole: bool = False) -> Synced:
        return sync(self.gateway, self.system(system_id), whole=whole)


def make_world(folder: Path, change: Callable[[str], str] = with_tasks) -> TaskWorld:
    """A world with two systems that have tasks; start its gateway before use."""
    foreign = {"a": Foreign(), "b": Foreign()}
    registry = support.load(folder, list(foreign), change)
    gateway = Gateway(registry, transports=lambda system: foreign[system.id])
    return TaskWorld(gateway=gateway, foreign=foreign, function=Tasks(registry=registry))


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
