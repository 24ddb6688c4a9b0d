"""Demands that come in while the portal runs: ``python -m tests.browser.demands REGION COUNT``.

With a third word, ``visit``, they have been answered and wait to be rung back.
"""

import sys
from uuid import uuid4

from portal.affairs.evaluation import visits
from portal.affairs.orders import desk, intake
from portal.affairs.orders.intake import Incoming
from portal.affairs.orders.tables import work_order
from portal.affairs.orders.tally import SERVICE
from portal.store import clock
from portal.store.scope import scoped
from tests import people


def take(region: str) -> str:
    """One demand, as the hotline sends it; gives the number of its order."""
    one = Incoming(
        source="12345", source_no=f"browser-{uuid4()}", kind="投诉", category="",
        title="楼道堆放杂物", content="三单元楼道长期堆放杂物，请清理。", place="三单元",
        region_code=region, caller_name="测试", caller_phone="13800000000",
        received_at=clock.now(), simulated="browser",
    )  # fmt: skip
    (taken,) = intake.take([one])
    with scoped(SERVICE) as connection:
        query = work_order.select().where(work_order.c.id == taken.order_id)
        return str(connection.execute(query).one().order_no)


def answered(region: str, number: str) -> None:
    """Sent to the street, answered there, approved, and drawn for a visit."""
    with scoped(SERVICE) as connection:
        query = work_order.select().where(work_order.c.order_no == number)
        order_id = connection.execute(query).one().id
    centre = people.principal(
        roles=("order_desk",),
        prefixes=(region[:4],),
        level="city",
        unit_id="dept-command",
        kind="department",
        region_code=region[:4],
    )
    street = people.principal(roles=("street_officer",), prefixes=(region[:9],), level="street",
                              unit_id=f"gov-{region[:9]}", kind="government",
                              region_code=region[:9])  # fmt: skip
    desk.dispatch(centre, order_id, street.unit.id)
    desk.sign(street, order_id)
    desk.contact(street, order_id, "已电话联系诉求人")
    desk.reply(street, order_id, "已清理完毕，并约谈物业。")
    desk.act(centre, order_id, "approve")
    visits.draw()


if __name__ == "__main__":
    for _ in range(int(sys.argv[2])):
        made = take(sys.argv[1])
        if "visit" in sys.argv[3:]:
            answered(sys.argv[1], made)
        sys.stdout.write(f"{made}\n")
