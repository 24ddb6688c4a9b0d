"""What findings give to the unified functions: rows in the one inbox, and what is done there."""

from collections.abc import Mapping
from dataclasses import dataclass

from auth.permissions import Denied
from auth.principal import Principal
from portal.affairs.findings import desk, papers, queries
from portal.affairs.findings.book import flow
from portal.affairs.workflow.flow import LABELS, MOST, FlowError
from portal.connectors.contract import FormField, TaskAction, TurnedDown
from portal.store import platform_tasks
from portal.store.flow_texts import MoveText
from portal.store.scope import scoped

_READ = TaskAction(id="READ", label="已阅")
# What a line of the inbox can ask for; moves that need more are made at the finding itself.
_SIMPLE = frozenset({"text", "answer", "reason", "words"})


def _field(name: str, *, required: bool) -> FormField:
    return FormField(
        name=name, label=LABELS[name], kind="text", required=required, most=MOST.get(name, 200)
    )


def _action(move: MoveText) -> TaskAction | None:
    if not {*move.needs, *move.takes} <= _SIMPLE:
        return None
    form = [_field(name, required=True) for name in move.needs]
    form += [_field(name, required=False) for name in move.takes]
    return TaskAction(id=move.id, label=move.label, form=tuple(form))


@dataclass(frozen=True, kw_only=True)
class FindingTasks:
    """Findings that wait for one's unit, as tasks in the one inbox."""

    id: str = papers.SOURCE
    name: str = "未诉先办"
    permission: str = queries.VIEW

    @property
    def task_kinds(self) -> tuple[str, ...]:
        """The states that somebody waits in, and the report that is only to be read."""
        return papers.kinds(flow())

    def actions(self, principal: Principal, key: str, kind: str) -> tuple[TaskAction, ...]:
        """What may be done to a task now."""
        finding_id = papers.finding_of(key)
        if finding_id is None:
            return (_READ,)
        moves = desk.offered(principal, finding_id)
        return tuple(action for one in moves if (action := _action(one)) is not None)

    def details(self, principal: Principal, key: str) -> tuple[tuple[str, str], ...]:
        """What stands beside a task."""
        finding_id = papers.finding_of(key)
        if finding_id is None:
            return (("说明", "日报告正文在“未诉先办”页面的“日报告”中查看和下载。"),)
        try:
            found = queries.opened(principal, finding_id)
        except (FlowError, Denied):
            return ()
        row = found.row
        rows = [
            ("编号", row.number),
            ("来源", row.source),
            ("类别", row.class_),
            ("地点", row.place),
            ("情况", found.content),
            ("发现单位", found.finder),
            ("办理方式", row.way),
            ("现由", row.unit_name),
            ("状态", row.state),
            ("反馈", found.reply),
        ]
        return tuple((name, value) for name, value in rows if value)

    def act(self, principal: Principal, key: str, action: str, form: Mapping[str, str]) -> None:
        """Do it, or ``TurnedDown`` with the reason for the person."""
        finding_id = papers.finding_of(key)
        try:
            if finding_id is None:
                _read(principal, key)
            else:
                desk.act(principal, finding_id, action, form)
        except FlowError as problem:
            raise TurnedDown(reason=problem.message) from problem


def _read(principal: Principal, key: str) -> None:
    with scoped(principal.reach) as connection:
        platform_tasks.finish(
            connection, papers.SOURCE, key, handler=principal.name, result="已阅", words="已阅"
        )
