"""The burden meter by place and month: what the answers add up to, in one's own scope."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from auth.permissions import Denied
from portal.affairs.forms import burden, desk, held
from portal.affairs.forms.burden import Load
from portal.affairs.forms.desk import Change
from portal.affairs.forms.rules import Count
from portal.affairs.forms.tables import form_answer
from portal.affairs.forms.words import Held
from portal.store import clock, measure_notes
from portal.store.scope import scoped
from tests.forms import world
from tests.forms.world import CITY, DISTRICT, OTHER, PLACE, STREET

pytestmark = pytest.mark.usefixtures("hailing")


@pytest.fixture(autouse=True)
def _world(frozen: clock.FrozenClock, hailing: object) -> Iterator[None]:
    """Monday 23 November 2026."""
    world.use()
    yield
    held.comes_from(Held)


def _handed_in(frozen: clock.FrozenClock) -> None:
    """A form to all four places: one answers in November, another in December and late."""
    form_id = world.sent()
    for place, days in ((PLACE, 0), (OTHER, 15)):
        frozen.advance(timedelta(days=days))
        who = world.clerk(place=place)
        answer = world.answer(form_id, place)
        desk.save(who, answer.id, [Change(row=0, field="teams", value="6", base=0)])
        desk.move(who, answer.id, "hand_in")
    measure_notes.drain()


def _summed(region: str) -> Count:
    """The cells of the answers handed in there, added up from the answers themselves."""
    one = form_answer.c
    names = ("asked", "auto", "changed", "typed")
    query = select(*[func.coalesce(func.sum(one[name]), 0).label(name) for name in names]).where(
        one.region_code.startswith(region), one.handed_at.is_not(None)
    )
    with scoped(world.city().reach) as connection:
        row = connection.execute(query).one()
    return Count(**{name: int(getattr(row, name)) for name in names})


def test_every_level_adds_up_to_what_the_answers_say(frozen: clock.FrozenClock) -> None:
    _handed_in(frozen)
    for who in (world.city(), world.district(), world.street(), world.clerk()):
        region = who.unit.region_code
        found = burden.read(who, region)
        assert found.month == date(2026, 12, 1)
        assert found.now.count + found.before.count == _summed(region), region
        assert found.last_year == Load()
        below = sum((one.count for one in found.places.values()), Count())
        assert below == (found.now.count if region != PLACE else Count()), region
    city = burden.read(world.city(), CITY)
    assert (city.before.sent, city.before.answered, city.before.late) == (4, 1, 0)
    assert (city.now.sent, city.now.answered, city.now.late) == (0, 1, 1)
    assert set(city.places) == {DISTRICT}
    assert (city.before.count.asked, city.before.count.auto, city.before.count.typed) == (8, 6, 1)
    of_all = burden.listed(world.city(), "community")
    parts = [burden.listed(world.city(), "community", one) for one in (DISTRICT, "990103")]
    assert len(of_all) == 4 and of_all == tuple(one for part in parts for one in part)
    assert burden.listed(world.city(), "community", PLACE) == of_all[:1]


def test_what_is_given_back_counts_again_when_it_comes_back(frozen: clock.FrozenClock) -> None:
    form_id = world.sent()
    answer = world.answer(form_id)
    desk.save(world.clerk(), answer.id, [Change(row=0, field="teams", value="6", base=0)])
    desk.move(world.clerk(), answer.id, "hand_in")
    measure_notes.drain()
    assert burden.read(world.street(), STREET).now.answered == 1
    desk.move(world.street(), answer.id, "return", {"reason": "请核对居民小组数"})
    measure_notes.drain()
    assert burden.read(world.street(), STREET).now.count == Count()


def test_the_meter_of_another_place_is_refused() -> None:
    for who, region in (
        (world.clerk(), OTHER),
        (world.street(), DISTRICT),
        (world.department(), CITY),
    ):
        with pytest.raises(Denied):
            burden.read(who, region)
        with pytest.raises(Denied):
            burden.listed(who, "community", region)
