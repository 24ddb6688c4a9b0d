"""统一办理, reading: one inbox of the tasks of every system, and one of them opened."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from auth import permissions
from auth.principal import Principal
from portal.connectors.contract import Capability, TaskAction
from portal.connectors.registry import Registry, System
from portal.connectors.taskmap import actions_for
from portal.functions.tasks import platform, rules
from portal.functions.tasks.model import (
    PAGE,
    Box,
    Entry,
    Event,
    Filters,
    FirstTask,
    Inbox,
    OpenedTask,
    Outcome,
    Source,
    TaskRow,
    Trouble,
    Waiting,
)
from portal.functions.tasks.platform import Platform, PlatformTasks
from portal.functions.tasks.rules import TaskError
from portal.store import clock, divisions, stirs, task_reads
from portal.store.digests import Line
from portal.store.scope import scoped
from portal.store.task_reads import Filter

VIEW, ACT = "tasks.view", "tasks.act"
GONE = "没有找到该任务，可能不在本岗位的管辖范围，请返回列表刷新。"
NEVER = "尚未取到任务"


def today() -> date:
    """The day on the wall."""
    return clock.local(clock.now()).date()


def key(text: str) -> UUID:
    """An identifier of ours from an address or a button."""
    try:
        return UUID(text)
    except ValueError:
        raise TaskError(GONE) from None


def _filter(given: Filters) -> Filter:
    days = {"逾期": 0, "今天到期": 1, "七天内到期": 7}.get(given.due)
    before = None if days is None else today() + timedelta(days=days)
    return Filter(
        system_id=given.system_id, kind=given.kind, due_before=before, region=given.region
    )


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Reading tasks: which systems a post may see tasks of, and how they are shown."""

    registry: Registry
    platform: Platform = field(default_factory=dict)  # our own affairs that have tasks

    def systems(self, principal: Principal) -> dict[str, System | PlatformTasks]:
        """The systems with tasks that this post may handle, the platform's own affairs last."""
        serving = {one.id: one for one in self.registry.serving(Capability.TASKS)}
        allowed = permissions.usable_systems(principal, VIEW, serving)
        found: dict[str, System | PlatformTasks] = {
            name: one for name, one in serving.items() if name in allowed
        }
        for name, ours in self.platform.items():
            if permissions.allowed(principal, ours.permission):
                found[name] = ours
        return found

    def places(self, principal: Principal) -> tuple[tuple[str, str], ...]:
        """The places one step down, to narrow the list to; none for a community."""
        code = principal.unit.region_code
        if not any(code.startswith(one) for one in principal.prefixes):
            return ()
        return tuple((one.code, one.name) for one in divisions.children(code))

    def inbox(
        self, principal: Principal, box: Box = "待办", filters: Filters | None = None, page: int = 1
    ) -> Inbox:
        """One page of a box, with counts, lateness, from when each system's tasks are."""
        permissions.check(principal, VIEW)
        systems, given = self.systems(principal), _filter(filters or Filters())
        actor, start = principal.login, (max(page, 1) - 1) * PAGE
        with scoped(principal.reach) as connection:
            counts = task_reads.counts(connection, actor, systems, given, today())
            if box == "我发起":
                found = task_reads.mine(connection, actor, systems, given, limit=PAGE, offset=start)
            else:
                found = task_reads.rows(connection, box, systems, given, limit=PAGE, offset=start)
            walked = task_reads.sources(connection)
            troubles = task_reads.trouble(connection, actor, principal.post_id)
        return Inbox(
            box=box,
            rows=tuple(
                replace(self._row(one, own=box == "我发起"), batch=self.together(principal, one))
                for one in found
            ),
            page=max(page, 1),
            pages=-(-counts[box] // PAGE),
            counts={name: counts[name] for name in ("待办", "待阅", "已办", "我发起")},
            overdue=counts["逾期"],
            kinds=tuple(dict.fromkeys(kind for one in systems.values() for kind in one.task_kinds)),
            sources=tuple(
                _source(one, walked.get(one.id))
                for one in systems.values()
                if isinstance(one, System)
            ),
            troubles=tuple(self._trouble(one) for one in troubles),
        )

    def due(self, principal: Principal, limit: int = 8) -> tuple[TaskRow, ...]:
        """What is open and due first, for the homes."""
        permissions.check(principal, VIEW)
        with scoped(principal.reach) as connection:
            found = task_reads.rows(
                connection, "待办", self.systems(principal), Filter(), limit=limit
            )
        return tuple(self._row(one) for one in found)

    def waiting(self, principal: Principal, most: int) -> Waiting:
        """How much is open and late, and what is due first: one question, for every home."""
        permissions.check(principal, VIEW)
        with scoped(principal.reach) as connection:
            systems = self.systems(principal)
            found = task_reads.first(connection, systems, today(), most)
        top = found[0]
        return Waiting(
            total=top.total or 0,
            late=top.late or 0,
            unread=top.unread,
            unread_late=top.unread_late,
            first=tuple(
                FirstTask(
                    id=str(one.id),
                    title=one.title,
                    system_name=self.name_of(one.system_id),
                    due_on=one.due_on,
                    simulated=one.simulated is not None,
                )
                for one in found
                if one.id is not None
            ),
        )

    def reminders(self, principal: Principal, today: date) -> tuple[Line, ...]:
        """What is due, late and unread in the principal's own scope, for a digest."""
        if not permissions.allowed(principal, VIEW):
            return ()
        with scoped(principal.reach) as connection:
            found = task_reads.per_kind(connection, self.systems(principal), today)
        lines = (
            Line(
                name=f"{self.name_of(one.system_id)} {one.kind}",
                due=one.due,
                late=one.late,
                unread=one.unread,
            )
            for one in found
        )
        return tuple(one for one in lines if one.counts)

    def stuck(self, principal: Principal) -> tuple[Trouble, ...]:
        """What is stuck in the scope: for operators; without the titles of tasks."""
        permissions.check(principal, "systems.view")
        with scoped(principal.reach) as connection:
            found = task_reads.stuck(connection)
        return tuple(
            Trouble(
                entry_id=str(one.id),
                task_id=str(one.task_id),
                title=one.label,
                system_name=self.name_of(one.system_id),
                state=one.state,
                reason=one.error or "",
                stuck=True,
            )
            for one in found
        )

    def open_task(self, principal: Principal, task_id: str) -> OpenedTask:
        """One task, what may be done to it, and what happened so far."""
        permissions.check(principal, VIEW)
        with scoped(principal.reach) as connection:
            row = self.find(principal, connection, task_id)
            task_reads.saw(connection, row.id, principal.login, clock.now())
            history = task_reads.history(connection, row.id)
            entry = task_reads.last_entry(connection, row.id)
        may = permissions.allowed(principal, ACT)
        return OpenedTask(
            row=self._row(row),
            result=row.result or "",
            actions=self.actions(principal, row) if may else (),
            details=self._details(principal, row),
            files=self._files(principal, row),
            page=self._page(principal, row),
            history=tuple(
                Event(at=one.at, source=one.source, actor=one.actor or "", words=one.words)
                for one in history
            ),
            entry=_entry(entry, may and changeable(principal, entry)) if entry else None,
            has_subject=row.subject_id is not None and row.state == "待办",
        )

    def stamp(self, principal: Principal) -> str:
        """What the inbox stands at: while it says the same, the list need not be asked for.

        Tasks and commands of the own places and unit, systems that begin or cease to answer, and
        midnight, which makes tasks late, move it.
        """
        permissions.check(principal, VIEW)
        with scoped(principal.reach) as connection:
            return f"{today():%d} {stirs.stamp(connection)}"

    def version(self, principal: Principal, task_id: str) -> int | None:
        """Which version of a task there is now; nothing when it is out of reach."""
        permissions.check(principal, VIEW)
        try:
            with scoped(principal.reach) as connection:
                return int(self.find(principal, connection, task_id).version)
        except TaskError:
            return None

    def find(
        self, principal: Principal, connection: Any, task_id: str, *, lock: bool = False
    ) -> Row[Any]:
        """A task in the principal's reach, of a system it may handle."""
        row = task_reads.find(connection, key(task_id), lock=lock)
        if row is None or row.system_id not in self.systems(principal):
            raise TaskError(GONE)
        return row

    def actions(self, principal: Principal, row: Row[Any]) -> tuple[TaskAction, ...]:
        """What may be done to a task now: nothing while a command is under way."""
        if (ours := self.platform.get(row.system_id)) is not None:
            return platform.actions(ours, principal, row)
        section = self.registry.system(row.system_id).manifest.tasks
        if section is None or row.waiting is not None:
            return ()
        return actions_for(section, row.kind, row.state)

    def together(self, principal: Principal, row: Row[Any]) -> tuple[TaskAction, ...]:
        """What may be done to a task in a batch: where its system's manifest allows it."""
        if not permissions.allowed(principal, ACT):
            return ()
        if (ours := self.platform.get(row.system_id)) is not None:
            return platform.together(ours, principal, row)
        return tuple(one for one in self.actions(principal, row) if one.batch)

    def outcomes(self, principal: Principal, batch: Sequence[Outcome]) -> tuple[Outcome, ...]:
        """A batch as it stands now: how far each of one's own commands is."""
        permissions.check(principal, VIEW)
        ids = [key(one.entry_id) for one in batch if one.entry_id]
        with scoped(principal.reach) as connection:
            now = task_reads.entries(connection, principal.login, ids)
        return tuple(
            replace(one, state=now[one.entry_id].state, reason=now[one.entry_id].error or "")
            if one.entry_id in now
            else one
            for one in batch
        )

    def _details(self, principal: Principal, row: Row[Any]) -> tuple[tuple[str, str], ...]:
        ours = self.platform.get(row.system_id)
        return ours.details(principal, row.foreign_id) if ours is not None else ()

    def _page(self, principal: Principal, row: Row[Any]) -> tuple[str, str, str] | None:
        ours = self.platform.get(row.system_id)
        return platform.page(ours, principal, row) if ours is not None else None

    def _files(self, principal: Principal, row: Row[Any]) -> tuple[tuple[str, str], ...]:
        ours = self.platform.get(row.system_id)
        return platform.files(ours, principal, row) if ours is not None else ()

    def name_of(self, system_id: str) -> str:
        """What a system or an affair of ours is called."""
        known: dict[str, System | PlatformTasks] = {**self.registry.systems, **self.platform}
        return known[system_id].name if system_id in known else system_id

    def kinds_of(self, system_id: str) -> tuple[str, ...]:
        """The kinds of tasks there may be of a system or an affair of ours; none of an unknown."""
        if (ours := self.platform.get(system_id)) is not None:
            return ours.task_kinds
        found = self.registry.systems.get(system_id)
        return tuple(found.task_kinds) if found is not None else ()

    def _row(self, row: Row[Any], *, own: bool = False) -> TaskRow:
        on_the_way = row.waiting is not None and row.state != "已办"
        state = row.entry_state if own else "办理中" if on_the_way else row.state
        if row.gone_at is not None:
            state = "已收回或办结"
        return TaskRow(
            id=str(row.id),
            system_id=row.system_id,
            system_name=self.name_of(row.system_id),
            simulated=row.simulated is not None,
            kind=row.kind,
            title=row.title,
            person=row.person or "",
            region_code=row.region_code,
            region_name=divisions.full_name(row.region_code),
            due_on=row.due_on,
            overdue=row.state != "已办" and row.due_on is not None and row.due_on < today(),
            state=state,
            handler=row.handler or "",
            changed_at=row.entry_at if own else row.source_changed_at,
            version=row.version,
        )

    def _trouble(self, row: Row[Any]) -> Trouble:
        return Trouble(
            entry_id=str(row.id),
            task_id=str(row.task_id),
            title=row.title,
            system_name=self.name_of(row.of_system),
            state=row.state,
            reason=row.error or "",
            stuck=row.state == rules.STUCK,
        )


def changeable(principal: Principal, entry: Row[Any]) -> bool:
    """Who decided, who holds the post now, or a colleague of the unit may change a command."""
    mine = principal.login == entry.actor or principal.post_id == entry.post_id
    return (mine or principal.unit.id == entry.unit_id) and entry.state in (
        rules.STUCK,
        rules.WAITING,
    )


def _entry(row: Row[Any], may_change: bool) -> Entry:
    return Entry(
        id=str(row.id),
        state=row.state,
        label=row.label,
        actor_name=row.actor_name,
        created_at=row.created_at,
        attempts=row.attempts,
        next_at=row.next_at,
        reason=row.error or "",
        may_change=may_change,
    )


def _source(system: System, walked: Row[Any] | None) -> Source:
    problem = walked.problem if walked else NEVER
    return Source(
        system_id=system.id,
        name=system.name,
        as_of=walked.as_of if walked else None,
        problem=problem or "",
    )
