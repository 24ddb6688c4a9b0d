"""What this affair gives to the unified functions: the cases to look up for, and its tasks."""

from collections.abc import Mapping
from dataclasses import dataclass

from auth import permissions
from auth.principal import Principal
from portal.affairs.matters import desk, papers, rules
from portal.affairs.matters.queries import Case, find_case, open_everywhere
from portal.connectors.contract import FormField, TaskAction, TurnedDown

__all__ = ["Case", "MatterTasks", "find_case", "open_everywhere"]

CLOSE = "matters.close"
_RESULT = FormField(
    name="result", label="办理结果", kind="text", required=True, most=rules.MOST_RESULT
)
_CLOSE = TaskAction(id="CLOSE", label="办结", form=(_RESULT,))


@dataclass(frozen=True, kw_only=True)
class MatterTasks:
    """Open cases as tasks in the one inbox."""

    id: str = papers.SOURCE
    name: str = "在办事项"
    task_kinds: tuple[str, ...] = (papers.CASE,)
    permission: str = CLOSE

    def actions(self, principal: Principal, key: str, kind: str) -> tuple[TaskAction, ...]:
        """What may be done to a task now."""
        return (_CLOSE,) if permissions.allowed(principal, CLOSE) else ()

    def details(self, principal: Principal, key: str) -> tuple[tuple[str, str], ...]:
        """What stands beside a task."""
        case = find_case(principal, key)
        if case is None:
            return ()
        return (("编号", case.number), ("事项", case.matter), ("事项来源", case.source))

    def act(self, principal: Principal, key: str, action: str, form: Mapping[str, str]) -> None:
        """Close the case; a refusal is ``TurnedDown``, in words for the person."""
        try:
            desk.close_case(principal, key, form["result"])
        except rules.IllegalMoveError as no:
            raise TurnedDown(reason=no.message) from no
