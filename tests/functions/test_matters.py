"""A case is handled by its unit, closed once, with a result."""

from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from auth.permissions import Denied
from auth.tables import audit_entry
from portal.affairs.matters import desk, queries, rules
from portal.affairs.matters.offer import MatterTasks
from portal.functions.tasks import TaskError, Tasks
from portal.store import clock
from portal.store.citypack import CityPack
from portal.store.engine import begin
from portal.store.scope import Reach
from tests import people
from tests.connectors import support
from tests.functions.task_world import with_tasks
from tests.functions.test_reach import _id_number

CITY = Reach(prefixes=("9901",), unit_id=None, actor="service:test")
CLERK_UNIT = "com-990102001001"


def _row(number: int, unit: str = CLERK_UNIT, region: str = "990102001001") -> dict[str, object]:
    person = people.add_person(_id_number(number), name="张三丰", places=[("居住", region)])
    return {
        "id": UUID(int=number),
        "matter": "高龄津贴申请",
        "source": "本人申请",
        "subject_id": person,
        "region_code": region,
        "unit_id": unit,
        "opened_at": clock.now(),
    }


def test_cases_are_numbered_through_the_day(hailing: CityPack) -> None:
    assert desk.take_in(CITY, [_row(1), _row(2)]) == 2
    assert desk.take_in(CITY, [_row(3)]) == 1
    cases = queries.open_cases(people.principal())
    assert sorted(one.number[-4:] for one in cases) == ["0001", "0002", "0003"]
    assert {one.subject_name_masked for one in cases} == {"张*丰"}
    assert cases[0].region_name == "东湖区 · 湖滨街道 · 柳岸社区居民委员会"


def test_a_unit_sees_its_own_cases_only(hailing: CityPack) -> None:
    desk.take_in(CITY, [_row(1), _row(2, unit="dept-civil"), _row(3, unit="com-990102001002")])
    officer = people.principal(roles=("city_officer",), prefixes=(), unit_id="dept-civil")
    assert [one.id for one in queries.open_cases(officer)] == [str(UUID(int=2))]
    assert [one.id for one in queries.open_cases(people.principal())] == [str(UUID(int=1))]
    assert queries.find_case(people.principal(), str(UUID(int=2))) is None


def test_a_case_is_closed_once_and_the_second_is_told(hailing: CityPack) -> None:
    desk.take_in(CITY, [_row(1)])
    who, case_id = people.principal(), str(UUID(int=1))
    desk.close_case(who, case_id, "已发放津贴")
    assert queries.open_cases(who) == ()
    with pytest.raises(rules.IllegalMoveError, match="已由他人办结"):
        desk.close_case(who, case_id, "再办一次")
    with begin() as connection:
        actions = list(connection.execute(select(audit_entry.c.action)).scalars())
    assert actions == ["matters.close"]


@pytest.mark.parametrize("result", ["", " ", "好", "字" * 501])
def test_a_case_is_not_closed_without_saying_how(hailing: CityPack, result: str) -> None:
    desk.take_in(CITY, [_row(1)])
    with pytest.raises(rules.IllegalMoveError, match="办理结果"):
        desk.close_case(people.principal(), str(UUID(int=1)), result)
    assert len(queries.open_cases(people.principal())) == 1


def test_closing_needs_the_permission(hailing: CityPack) -> None:
    desk.take_in(CITY, [_row(1)])
    with pytest.raises(Denied, match="不能办结在办事项"):
        desk.close_case(people.principal(roles=("reader",)), str(UUID(int=1)), "已办")
    assert len(queries.open_cases(people.principal())) == 1


def test_a_case_of_another_unit_cannot_be_closed(hailing: CityPack) -> None:
    desk.take_in(CITY, [_row(1, unit="dept-civil")])
    with pytest.raises(rules.IllegalMoveError, match="没有找到该事项"):
        desk.close_case(people.principal(), str(UUID(int=1)), "已办")


@pytest.mark.parametrize("state", list(rules.MOVES))
@pytest.mark.parametrize("to", list(rules.MOVES))
def test_every_pair_of_states_is_allowed_or_refused(state: rules.State, to: rules.State) -> None:
    if to in rules.MOVES[state]:
        assert rules.move(state, to) == to
    else:
        with pytest.raises(rules.IllegalMoveError):
            rules.move(state, to)


MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("days", "today", "expected"),
    [
        (None, MONDAY, "不限时"),
        (-1, MONDAY, "逾期"),
        (0, MONDAY, "今天到期"),
        (1, MONDAY, "本周到期"),
        (6, MONDAY, "本周到期"),
        (7, MONDAY, "以后到期"),
        (0, MONDAY + timedelta(days=6), "今天到期"),
        (1, MONDAY + timedelta(days=6), "以后到期"),
    ],
)
def test_how_near_a_limit_is(days: int | None, today: date, expected: rules.Due) -> None:
    due_on = None if days is None else today + timedelta(days=days)
    assert rules.due(due_on, today) == expected


def test_open_cases_are_counted_by_place_within_the_scope_only(
    hailing: CityPack, frozen: clock.FrozenClock
) -> None:
    late = {**_row(1), "due_on": clock.local(clock.now()).date() - timedelta(days=1)}
    elsewhere = _row(3, unit="com-990103100200", region="990103100200")
    desk.take_in(CITY, [late])
    desk.take_in(CITY, [_row(2), elsewhere])
    city = people.principal(roles=("leader",), prefixes=("9901",), region_code="9901")
    found = queries.counts_below(city, "9901", 6)
    assert {code: (one.open, one.overdue) for code, one in found.items()} == {
        "990102": (2, 1),
        "990103": (1, 0),
    }
    district = people.principal(roles=("leader",), prefixes=("990102",), region_code="990102")
    assert set(queries.counts_below(district, "990102", 9)) == {"990102001"}
    with pytest.raises(Denied):
        queries.counts_below(district, "9901", 6)


def test_an_open_case_is_a_task_of_its_unit_and_closes_with_it(
    hailing: CityPack, tmp_path: Path
) -> None:
    registry = support.load(tmp_path, ["a"], with_tasks)
    ours = MatterTasks()
    function = Tasks(registry=registry, platform={ours.id: ours})
    desk.take_in(CITY, [_row(1), _row(2), _row(3, unit="com-990102001002")])
    who = people.principal()
    first, second = function.inbox(who).rows
    assert (first.system_name, first.person) == ("在办事项", "张*丰")
    assert "高龄津贴申请" in first.title
    opened = function.open_task(who, first.id)
    assert [one.label for one in opened.actions] == ["办结"] and opened.details
    with pytest.raises(TaskError, match="办理结果"):
        function.act(who, first.id, "CLOSE", {"result": "好"}, first.version)
    function.act(who, first.id, "CLOSE", {"result": "已发放津贴"}, first.version)
    assert len(queries.open_cases(who)) == 1
    left = str(queries.open_cases(who)[0].id)
    desk.close_case(who, left, "已发放津贴")  # closed where it is, not in the inbox
    inbox = function.inbox(who, "已办")
    assert (inbox.counts["待办"], inbox.counts["已办"]) == (0, 2)
    assert function.inbox(people.principal(unit_id="com-else")).rows == ()
    assert second.id in {one.id for one in inbox.rows}
