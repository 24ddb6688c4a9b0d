"""退单: what the townships' list of duties gives as a ground, its basis and the unit to name."""

import pytest

from auth.permissions import Denied
from portal.affairs.dispatch import grounds
from portal.affairs.orders import desk as orders
from tests.orders import world

pytestmark = pytest.mark.usefixtures("hailing", "frozen")
URBAN = "dept-990102-urban"


def test_what_was_taken_back_is_a_ground_that_the_desk_accepts() -> None:
    order = world.taken(category="01.01")
    world.sent(order)
    (ground,) = grounds.grounds(world.street(), order)
    assert (ground.kind, ground.unit_id, ground.unit_name) == (
        "上级收回",
        URBAN,
        "东湖区城市管理局",
    )
    orders.give_back(
        world.street(),
        order,
        reason=ground.words,
        legal_basis=ground.legal_basis,
        suggested_unit=str(ground.unit_id),
    )
    assert world.row(order).state == "退单审核"


def test_what_a_township_only_helps_with_names_who_leads() -> None:
    order = world.taken(category="09.01")
    world.sent(order)
    (ground,) = grounds.grounds(world.street(), order)
    assert (ground.kind, ground.unit_id) == ("配合履职", "dept-civil")
    assert "《社会救助暂行办法》" in ground.legal_basis


def test_what_is_its_own_duty_is_no_ground_and_a_department_has_none() -> None:
    own = world.taken("1", category="04.02")
    world.sent(own)
    assert grounds.grounds(world.street(), own) == ()
    urban = world.taken("2", category="01.01")
    world.sent(urban, URBAN)
    assert grounds.grounds(world.urban(), urban) == ()
    with pytest.raises(Denied):
        grounds.grounds(world.visitor(), own)
