"""The only writer of commands: each act is one transaction with a row lock and an audit row."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, insert, update

from auth import audit, permissions
from auth.principal import Principal
from portal.connectors.contract import TaskAction
from portal.functions.records import CaseRef
from portal.functions.tasks import platform, rules
from portal.functions.tasks.inbox import ACT, GONE, VIEW, Reading, changeable, key
from portal.functions.tasks.model import PAGE, Outcome
from portal.functions.tasks.rules import TakenError, TaskError
from portal.store import clock, crypto, task_reads, tasks
from portal.store.scope import scoped
from portal.store.task_tables import outbox


@dataclass(frozen=True, kw_only=True)
class Tasks(Reading):
    """The tasks function of one process."""

    def act(
        self,
        principal: Principal,
        task_id: str,
        action: str,
        form: Mapping[str, str | None],
        version: int,
    ) -> str:
        """Decide about a task: a command is put on its way, once. Gives the command's id.

        ``version`` is that of the task the person saw. Raises ``TakenError`` when somebody else
        was faster, ``TaskError`` for a form that cannot be sent.
        """
        permissions.check(principal, ACT)
        if (done := self._act_here(principal, task_id, action, form, version)) is not None:
            return done
        with scoped(principal.reach) as connection:
            row = self.find(principal, connection, task_id, lock=True)
            _still_mine(row, version)
            chosen, filled = self._chosen(principal, row, action, form)
            entry_id = uuid4()
            now = clock.now()
            connection.execute(
                insert(outbox).values(
                    id=entry_id,
                    task_id=row.id,
                    task_version=row.version,
                    system_id=row.system_id,
                    region_code=row.region_code,
                    unit_id=principal.unit.id,
                    actor=principal.login,
                    actor_name=principal.name,
                    post_id=principal.post_id,
                    action=action,
                    label=chosen.label,
                    form=crypto.encrypt(json.dumps(filled, ensure_ascii=False)),
                    state=rules.WAITING,
                    created_at=now,
                    since=now,
                    next_at=now,
                )
            )
            tasks.change(connection, row.id, waiting=entry_id, post_id=principal.post_id)
            tasks.note(connection, row, f"提交“{chosen.label}”", at=now, actor=principal.name)
        _audit(principal, "tasks.act", row, {"action": chosen.label})
        return str(entry_id)

    def _chosen(
        self, principal: Principal, row: Row[Any], action: str, form: Mapping[str, str | None]
    ) -> tuple[TaskAction, dict[str, str]]:
        chosen = next((one for one in self.actions(principal, row) if one.id == action), None)
        if chosen is None:
            raise TaskError("该任务现在不能这样办理，请刷新后查看。")
        return chosen, rules.checked_form(chosen, form)

    def _act_here(
        self,
        principal: Principal,
        task_id: str,
        action: str,
        form: Mapping[str, str | None],
        version: int,
    ) -> str | None:
        """A task of our own is acted on at once, by its affair; ``None`` when it is not ours.

        Not locked here: the affair locks its own row first and then the task.
        """
        with scoped(principal.reach) as connection:
            row = self.find(principal, connection, task_id)
        if (ours := self.platform.get(row.system_id)) is None:
            return None
        _still_mine(row, version)
        chosen, filled = self._chosen(principal, row, action, form)
        platform.act(ours, principal, row, action, filled)
        _audit(principal, "tasks.act", row, {"action": chosen.label})
        return str(row.id)

    def act_together(
        self,
        principal: Principal,
        chosen: Mapping[str, int],
        action: str,
        form: Mapping[str, str | None],
    ) -> tuple[Outcome, ...]:
        """Decide the same about several tasks (id -> version seen): each is one command by itself.

        One that cannot be sent is told with its reason and costs no other. Only where the manifest
        allows it; a whole page at most.
        """
        permissions.check(principal, ACT)
        if len(chosen) > PAGE:
            raise TaskError(f"一次最多批量办理 {PAGE} 件，所选已保留，请减少后再办。")
        return tuple(
            self._one_of_many(principal, task_id, action, form, version)
            for task_id, version in chosen.items()
        )

    def _one_of_many(
        self,
        principal: Principal,
        task_id: str,
        action: str,
        form: Mapping[str, str | None],
        version: int,
    ) -> Outcome:
        title = ""
        try:
            with scoped(principal.reach) as connection:
                row = self.find(principal, connection, task_id)
            title = row.title
            _still_mine(row, version)
            if action not in {one.id for one in self.together(principal, row)}:
                raise TaskError("该任务须逐件办理，请打开后办理。")
            entry_id = self.act(principal, task_id, action, form, version)
        except TaskError as problem:
            return Outcome(task_id=task_id, title=title, reason=problem.message)
        if row.system_id in self.platform:  # done at once: there is no command to follow
            return Outcome(task_id=task_id, title=title, state="已办")
        return Outcome(task_id=task_id, title=title, entry_id=entry_id, state=rules.WAITING)

    def resend(self, principal: Principal, entry_id: str) -> None:
        """Try a stuck command again, with the same key."""
        with self._changing(principal, entry_id) as (connection, entry, row):
            if entry.state != rules.STUCK:
                raise TaskError(f"该办理现为“{entry.state}”，不需要重新发送。")
            now = clock.now()
            _set(connection, entry, state=rules.WAITING, attempts=0, since=now, next_at=now)
            tasks.note(connection, row, "重新发送", at=now, actor=principal.name)
        _audit(principal, "tasks.resend", row, {})

    def withdraw(self, principal: Principal, entry_id: str) -> None:
        """Take back a command that has not arrived as far as we know."""
        with self._changing(principal, entry_id) as (connection, entry, row):
            now = clock.now()
            _set(connection, entry, state=rules.WITHDRAWN)
            tasks.change(connection, row.id, waiting=None)
            sent = "；此前的发送可能已到达，以对方系统的状态为准" if entry.attempts else ""
            tasks.note(connection, row, f"撤回办理{sent}", at=now, actor=principal.name)
        _audit(principal, "tasks.withdraw", row, {"attempts": entry.attempts})

    def case(self, principal: Principal, case_id: str) -> CaseRef | None:
        """An open task as the case that a look-up is for; nothing for any other."""
        if not permissions.allowed(principal, VIEW):
            return None
        try:
            with scoped(principal.reach) as connection:
                row = self.find(principal, connection, case_id)
        except TaskError:
            return None
        if row.subject_id is None or row.state != "待办":
            return None
        return CaseRef(
            id=str(row.id),
            number=row.foreign_id,
            matter=row.kind,
            subject_id=row.subject_id,
            region_code=row.region_code,
            kind="task",
        )

    def _changing(self, principal: Principal, entry_id: str) -> "_Changing":
        permissions.check(principal, ACT)
        return _Changing(self, principal, entry_id)


class _Changing:
    """One transaction around a command that somebody may change."""

    def __init__(self, function: Tasks, principal: Principal, entry_id: str) -> None:
        self._function = function
        self._principal = principal
        self._entry_id = entry_id
        self._scope = scoped(principal.reach)

    def __enter__(self) -> tuple[Connection, Row[Any], Row[Any]]:
        connection = self._scope.__enter__()
        try:
            return self._locked(connection)
        except BaseException as error:
            self._scope.__exit__(type(error), error, error.__traceback__)
            raise

    def __exit__(self, *raised: Any) -> None:
        self._scope.__exit__(*raised)

    def _locked(self, connection: Connection) -> tuple[Connection, Row[Any], Row[Any]]:
        # The task first, as the sender does: two orders would wait for each other.
        seen = task_reads.find_entry(connection, key(self._entry_id))
        if seen is None:
            raise TaskError(GONE)
        row = self._function.find(self._principal, connection, str(seen.task_id), lock=True)
        entry = task_reads.entry(connection, seen.id)
        if entry is None or not changeable(self._principal, entry):
            state = entry.state if entry is not None else "已结束"
            raise TaskError(f"该办理现为“{state}”，不能改动；可能已发出，或由其他单位提交。")
        return connection, entry, row


def _still_mine(row: Row[Any], version: int) -> None:
    """The task is as the person saw it, or somebody else was faster and is named."""
    if row.waiting is not None:
        when = f"于 {clock.local(row.entry_at):%m-%d %H:%M} " if row.entry_at else ""
        raise TakenError(
            f"该任务已由 {row.entry_actor_name or '其他单位'} {when}提交办理，"
            "您的办理没有提交，已填内容保留在本页。"
        )
    if row.state == "已办":
        who = row.handler or "对方系统"
        raise TakenError(f"该任务已由 {who} 办结，您的办理没有提交，已填内容保留在本页。")
    if row.version != version:
        raise TakenError("该任务刚刚有变化，您的办理没有提交，请核对最新内容后再办。")


def _set(connection: Connection, entry: Row[Any], **values: Any) -> None:
    connection.execute(update(outbox).where(outbox.c.id == entry.id).values(**values))


def _audit(principal: Principal, action: str, row: Row[Any], detail: Mapping[str, Any]) -> None:
    audit.append(
        action=action,
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        subject_hash=row.subject_hash,
        case_id=str(row.id),
        detail={"system": row.system_id, "kind": row.kind, **detail},
    )
