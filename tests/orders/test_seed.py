"""The demonstration has orders in every state, all of them marked, and the same each time."""

import csv

import pytest
from sqlalchemy import select

from portal.affairs.orders import tally
from portal.affairs.orders.tables import order_tally, work_order
from portal.commands import seed_orders
from portal.settings import ROOT
from portal.store import clock
from portal.store.citypack import DemoPost
from portal.store.scope import scoped
from tests.orders import world

pytestmark = pytest.mark.usefixtures("hailing")


def test_seeded_orders_are_marked_and_in_many_states(frozen: clock.FrozenClock) -> None:
    posts = (DemoPost(unit=f"com-{world.PLACE}", title="x", roles=(), prefixes=()),)
    now = clock.now()
    assert seed_orders.add_orders(posts, 60) == 60
    assert clock.now() == now
    with scoped(tally.SERVICE) as connection:
        rows = connection.execute(select(work_order)).all()
        assert connection.execute(select(order_tally)).all() == []
    assert len(rows) == 60 and {row.simulated for row in rows} == {"demo"}
    assert {"待签收", "办理中", "待回访", "已办结"} <= {row.state for row in rows}
    assert len({row.state for row in rows}) >= 8
    assert all(row.received_at <= now for row in rows)
    assert seed_orders.add_orders(posts, 60) == 60  # a second time changes nothing
    with scoped(tally.SERVICE) as connection:
        assert len(connection.execute(select(work_order)).all()) == 60


def test_what_callers_say_is_of_the_class_it_is_put_in() -> None:
    file = ROOT / "city" / "xining" / "order_classes.csv"
    with file.open(encoding="utf-8", newline="") as handle:
        rows = {row["事项编码"]: row for row in csv.DictReader(handle)}
    for title, code, _, words in seed_orders.TOPICS:
        signs = rows[code]["常用说法"].split("、")
        assert any(one in title + words for one in signs), (title, rows[code]["事项名称"])
