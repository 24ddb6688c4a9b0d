"""Writing a finding down: by whom, where, once, and what is told when it cannot be."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import text

from auth.permissions import Denied
from portal.affairs.findings import daily, desk, queries
from portal.affairs.findings.book import SERVICE
from portal.affairs.findings.offer import FindingTasks
from portal.affairs.workflow.flow import FlowError
from portal.connectors.contract import TurnedDown
from portal.store.clock import FrozenClock
from portal.store.scope import scoped
from tests.findings import world

pytestmark = pytest.mark.usefixtures("frozen", "hailing")


def test_the_grid_hands_in_and_the_community_decides() -> None:
    one = world.handed()
    assert (world.row(one).state, world.row(one).unit_id) == ("待核实", f"com-{world.PLACE}")
    with pytest.raises(FlowError, match="本岗位不能办理"):
        desk.act(world.grid(), one, "keep")
    with pytest.raises(Denied):
        desk.found(world.grid(), world.draft("2", then="report", reason=world.WHY))
    assert queries.counts(world.community())["待本单位办"] == 1


@pytest.mark.parametrize(
    ("then", "state"), [("keep", "自办中"), ("report", "待会商"), ("", "待核实")]
)
def test_a_community_finds_and_goes_on_at_once(then: desk.Then, state: str) -> None:
    one = desk.found(world.community(), world.draft(then=then, reason=world.WHY))
    assert world.row(one).state == state
    assert world.row(one).stage == "试点"


def test_the_same_form_twice_is_one_finding() -> None:
    first = desk.found(world.community(), world.draft(then="report", reason=world.WHY))
    assert desk.found(world.community(), world.draft(then="report", reason=world.WHY)) == first
    assert queries.listed(world.community()).total == 1


def test_without_a_reason_nothing_is_kept() -> None:
    with pytest.raises(FlowError, match="请填写“原因”"):
        desk.found(world.community(), world.draft(then="report"))
    assert queries.listed(world.community()).total == 0


def test_a_kind_of_demand_is_taken_up_by_one_open_finding() -> None:
    kind = world.draft("1", source="同类诉求", cluster="990102001001:04.02")
    first = desk.found(world.community(), kind)
    assert queries.taken_up(world.community()) == {"990102001001:04.02"}
    again = world.draft("2", source="同类诉求", cluster="990102001001:04.02")
    with pytest.raises(FlowError, match=f"已作为 {world.row(first).number} 上报"):
        desk.found(world.community(), again)
    world.moved(first, world.community(), "reject", reason="不属实不属实")
    assert desk.found(world.community(), again) != first


@pytest.mark.parametrize(
    ("over", "told"),
    [
        ({"region_code": "990102001002"}, "不在本岗位的管辖范围"),
        ({"region_code": "990102"}, "请选择问题所在的社区"),
        ({"region_code": "'; DROP TABLE"}, "请选择问题所在的社区"),
        ({"source": "举报"}, "“来源”须为"),
        ({"grid_code": "990102001002001"}, "不在所选社区"),
        ({"class_": ""}, "“类别”须为"),
    ],
)
def test_bad_input_is_told_and_nothing_is_kept(over: dict[str, str], told: str) -> None:
    with pytest.raises(FlowError, match=f"{told}.*没有保存.*已填内容已保留"):
        desk.found(world.community(), world.draft(**over))
    assert queries.listed(world.community()).total == 0


def test_where_it_is_not_run_nothing_is_written_down() -> None:
    with pytest.raises(FlowError, match="尚未开展未诉先办"):
        desk.found(world.community("990102001002"), world.draft())


def test_a_community_sees_where_its_finding_stands_and_with_whom(frozen: FrozenClock) -> None:
    one = world.joint("1")
    (listed,) = queries.listed(world.community(), "在办").rows
    assert (listed.state, listed.unit_name, listed.way) == ("联办中", "东湖区城市管理局", "联办")
    opened = queries.opened(world.community(), one)
    assert opened.help_units == ("海陵市民政局",)
    assert [event.move for event in opened.events] == ["found", "report", "raise", "dispatch"]
    assert not listed.late
    world.moved(one, world.urban(), "progress", text="正在清运")
    late = world.moved(world.at_meeting("2"), world.district(), "decide",
                       unit="dept-civil", text="由民政局牵头", until="2026-11-24")  # fmt: skip
    frozen.advance(timedelta(days=2))
    assert [row.id for row in queries.listed(world.community()).rows if row.late] == [late]


def test_the_list_is_filtered_and_text_stays_text() -> None:
    world.handed("1", title="<script>alert(1)</script>")
    world.handed("2", class_="市政设施")
    who = world.community()
    assert queries.listed(who, words="<script>").total == 1
    assert queries.listed(who, words="100%' OR 1=1 --").total == 0
    assert queries.listed(who, class_="市政设施").total == 1
    assert queries.listed(who, page=99).rows == ()


def test_the_history_cannot_be_changed() -> None:
    world.handed()
    for statement in ("UPDATE finding_event SET words = ''", "DELETE FROM finding_event",
                      "DELETE FROM finding"):  # fmt: skip
        with pytest.raises(Exception, match="permission denied"), scoped(SERVICE) as connection:
            connection.execute(text(statement))


def test_in_the_inbox_it_is_done_as_at_the_finding() -> None:
    one = world.handed()
    tasks, key = FindingTasks(), f"{one}:com-{world.PLACE}"
    actions = {action.id for action in tasks.actions(world.community(), key, "问题·待核实")}
    assert actions == {"keep", "report", "reject"}
    assert ("状态", "待核实") in tasks.details(world.community(), key)
    with pytest.raises(TurnedDown):
        tasks.act(world.community(), key, "report", {})
    tasks.act(world.community(), key, "report", {"reason": world.WHY})
    assert world.row(one).state == "待会商"
    assert tasks.actions(world.civil(), key, "问题·待会商") == ()


def _at_once(work: Callable[[], object], times: int = 4) -> list[object]:
    start = Barrier(times)

    def one(_: int) -> object:
        start.wait()
        return work()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_the_same_form_at_the_same_time_is_one_finding() -> None:
    given = world.draft(then="report", reason=world.WHY)
    assert len(set(_at_once(lambda: desk.found(world.community(), given)))) == 1
    assert queries.listed(world.community()).total == 1


def test_several_processes_make_a_day_s_report_once(frozen: FrozenClock) -> None:
    world.handed()
    frozen.advance(timedelta(hours=9))
    assert sorted(_at_once(daily.make_due), key=str) == [0, 0, 0, 1]
    assert len(daily.listed(world.district())) == 1
