"""What the moves of 派 and of 退 start: giving an order to a unit, and taking it back."""

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import func, select

from portal.affairs.orders import classes, rules, seats, tally, units
from portal.affairs.orders.rules import OrderError
from portal.affairs.orders.tables import order_event
from portal.affairs.orders.units import UnitRef
from portal.affairs.workflow.flow import KEPT
from portal.affairs.workflow.ledger import Step
from portal.store.citypack import pack


def the_unit(step: Step, unit_id: Any) -> UnitRef:
    """A unit that an order may be given to: there, and not the one it complains about."""
    found = units.find(step.connection, str(unit_id))
    if found is None:
        raise OrderError(f"没有代码为“{unit_id}”的单位，或该单位已停用，{KEPT}")
    against = units.find(step.connection, step.row.against_unit)
    if against is not None and (found.id == against.id or units.is_below(found, against)):
        raise OrderError(
            f"该工单反映{against.name}的问题，须由其上级办理，不能派给{found.name}，{KEPT}"
        )
    return found


def _set_limits(step: Step) -> None:
    """The limits of an order that is sent out; what was passed up keeps the one that runs."""
    texts, urgency, row = pack().orders, step.value("urgency"), step.row
    step.values["respond_due_at"] = rules.respond_due_at(step.now, urgency, texts)
    if row.due_at is None or row.dispatched_at is not None:
        begin_limit(step)


def begin_limit(step: Step) -> None:
    """The whole limit, from now."""
    urgency, rule = step.value("urgency"), step.value("day_rule")
    step.values |= {
        "limit_from": step.now,
        "due_at": rules.due_at(step.now, urgency, rule, pack().orders, pack().holidays),
        "extended_due_at": None,
        "overdue_at": None,
        "overdue_unit": None,
    }


def not_overdue(step: Step) -> None:
    """What had counted as due and late does not any more: it was not that unit's, or had longer."""
    row = step.row
    if row.overdue_at is None:
        return
    step.values |= {"overdue_at": None, "overdue_unit": None}
    step.counts.append(tally.note("orders_due", row.region_code, "", row.overdue_at, 0, -1))
    if late := units.find(step.connection, row.overdue_unit):
        step.counts.append(tally.of_unit("orders_due", late, row.overdue_at, 0, -1))


def _count_asked(step: Step, unit_id: str, at: datetime, number: int, of: int) -> None:
    region = step.row.region_code
    step.counts.append(tally.note("orders_responded", region, "", at, number, of))
    if one := units.find(step.connection, unit_id):
        step.counts.append(tally.of_unit("orders_responded", one, at, number, of))


def ask(step: Step, unit_id: str) -> None:
    """From now on this unit owes whoever called a word."""
    step.values |= {"asked_unit": unit_id, "asked_at": step.now, "contacted_at": None}
    _count_asked(step, unit_id, step.now, 0, 1)


def not_asked(step: Step) -> None:
    """Whoever was asked is not any more, and it counts neither for nor against it."""
    row = step.row
    if row.asked_unit is None:
        return
    answered = int(row.contacted_at is not None and row.contacted_at <= row.respond_due_at)
    _count_asked(step, row.asked_unit, row.asked_at, -answered, -1)
    step.values |= {"asked_unit": None, "asked_at": None}


def answered_in_time(step: Step) -> None:
    """Whoever called has heard from the unit in time."""
    row = step.row
    if row.asked_unit is not None:
        _count_asked(step, row.asked_unit, row.asked_at, 1, 0)


def _hand_to(step: Step, to: UnitRef, by: str) -> None:
    """A unit holds the order now; who gave it stands above it."""
    step.values |= {
        "unit_id": to.id,
        "lead_unit": _lead(step) or to.id,
        "dispatch_unit": by,
        "signed_at": None,
        "prior_state": None,
    }
    step.detail |= {"unit": to.id, "unit_name": to.name}
    if step.row.unit_id != to.id:
        seats.leave(step, step.row.unit_id, seats.HOLDS)
    seats.give(step, by, seats.DISPATCHES)
    seats.give(step, to.id, seats.HOLDS)


def _lead(step: Step) -> str | None:
    """首接负责: who was first given it leads, unless it is taken from them."""
    taken_away = step.row.state in ("争议", "待会商")
    lead: str | None = None if taken_away else step.row.lead_unit
    return lead


