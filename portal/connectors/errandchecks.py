"""What a well-formed ``[tasks]`` table may still get wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from portal.connectors.calls import ViewCall
from portal.connectors.contract import Capability
from portal.connectors.errands import ActionMap, TaskSection
from portal.connectors.manifest import Manifest
from portal.connectors.moments import moment_writer
from portal.connectors.template import FORM, placeholders

Finding = tuple[str, str]
CALLS = ("tasks", "task", "act")


def form_slots(manifest: Manifest) -> frozenset[str]:
    """The placeholders that stand for what a person typed."""
    names = {part.name for one in tasks_of(manifest) for part in one.form}
    if manifest.applications:
        names |= set(manifest.applications.lines)
    return frozenset(f"{FORM}{name}" for name in names)


def tasks_of(manifest: Manifest) -> tuple[ActionMap, ...]:
    """The actions on tasks, of a system that has tasks."""
    return manifest.tasks.actions if manifest.tasks else ()


def errand_expressions(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """The expressions of the table, each with its key."""
    if manifest.tasks:
        for key in ("refused", "finished", "reason"):
            yield f"tasks.{key}", getattr(manifest.tasks, key)


def errands(manifest: Manifest) -> Iterator[Finding]:
    """Everything wrong with the tasks of one manifest."""
    tasks = manifest.tasks
    yield from _declared(manifest)
    if tasks is None:
        return
    for name in CALLS:
        if name not in manifest.calls:
            yield f"calls.{name}", f"声明了任务，却缺少 calls.{name}"
    yield from _requests(manifest)
    yield from _section(tasks)
    yield from _kinds(manifest, tasks)


def _declared(manifest: Manifest) -> Iterator[Finding]:
    """Tasks for the inbox, or orders for their own desk: never both, else one would stand twice."""
    able, tasks = manifest.capabilities, manifest.tasks
    plain, orders = Capability.TASKS in able, Capability.ORDERS in able
    if plain and orders:
        yield "capabilities", "tasks 与 orders 只能声明一个，否则同一工单会出现两次"
    elif (plain or orders) != (tasks is not None):
        yield "capabilities", "tasks（或 orders）与 [tasks] 须同时写明"
    elif tasks is not None and orders != (tasks.order is not None):
        yield "tasks.order", "orders 与 [tasks.order] 须同时写明"
    if tasks is not None and not orders and any(one.move for one in tasks.actions):
        yield "tasks.actions", "move 只用于工单（orders）"


def _slots(manifest: Manifest, name: str) -> set[str]:
    call = dict(manifest.calls).get(name)  # type: ignore[call-overload]
    return placeholders(call.model_dump(by_alias=True)) if call else set()


def _requests(manifest: Manifest) -> Iterator[Finding]:
    """A command without its key would be carried out twice; a read of "one" must name it."""
    calls = dict(manifest.calls)
    if "tasks" in calls:
        given = calls["tasks"]
        by_column = isinstance(given, ViewCall) and given.since in given.columns
        if not by_column and "since" not in _slots(manifest, "tasks"):
            yield "calls.tasks", "没有用到 {since}，每次都会取回全部任务"
    if "task" in calls and "task_id" not in _slots(manifest, "task"):
        yield "calls.task", "没有用到 {task_id}，会取回别的任务"
    if "act" in calls:
        sent = _slots(manifest, "act")
        for slot, why in (("key", "重发会重复办理"), ("task_id", "不知道办的是哪一件")):
            if slot not in sent:
                yield "calls.act", f"没有用到 {{{slot}}}，{why}"
        typed = {part.name for one in tasks_of(manifest) for part in one.form}
        for slot in sorted({f"{FORM}{name}" for name in typed} - sent):
            yield "calls.act", f"填写的“{slot}”没有发给对方"


def applications(manifest: Manifest) -> Iterator[Finding]:
    """Everything wrong with how a system takes applications."""
    section = manifest.applications
    calls = {"apply", "progress"} & set(manifest.calls)
    if (section is None) != (not calls) or len(calls) == 1:
        yield "applications", "applications、calls.apply、calls.progress 须同时写明"
    if section is None or len(calls) < 2:
        return
    sent = _slots(manifest, "apply")
    for slot, why in (("key", "重发会重复申请"), ("matter", "对方不知道申请什么")):
        if slot not in sent:
            yield "calls.apply", f"没有用到 {{{slot}}}，{why}"
    for name in section.lines:
        if f"{FORM}{name}" not in sent:
            yield "calls.apply", f"填写的“{name}”没有发给对方"
    if "number" not in _slots(manifest, "progress"):
        yield "calls.progress", "没有用到 {number}，会取回别的申请"


def _section(tasks: TaskSection) -> Iterator[Finding]:
    try:
        moment_writer(tasks.since)
    except ValueError as error:
        yield "tasks.since", str(error)
    for name, count in Counter(one.id for one in tasks.actions).items():
        shown = [one for one in tasks.actions if one.id == name]
        if count > 1 and not all(one.kinds for one in shown):
            yield "tasks.actions", f"操作“{name}”写了多次，须用 kinds 分开"
    for number, one in enumerate(tasks.actions):
        for part, count in Counter(part.name for part in one.form).items():
            if count > 1:
                yield f"tasks.actions[{number}].form", f"“{part}”写了两次"


def _kinds(manifest: Manifest, tasks: TaskSection) -> Iterator[Finding]:
    """An action for a kind that never comes would silently never be offered."""
    tables = [one.partition(":")[2] for one in tasks.map.kind.convert if one.startswith("code:")]
    words = {word for name in tables for word in manifest.tables.get(name, {}).values()}
    for number, one in enumerate(tasks.actions):
        for kind in one.kinds:
            if tables and kind not in words:
                yield f"tasks.actions[{number}].kinds", f"没有名为“{kind}”的任务类型"
