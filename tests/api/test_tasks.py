"""Tasks over the API: the same inbox, a decision sent once, and the slower desk is told."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from auth import clients
from portal.functions.tasks import post
from portal.store.clock import FrozenClock
from tests import people
from tests.api.test_access import error_of
from tests.doorway import Browser, Doorway, audit, wish
from tests.functions.task_world import LOTUS, TaskWorld, make_world

TASKS = "/api/v1/tasks"
GOOD = {"result": "1", "note": "情况属实"}


@pytest.fixture
def world(frozen: FrozenClock, doorway: Doorway, tmp_path: Path) -> Iterator[TaskWorld]:
    made = make_world(tmp_path / "tasking")
    made.gateway.start()
    doorway.tasks = made.function
    made.a.put("T1")
    made.a.put("T2", place=LOTUS)
    made.sync()
    yield made
    made.gateway.stop()


@pytest.fixture
def program(doorway: Doorway, world: TaskWorld) -> Browser:
    return Browser(doorway.app(), token=clients.issue(wish())[1])


def test_the_inbox_is_that_of_the_post(program: Browser, world: TaskWorld) -> None:
    told = program.get(TASKS).json()
    same = world.function.inbox(people.principal())
    assert [one["id"] for one in told["rows"]] == [one.id for one in same.rows]
    assert [one["title"] for one in told["rows"]] == [one.title for one in same.rows]
    assert len(told["rows"]) == 1 and "才让卓玛" not in str(told)
    assert told["missing"] == same.missing


def _open(program: Browser) -> dict[str, Any]:
    number = program.get(TASKS).json()["rows"][0]["id"]
    found: dict[str, Any] = program.get(f"{TASKS}/{number}").json()
    return found


def test_a_task_is_finished_where_it_came_from(program: Browser, world: TaskWorld) -> None:
    task = _open(program)
    assert [one["label"] for one in task["actions"]] == ["办结"]
    asked = {"action": "END", "form": GOOD, "version": task["row"]["version"]}
    address = f"{TASKS}/{task['row']['id']}/actions"
    sent = program.post(address, json=asked)
    assert sent.status_code == 200 and sent.json()["state"] == "待发送"
    assert error_of(program.post(address, json=asked), 409)["code"] == "task_taken"
    assert post.deliver_all(world.gateway) == 1
    assert world.a.tasks["T1"]["state"] == "已办"
    told = program.get(f"{TASKS}/{task['row']['id']}").json()
    assert told["row"]["state"] == "已办" and told["entry"]["state"] == "已送达"
    assert any(row.action == "tasks.act" and row.actor == "program:核对程序" for row in audit())


WRONG: list[tuple[dict[str, Any], int]] = [
    ({"form": {}}, 422),
    ({"form": {"result": "9"}}, 422),
    ({"form": {**GOOD, "other": "x"}}, 422),
    ({"form": {**GOOD, "note": "\x00"}}, 422),
    ({"form": {**GOOD, "note": "长" * 300}}, 422),
    ({"action": "NOTHING"}, 422),
    ({"version": 99}, 409),
    ({"version": 10**20}, 422),
    ({"more": 1}, 422),
]


@pytest.mark.parametrize(("changed", "status"), WRONG)
def test_a_wrong_decision_changes_nothing(
    program: Browser, world: TaskWorld, changed: dict[str, Any], status: int
) -> None:
    task = _open(program)
    asked = {"action": "END", "form": GOOD, "version": task["row"]["version"], **changed}
    error_of(program.post(f"{TASKS}/{task['row']['id']}/actions", json=asked), status)
    assert post.deliver_all(world.gateway) == 0
    assert world.a.tasks["T1"]["state"] == "待办"


def test_a_task_elsewhere_is_not_there(program: Browser, world: TaskWorld) -> None:
    there = world.function.inbox(people.principal(prefixes=(LOTUS,), region_code=LOTUS)).rows[0]
    for number in (there.id, str(uuid4())):
        error_of(program.get(f"{TASKS}/{number}"), 404)
        asked = {"action": "END", "form": GOOD, "version": 1}
        error_of(program.post(f"{TASKS}/{number}/actions", json=asked), 404)
    assert world.a.tasks["T2"]["state"] == "待办"


def test_who_may_only_look_cannot_act(doorway: Doorway, world: TaskWorld) -> None:
    token = clients.issue(wish(permissions=("tasks.view",)))[1]
    program = Browser(doorway.app(), token=token)
    task = _open(program)
    assert task["actions"] == []
    asked = {"action": "END", "form": GOOD, "version": task["row"]["version"]}
    error_of(program.post(f"{TASKS}/{task['row']['id']}/actions", json=asked), 403)


@pytest.mark.parametrize(
    "query", ["box=x", "page=0", "page=99999999999999999999", "kind=%00", "due=later", "page=a"]
)
def test_a_wrong_filter_is_named(program: Browser, query: str) -> None:
    error = error_of(program.get(f"{TASKS}?{query}"), 422)
    assert error["fields"][0]["field"] == query.partition("=")[0]
