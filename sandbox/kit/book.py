"""The task book of a declared system, from whom it knows."""

from __future__ import annotations

from datetime import datetime

from sandbox.distort import LOCAL_TIME, Clock, Register
from sandbox.kit.declared import Errands, Simulated
from sandbox.population import World
from sandbox.tasks import Task, TaskBook, written


def register_of(system: Simulated, world: World) -> Register | None:
    """The persons whom a system knows; none for a system without persons."""
    people = system.people
    if people is None:
        return None
    return Register(world, system.id, misses=people.misses, holds=people.holds)


def book_of(
    system: Simulated, register: Register | None, world: World, clock: Clock
) -> TaskBook | None:
    """The tasks of a fresh start; none for a system without tasks."""
    errands = system.errands
    if errands is None:
        return None
    about = register or Register(
        world, system.id, misses=0.0, holds=errands.holds or (lambda person: person.no % 40 == 0)
    )
    tasks = written(
        about,
        clock,
        number=errands.number,
        kinds=errands.kinds,
        notice=errands.notice,
    )
    return TaskBook(tasks, clock, errands.desk, _objection(errands))


def _objection(errands: Errands):  # type: ignore[no-untyped-def]
    def object_to(task: Task, outcome: str, note: str) -> str | None:
        if errands.notice is not None and task.kind == errands.notice:
            return None
        if outcome not in errands.outcomes:
            return "办理结果不能为空"
        if errands.wants_note is not None and outcome == errands.wants_note and not note:
            return "该办理结果须填写情况说明"
        return None

    return object_to


def moment_of(text: str, style: str) -> datetime | None:
    """A moment as the system reads it; empty is none, nonsense raises ``ValueError``."""
    if not text:
        return None
    if style == "iso":
        return datetime.fromisoformat(text)
    return datetime.strptime(text, style).replace(tzinfo=LOCAL_TIME)
