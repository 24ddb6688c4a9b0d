"""Tasks of every system that has them, on recordings and sandbox: read, finished, refused."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from portal.connectors.contract import (
    Capability,
    Command,
    ForeignTask,
    SystemFault,
    TaskState,
    TurnedDown,
)
from portal.connectors.moments import moment_reader, moment_writer
from portal.connectors.registry import SYSTEMS as SYSTEMS_FOLDER
from portal.connectors.registry import ManifestError, read_manifest, read_manifests
from portal.connectors.taskmap import actions_for
from tests.connectors.desk import Desk, desk_on
from tests.connectors.grounds import FIXTURES, Ground, get, in_the_past, post
from tests.connectors.support import has_chinese

WALKED = {Capability.TASKS, Capability.ORDERS}
MANIFESTS = {name: one for name, one in read_manifests().items() if WALKED & set(one.capabilities)}
SYSTEMS = sorted(MANIFESTS)
# What each system accepts, and what it turns down for a reason.
GOOD = {
    "subsistence": {"result": "1", "opinion": "情况属实"},
    "medical_insurance": {"outcome": "CONFIRMED", "remark": ""},
    "pension": {"result": "1", "way": "1", "reason": ""},
    "grid": {"result": "1", "note": "老人安好"},
    "hotline": {"text": "已到现场修复照明", "days": ""},
}
BAD = {
    "subsistence": {"result": "2", "opinion": ""},
    "medical_insurance": {"outcome": "UNREACHED", "remark": ""},
    "pension": {"result": "0", "way": "", "reason": ""},
    "grid": {"result": "2", "note": ""},
    "hotline": {"text": "好", "days": ""},
}
for _id, _one in MANIFESTS.items():
    if _id not in GOOD and _one.tasks:
        _choices = list(_one.tasks.actions[0].form[0].choices)
        GOOD[_id] = {"result": _choices[0], "note": ""}
        BAD[_id] = {"result": _choices[-1], "note": ""}
RECORDED = {"tasks_page_1", "task_found", "act_done", "act_again", "act_finished", "act_refused"}


@pytest.fixture(params=["recorded", "sandbox"])
def ground(request: pytest.FixtureRequest) -> Ground:
    found: Ground = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def desk(configured: Path, ground: Ground) -> Iterator[Desk]:
    with desk_on(ground) as made:
        yield made


@pytest.fixture
def live(configured: Path, sandbox: Ground) -> Iterator[Desk]:
    with desk_on(sandbox) as made:
        yield made
    for system in SYSTEMS:
        assert sandbox.turn is not None
        sandbox.turn(system, "normal")


def listed(desk: Desk, system_id: str, since: datetime | None = None) -> list[ForeignTask]:
    return [one for page in desk.gateway.tasks(system_id).changed(since) for one in page]


def open_task(desk: Desk, system_id: str, kind: str | None = None) -> ForeignTask:
    """An open task; of the kind that the form above is for."""
    wanted = kind or {"medical_insurance": "信息核实"}.get(system_id)
    found = [one for one in listed(desk, system_id) if one.state is TaskState.OPEN]
    found = [one for one in found if one.order is None or one.order.state == "办理中"]
    return next((one for one in found if wanted in (None, one.kind)), found[0])


def command(task_id: str, system_id: str, form: dict[str, str], key: str = "") -> Command:
    first = MANIFESTS[system_id].tasks
    assert first is not None
    return Command(
        key=key or str(uuid4()),
        foreign_id=task_id,
        action=first.actions[0].id,
        form=form,
        actor="dongxing.clerk",
        actor_name="王小梅",
        unit="com-1",
    )


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_the_dialect_of_tasks_is_recorded(system_id: str) -> None:
    names = {file.name.split(".")[0] for file in (FIXTURES / system_id).iterdir()}
    assert names >= RECORDED


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_tasks_are_listed_whole_and_well_formed(system_id: str, desk: Desk) -> None:
    walk = desk.gateway.tasks(system_id)
    tasks = [one for page in walk.changed(None) for one in page]
    assert tasks
    assert walk.unreadable == 0
    assert walk.as_of is not None or system_id == "grid"
    assert len({one.foreign_id for one in tasks}) == len(tasks)
    for one in tasks:
        assert in_the_past(one.changed_at, datetime.now(UTC))
        assert len(one.region_code) == 12
        assert has_chinese(one.kind) and has_chinese(one.title)
        assert one.id_number is None or len(one.id_number) == 18
        assert one.state is not TaskState.DONE or one.handler
    assert [row for row in desk.rows if row["capability"] in WALKED][-1]["outcome"] == "RETURNED"


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_every_open_task_offers_something_to_do(system_id: str, desk: Desk) -> None:
    section = MANIFESTS[system_id].tasks
    assert section is not None
    for one in listed(desk, system_id):
        offered = actions_for(section, one.kind, one.state)
        assert bool(offered) == (one.state is not TaskState.DONE), one


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_a_task_is_finished_and_found_finished_over_there(system_id: str, desk: Desk) -> None:
    task = open_task(desk, system_id)
    tasks = desk.gateway.tasks(system_id)
    tasks.act(command(task.foreign_id, system_id, GOOD[system_id]))
    found = tasks.one(task.foreign_id)
    assert found is not None
    assert (found.state, found.handler) == (TaskState.DONE, "王小梅")
    record = next(row for row in reversed(desk.rows) if row["purpose"] == "task")
    assert (record["actor"], record["unit"]) == ("dongxing.clerk", "com-1")


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_a_refusal_brings_the_systems_own_reason(system_id: str, desk: Desk) -> None:
    kind = "参保动员" if system_id == "medical_insurance" else None
    known = listed(desk, system_id)
    task = next(
        (one for one in known if one.state is TaskState.OPEN and kind in (None, one.kind)), known[0]
    )
    with pytest.raises(TurnedDown) as refused:
        desk.gateway.tasks(system_id).act(command(task.foreign_id, system_id, BAD[system_id]))
    assert "须" in refused.value.reason
    assert not refused.value.finished


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_a_task_finished_by_somebody_else_is_said_to_be(system_id: str, desk: Desk) -> None:
    done = [one for one in listed(desk, system_id) if one.state is TaskState.DONE]
    task = next(one for one in done if one.handler != "王小梅")
    with pytest.raises(TurnedDown) as refused:
        desk.gateway.tasks(system_id).act(command(task.foreign_id, system_id, GOOD[system_id]))
    assert refused.value.finished
    assert "已由" in refused.value.reason


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_the_same_key_twice_is_applied_once(system_id: str, live: Desk, sandbox: Ground) -> None:
    task = open_task(live, system_id)
    tasks = live.gateway.tasks(system_id)
    one = command(task.foreign_id, system_id, GOOD[system_id])
    tasks.act(one)
    tasks.act(replace(one))
    shown = get(f"{sandbox.http_url}/_control/{system_id}/tasks")
    found = next(row for row in shown["tasks"] if row["id"] == task.foreign_id)
    assert found["applied"] == 1
    assert shown["keys"][one.key] == 2


@pytest.mark.parametrize("system_id", SYSTEMS)
def test_only_what_changed_is_listed(system_id: str, live: Desk, sandbox: Ground) -> None:
    task = open_task(live, system_id)
    everything = listed(live, system_id)
    before = datetime.now(UTC) - timedelta(seconds=1)
    post(f"{sandbox.http_url}/_control/{system_id}/tasks/{task.foreign_id}", {})
    changed = listed(live, system_id, before.replace(microsecond=0))
    assert task.foreign_id in {one.foreign_id for one in changed}
    assert len(changed) < len(everything)
    assert all(one.state is TaskState.DONE for one in changed)


@pytest.mark.parametrize("system_id", SYSTEMS)
@pytest.mark.parametrize("mode", ["down", "error200", "garbage"])
def test_a_misbehaving_system_is_a_fault_and_never_a_list(
    system_id: str, mode: str, live: Desk, sandbox: Ground
) -> None:
    modes = get(f"{sandbox.http_url}/_control")["systems"][system_id]["modes"]
    if mode not in modes:
        mode = "down"
    task = open_task(live, system_id)
    assert sandbox.turn is not None
    sandbox.turn(system_id, mode)
    with pytest.raises(SystemFault) as fault:
        live.gateway.tasks(system_id).one(task.foreign_id)
    assert not isinstance(fault.value, TurnedDown)


def _broken(tmp_path: Path, old: str, new: str) -> str:
    """What the registry says about the subsistence manifest with one change."""
    text = (SYSTEMS_FOLDER / "service" / "subsistence.toml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "service" / "subsistence.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ManifestError) as refused:
        read_manifest(file)
    return str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "key", "why"),
    [
        ('lsh = "{key}", ', "", "calls.act", "重发会重复办理"),
        ('rwbh = "{task_id}", czdm', "czdm", "calls.act", "不知道办的是哪一件"),
        ('rwbh = "{task_id}" }', 'rwbh = "1" }', "calls.task", "别的任务"),
        ('gxsj = "{since}", ', "", "calls.tasks", "全部任务"),
        (', hcyj = "{form_opinion}"', "", "calls.act", "“form_opinion”没有发给对方"),
        ('"{form_opinion}"', '"{form_other}"', "calls.act.body", "form_other"),
        ("[calls.task]", "[calls.person2]", "calls.person2", ""),
        (', "tasks"]', "]", "capabilities", "须同时写明"),
        ('since = "yyyyMMddHHmmss"', 'since = "MMdd"', "tasks.since", "年份"),
        ("finished = \"code == '1001'\"", 'finished = "code =="', "tasks.finished", "表达式"),
        ('id = "YY"', 'id = "BJ"', "tasks.actions", "写了多次"),
        ('states = ["待阅"]', 'states = ["待看"]', "tasks.actions.1.states", ""),
        ('states = ["待阅"]', 'kinds = ["走访"]', "tasks.actions[1].kinds", "走访"),
        ('name = "opinion"', 'name = "result"', "tasks.actions[0].form", "写了两次"),
        ('kind = "text"', 'kind = "choice"', "tasks.actions.0.form.1", "choices"),
        ('convert = ["code:task_kind"]', 'convert = ["code:none"]', "tasks.map.kind", "none"),
    ],
)
def test_a_wrong_task_section_is_refused_with_file_key_and_reason(
    tmp_path: Path, old: str, new: str, key: str, why: str
) -> None:
    said = _broken(tmp_path, old, new)
    assert "subsistence.toml" in said
    assert any(key in line and why in line for line in said.splitlines()), said


@pytest.mark.parametrize(
    ("style", "written"),
    [
        ("yyyyMMddHHmmss", "20261123120000"),
        ("yyyy/MM/dd HH:mm:ss", "2026/11/23 12:00:00"),
        ("iso", "2026-11-23T12:00:00+08:00"),
        ("epoch_s", "1795406400"),
    ],
)
def test_a_moment_is_written_as_it_is_read(style: str, written: str) -> None:
    moment = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
    assert moment_writer(style)(moment) == written
    assert moment_reader(style)(written) == moment
