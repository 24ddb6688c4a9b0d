"""What dispatching gives to others: whom a demand should go to, its class's name, what it asks."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from auth.permissions import Denied
from auth.principal import Principal
from portal.affairs.dispatch import advice, asking, consult, consultations, reads
from portal.affairs.dispatch.consult_rules import CLAIMS, DECLINES, Answer
from portal.affairs.dispatch.words import DispatchError
from portal.affairs.orders import papers, reading
from portal.affairs.orders.advising import Adviser
from portal.affairs.workflow.flow import FlowError
from portal.connectors.contract import FormField, TaskAction, TurnedDown
from portal.store.scope import scoped


def class_names(principal: Principal) -> dict[str, str]:
    """The names of the classes that count where one works, by their codes."""
    with scoped(principal.reach) as connection:
        return names_at(connection, principal.unit.region_code)


def names_at(connection: Connection, region_code: str) -> dict[str, str]:
    """The names of the classes that count at a place, by their codes."""
    return {one.entry.code: one.entry.name for one in reads.classes(connection, region_code)}


def adviser() -> Adviser:
    """The adviser of the desk of work orders."""
    return Adviser(suggest=advice.suggest, dispatch=advice.dispatch, class_names=class_names)


_WHY = FormField(name="words", label="意见和依据", kind="text", required=True,
                 most=consult.MOST_WORDS)  # fmt: skip
_ACTIONS: dict[str, Answer] = {"claim": CLAIMS, "decline": DECLINES}


@dataclass(frozen=True, kw_only=True)
class ConsultationTasks:
    """Questions whose matter an order is, as tasks in the one inbox."""

    id: str = papers.ASKED
    name: str = asking.KIND
    permission: str = consult.HANDLE
    task_kinds: tuple[str, ...] = (asking.KIND,)

    def actions(self, principal: Principal, key: str, kind: str) -> tuple[TaskAction, ...]:
        """Claim it, or say why not; who else is in charge can be named at 督办评价."""
        return tuple(TaskAction(id=one, label=what, form=(_WHY,)) for one, what in _ACTIONS.items())

    def details(self, principal: Principal, key: str) -> tuple[tuple[str, str], ...]:
        """What is asked, by whom and until when."""
        try:
            order = reading.opened(principal, papers.order_of(key), with_caller=False)
            found = consultations.of_order(principal, papers.order_of(key))
        except (FlowError, Denied):
            return ()
        asked = found[:1]
        rows = [("工单编号", order.row.order_no), ("诉求类型", order.row.kind),
                ("地址", order.row.place), ("内容", order.content)]  # fmt: skip
        for one in asked:
            rows += [
                ("会商事由", one.reason),
                ("提请", one.opened_by),
                ("答复时限", asking.hour(one.due_at)),
                ("参加单位", "、".join(name for _, name in one.asked)),
            ]
        return tuple((name, value) for name, value in rows if value)

    def act(self, principal: Principal, key: str, action: str, form: Mapping[str, str]) -> None:
        """Answer, or ``TurnedDown`` with the reason for the person."""
        found = consultations.asked_about(principal, papers.order_of(key))
        try:
            if found is None or action not in _ACTIONS:
                raise DispatchError(consult.GONE)
            consult.answer(principal, found, _ACTIONS[action], form.get("words", ""))
        except DispatchError as problem:
            raise TurnedDown(reason=problem.message) from problem
