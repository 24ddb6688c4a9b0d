"""What the moves of 办, 督 and 评 start: signing, answering, more time, visits, and the end."""

from datetime import date, datetime
from functools import partial

from sqlalchemy import func, insert, select, update

from portal.affairs.orders import effects, papers, rules, seats, tally, units
from portal.affairs.orders.rules import OrderError
from portal.affairs.orders.tables import order_event, work_order
from portal.affairs.workflow.flow import KEPT
from portal.affairs.workflow.ledger import Step
from portal.store import clock
from portal.store.citypack import pack


def sign(step: Step) -> None:
    """The unit has the order."""
    step.values["signed_at"] = step.now


def contact(step: Step) -> None:
    """Whoever called has heard from the unit; the first time counts."""
    row = step.row
    if row.contacted_at is not None:
        return
    step.values["contacted_at"] = step.now
    in_time = row.respond_due_at is not None and step.now <= row.respond_due_at
    step.detail["in_time"] = in_time
    if in_time:
        effects.answered_in_time(step)


def reply(step: Step) -> None:
    """The answer; while parts of the demand are open it is not whole."""
    query = select(work_order.c.order_no).where(
        work_order.c.parent_id == step.row.id, work_order.c.closed_at.is_(None)
    )
    if waiting := step.connection.execute(query).scalars().all():
        raise OrderError(f"拆出的工单 {'、'.join(waiting)} 尚未办结，不能答复，{KEPT}")
    step.values |= {"reply": step.given("answer"), "replied_at": step.now}


def approve(step: Step) -> None:
    """The answer stands: whether it came in time counts on the day it was due."""
    row = step.row
    if row.deadline_at is None:
        return
    on_time = row.replied_at is not None and row.replied_at <= row.deadline_at
    step.detail |= {"on_time": on_time, "deadline": row.deadline_at.isoformat()}
    if row.overdue_at is None:  # else it was counted when its day had passed
        count_due(step, on_time)
        if not on_time:
            step.values |= {"overdue_at": row.deadline_at, "overdue_unit": row.unit_id}


def count_due(step: Step, on_time: bool) -> None:
    """One more that was due."""
    row = step.row
    at, number = row.deadline_at, int(on_time)
    step.counts.append(tally.note("orders_due", row.region_code, "", at, number, 1))
    if own := units.find(step.connection, row.unit_id):
        step.counts.append(tally.of_unit("orders_due", own, at, number, 1))


# -- more time ----------------------------------------------------------------------------------


def _until(step: Step) -> datetime:
    given = step.form["until"]
    if isinstance(given, datetime):
        return given
    try:
        day = given if isinstance(given, date) else date.fromisoformat(str(given))
    except ValueError:
        raise OrderError(f"日期“{given}”读不懂，请写成 2026-11-30 的样子，{KEPT}") from None
    return datetime.combine(day, pack().orders.day_ends, clock.LOCAL)


def ask_extension(step: Step) -> None:
    """More time, until when and why."""
    row, texts = step.row, pack().orders
    if row.deadline_at is None:
        raise OrderError(f"该工单没有时限，不需要延期，{KEPT}")
    own = units.find(step.connection, row.unit_id)
    if row.dispatch_unit == row.unit_id and (own is None or units.above(own) is None):
        raise OrderError(f"本单位之上没有审核延期的单位，{KEPT}")
    rules.may_extend(step.now, row.deadline_at, row.extend_count, texts)
    until = rules.extended(_until(step), row.deadline_at, row.day_rule, texts, pack().holidays)
    step.detail["until"] = until.isoformat()
    step.words += f"；申请延至 {clock.local(until):%Y-%m-%d %H:%M}"


def grant_extension(step: Step) -> None:
    """The level above lets it have the time that was last asked for."""
    row = step.row
    query = (
        select(order_event.c.detail["until"].astext)
        .where(order_event.c.order_id == row.id, order_event.c.move == "extend")
        .order_by(order_event.c.id.desc())
        .limit(1)
    )
    until = datetime.fromisoformat(step.connection.execute(query).scalar_one())
    effects.not_overdue(step)
    step.values |= {"extended_due_at": until, "extend_count": row.extend_count + 1}
    step.words += f"，延至 {clock.local(until):%Y-%m-%d %H:%M}"


def put_on_account(step: Step) -> None:
    """What cannot be settled soon stays on the account; its limit is a day named now."""
    until = _until(step)
    if until <= step.now:
        raise OrderError(f"挂账的截止日期须在今天之后，{KEPT}")
    step.values |= {"on_account": True, "extended_due_at": until}
    step.detail["until"] = until.isoformat()
    step.words += f"；至 {clock.local(until):%Y-%m-%d}"


def off_account(step: Step) -> None:
    """Settled: crossed off the account."""
    step.values["on_account"] = False


# -- after the answer ---------------------------------------------------------------------------


