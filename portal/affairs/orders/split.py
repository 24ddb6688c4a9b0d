"""拆单: one demand in several parts, each handled apart, the whole answered when all are done."""

from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select, text

from portal.affairs.orders import papers, seats, tally, units
from portal.affairs.orders.rules import OrderError
from portal.affairs.orders.tables import order_caller, order_event, order_seat, work_order
from portal.affairs.workflow.flow import KEPT
from portal.affairs.workflow.ledger import Step

MOST_PARTS, MOST_TITLE, MOST_TEXT = 10, 100, 3000
_KEPT = ("source", "source_system", "master", "kind", "category", "place", "lng", "lat",
         "region_code", "grid_code", "urgency", "confidential", "against_unit", "day_rule",
         "simulated")  # fmt: skip


def _parts(step: Step) -> list[dict[str, str]]:
    given = step.form["parts"]
    if not isinstance(given, (list, tuple)) or not 2 <= len(given) <= MOST_PARTS:
        raise OrderError(f"拆单须写明 2 至 {MOST_PARTS} 项内容，{KEPT}")
    parts = []
    for place, one in enumerate(given, start=1):
        said = {name: str(one.get(name, "")).strip() for name in ("title", "content")}
        if not 2 <= len(said["title"]) <= MOST_TITLE or len(said["content"]) > MOST_TEXT:
            raise OrderError(f"拆单第 {place} 项须有 2 至 {MOST_TITLE} 个字的标题，{KEPT}")
        parts.append(said)
    return parts


def split(step: Step) -> None:
    """Each part becomes an order of its own, at the desk that dispatched the whole."""
    row, connection = step.row, step.connection
    parts = _parts(step)
    if row.parent_id is not None:
        raise OrderError(f"拆出的工单不能再拆，{KEPT}")
    so_far = connection.execute(
        select(work_order.c.order_no).where(work_order.c.parent_id == row.id)
    ).all()
    desk = row.dispatch_unit or row.unit_id
    made = [_child(step, part, len(so_far) + n, desk) for n, part in enumerate(parts, start=1)]
    connection.execute(insert(work_order), made)
    connection.execute(
        insert(order_seat),
        [{"order_id": one["id"], "unit_id": desk, "part": seats.DISPATCHES, "since": step.now,
          "state": seats.NOW} for one in made],
    )  # fmt: skip
    connection.execute(
        insert(order_event),
        [{"order_id": one["id"], "at": step.now, "move": "born", "from_state": "",
          "to_state": one["state"], "unit_id": step.by.unit_id, "unit_name": step.by.unit_name,
          "actor": str(step.by.login), "actor_name": step.by.name,
          "words": f"由 {row.order_no} 拆出", "detail": {"version": 1}} for one in made],
    )  # fmt: skip
    _callers(step, made)
    papers.arrived(connection, made, step.flow)
    holder = units.find(connection, desk)
    step.counts += [note for one in made for note in tally.stocks(one, holder, step.now)]
    step.detail["parts"] = [one["order_no"] for one in made]
    step.words = f"拆为 {'、'.join(step.detail['parts'])}"


def _child(step: Step, part: dict[str, str], number: int, desk: str) -> dict[str, Any]:
    row = step.row
    order_no = f"{row.order_no}-{number}"
    return {
        **{name: getattr(row, name) for name in _KEPT},
        **part,
        "id": uuid4(),
        "order_no": order_no,
        "source_no": order_no,
        "source": f"{row.source}·拆单",
        "parent_id": row.id,
        "unit_id": desk,
        "seat_units": [desk],
        "state": "待派单",
        "state_since": step.now,
        "received_at": step.now,
        "due_at": None,
        "extended_due_at": None,
        "dispatch_unit": None,
        "overdue_at": None,
        "closed_at": None,
    }


def _callers(step: Step, made: list[dict[str, Any]]) -> None:
    """Who called is known of a part as of the whole."""
    names = [column.name for column in order_caller.c if column.name != "order_id"]
    for one in made:
        whole = select(text("cast(:child AS uuid)"), *(order_caller.c[name] for name in names))
        step.connection.execute(
            insert(order_caller).from_select(
                ["order_id", *names], whole.where(order_caller.c.order_id == step.row.id)
            ),
            {"child": one["id"]},
        )
