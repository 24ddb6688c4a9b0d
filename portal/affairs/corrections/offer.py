"""What this affair gives to the unified functions: its tasks, and the way to ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from auth import permissions
from auth.permissions import Denied
from auth.principal import Principal
from portal.affairs.corrections import desk, papers, queries, rules
from portal.affairs.corrections.desk import Asked, ask, sweep
from portal.affairs.corrections.papers import REQUEST, RESULT
from portal.affairs.corrections.queries import about
from portal.affairs.corrections.rules import Asking, CorrectionError
from portal.connectors.contract import FormField, TaskAction, TurnedDown
from portal.store.scope import scoped

__all__ = ["Asked", "Asking", "CorrectionError", "CorrectionTasks", "about", "ask", "sweep"]

_TAKE = TaskAction(id="TAKE", label="受理")
_WORDS = FormField(name="words", label="说明", kind="text", most=rules.MOST_WORDS)
_WHY = FormField(
    name="why", label="不予更正的原因", kind="text", required=True, most=rules.MOST_WORDS
)
_CORRECTED = TaskAction(id="CORRECTED", label="已在本系统更正", form=(_WORDS,))
_REFUSED = TaskAction(id="REFUSED", label="不予更正", form=(_WHY,))
_READ = TaskAction(id="READ", label="已阅")


@dataclass(frozen=True, kw_only=True)
class CorrectionTasks:
    """Correction requests as tasks in the one inbox."""

    id: str = papers.SOURCE
    name: str = "数据校核"
    task_kinds: tuple[str, ...] = (REQUEST, RESULT)
    permission: str = queries.VIEW

    def actions(self, principal: Principal, key: str, kind: str) -> tuple[TaskAction, ...]:
        """What may be done to a task now."""
        if kind == RESULT:
            return (_READ,)
        if not permissions.allowed(principal, queries.HANDLE):
            return ()
        state = queries.state_of(principal, UUID(papers.correction_of(key)))
        if state is None:
            return ()
        moves = rules.MOVES[state]
        offered = ((rules.TAKEN, _TAKE), (rules.CORRECTED, _CORRECTED), (rules.REFUSED, _REFUSED))
        return tuple(action for to, action in offered if to in moves)

    def details(self, principal: Principal, key: str) -> tuple[tuple[str, str], ...]:
        """What stands beside a task."""
        try:
            found = queries.opened(principal, papers.correction_of(key))
        except (CorrectionError, Denied):
            return ()
        rows = [
            ("编号", found.row.number),
            ("信息项", found.row.label),
            ("该系统现值", found.seen),
            ("建议更正为", found.proposed),
            ("建议依据", found.source),
            ("校核理由", found.ground),
            ("说明", found.remark),
            ("提出单位", "、".join(found.askers)),
            ("办理状态", found.row.state),
            ("答复", found.reason),
            ("时限说明", found.limit_note),
        ]
        return tuple((name, value) for name, value in rows if value)

    def act(self, principal: Principal, key: str, action: str, form: Mapping[str, str]) -> None:
        """Do it; a refusal is ``TurnedDown``, in words for the person."""
        number, words = UUID(papers.correction_of(key)), form.get("words") or form.get("why", "")
        try:
            if action == _READ.id:
                with scoped(principal.reach) as connection:
                    papers.read(connection, key, principal)
            elif action == _TAKE.id:
                desk.take_up(principal, number)
            elif action == _CORRECTED.id:
                desk.decide(principal, number, rules.CORRECTED, words)
            elif action == _REFUSED.id:
                desk.decide(principal, number, rules.REFUSED, words)
        except CorrectionError as problem:
            raise TurnedDown(reason=problem.message) from problem