def _count_dispatch(step: Step, to: UnitRef) -> None:
    region = step.row.region_code
    step.counts.append(tally.note("orders_dispatched", region, "", step.now, 1))
    step.counts.append(tally.of_unit("orders_dispatched", to, step.now, 1))


def dispatch(step: Step) -> None:
    """A desk gives the order to a unit: the limits begin, and it is asked for an answer."""
    to = the_unit(step, step.form["unit"])
    desk = step.by.unit_id
    if desk is None:
        raise OrderError(f"派单须由派单单位办理，{KEPT}")
    reclass(step)
    not_asked(step)
    if step.row.dispatched_at is not None:
        not_overdue(step)
    step.values["dispatched_at"] = step.now
    _set_limits(step)
    ask(step, to.id)
    _hand_to(step, to, desk)
    _count_dispatch(step, to)
    step.words = step.words.replace(step.move.label, f"{step.move.label}至{to.name}", 1)
    if step.form.get("units"):
        help_too(step)


def fall_back(step: Step) -> None:
    """Nobody is found to be in charge: the unit that the city has named for that takes it."""
    wanted = step.given("unit") or pack().orders.fallback_unit
    if not wanted:
        raise OrderError(f"没有设置兜底部门，请选择承办单位，{KEPT}")
    step.form = {**step.form, "unit": wanted}
    dispatch(step)
    step.detail["fallback"] = True


def help_too(step: Step) -> None:
    """Units that help; the one that holds the order stays responsible."""
    given = step.form["units"]
    wanted = [given] if isinstance(given, str) else list(given)
    names = []
    for unit_id in wanted:
        one = the_unit(step, unit_id)
        if one.id == step.value("unit_id"):
            raise OrderError(f"{one.name}已是承办单位，不必再列为协办，{KEPT}")
        seats.give(step, one.id, seats.HELPS)
        names.append(one.name)
    step.detail["helping"] = wanted
    step.words += f"；协办：{'、'.join(names)}"


def helper_answers(step: Step) -> None:
    """What a helping unit has to say."""
    step.after.append(partial(seats.answered, step, step.by.unit_id or ""))


def confer(step: Step) -> None:
    """Several units are asked; they see the order for that."""
    if step.row.dispatch_unit is None:
        step.values["dispatch_unit"] = step.by.unit_id
    asked = step.form.get("units") or ()
    for unit_id in [asked] if isinstance(asked, str) else asked:
        seats.give(step, the_unit(step, unit_id).id, seats.HELPS)
    step.detail["asked"] = list(asked) if not isinstance(asked, str) else [asked]
    if step.row.prior_state is None and step.row.state != "待派单":
        step.values["prior_state"] = step.row.state


def pass_down(step: Step) -> None:
    """A unit gives it to one below; the limits go on, and who gave it is who dispatches now."""
    to, own = the_unit(step, step.form["unit"]), units.find(step.connection, step.row.unit_id)
    if own is None or not (units.is_below(to, own) or units.above(to) == own.id):
        raise OrderError(f"只能转给本单位的下级，{to.name}不是，{KEPT}")
    _hand_to(step, to, own.id)
    step.values["dispatched_at"] = step.now
    step.counts.append(tally.of_unit("orders_dispatched", to, step.now, 1))
    if step.row.contacted_at is None:  # who has it now owes the answer, within the same limit
        not_asked(step)
        ask(step, to.id)
    step.words = f"转{to.name}办理" + (f"：{step.given('words')}" if step.given("words") else "")


def pass_up(step: Step) -> None:
    """What a unit cannot settle goes to the desk above it."""
    own = units.find(step.connection, step.row.unit_id)
    up = units.above(own) if own else None
    to = units.find(step.connection, up)
    if to is None or to.id == step.row.against_unit:
        raise OrderError(f"没有可提请的上级派单单位，{KEPT}")
    step.values |= {"unit_id": to.id, "prior_state": None, "dispatched_at": None}
    step.values |= {"asked_unit": None, "asked_at": None}  # what was owed stays counted
    step.detail |= {"unit": to.id, "unit_name": to.name}
    seats.give(step, to.id, seats.DISPATCHES)
    step.words = f"提请{to.name}办理：{step.given('reason')}"


# -- back ---------------------------------------------------------------------------------------


def remember_state(step: Step) -> None:
    """An examination goes back to where it came from."""
    step.values["prior_state"] = step.row.state


