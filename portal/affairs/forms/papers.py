"""What forms put into inboxes: an answer lies at its unit, handed in at the street that checks it.

The row follows the state of the answer and nothing else closes it. What is to be locked is not
put into an inbox one by one: a district would find a line for each of its communities there.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from auth.tables import unit
from portal.affairs.forms import rules
from portal.affairs.forms.tables import form
from portal.affairs.workflow.flow import Flow
from portal.affairs.workflow.ledger import Step
from portal.store import platform_tasks, region_codes

SOURCE = f"{platform_tasks.PREFIX}forms"
FILL, CHECK = "报表填报", "报表审核"
_KINDS = {rules.FILLER: FILL, rules.CHECKER: CHECK}


def answer_of(key: str) -> UUID:
    """The answer that a task is about."""
    return UUID(key.partition(":")[0])


def _row(
    flow: Flow, one: Mapping[str, Any], titled: Mapping[str, Any], checker: str | None
) -> dict[str, Any] | None:
    """The row of an answer at the unit whose turn it is; ``None`` where no inbox has it."""
    kind = _KINDS.get(flow.states[one["state"]].waits or "")
    unit_id = one["unit_id"] if kind == FILL else checker
    if kind is None or unit_id is None:
        return None
    return {
        "foreign_id": f"{one['id']}:{unit_id}",
        "kind": kind,
        "title": f"{titled['title']}（{one['period_from']:%Y-%m-%d} 起一期）",
        "region_code": one["region_code"],
        "unit_id": unit_id,
        "due_on": one["due_on"],
        "state": platform_tasks.OPEN,
        "simulated": titled["simulated"],
    }


def _checker(connection: Connection, code: str) -> str | None:
    return connection.execute(
        select(unit.c.id).where(
            unit.c.kind == "government",
            unit.c.status == "active",
            unit.c.region_code == code[: region_codes.STREET],
        )
    ).scalar()


def _titled(connection: Connection, form_id: UUID) -> Mapping[str, Any]:
    query = select(form.c.title, form.c.simulated).where(form.c.id == form_id)
    return connection.execute(query).one()._asdict()


def follow(step: Step) -> None:
    """After every move: the row leaves the unit that is done with it and lies at the next one."""
    step.after.append(lambda: _follow(step))


def _follow(step: Step) -> None:
    connection, before = step.connection, step.row._asdict()
    titled = _titled(connection, before["form_id"])
    checker = _checker(connection, before["region_code"])
    was = _row(step.flow, before, titled, checker)
    now = _row(step.flow, {**before, "state": step.to or before["state"]}, titled, checker)
    if was is not None and was != now:
        platform_tasks.finish(
            connection, SOURCE, was["foreign_id"],
            handler=step.by.name, result=step.move.label, words=step.move.label,
        )  # fmt: skip
    if now is not None and now != was:
        platform_tasks.hold(connection, SOURCE, [now], words=step.move.label)


def arrived(connection: Connection, flow: Flow, answers: list[Mapping[str, Any]]) -> None:
    """Answers of one form that were filled just now lie at their units."""
    if not answers:
        return
    titled = _titled(connection, answers[0]["form_id"])
    rows = [_row(flow, one, titled, None) for one in answers]
    kept = [one for one in rows if one is not None]
    platform_tasks.hold(connection, SOURCE, kept, words="报表已自动取数，待核对填报")