def to_be_visited(step: Step) -> None:
    """Somebody outside rings back: the first visiting unit that is not the holder."""
    row = step.row
    not_these = {row.unit_id, row.lead_unit, row.against_unit}
    known = pack().orders.visit_units
    chosen = next((one for one in known if one not in not_these), row.dispatch_unit)
    if chosen is None:
        return
    seats.give(step, chosen, seats.VISITS)
    seats.tell_caller(step, [chosen])
    step.detail["visitor"] = chosen


def note_visit(step: Step) -> None:
    """What was said at the visit, and what follows from it."""
    row, texts = step.row, pack().orders
    resolved, satisfied, to = rules.visited(step.form["visit_answers"], row.redo_count, texts)
    step.to = to
    step.values |= {"resolved": resolved, "satisfied": satisfied}
    step.detail |= {"resolved": resolved, "satisfied": satisfied, "visited_unit": row.unit_id}
    step.words += f"；{resolved}、{satisfied}"
    own = units.find(step.connection, row.unit_id)
    for measure, yes in (
        ("orders_visited_resolved", resolved == "已解决"),
        ("orders_satisfied", satisfied == "满意"),
        ("orders_basically_satisfied", satisfied == "基本满意"),
    ):
        step.counts.append(tally.note(measure, row.region_code, "", step.now, int(yes), 1))
        if own:
            step.counts.append(tally.of_unit(measure, own, step.now, int(yes), 1))
    if to != rules.CLOSED:
        step.counts.append(tally.note("orders_redone", row.region_code, "", step.now, 1))
        if own:
            step.counts.append(tally.of_unit("orders_redone", own, step.now, 1))
        _again(step)


def _again(step: Step) -> None:
    effects.begin_limit(step)
    step.values |= {"redo_count": step.row.redo_count + 1, "replied_at": None}
    if step.to == rules.SUPERVISED:
        supervise(step)
        tell_above(step)


def supervise(step: Step) -> None:
    """Somebody above keeps an eye on it."""
    step.values["supervise_level"] = step.row.supervise_level + 1
    step.values["on_account"] = False
    if step.by.unit_id:
        seats.give(step, step.by.unit_id, seats.SUPERVISES)


def tell_above(step: Step) -> None:
    """The unit above reads that it has come to this."""
    own = units.find(step.connection, step.row.unit_id)
    if own and (up := units.above(own)):
        step.detail["told"] = up
        step.after.append(partial(papers.tell, step, up))


def confide(step: Step) -> None:
    """From now on only those who ring back know who called."""
    step.values["confidential"] = True
    step.after.append(partial(seats.hide_caller, step))


def taken_back(step: Step) -> None:
    """Its source took it back: a unit that had still time to answer owes nothing any more."""
    if step.row.contacted_at is None:
        effects.not_asked(step)
    step.values |= {"on_account": False, "prior_state": None}


# -- one and many -------------------------------------------------------------------------------


def merge(step: Step) -> None:
    """The same matter is handled once, under an order that is open."""
    row, target = step.row, str(step.given("target"))
    query = select(work_order).where(work_order.c.order_no == target).with_for_update()
    into = step.connection.execute(query).first()
    if into is None or into.id == row.id or into.closed_at is not None or into.merged_into:
        raise OrderError(f"没有编号为“{target}”的在办工单可并入，{KEPT}")
    if into.against_unit != row.against_unit:
        raise OrderError(f"两件工单反映的单位不同，不能并单，{KEPT}")
    children = select(func.count()).where(work_order.c.merged_into == row.id)
    if step.connection.execute(children).scalar_one():
        raise OrderError(f"已有工单并入本单，请改为将对方并入本单，{KEPT}")
    step.values["merged_into"] = into.id
    step.detail["into"] = target
    step.words = f"并入 {target}" + (f"：{step.given('words')}" if step.given("words") else "")


def answer_all(step: Step) -> None:
    """One answer for all that were merged into this order."""
    row = step.row
    one = step.value("reply")
    told = (
        update(work_order)
        .where(work_order.c.merged_into == row.id)
        .values(reply=one, replied_at=step.now, resolved=step.value("resolved"),
                version=work_order.c.version + 1)
        .returning(work_order.c.id, work_order.c.state, work_order.c.version)
    )  # fmt: skip
    rows = step.connection.execute(told).all()
    if rows:
        step.connection.execute(
            insert(order_event),
            [
                {
                    "order_id": merged.id, "at": step.now, "move": "answer_all",
                    "from_state": merged.state, "to_state": merged.state,
                    "unit_id": step.by.unit_id, "unit_name": step.by.unit_name,
                    "actor": str(step.by.login), "actor_name": step.by.name,
                    "words": f"随 {row.order_no} 一并答复", "detail": {"version": merged.version},
                }
                for merged in rows
            ],
        )  # fmt: skip
