"""What the moves of a finding start: whose turn it is next, which way it goes, how it ends."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from portal.affairs.findings import rules
from portal.affairs.findings.rules import FindingError
from portal.affairs.orders import units
from portal.affairs.orders.units import UnitRef
from portal.affairs.workflow.flow import KEPT
from portal.affairs.workflow.ledger import Step
from portal.store import clock
from portal.store.citypack import pack


def _to(step: Step, unit_id: str) -> None:
    """It is this unit's turn; it sees the finding from now on."""
    step.values["unit_id"] = unit_id
    _seat(step, [unit_id])


def _seat(step: Step, unit_ids: Collection[str]) -> None:
    sitting = list(step.value("seat_units"))
    step.values["seat_units"] = sitting + [one for one in unit_ids if one not in sitting]


def desk_of(step: Step, level: str) -> str:
    """The desk of a level for the place of a finding; it has to be there."""
    unit_id = units.desk_of(step.row.region_code, level)
    return the_unit(step, unit_id).id


def the_unit(step: Step, unit_id: Any) -> UnitRef:
    """A unit that a finding may go to: there and active."""
    found = units.find(step.connection, str(unit_id))
    if found is None:
        raise FindingError(f"没有代码为“{unit_id}”的单位，或该单位已停用，{KEPT}")
    if not step.row.region_code.startswith(found.region_code):
        raise FindingError(f"{found.name}不管该问题所在的地方，请另选单位，{KEPT}")
    return found


def keep(step: Step) -> None:
    """自办: the community takes it in hand itself."""
    step.values |= {"lead_unit": step.row.finder_unit, "help_units": [], "way": rules.OWN}
    _to(step, step.row.finder_unit)


def own_done(step: Step) -> None:
    """Solved by whoever found it: that is the confirmation."""
    _answer(step)


def report(step: Step) -> None:
    """上报: to the street."""
    step.values |= {"reported_at": step.now, "lead_unit": None, "help_units": [], "way": None}
    _to(step, desk_of(step, "street"))


def back_to_street(step: Step) -> None:
    """The street is to look at it again."""
    _unassign(step)
    _to(step, desk_of(step, "street"))


def to_district(step: Step) -> None:
    """The district's desk is to judge."""
    _unassign(step)
    _to(step, desk_of(step, "district"))


def to_city(step: Step) -> None:
    """The city's desk is to bring its departments together."""
    _unassign(step)
    _to(step, desk_of(step, "city"))


def to_meeting(step: Step) -> None:
    """It waits for the next joint meeting; who had it, has it no more."""
    to_district(step)


def _unassign(step: Step) -> None:
    step.values |= {"lead_unit": None, "help_units": [], "way": None, "due_on": None}


def lead(step: Step) -> None:
    """The street leads; the departments that help are named."""
    _assign(step, desk_of(step, "street"), met=False)


def assign(step: Step) -> None:
    """研判派单: a unit leads, others help."""
    _assign(step, str(step.given("unit")), met=False)


def decide(step: Step) -> None:
    """What a joint meeting decided."""
    _assign(step, str(step.given("unit")), met=True)


def _assign(step: Step, lead_id: str, *, met: bool) -> None:
    leading = the_unit(step, lead_id)
    helping = [the_unit(step, one) for one in _listed(step.given("units")) if one != lead_id]
    departments = [one.id for one in (leading, *helping) if one.kind == "department"]
    chosen = rules.way(departments, own=False, met=met, joint=pack().findings.joint_departments)
    help_ids = list(dict.fromkeys(one.id for one in helping))
    step.values |= {"lead_unit": leading.id, "help_units": help_ids, "way": chosen}
    if until := step.given("until"):
        step.values["due_on"] = day_after(until, step)
    _to(step, leading.id)
    _seat(step, help_ids)
    step.to = rules.state_of(chosen)
    step.detail |= {"unit": leading.id, "units": help_ids, "way": chosen}
    names = "、".join(one.name for one in helping)
    step.words += f"：{leading.name}牵头" + (f"，{names}配合" if names else "") + f"（{chosen}）"


def _listed(given: Any) -> Sequence[str]:
    return [str(one) for one in given] if isinstance(given, list | tuple) else []


def day_after(given: Any, step: Step) -> date:
    """A day that lies ahead."""
    try:
        day = given if isinstance(given, date) else date.fromisoformat(str(given))
    except ValueError:
        raise FindingError(f"截止日期“{given}”不是日期（如 2026-11-30），{KEPT}") from None
    if day < clock.local(step.now).date():
        raise FindingError(f"截止日期 {day:%Y-%m-%d} 已过，请改为今天或以后，{KEPT}")
    return day


def _answer(step: Step) -> None:
    step.values |= {"reply": step.given("answer"), "replied_at": step.now}


def reply(step: Step) -> None:
    """Whoever leads says it is solved; whoever found it is to see for himself."""
    _answer(step)
    step.values["prior_state"] = step.row.state
    _to(step, step.row.finder_unit)


def confirm(step: Step) -> None:
    """Whoever found it has seen that it is solved."""
    if step.row.way is None:  # an order did it: one unit, asked by the street or the district
        step.values["way"] = rules.HELPED


def again(step: Step) -> None:
    """Not solved: back to whoever led, or to the district where nobody did."""
    prior = step.row.prior_state
    leading = units.find(step.connection, step.row.lead_unit)
    if leading is None or prior not in step.move.to:
        to_district(step)
        step.to = "待研判"
        return
    _to(step, leading.id)
    step.to = prior
