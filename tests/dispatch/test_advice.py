"""一派到位: the suggestion with its reasons, what is chosen is kept and counted."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from auth.permissions import Denied
from portal.affairs.dispatch import advice, desk, places
from portal.affairs.dispatch.advice import Advice
from portal.affairs.dispatch.tables import order_advice
from portal.affairs.dispatch.words import CATALOGUE, DispatchError
from portal.affairs.orders import desk as orders
from portal.affairs.orders import tally
from portal.affairs.orders.tables import order_tally
from portal.affairs.workflow.flow import FlowError
from portal.store import clock
from portal.store.scope import scoped
from tests.dispatch.world import manager, sheet
from tests.orders import world

pytestmark = pytest.mark.usefixtures("hailing", "frozen")
STREET, URBAN = f"gov-{world.STREET}", "dept-990102-urban"


def _closed(number: str, who: Any, unit_id: str, **over: Any) -> UUID:
    order = world.taken(number, **over)
    world.sent(order, unit_id)
    world.handled(order, who)
    orders.act(world.command(), order, "approve")
    orders.visit(world.command(), order, resolved="已解决", satisfied="满意")
    return order


def _ask(order: UUID) -> Advice:
    return advice.suggest(world.command(), order)


def test_the_catalogue_and_the_place_name_the_unit_with_its_helpers() -> None:
    found = _ask(world.taken())
    best = found.offered[0]
    assert (best.unit_id, best.unit_name) == (STREET, "湖滨街道")
    assert best.helpers == ()  # the street has no department of that line
    assert "派单目录：04.02 楼道堆物由乡镇（街道）级承办" in best.reasons[0]
    assert found.version_words[1].startswith("三级派单目录")
    assert best.entry_id is not None


def test_a_condition_of_the_catalogue_that_fits_goes_first() -> None:
    found = _ask(world.taken(content="我们村里楼道堆满柴草"))
    assert found.offered[0].unit_id == URBAN
    assert any("适用条件“村里”与内容相符" in one for one in found.offered[0].reasons)


def test_what_was_taken_back_from_the_townships_goes_to_who_took_it() -> None:
    found = _ask(world.taken(category="01.01", title="占道摆摊", content="路口摆摊"))
    assert found.offered[0].unit_id == URBAN
    assert any("已由上级收回" in one for one in found.offered[0].reasons)
    assert STREET not in [one.unit_id for one in found.offered]


def test_where_alike_orders_ended_speaks_for_a_unit() -> None:
    for number in ("a", "b"):
        _closed(number, world.urban(), URBAN, title="楼道堆放纸箱杂物")
    _closed("c", world.street(), STREET, title="完全不同的事")
    found = _ask(world.taken("new", title="楼道堆放旧杂物"))
    units = {one.unit_id: one for one in found.offered}
    assert any("2 件由该单位办结" in one for one in units[URBAN].reasons)
    assert not any("办结" in one for one in units[STREET].reasons)  # not alike enough


def test_what_is_long_past_says_nothing(frozen: clock.FrozenClock) -> None:
    _closed("a", world.urban(), URBAN)
    frozen.advance(timedelta(days=25 * 30))
    found = _ask(world.taken("new"))
    assert not any("办结" in reason for one in found.offered for reason in one.reasons)


def test_a_unit_is_never_suggested_for_an_order_against_itself() -> None:
    found = _ask(world.taken(against_unit=STREET))
    assert found.offered[0].unit_id == URBAN
    assert "由上级办理" in found.offered[0].reasons[0]
    assert STREET not in [one.unit_id for one in found.offered]


def test_without_a_class_the_words_are_read_and_the_class_is_proposed() -> None:
    found = advice.suggest_for(
        world.command(), code="", region_code=world.PLACE, title="低保停了", content="困难补助没了"
    )
    assert (found.code, found.class_name) == ("09.01", "低保")
    assert found.guesses[0].words == ("低保", "困难补助")
    assert found.offered[0].unit_id == "dept-civil"
    assert "配合履职" in found.notes[0]


def test_when_nothing_is_known_that_is_what_it_says() -> None:
    found = advice.suggest_for(
        world.command(), code="", region_code=world.PLACE, title="嗯", content="啊"
    )
    assert found.offered == ()
    assert "请先选择分类" in found.notes[0]


def test_only_who_dispatches_is_advised_and_only_of_what_it_sees() -> None:
    order = world.taken()
    with pytest.raises(Denied):
        advice.suggest(world.urban(), order)
    elsewhere = world.taken("2", region_code="990103100001")
    with pytest.raises(DispatchError, match="管辖范围"):
        advice.suggest(world.district(), elsewhere)


def _kept(order: UUID) -> Any:
    with scoped(world.command().reach) as connection:
        query = select(order_advice).where(order_advice.c.order_id == order)
        return connection.execute(query).one()


def _share() -> tuple[int, int]:
    """How many first suggestions were taken, of how many, as the measures are told."""
    with scoped(tally.SERVICE) as connection:
        noted = connection.execute(select(order_tally.c.changes)).scalars().all()
    mine = [one for some in noted for one in some if one[0] == "orders_advised" and not one[2]]
    return sum(one[4] for one in mine), sum(one[5] for one in mine)


def test_what_is_chosen_is_kept_beside_what_was_suggested_and_counted() -> None:
    one, two = world.taken("1"), world.taken("2")
    found = _ask(one)
    advice.dispatch(world.command(), one, found, unit_id=STREET, version=1)
    advice.dispatch(world.command(), two, _ask(two), unit_id=URBAN, words="另有专案", version=1)
    assert (world.row(one).state, world.row(one).unit_id) == ("待签收", STREET)
    kept = _kept(one)
    assert (kept.suggested, kept.chosen, kept.rank) == (STREET, STREET, 1)
    assert kept.version_ids == list(found.versions)
    assert kept.catalogue_entry == found.offered[0].entry_id
    assert _kept(two).rank in (None, 2)
    assert _share() == (1, 2)


def test_an_order_keeps_the_version_it_was_dispatched_by(frozen: clock.FrozenClock) -> None:
    order = world.taken()
    found = _ask(order)
    advice.dispatch(world.command(), order, found, unit_id=STREET, version=1)
    rows = [("04.02", None, "区县级", "指挥调度", "城市管理", None, None, None, None)]
    data = sheet(CATALOGUE, rows)
    seen = desk.preview(manager(), CATALOGUE, data, "新", "整体替换")
    made, _ = desk.draft(manager(), CATALOGUE, data, "新", how="整体替换", digest=seen.digest)
    frozen.advance(timedelta(days=1))
    desk.publish(manager(), made.id, clock.local(clock.now()).date())
    assert _ask(world.taken("2")).offered[0].unit_id == URBAN
    assert made.id not in _kept(order).version_ids
    assert found.versions[1] in _kept(order).version_ids


def test_a_refused_dispatch_keeps_no_advice() -> None:
    order = world.taken()
    found = _ask(order)
    orders.act(world.command(), order, "reclass", {"reason": "先看一下", "level": 3})
    with pytest.raises(FlowError, match="已有变动"):
        advice.dispatch(world.command(), order, found, unit_id=STREET, version=1)
    with scoped(world.command().reach) as connection:
        assert connection.execute(select(order_advice)).first() is None
    assert _share() == (0, 0)


def test_the_past_is_read_by_its_index_and_place_by_place() -> None:
    """However many orders there are, a stage reads no more than so many of each place."""
    with scoped(world.command().reach) as connection:
        for one in ("seqscan", "bitmapscan", "sort"):  # of a table without rows any index is cheap
            connection.execute(text(f"SET LOCAL enable_{one} = off"))
        given = {"title": "楼道", "places": [world.PLACE], "category": "04.02",
                 "since": clock.now(), "each": 60}  # fmt: skip
        plan = connection.execute(text("EXPLAIN " + str(places._LIKE.text)), given).scalars().all()
    assert any("ix_work_order_handled" in line for line in plan), plan
