"""Demands that come in while the portal runs: ``python -m tests.browser.demands REGION COUNT``."""

import sys
from uuid import uuid4

from portal.affairs.orders import intake
from portal.affairs.orders.intake import Incoming
from portal.affairs.orders.tables import work_order
from portal.affairs.orders.tally import SERVICE
from portal.store import clock
from portal.store.scope import scoped


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


if __name__ == "__main__":
    for _ in range(int(sys.argv[2])):
        sys.stdout.write(f"{take(sys.argv[1])}\n")
