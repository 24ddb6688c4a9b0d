"""Down to the orders; and what a street, and only a street, is told of its communities."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from auth.permissions import Denied
from portal.affairs.orders import desk as orders
from portal.affairs.orders import tally
from portal.affairs.rates import behind, early, league
from portal.affairs.rates.counts import Counts
from portal.affairs.rates.schemes import RatesError
from portal.store import clock
from portal.store.citypack import CityPack
from portal.store.scheme_texts import WarningRules
from tests.orders import world
from tests.rates import desk

NOVEMBER = date(2026, 11, 1)
STREET = f"gov-{world.STREET}"
RULES = WarningRules()


@pytest.fixture(autouse=True)
def _clock(hailing: CityPack, frozen: clock.FrozenClock) -> None:
    """Monday 23 November 2026."""


def _done(number: str, resolved: str, satisfied: str) -> UUID:
    order = world.taken(number)
    world.sent(order)
    world.handled(order, world.street())
    orders.act(world.command(), order, "approve")
    orders.visit(world.command(), order, resolved=resolved, satisfied=satisfied)
    return order


def _behind(what: str, who: object = None, unit: str = STREET) -> list[UUID]:
    asker = who or desk.officer()
    found = behind.orders(asker, "street", NOVEMBER, unit, what)  # type: ignore[arg-type]
    return [one.id for one in found]


def test_real_orders_reach_the_league_and_are_found_behind_it(frozen: clock.FrozenClock) -> None:
    good = _done("1", "已解决", "满意")
    bad = _done("2", "未解决", "不满意")
    half = _done("3", "已解决", "基本满意")
    late = world.taken("4")
    world.sent(late)
    frozen.advance(timedelta(days=2))
    tally.drain()
    one = league.table(desk.officer(), "street", NOVEMBER).find(STREET)
    counts = one.entrant.counts
    assert (counts.dispatched, counts.accepted, counts.responded) == (4, 4, 3)
    assert (counts.visited, counts.resolved, counts.satisfied, counts.basically) == (3, 2, 1, 1)
    assert counts.closed == 2
    assert (one.flag, one.place) == ("样本不足", None)
    assert _behind("responded") == [late]
    assert _behind("resolved") == [bad]
    assert set(_behind("satisfied")) == {bad, half}
    assert good not in {*_behind("resolved"), *_behind("satisfied")}
    assert set(_behind("closed")) == {late, bad}
    district = behind.orders(desk.officer(), "district", NOVEMBER, "gov-990102", "resolved")
    assert [one.id for one in district] == [bad]
    assert district[0].title == "楼道堆放杂物"


def test_only_orders_of_ones_own_scope() -> None:
    bad = _done("1", "未解决", "不满意")
    assert _behind("resolved") == [bad]
    assert _behind("resolved", desk.officer("990103", "district")) == []
    with pytest.raises(RatesError, match="没有这项指标"):
        _behind("x' OR 1=1")


# -- communities --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "before", "late", "classes", "said"),
    [
        (Counts(received=15), 10, 0, {}, ["升幅达到50%"]),
        (Counts(received=14), 10, 0, {}, []),
        (Counts(received=4), 1, 0, {}, []),
        (Counts(received=9), 0, 0, {}, []),
        (Counts(received=1), 1, 2, {}, ["逾期未办结2件"]),
        (Counts(visited=5, resolved=3), 0, 0, {}, ["解决率60.00%（3/5），低于80%"]),
        (Counts(visited=4, resolved=0), 0, 0, {}, []),
        (Counts(), 0, 0, {"01": 9, "01.02": 5, "01.03": 4}, ["01.02 5件"]),
    ],
)
def test_reasons(
    now: Counts, before: int, late: int, classes: dict[str, int], said: list[str]
) -> None:
    found = early.reasons(now, before, late, classes, RULES)
    assert len(found) == len(said)
    assert all(word in one for word, one in zip(said, found, strict=True))


def test_a_street_is_told_of_its_own_communities_by_code_and_nobody_else_is() -> None:
    desk.file(
        desk.some(7, desk.month(2026, 11)[:20], seed=1, place=desk.LOTUS, topic="01.02")
        + desk.some(6, desk.month(2026, 11)[:20], seed=2, place=desk.WILLOW, topic="02.01")
        + desk.some(9, desk.month(2026, 11)[:20], seed=3, place=desk.VILLAGE, topic="01.02")
    )
    found = early.warned(world.street(), NOVEMBER)
    assert [one.region_code for one in found] == [desk.WILLOW, desk.LOTUS]
    assert any("01.02 7件" in reason for reason in found[1].reasons)
    for who in (desk.officer(), desk.officer("990102", "district"), world.community()):
        with pytest.raises(Denied, match="只告知其所在乡镇"):
            early.warned(who, NOVEMBER)
    with pytest.raises(Denied):
        early.warned(desk.of_department(), NOVEMBER)
    other = replace(world.street(), account_id=uuid4(), prefixes=("990103100",))
    with pytest.raises(Denied):
        early.warned(other, NOVEMBER)
