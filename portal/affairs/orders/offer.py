"""What orders give to the unified functions: rows in the one inbox, and what is done there."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from auth.permissions import Denied
from auth.principal import Principal
from portal.affairs.orders import desk, papers, queries, reading
from portal.affairs.orders.book import flow
from portal.affairs.orders.rules import RESOLVED, SATISFIED, OrderError
from portal.affairs.workflow.flow import LABELS, MOST, FlowError
from portal.connectors.contract import FormField, TaskAction, TurnedDown
from portal.store import clock, platform_tasks
from portal.store.flow_texts import MoveText
from portal.store.scope import scoped

__all__ = ["OrderError", "OrderTasks"]

_READ = TaskAction(id="READ", label="已阅")
# What a line of the inbox can ask for; moves that need more are made at the order itself.
_SIMPLE = frozenset({"text", "answer", "reason", "words", "until"})


def _field(name: str, *, required: bool) -> FormField:
    label = f"{LABELS[name]}（如 2026-11-30）" if name == "until" else LABELS[name]
    return FormField(
        name=name, label=label, kind="text", required=required, most=MOST.get(name, 200)
    )


def _action(move: MoveText) -> TaskAction | None:
    if move.id == "visit":
        answers = (
            FormField(name="resolved", label="是否解决", kind="choice", required=True,
                      choices={one: one for one in RESOLVED}),
            FormField(name="satisfied", label="是否满意", kind="choice", required=True,
                      choices={one: one for one in SATISFIED}),
        )  # fmt: skip
        return TaskAction(id=move.id, label=move.label, form=answers)
    if not set(move.needs) <= _SIMPLE or set(move.takes) - _SIMPLE - {"legal_basis"}:
        return None
    form = [_field(name, required=True) for name in move.needs]
    form += [_field(name, required=False) for name in move.takes if name in _SIMPLE]
    return TaskAction(id=move.id, label=move.label, form=tuple(form), batch=move.id == "sign")


@dataclass(frozen=True, kw_only=True)
class OrderTasks:
    """Orders that wait for one's unit, as tasks in the one inbox."""

    id: str = papers.SOURCE
    name: str = "有诉必应工单"
    permission: str = queries.VIEW

    @property
    def task_kinds(self) -> tuple[str, ...]:
        """The states that something waits in, and what is only to be read."""
        return papers.kinds(flow())

    def actions(self, principal: Principal, key: str, kind: str) -> tuple[TaskAction, ...]:
        """What may be done to a task now; what needs more than words is done at the order."""
        if kind == papers.TOLD:
            return (_READ,)
        moves = desk.offered(principal, papers.order_of(key))
        return tuple(action for one in moves if (action := _action(one)) is not None)

    def details(self, principal: Principal, key: str) -> tuple[tuple[str, str], ...]:
        """What stands beside a task; the caller is told at the order itself."""
        try:
            found = reading.opened(principal, papers.order_of(key))
        except (FlowError, Denied):
            return ()
        row = found.row
        rows = [
            ("工单编号", row.order_no),
            ("来源", row.source),
            ("诉求类型", row.kind),
            ("紧急程度", row.urgency_name),
            ("地址", row.place),
            ("内容", found.content),
            ("承办单位", row.unit_name),
            (
                "办理时限",
                f"{clock.local(row.deadline_at):%Y-%m-%d %H:%M}" if row.deadline_at else "",
            ),
            ("办理状态", row.state),
            ("答复", found.reply),
        ]
        return tuple((name, value) for name, value in rows if value)

    def act(self, principal: Principal, key: str, action: str, form: Mapping[str, str]) -> None:
        """Do it, or ``TurnedDown`` with the reason for the person."""
        order_id: UUID = papers.order_of(key)
        try:
            if action == _READ.id:
                _read(principal, key)
            elif action == "visit":
                desk.act(principal, order_id, action, {"visit_answers": dict(form)})
            else:
                desk.act(principal, order_id, action, form)
        except FlowError as problem:
            raise TurnedDown(reason=problem.message) from problem


def _read(principal: Principal, key: str) -> None:
    with scoped(principal.reach) as connection:
        platform_tasks.finish(
            connection, papers.SOURCE, key, handler=principal.name, result="已阅", words="已阅"
        )
