"""Locking what the streets have checked, all of a place at once: one move for each answer."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from auth import permissions
from auth.principal import Principal
from portal.affairs.forms import desk
from portal.affairs.forms.growing import LOCKABLE
from portal.affairs.forms.tables import form_answer
from portal.affairs.workflow.flow import FlowError
from portal.store import region_codes
from portal.store.scope import scoped

RIGHT = "forms.lock"


@dataclass(frozen=True, kw_only=True)
class Locked:
    """How many were locked, and which were not, in words."""

    done: int
    problems: tuple[str, ...] = ()


def lock(principal: Principal, form_id: UUID, period: date, code: str) -> Locked:
    """Lock every answer of a form's period within a place that its street has checked.

    Each is a move of its own, with its line in the history: one that cannot be locked stops none
    of the others.
    """
    permissions.check(principal, RIGHT)
    column = form_answer.c
    query = (
        select(column.id, column.paper_no, column.version)
        .where(
            column.form_id == form_id,
            column.period_from == period,
            column.state == LOCKABLE,
            region_codes.within(column.region_code, code),
        )
        .order_by(column.region_code)
    )
    with scoped(principal.reach) as connection:
        found = connection.execute(query).all()
    done, problems = 0, []
    for one in found:
        try:
            desk.move(principal, one.id, "lock", {}, one.version)
        except FlowError as problem:
            problems.append(f"{one.paper_no}：{problem.message}")
        else:
            done += 1
    return Locked(done=done, problems=tuple(problems))
