"""The only writer of cases: each act is one transaction with a row lock and an audit row."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.matters import rules
from portal.affairs.matters.tables import matter_case
from portal.store import clock, watch
from portal.store.scope import Reach, scoped


def close_case(principal: Principal, case_id: str, result: str) -> None:
    """Close a case of one's own unit with its result; a second closing is refused.

    Raises ``Denied`` without the permission, ``IllegalMoveError`` for a result that says nothing,
    a case of another unit, or one that somebody else has closed meanwhile.
    """
    permissions.check(principal, "matters.close")
    text = rules.result_text(result)
    with scoped(principal.reach) as connection:
        row = connection.execute(
            select(matter_case.c.state, matter_case.c.number)
            .where(matter_case.c.id == UUID(case_id), matter_case.c.unit_id == principal.unit.id)
            .with_for_update()
        ).first()
        if row is None:
            raise rules.IllegalMoveError("没有找到该事项，或不属于本单位，已填内容已保留。")
        connection.execute(
            update(matter_case)
            .where(matter_case.c.id == UUID(case_id))
            .values(
                state=rules.move(row.state, rules.CLOSED),
                closed_at=clock.now(),
                closed_by=principal.login,
                result=text,
            )
        )
        watch.forget(connection, UUID(case_id))
    audit.append(
        action="matters.close",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        case_id=case_id,
        detail={"number": row.number},
    )


def take_in(reach: Reach, rows: Sequence[dict[str, Any]]) -> int:
    """Take in cases from a source of them; each gets the day's next number. Gives how many."""
    if not rows:
        return 0
    day = clock.local(clock.now()).date()
    with scoped(reach) as connection:
        # One intake at a time numbers its rows; the lock ends with the transaction.
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("matter_case.number"))))
        prefix = rules.number(day, 0)[:-4]
        taken = connection.execute(
            select(func.count())
            .select_from(matter_case)
            .where(matter_case.c.number.startswith(prefix, autoescape=True))
        ).scalar_one()
        connection.execute(
            insert(matter_case),
            [
                {**row, "number": rules.number(day, taken + place), "state": rules.OPEN}
                for place, row in enumerate(rows, start=1)
            ],
        )
    return len(rows)
