"""What only forms collect becomes a measure when it is locked, and fills the next form."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from portal.affairs.forms import collected, desk, fill, held, rules
from portal.affairs.forms.desk import Change
from portal.affairs.forms.words import FormError, Held, HeldMeasure
from portal.store import clock, measure_reads
from portal.store.citypack import CityPack, pack
from portal.store.form_texts import FormText
from portal.store.measure_tables import measure_change
from portal.store.measure_words import Grain, Period
from portal.store.scope import Reach, scoped
from tests.forms import world
from tests.forms.test_desk import cells
from tests.forms.world import CITY, OTHER, PLACE, clerk, department, district, field, street

pytestmark = pytest.mark.usefixtures("hailing")

COLLECTED = {
    one: HeldMeasure(id=one, name=name, system_id=collected.SYSTEM, system_name=collected.NAME,
                     answered=True)
    for one, name in (("fairs", "招聘活动场次"), ("wishes", "培训意愿人数"))
}  # fmt: skip
ASKS = (
    field("a", "招聘活动场次", leaves="fairs"),
    field("b", "培训意愿人数", leaves="wishes"),
)


@pytest.fixture(autouse=True)
def _world(frozen: clock.FrozenClock, hailing: CityPack) -> Iterator[None]:
    """Monday 23 November 2026."""
    world.use()
    known = replace(world.HELD, measures={**world.HELD.measures, **COLLECTED})
    held.comes_from(lambda: known)
    yield
    held.comes_from(Held)


def _asking(**over: object) -> FormText:
    return world.written(*ASKS, **{"id": "jobs", "title": "就业月报", **over})


def _lock(made: object, *numbers: str, again: bool = False) -> None:
    """A clerk answers and it goes all the way up."""
    row = world.answer(made)  # type: ignore[arg-type]
    if again:
        desk.move(district(), row.id, "reopen", {"reason": "补充招聘活动"})
    there = held.unseal(world.answer(made).payload)  # type: ignore[arg-type]
    desk.save(clerk(), row.id, [
        Change(row=0, field=name, value=number, base=there[f"0.{name}"].version)
        for name, number in zip("ab", numbers, strict=True)
    ])  # fmt: skip
    for who, step in ((clerk(), "hand_in"), (street(), "pass"), (district(), "lock")):
        desk.move(who, row.id, step)


def _number(measure: str, grain: Grain, starts: date, place: str = PLACE) -> tuple[int, int]:
    with scoped(Reach(prefixes=(CITY,), unit_id=None, actor="test")) as connection:
        found = measure_reads.values_of(
            connection, [measure], [place], Period(grain=grain, starts=starts)
        )
    return (found[0].numerator, found[0].denominator) if found else (0, 0)


def test_a_locked_answer_is_a_measure_and_the_last_one_counts(frozen: clock.FrozenClock) -> None:
    form_id = world.sent(_asking())
    november, december = date(2026, 11, 1), date(2026, 12, 1)
    assert _number("fairs", "month", november) == (0, 0)
    _lock(form_id, "3", "40")
    assert (_number("fairs", "month", november), _number("wishes", "month", november)) == (
        (3, 1), (40, 1),
    )  # fmt: skip
    assert _number("fairs", "year", date(2026, 1, 1), CITY) == (3, 1)  # rolled up at once
    _lock(form_id, "0", "38", again=True)
    assert _number("fairs", "month", november) == (0, 1)  # nought, and somebody said so

    frozen.advance(timedelta(days=14))
    assert desk.renew() == 1
    while fill.turn():
        pass
    _lock(form_id, "2", "45")
    assert _number("fairs", "quarter", date(2026, 10, 1)) == (2, 2)  # what happened adds up
    assert _number("wishes", "quarter", date(2026, 10, 1)) == (45, 1)  # what there is does not
    assert _number("wishes", "month", november) == (38, 1)
    assert _number("wishes", "month", december) == (45, 1)

    bound = (
        field("x", "举办招聘会", source="measure", bind="fairs"),
        field("y", "愿意培训", source="measure", bind="wishes"),
    )
    next_id = world.sent(world.written(*bound, id="next", title="培训需求表"))
    assert cells(world.answer(next_id).id) == {
        "x": ("2", "自动", "一表通填报·招聘活动场次"),
        "y": ("45", "自动", "一表通填报·培训意愿人数"),
    }
    other = cells(world.answer(next_id, OTHER).id, OTHER)  # its neighbour has not answered
    assert {value for value, _, _ in other.values()} == {""}


def test_an_earlier_period_that_is_locked_late_moves_no_later_one(
    frozen: clock.FrozenClock,
) -> None:
    form_id = world.sent(_asking())
    first = world.answer(form_id).id
    frozen.advance(timedelta(days=14))
    desk.renew()
    while fill.turn():
        pass
    _lock(form_id, "2", "45")
    desk.save(clerk(), first, [Change(row=0, field="a", value="7", base=0),
                               Change(row=0, field="b", value="30", base=0)])  # fmt: skip
    for who, step in ((clerk(), "hand_in"), (street(), "pass"), (district(), "lock")):
        desk.move(who, first, step)
    assert _number("wishes", "month", date(2026, 11, 1)) == (30, 1)
    assert _number("wishes", "month", date(2026, 12, 1)) == (45, 1)
    change = measure_change.c
    with scoped(Reach(prefixes=(CITY,), unit_id=None, actor="test")) as connection:
        query = select(func.sum(change.numerator)).where(change.measure == "fairs")
        assert connection.execute(query).scalar() == 9


def test_what_a_form_collects_no_other_asks_again_and_numbers_are_whole() -> None:
    form_id = world.sent(_asking())
    desk.save(clerk(), world.answer(form_id).id, [
        Change(row=0, field="a", value="1.5", base=0), Change(row=0, field="b", value="1", base=0)
    ])  # fmt: skip
    with pytest.raises(FormError, match="“招聘活动场次”：须填整数"):
        desk.move(clerk(), world.answer(form_id).id, "hand_in")
    twice = world.written(field("z", "招聘活动场次"), id="twice", title="另一张表")
    again = desk.draft(department(), twice)
    with pytest.raises(FormError, match="“一表通填报”的统计指标“招聘活动场次”已有"):
        desk.act(department(), again, "submit")


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"leaves": "gone"}, "没有登记的采集指标“gone”"),
        ({"leaves": "fairs", "kind": "text"}, "只有汇总表中填写或计算的数字栏目"),
        ({"leaves": "fairs", "source": "measure", "bind": "residents"}, "只有汇总表中填写或计算"),
    ],
)
def test_a_field_that_leaves_what_it_cannot_is_refused(over: dict[str, str], words: str) -> None:
    made = world.written(field("f", "某数", **over))
    assert any(words in str(one) for one in rules.faults(made, held.now(), pack().forms))