def back_to_state(step: Step) -> None:
    """The state before an examination."""
    prior = step.row.prior_state
    if prior is None and step.row.dispatched_at is None:
        raise OrderError(f"该工单尚未派出，没有可维持的承办单位，请直接派单，{KEPT}")
    step.to = prior if prior in step.move.to else step.move.to[0]
    step.values["prior_state"] = None


def ask_return(step: Step) -> None:
    """The unit says that it is not in charge, why, and who is."""
    row, texts = step.row, pack().orders
    returns = _returns_of(step)
    rules.may_return(step.now, row.dispatched_at or row.state_since, returns, texts,
                     pack().holidays)  # fmt: skip
    wanted = units.find(step.connection, str(step.given("suggested_unit")))
    if wanted is None or wanted.id == row.unit_id:
        raise OrderError(f"请选择建议承办单位（不能是本单位），{KEPT}")
    step.values["return_count"] = row.return_count + 1
    step.detail |= {"suggested_unit": wanted.id, "legal_basis": step.given("legal_basis")}
    step.words += f"；建议由{wanted.name}办理"
    step.counts.append(tally.note("orders_returned", row.region_code, "", step.now, 1))
    if own := units.find(step.connection, row.unit_id):
        step.counts.append(tally.of_unit("orders_returned", own, step.now, 1))


def _returns_of(step: Step) -> int:
    query = select(func.count()).where(
        order_event.c.order_id == step.row.id,
        order_event.c.move == "return",
        order_event.c.unit_id == step.row.unit_id,
    )
    return int(step.connection.execute(query).scalar_one())


def take_back(step: Step) -> None:
    """The order is with the desk again: it was not that unit's, so it is in none of its rates."""
    row = step.row
    desk = row.dispatch_unit or step.by.unit_id
    if row.asked_unit == row.unit_id:
        not_asked(step)
    not_overdue(step)
    step.values |= {
        "unit_id": desk,
        "lead_unit": None if row.lead_unit == row.unit_id else row.lead_unit,
        "prior_state": None,
        "signed_at": None,
        "contacted_at": None,
        "due_at": None,
        "extended_due_at": None,
        "respond_due_at": None,
        "dispatched_at": None,
        "limit_from": None,
    }
    step.detail["from_unit"] = row.unit_id
    seats.leave(step, row.unit_id, seats.HOLDS, unseen=row.unit_id != desk)


def recall(step: Step) -> None:
    """The desk takes an order back that nobody has signed for: as if it had not been sent."""
    row = step.row
    own = units.find(step.connection, row.unit_id)
    at = row.dispatched_at or step.now
    step.counts.append(tally.note("orders_dispatched", row.region_code, "", at, -1))
    if own:
        step.counts.append(tally.of_unit("orders_dispatched", own, at, -1))
    take_back(step)


def reclass(step: Step) -> None:
    """Another class or urgency counts the limit anew, from the same beginning, and says so."""
    texts, row = pack().orders, step.row
    level, category = step.given("level"), step.given("category")
    if category is not None:
        region = pack().region_code
        if not classes.is_class(step.connection, region, str(category)):
            raise OrderError(f"没有编号为“{str(category)[:20]}”的事项分类，{KEPT}")
        step.values["category"] = str(category)
        step.values["tags"] = [one for one in row.tags if one != classes.OPEN]
        step.detail["category"] = [row.category, str(category)]
        step.words += f"；类别改为{classes.called(step.connection, region, str(category))}"
    if level is None:
        return
    if str(level) not in {str(one.level) for one in texts.urgency}:
        raise OrderError(f"紧急程度“{level}”不在 1 至 4 级之内，{KEPT}")
    new = texts.of_level(int(level))
    step.values["urgency"] = new.level
    step.detail["urgency"] = [row.urgency, new.level]
    step.words += f"；紧急程度改为{new.name}"
    if row.limit_from is None or row.due_at is None:
        return
    due = rules.due_at(row.limit_from, new.level, row.day_rule, texts, pack().holidays)
    step.values |= {"due_at": due, "extended_due_at": None}
    if row.dispatched_at is not None and row.contacted_at is None:
        step.values["respond_due_at"] = rules.respond_due_at(row.dispatched_at, new.level, texts)
    if due > step.now:
        not_overdue(step)
    step.detail["due_at"] = [row.due_at.isoformat(), due.isoformat()]
    step.words += f"；时限重算为 {due:%Y-%m-%d %H:%M}"
