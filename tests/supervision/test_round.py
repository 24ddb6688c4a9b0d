"""A round over many orders writes what the rule says of each of them alone."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.affairs.orders import units
from portal.affairs.orders.tally import SERVICE
from portal.affairs.supervision import rules
from portal.affairs.supervision.sweep import sweep
from portal.affairs.supervision.tables import order_warning, supervision_sheet
from portal.store import clock
from portal.store.citypack import pack
from portal.store.dispatch_texts import Rung
from portal.store.scope import scoped
from tests.orders import world

pytestmark = pytest.mark.usefixtures("hailing")
STREET, CIVIL, DISTRICT = f"gov-{world.STREET}", "dept-civil", "dept-990102-command"
# How urgent, who handles, whom it is about: one of each that the rule treats in its own way.
ORDERS = (
    (1, STREET, None), (2, STREET, None), (3, STREET, None), (4, STREET, None),
    (1, CIVIL, DISTRICT), (3, CIVIL, DISTRICT), (2, CIVIL, None), (4, DISTRICT, None),
)  # fmt: skip
ROUNDS = (-90, -60, -20, -19, 3, 27, 28, 40, 75, 200)  # hours from the first limit, uneven
Written = set[tuple[UUID, str, str, bool]]


def _to(order: object, rung: Rung) -> str:
    own = {"承办单位": "unit_id", "派单单位": "dispatch_unit"}.get(rung)
    if own:
        return str(getattr(order, own))
    return units.desk_of(getattr(order, "region_code", ""), rules.rung_level(rung) or "")


def _of_one(order: UUID, now: datetime, before: Written) -> Iterator[tuple[UUID, str, str, bool]]:
    """What is to be written of this order now, by the rule for one."""
    row = world.row(order)
    come = rules.come(pack().dispatch.supervision.stages, row.deadline_at, row.urgency, now)
    known = {one[:3] for one in before}
    for stage in come:
        for unit in {_to(row, rung) for rung in stage.to} - {row.against_unit}:
            if (order, stage.id, unit) not in known:
                yield order, stage.id, unit, stage == come[-1]


def test_a_round_over_many_is_the_rule_for_each(frozen: clock.FrozenClock) -> None:
    made = []
    for number, (urgency, unit, against) in enumerate(ORDERS):
        order = world.taken(str(number), urgency=urgency, against_unit=against)
        world.sent(order, unit)
        made.append(order)
    first = min(world.row(one).deadline_at for one in made)
    expected: Written = set()
    for hours in ROUNDS:
        moment = first + timedelta(hours=hours)
        if moment > clock.now():
            frozen.advance(moment - clock.now())
        new = {one for order in made for one in _of_one(order, clock.now(), expected)}
        expected |= new
        swept = sweep()
        assert (swept.warned, swept.told) == (len(new), sum(one[3] for one in new))
        w = order_warning.c
        with scoped(SERVICE) as connection:
            found = connection.execute(select(w.order_id, w.stage, w.unit_id, w.told)).all()
        assert {tuple(row) for row in found} == expected
        assert len(found) == len(expected)
    with scoped(SERVICE) as connection:
        sheets = connection.execute(select(supervision_sheet)).all()
    proposing = {one.id: one.name for one in pack().dispatch.supervision.stages if one.sheet}
    holders = {order: world.row(order).unit_id for order in made}
    assert {(one.order_id, one.from_unit) for one in sheets} == {
        (order, unit)
        for order, stage, unit, told in expected
        if told and stage in proposing and unit != holders[order]
    }
    assert {one.reason for one in sheets} <= set(proposing.values())
    assert sheets
