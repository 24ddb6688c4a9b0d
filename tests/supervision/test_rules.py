"""When an order is urged and in which colour; what may become of a 督办单."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.affairs.supervision import rules
from portal.affairs.supervision.rules import SHEET_MOVES, SupervisionError
from portal.store import clock
from portal.store.dispatch_texts import Stage, SupervisionTexts

NEAR = Stage(id="near", name="临近", colour="蓝", hours=-24, by_urgency={"1": -4}, to=("承办单位",))
TODAY = Stage(id="today", name="当日", colour="黄", day=True, to=("承办单位",))
DUE = Stage(id="due", name="到期", colour="红", to=("承办单位", "派单单位"))
OVER = Stage(id="over", name="超期", colour="红", hours=24, to=("区县",))
STAGES = (NEAR, TODAY, DUE, OVER)
DEADLINE = datetime(2026, 11, 26, 10, tzinfo=UTC)  # six in the evening there


@pytest.mark.parametrize(
    ("before", "urgency", "colour", "came"),
    [
        (timedelta(hours=25), 2, None, []),
        (timedelta(hours=24), 2, "蓝", ["near"]),
        (timedelta(hours=24), 1, None, []),
        (timedelta(hours=18), 2, "黄", ["near", "today"]),
        (timedelta(hours=18), 1, "黄", ["today"]),
        (timedelta(hours=4), 1, "黄", ["today", "near"]),
        (timedelta(seconds=1), 2, "黄", ["near", "today"]),
        (timedelta(0), 2, "红", ["near", "today", "due"]),
        (timedelta(hours=-24), 2, "红", ["near", "today", "due", "over"]),
    ],
)
def test_before_at_and_after_the_limit(
    before: timedelta, urgency: int, colour: str | None, came: list[str]
) -> None:
    now = DEADLINE - before
    assert rules.colour(STAGES, DEADLINE, urgency, now) == colour
    assert [one.id for one in rules.come(STAGES, DEADLINE, urgency, now)] == came


def test_without_a_limit_there_is_no_colour() -> None:
    assert rules.colour(STAGES, None, 1, DEADLINE) is None


def test_the_day_begins_where_the_desk_is() -> None:
    local = clock.local(rules.falls(TODAY, DEADLINE, 2))
    assert (local.day, local.hour, local.minute) == (26, 0, 0)


@given(st.integers(-200, 200), st.integers(0, 100), st.integers(1, 4))
def test_what_has_come_stays_and_colours_only_grow_graver(
    hours: int, later: int, urgency: int
) -> None:
    now = DEADLINE + timedelta(hours=hours)
    then = now + timedelta(hours=later)
    first, second = (rules.come(STAGES, DEADLINE, urgency, at) for at in (now, then))
    assert set(one.id for one in first) <= set(one.id for one in second)
    grave = {None: 0, "蓝": 1, "黄": 2, "红": 3}
    colours = [rules.colour(STAGES, DEADLINE, urgency, at) for at in (now, then)]
    assert grave[colours[0]] <= grave[colours[1]]


@pytest.mark.parametrize("state", list(SHEET_MOVES))
@pytest.mark.parametrize("to", list(SHEET_MOVES))
def test_every_pair_of_states_of_a_sheet(state: rules.SheetState, to: rules.SheetState) -> None:
    if to in SHEET_MOVES[state]:
        assert rules.move(state, to) == to
    else:
        with pytest.raises(SupervisionError, match=f"现为“{state}”，不能改为“{to}”"):
            rules.move(state, to)


def test_two_stages_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="编号重复"):
        SupervisionTexts(stages=(NEAR, NEAR))
