"""The tasks of a simulated system: who is to be visited or asked, and what was done about it.

Kept in memory and made anew on each start, some days old by the clock of the systems. A command
carries the caller's own key: the same key twice is applied once and answered alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Any, Literal

from sandbox.distort import Clock, Register, local
from sandbox.people import Person

OPEN, DONE, UNREAD = "open", "done", "unread"
IN_FOCUS, ELSEWHERE_EVERY = 7, 3
Verdict = Literal["done", "again", "finished", "refused", "unknown"]
Objection = Callable[["Task", str, str], str | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """One task as the system holds it; ``kind`` is the system's own code."""

    id: str
    kind: str
    person: Person | None
    region: str
    due: date | None
    state: str
    created: datetime
    changed: datetime
    handler: str | None = None
    outcome: str | None = None
    note: str | None = None
    revision: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a command, and the words for it."""

    verdict: Verdict
    task: Task | None = None
    words: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A task before it has a number."""

    person: Person | None
    region: str
    days_ago: int
    days_left: int | None
    done: bool
    which: int  # the system makes a kind of it


def drafts(register: Register) -> Iterator[Draft]:
    """Some persons of every focus community and of every few others, the same on every start."""
    places: dict[str, list[Person]] = {}
    for person in register.members:
        places.setdefault(person.home.region, []).append(person)
    focus = set(register.world.region.focus)
    for place, (region, people) in enumerate(sorted(places.items())):
        some = IN_FOCUS if region in focus else int(place % ELSEWHERE_EVERY == 0)
        if not some:
            continue
        ordered = sorted(people, key=lambda one: register.chance(one, "task").random())
        for person in ordered[:some]:
            chance = register.chance(person, "task")
            yield Draft(
                person=person,
                region=region,
                days_ago=chance.randint(1, 12),
                days_left=chance.randint(-2, 20),
                done=chance.random() < 0.15,
                which=chance.randint(0, 99),
            )
    for region in sorted(focus):
        yield Draft(person=None, region=region, days_ago=2, days_left=None, done=False, which=-1)


class TaskBook:
    """All tasks of one system, with the commands it has seen."""

    def __init__(
        self, tasks: Sequence[Task], clock: Clock, desk: str, objection: Objection
    ) -> None:
        self._tasks = {one.id: one for one in tasks}
        self._clock = clock
        self._desk = desk
        self._objection = objection
        self._answered: dict[str, Outcome] = {}
        self._lock = Lock()
        self.keys: Counter[str] = Counter()
        self.applied: Counter[str] = Counter()

    def since(self, moment: datetime | None) -> list[Task]:
        """What changed at that moment or later, the oldest change first."""
        with self._lock:
            found = [one for one in self._tasks.values() if not moment or one.changed >= moment]
        return sorted(found, key=lambda one: (one.changed, one.id))

    def get(self, task_id: str) -> Task | None:
        """One task."""
        return self._tasks.get(task_id)

    def act(self, *, key: str, task_id: str, by: str, outcome: str, note: str) -> Outcome:
        """Finish a task in somebody's name, once per key; or say why not."""
        with self._lock:
            self.keys[key] += 1
            if key in self._answered:
                return replace(self._answered[key], verdict="again")
            task = self._tasks.get(task_id)
            if task is None:
                return Outcome(verdict="unknown")
            if task.state == DONE:
                words = f"已由{task.handler or self._desk}办结"
                return Outcome(verdict="finished", task=task, words=words)
            why = self._objection(task, outcome, note)
            if why:
                return Outcome(verdict="refused", task=task, words=why)
            finished = self._finish(task, by, outcome, note)
            self._answered[key] = Outcome(verdict="done", task=finished)
            return self._answered[key]

    def finish_here(self, task_id: str, outcome: str = "1") -> bool:
        """Somebody at the system's own desk finishes a task."""
        with self._lock:
            task = self._tasks.get(task_id)
            if task is None or task.state == DONE:
                return False
            self._finish(task, self._desk, outcome, "")
            return True

    def _finish(self, task: Task, by: str, outcome: str, note: str) -> Task:
        finished = replace(
            task,
            state=DONE,
            handler=by,
            outcome=outcome,
            note=note,
            changed=_second(self._clock()),
            revision=task.revision + 1,
        )
        self._tasks[task.id] = finished
        self.applied[task.id] += 1
        return finished

    def on_the_desk(self) -> dict[str, Callable[..., Any]]:
        """What the control desk may see and do."""
        return {"tasks": self.shown, "seen": lambda: dict(self.keys), "finish": self.finish_here}

    def shown(self) -> list[dict[str, Any]]:
        """The tasks for the control desk."""
        return [
            {
                **{k: v for k, v in asdict(one).items() if k not in ("person", "created")},
                "due": one.due.isoformat() if one.due else None,
                "changed": local(one.changed).isoformat(timespec="seconds"),
                "name": one.person.name if one.person else None,
                "applied": self.applied[one.id],
            }
            for one in self.since(None)
        ]


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def written(
    register: Register,
    clock: Clock,
    *,
    number: Callable[[int], str],
    kinds: Mapping[int, str],
    notice: str | None,
) -> list[Task]:
    """The drafts as tasks: ``kinds`` maps the last number of a draft's share to a kind."""
    now = _second(clock())
    tasks: list[Task] = []
    for draft in drafts(register):
        if draft.person is None and notice is None:
            continue
        created = now - timedelta(days=draft.days_ago)
        limit = next((top for top in sorted(kinds) if draft.which <= top), max(kinds))
        due = None if draft.days_left is None else local(now).date() + timedelta(draft.days_left)
        tasks.append(
            Task(
                id=number(len(tasks) + 1),
                kind=kinds[limit] if draft.person else notice or "",
                person=draft.person,
                region=draft.region,
                due=due,
                state=(DONE if draft.done else OPEN) if draft.person else UNREAD,
                created=created,
                changed=created,
                handler="原经办人" if draft.done else None,
                outcome="1" if draft.done else None,
            )
        )
    return tasks
