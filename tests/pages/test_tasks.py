"""统一办理 on the page: rows with what one must know, open, finish, be told."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from portal import wiring
from portal.affairs.corrections import offer as corrections
from portal.connectors.contract import Unreachable
from portal.functions.records import Disputes, Records
from portal.functions.tasks import post
from portal.store import clock
from tests import people
from tests.functions.task_world import LOTUS, TaskWorld, make_world, minutes
from tests.pages.clockwork import looking, tick
from tests.pages.conftest import Office, shown, without

ID_NUMBER = "630102195304129822"


@pytest.fixture
def world(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frozen: clock.FrozenClock
) -> Iterator[TaskWorld]:
    made = make_world(tmp_path / "task-systems")
    made.gateway.start()
    wired = wiring.app()
    records = Records(gateway=made.gateway, case_sources=[made.function.case])
    disputes = Disputes(records=records, take=wiring._file, standing=corrections.about)
    with_tasks = SimpleNamespace(
        disputes=disputes,
        gateway=made.gateway,
        records=records,
        entry=wired.entry,
        tasks=made.function,
        messages=wired.messages,
        digests=wired.digests,
    )
    monkeypatch.setattr(wiring, "app", lambda: with_tasks)
    yield made
    made.gateway.stop()


def first_id(world: TaskWorld, office: Office) -> str:
    assert office.who is not None
    return world.function.inbox(office.who).rows[0].id


def one_task(world: TaskWorld, office: Office) -> str:
    """One task over there, here by now."""
    world.a.put("T1")
    world.sync()
    return first_id(world, office)


def test_an_empty_inbox_says_what_comes_next(world: TaskWorld, office: Office) -> None:
    world.sync("a")
    world.sync("b")
    text = shown(office.open("tasks"))
    assert "目前没有待办任务" in text and "自动出现" in text
    assert "数据时间" in text


def test_a_page_holds_fourteen_rows_and_each_says_source_kind_limit_and_place(
    world: TaskWorld, office: Office
) -> None:
    for number in range(16):
        world.a.put(f"T{number:02d}", due="2026-11-20" if number == 0 else "2026-11-30")
    world.sync("a")
    tab = office.open("tasks")
    text = shown(tab)
    assert sum(one.label == "办理" for one in tab.button) == 14
    for words in ("系统a", "核查", "▲ 逾期 11-20", "11-30", "柳岸社区", "共 16 件 · 逾期 1 件"):
        assert words in text, words
    assert "缺 1 家系统：系统b（尚未取到任务）" in text
    assert "才让卓玛" not in text and "才**玛入户核查" in text
    assert [one.label for one in tab.button if one.key and one.key.startswith("box-")] == [
        "待办 16",
        "待阅 0",
        "已办 0",
        "我发起 0",
    ]
    tab.pagination(key="tasks_page").set_value(2).run()
    assert sum(one.label == "办理" for one in tab.button) == 2


def test_boxes_and_filters_narrow_the_list(
    world: TaskWorld, office: Office, become: Callable[..., None]
) -> None:
    become(prefixes=("9901",), region_code="9901", level="city", kind="government",
           roles=("city_officer",), unit_id="gov")  # fmt: skip
    world.a.put("T1", kind="复核")
    world.a.put("T2", state="已办", by="李某")
    world.foreign["b"].put("T3", place=LOTUS)
    for one in world.foreign:
        world.sync(one)
    tab = office.open("tasks")
    assert "共 2 件" in shown(tab)
    tab.selectbox(key="tasks_kind").set_value("复核").run()
    assert "共 1 件" in shown(tab)
    tab.selectbox(key="tasks_due").set_value("逾期").run()
    assert "没有符合条件的任务" in shown(tab)
    tab.selectbox(key="tasks_due").set_value("").run()
    tab.selectbox(key="tasks_kind").set_value("").run()
    tab.button(key="box-2").click().run()
    assert "共 1 件" in shown(tab) and "已办" in shown(tab)


def test_a_row_opens_the_task(world: TaskWorld, office: Office) -> None:
    task_id = one_task(world, office)
    office.open("tasks").button(key=f"task-{task_id}").click().run()
    assert office.went == [("tasks", {"task": task_id})]


def test_a_click_opens_its_task_though_another_came_before_it(
    world: TaskWorld, office: Office
) -> None:
    task_id = one_task(world, office)
    tab = office.open("tasks")
    world.a.put("T0", due="2026-01-01")
    world.sync()
    assert first_id(world, office) != task_id
    tab.button(key=f"task-{task_id}").click().run()
    assert office.went == [("tasks", {"task": task_id})]


def test_a_task_is_finished_from_the_page(world: TaskWorld, office: Office) -> None:
    people.add_person(ID_NUMBER, name="才让卓玛")
    task_id = one_task(world, office)
    tab = office.open("tasks", task=task_id)
    assert "还没有办理记录" in shown(tab)
    tab.button(key="act-END").click().run()
    assert "请填写“核查结果”" in shown(tab)
    tab.radio(key=f"form-{task_id}-result").set_value("1")
    tab.button(key="act-END").click().run()
    text = shown(tab)
    assert "正在发送给对方系统" in text and "提交“办结”" in text
    post.deliver_all(world.gateway)
    text = shown(office.open("tasks", task=task_id))
    assert "对方系统确认已办" in text and "王小梅" in text
    assert world.a.tasks["T1"]["state"] == "已办"


def test_the_dossier_of_a_task_is_one_click_and_leads_back(
    world: TaskWorld, office: Office
) -> None:
    people.add_person(ID_NUMBER, name="才让卓玛")
    task_id = one_task(world, office)
    office.open("tasks", task=task_id).button(key="task_dossier").click().run()
    tab = office.open("records", case=task_id)
    assert "才**玛" in shown(tab) or "才让卓玛" in shown(tab)
    tab.button(key="to_task").click().run()
    assert office.went == [("records", {"case": task_id}), ("tasks", {"task": task_id})]


def test_a_refusal_is_told_in_the_inbox_and_on_the_task(world: TaskWorld, office: Office) -> None:
    task_id = one_task(world, office)
    tab = office.open("tasks", task=task_id)
    tab.radio(key=f"form-{task_id}-result").set_value("2")
    tab.button(key="act-END").click().run()
    post.deliver_all(world.gateway)
    assert "不符合时须填写意见" in shown(office.open("tasks"))
    opened = office.open("tasks", task=task_id)
    assert "对方系统未接受本次办理" in shown(opened)
    assert opened.button(key="act-END")


def test_a_second_desk_is_told_and_keeps_what_it_typed(world: TaskWorld, office: Office) -> None:
    task_id = one_task(world, office)
    tab = office.open("tasks", task=task_id)
    tab.radio(key=f"form-{task_id}-result").set_value("1").run()
    other = people.principal(unit_id="other-desk")
    version = world.function.inbox(other).rows[0].version
    world.function.act(other, task_id, "END", {"result": "1"}, version)
    shown_before = tab.button(key="act-END")
    shown_before.click().run()
    assert "已由" in shown(tab) or "正在发送" in shown(tab)
    post.deliver_all(world.gateway)
    assert sum(world.a.applied.values()) == 1


def test_the_end_of_a_command_is_drawn_where_it_stands(
    world: TaskWorld, office: Office, frozen: clock.FrozenClock
) -> None:
    """Refused or done: the clock draws the pieces that changed, never the whole page."""
    assert office.who is not None
    task_id = one_task(world, office)
    tab = office.open("tasks", task=task_id)
    assert len(looking(tab)) == 1, "one looks whether others have changed the task"
    tab.radio(key=f"form-{task_id}-result").set_value("2")
    tab.button(key="act-END").click().run()
    assert len(looking(tab)) == 2
    tick(tab)
    assert "正在发送给对方系统" in shown(tab) and "刚刚有变化" not in shown(tab)
    post.deliver_all(world.gateway)
    tick(tab)
    assert "对方系统未接受本次办理" in shown(tab)
    assert "未接受" in shown(tab).rpartition("办理经过")[2], "and so does what happened so far"
    assert len(looking(tab)) == 1, "there is something to fill in again: others may change it"
    version = world.function.version(office.who, task_id)
    assert version is not None
    tab.radio(key=f"form-{task_id}-result").set_value("1")
    frozen.advance(minutes(1))
    other = people.principal(unit_id="other-desk")
    world.function.act(other, task_id, "END", {"result": "1"}, version)
    tick(tab)
    assert "刚刚有变化" in shown(tab) and tab.radio(key=f"form-{task_id}-result").value == "1"
    tab.button(key="task_fresh").click().run()
    post.deliver_all(world.gateway)
    tick(tick(tab))
    assert "对方系统确认已办" in shown(tab).rpartition("办理经过")[2]
    assert looking(tab) == [], "what is done is looked at no more"


def test_what_is_stuck_shows_both_ways_out_and_the_operator_sees_it(
    world: TaskWorld, office: Office, frozen: clock.FrozenClock
) -> None:
    assert office.who is not None
    task_id = one_task(world, office)
    version = world.function.inbox(office.who).rows[0].version
    world.function.act(office.who, task_id, "END", {"result": "1"}, version)
    world.a.fault = Unreachable()
    for _ in range(12):
        post.deliver_all(world.gateway)
        frozen.advance(minutes(60))
    assert "发送滞留" in shown(office.open("tasks"))
    assert "发送滞留的办理" in shown(office.open("systems"))
    tab = office.open("tasks", task=task_id)
    assert tab.button(key="resend")
    tab.button(key="withdraw").click().run()
    assert "撤回办理" in shown(tab)


def test_who_lost_the_right_meanwhile_finishes_nothing(world: TaskWorld, office: Office) -> None:
    task_id = one_task(world, office)
    tab = office.open("tasks", task=task_id)
    tab.radio(key=f"form-{task_id}-result").set_value("1")
    office.who = without(office.who, "community_clerk")
    tab.button(key="act-END").click().run()
    assert "没有权限" in shown(tab)
    assert post.deliver_all(world.gateway) == 0


@pytest.mark.parametrize("task_id", ["00000000-0000-0000-0000-000000000000", "<b>x</b>", "1"])
def test_an_address_of_no_task_says_so(world: TaskWorld, office: Office, task_id: str) -> None:
    tab = office.open("tasks", task=task_id)
    assert "没有找到该任务" in shown(tab)
    assert "<b>x" not in shown(tab)


def test_filters_stay_when_one_comes_back(world: TaskWorld, office: Office) -> None:
    world.a.put("T1", due="2026-11-20")
    world.sync("a")
    task_id = first_id(world, office)
    tab = office.open("tasks")
    tab.selectbox(key="tasks_due").set_value("逾期").run()
    tab.query_params["task"] = task_id
    assert "返回列表" in [one.label for one in tab.run().button]
    del tab.query_params["task"]
    tab.run()
    assert tab.selectbox(key="tasks_due").value == "逾期"


def test_several_notices_are_read_at_once_and_each_row_tells_its_end(
    world: TaskWorld, office: Office
) -> None:
    for name in ("R1", "R2"):
        world.a.put(name, state="待阅", due=None)
    world.sync("a")
    tab = office.open("tasks")
    tab.button(key="box-1").click().run()
    tab.button(key="batch_turn").click().run()
    for one in [one.key for one in tab.button if one.label == "☐ 选择"]:
        tab.button(key=one).click().run()
    tab.button(key="batch-READ").click().run()
    assert sum(world.a.applied.values()) == 0
    tab.button(key="batch-sure-READ").click().run()
    assert "已提交，正在发送" in shown(tab)
    post.deliver_all(world.gateway)
    tab.run()
    assert "对方系统已收到" in shown(tab)
    assert sum(world.a.applied.values()) == 2


def test_an_opened_task_is_watched_by_its_version_within_reach(
    world: TaskWorld, office: Office
) -> None:
    task_id = one_task(world, office)
    tab = office.open("tasks", task=task_id)
    tab.text_area(key=f"form-{task_id}-note").set_value("已搬离").run()
    assert "刚刚有变化" not in shown(tab)
    assert world.function.version(people.principal(), task_id) == 1
    assert world.function.version(people.principal(prefixes=("990103",)), task_id) is None
