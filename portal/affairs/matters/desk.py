"""The only writer of cases: each act is one transaction with a row lock and an audit row."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, func, insert, select, update

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.matters import papers, rules, tally
from portal.affairs.matters.tables import matter_case
from portal.store import clock, watch
from portal.store.scope import Reach, scoped

FINISHER = "service:applications"


def close_case(principal: Principal, case_id: str, result: str) -> None:
    """Close a case of one's own unit with its result; a second closing is refused.

    Raises ``Denied`` without the permission, ``IllegalMoveError`` for a result that says nothing,
    a case of another unit, or one that somebody else has closed meanwhile.
    """
    permissions.check(principal, "matters.close")
    text = rules.result_text(result)
    with scoped(principal.reach) as connection:
        row = connection.execute(
            select(matter_case)
            .where(matter_case.c.id == UUID(case_id), matter_case.c.unit_id == principal.unit.id)
            .with_for_update()
        ).first()
        if row is None:
            raise rules.IllegalMoveError("没有找到该事项，或不属于本单位，已填内容已保留。")
        _change(
            connection,
            row,
            state=rules.move(row.state, rules.CLOSED),
            closed_at=clock.now(),
            closed_by=principal.login,
            result=text,
        )
        watch.forget(connection, UUID(case_id))
        papers.closed(connection, UUID(case_id), principal.name, text)
    audit.append(
        action="matters.close",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        case_id=case_id,
        detail={"number": row.number},
    )


def _change(connection: Connection, row: Row[Any], **values: Any) -> None:
    """Change a case that is held, and let the measures follow."""
    mine = matter_case.c.id == row.id
    connection.execute(update(matter_case).where(mine).values(**values))
    tally.COUNT.follow(connection, [(row, {**row._asdict(), **values})])


def open_case(
    connection: Connection,
    *,
    matter: str,
    subject_id: UUID,
    region_code: str,
    unit_id: str,
    due_on: date | None,
    simulated: bool,
) -> tuple[UUID, str]:
    """Open a case within the caller's transaction; gives its id and its number of the day."""
    now = clock.now()
    day, taken = _numbered(connection)
    case_id, number = uuid4(), rules.number(day, taken + 1)
    made = insert(matter_case).values(
        id=case_id,
        number=number,
        matter=matter,
        source="窗口代办",
        subject_id=subject_id,
        region_code=region_code,
        unit_id=unit_id,
        state=rules.OPEN,
        opened_at=now,
        due_on=due_on,
        simulated="demo" if simulated else None,
    )
    row = connection.execute(made.returning(matter_case)).one()
    tally.COUNT.follow(connection, [(None, row)])
    papers.begun(connection, [case_id])
    return case_id, number


def finish_case(case_id: UUID, unit_id: str, result: str) -> None:
    """Close a case that the system in charge has finished; one closed meanwhile stays as it is."""
    reach = Reach(prefixes=(), unit_id=unit_id, actor=FINISHER)
    with scoped(reach) as connection:
        query = select(matter_case).where(
            matter_case.c.id == case_id, matter_case.c.state == rules.OPEN
        )
        row = connection.execute(query.with_for_update()).first()
        if row is None:
            return
        said = result[: rules.MOST_RESULT]
        _change(connection, row, state=rules.CLOSED, closed_at=clock.now(), closed_by=FINISHER,
                result=said)  # fmt: skip
        watch.forget(connection, case_id)
        papers.closed(connection, case_id, "主管系统", said)


def _numbered(connection: Connection) -> tuple[date, int]:
    """The day and how many cases it has already; one numbering at a time."""
    day = clock.local(clock.now()).date()
    # The lock ends with the transaction. A scope shows only its own cases: the function counts all.
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("matter_case.number"))))
    prefix = rules.number(day, 0)[:-4]
    return day, connection.execute(select(func.matter_cases_since(prefix))).scalar_one()


def take_in(reach: Reach, rows: Sequence[dict[str, Any]]) -> int:
    """Take in cases from a source of them; each gets the day's next number. Gives how many."""
    if not rows:
        return 0
    with scoped(reach) as connection:
        day, taken = _numbered(connection)
        numbered = [
            {**row, "number": rules.number(day, taken + place), "state": rules.OPEN}
            for place, row in enumerate(rows, start=1)
        ]
        connection.execute(insert(matter_case), numbered)
        blank = dict.fromkeys(matter_case.c.keys())
        tally.COUNT.follow(connection, [(None, {**blank, **row}) for row in numbered])
        papers.begun(connection, [row["id"] for row in rows])
    return len(rows)


# -- the clock ------------------------------------------------------------------------------------


def sweep(most: int = 500) -> int:
    """Mark open cases whose limit has passed, for the measures; gives how many."""
    today = clock.local(clock.now()).date()
    late = (
        select(matter_case)
        .where(
            matter_case.c.state == rules.OPEN,
            matter_case.c.due_on < today,
            matter_case.c.overdue_on.is_(None),
        )
        .order_by(matter_case.c.id)
        .limit(most)
    )
    done = 0
    while True:
        with scoped(tally.reach()) as connection:
            rows = connection.execute(late.with_for_update(skip_locked=True)).all()
            for row in rows:
                _change(connection, row, overdue_on=row.due_on + timedelta(days=1))
        done += len(rows)
        if len(rows) < most:
            return done
