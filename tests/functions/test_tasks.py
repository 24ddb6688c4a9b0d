"""统一办理: who sees what, one of two desks wins, every command arrives once or says why not."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from auth.permissions import Denied
from auth.principal import Principal
from auth.tables import audit_entry
from portal.connectors.contract import TimedOut, Unreachable
from portal.functions.tasks import Filters, TakenError, TaskError, hand_over, post, sync
from portal.store import clock, task_reads
from portal.store.citypack import CityPack
from portal.store.engine import begin
from portal.store.scope import NOTHING, scoped
from portal.store.task_tables import outbox, task, task_history, task_source
from portal.store.tasks import SERVICE
from tests import people
from tests.functions.task_world import (
    ID_NUMBER,
    LOTUS,
    START,
    WEST,
    WILLOW,
    TaskWorld,
    make_world,
    minutes,
)

GOOD = {"result": "1", "note": "情况属实"}


@pytest.fixture
def world(hailing: CityPack, frozen: clock.FrozenClock, tmp_path: Path) -> Iterator[TaskWorld]:
    made = make_world(tmp_path / "systems")
    made.gateway.start()
    yield made
    made.gateway.stop()


@pytest.fixture
def who() -> Principal:
    return people.principal()


def one_task(world: TaskWorld, who: Principal, **changes: Any) -> tuple[str, int]:
    """A mirrored open task: its id here and its version."""
    world.a.put("T1", **changes)
    world.sync()
    row = world.function.inbox(who).rows[0]
    return row.id, row.version


def send(world: TaskWorld) -> int:
    return post.deliver_all(world.gateway)


def entry(entry_id: str) -> Any:
    with scoped(SERVICE) as connection:
        return connection.execute(select(outbox).where(outbox.c.id == entry_id)).one()


def story(world: TaskWorld, who: Principal, task_id: str) -> list[str]:
    return [one.words for one in reversed(world.function.open_task(who, task_id).history)]


# --- the inbox ---------------------------------------------------------------------------------


def test_a_task_comes_with_source_kind_limit_place_and_nobodys_name(
    world: TaskWorld, who: Principal
) -> None:
    person = people.add_person(ID_NUMBER, name="才让卓玛")
    task_id, _ = one_task(world, who)
    row = world.function.inbox(who).rows[0]
    assert (row.system_name, row.kind, row.due_on) == ("系统a", "核查", date(2026, 11, 30))
    assert "柳岸社区" in row.region_name
    assert (row.title, row.person) == ("才**玛入户核查", "才**玛")
    with scoped(SERVICE) as connection:
        kept = str(connection.execute(select(task)).one())
    assert "才让卓玛" not in kept and ID_NUMBER not in kept
    assert world.function.open_task(who, task_id).has_subject
    case = world.function.case(who, task_id)
    assert case is not None and case.subject_id == person


def test_boxes_and_counts_belong_together(world: TaskWorld, who: Principal) -> None:
    for number in range(3):
        world.a.put(f"O{number}", due=f"2026-11-{20 + number}")
    world.a.put("U", state="待阅", due=None)
    world.a.put("D", state="已办", by="李某")
    world.a.put("W", place=WEST)
    world.sync()
    inbox = world.function.inbox(who)
    assert inbox.counts == {"待办": 3, "待阅": 1, "已办": 1, "我发起": 0}
    assert inbox.overdue == 3
    assert [one.due_on for one in inbox.rows] == [date(2026, 11, 20 + n) for n in range(3)]
    assert [one.state for one in world.function.inbox(who, "待阅").rows] == ["待阅"]
    assert world.function.inbox(who, "已办").rows[0].handler == "李某"
    late = world.function.inbox(who, filters=Filters(due="逾期"))
    assert late.counts["待办"] == 3
    assert world.function.inbox(who, filters=Filters(kind="复核")).counts["待办"] == 0
    assert [one.title for one in world.function.due(who, 2)] == ["才**玛入户核查"] * 2
    waiting = world.function.waiting(who, 2)
    assert (waiting.total, waiting.late) == (3, 3)
    assert [one.due_on for one in waiting.first] == [date(2026, 11, 20), date(2026, 11, 21)]


def test_a_missing_system_is_named_with_the_reason(world: TaskWorld, who: Principal) -> None:
    assert "缺 2 家系统" in world.function.inbox(who).missing
    world.sync("a")
    world.foreign["b"].fault = TimedOut()
    assert world.sync("b").problem
    inbox = world.function.inbox(who)
    assert inbox.missing == "缺 1 家系统：系统b（对方系统未在规定时间内应答）"
    assert inbox.sources[0].as_of == clock.now()


PLACES = (WILLOW, LOTUS, WEST)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    prefixes=st.sets(st.sampled_from(["9901", "990102", "990103", WILLOW, LOTUS]), max_size=2),
    unit=st.sampled_from(["dept-civil", "com-1"]),
    assigned=st.sets(st.sampled_from(PLACES)),
)
def test_a_task_is_seen_in_scope_or_when_assigned_and_not_else(
    world: TaskWorld, prefixes: set[str], unit: str, assigned: set[str]
) -> None:
    for place in PLACES:
        world.a.put(place, place=place)
    world.sync()
    with scoped(SERVICE) as connection:
        connection.execute(update(task).values(unit_id=None))
        connection.execute(
            update(task).where(task.c.region_code.in_(assigned)).values(unit_id="dept-civil")
        )
        ids = {row.region_code: str(row.id) for row in connection.execute(select(task))}
    asking = people.principal(prefixes=tuple(prefixes), unit_id=unit)
    expected = {
        place
        for place in PLACES
        if any(place.startswith(one) for one in prefixes)
        or (unit == "dept-civil" and place in assigned)
    }
    assert {one.region_code for one in world.function.inbox(asking).rows} == expected
    for place in PLACES:
        if place not in expected:
            with pytest.raises(TaskError, match="没有找到"):
                world.function.open_task(asking, ids[place])


def test_no_scope_shows_nothing(world: TaskWorld, who: Principal) -> None:
    task_id, version = one_task(world, who)
    world.function.act(who, task_id, "END", GOOD, version)
    for reach in (NOTHING, people.principal(prefixes=(), unit_id="other").reach):
        with scoped(reach) as connection:
            for table in (task, task_history):
                assert connection.execute(select(table)).first() is None
    with scoped(NOTHING) as connection:
        assert connection.execute(select(outbox)).first() is None
        assert connection.execute(select(task_source)).first() is None


def test_a_role_sees_the_tasks_of_its_own_systems_only(world: TaskWorld, who: Principal) -> None:
    one_task(world, who)
    stranger = people.principal(roles=("leader",))
    with pytest.raises(Denied):
        world.function.inbox(stranger)


# --- finishing ---------------------------------------------------------------------------------


def test_a_finished_task_is_finished_over_there(world: TaskWorld, who: Principal) -> None:
    task_id, version = one_task(world, who)
    entry_id = world.function.act(who, task_id, "END", GOOD, version)
    assert world.function.inbox(who).rows[0].state == "办理中"
    assert "情况属实" not in entry(entry_id).form
    assert send(world) == 1
    assert (world.a.tasks["T1"]["state"], world.a.tasks["T1"]["by"]) == ("已办", "王小梅")
    assert list(world.a.keys) == [entry_id]
    inbox = world.function.inbox(who)
    assert inbox.counts == {"待办": 0, "待阅": 0, "已办": 1, "我发起": 1}
    assert world.function.inbox(who, "我发起").rows[0].state == "已送达"
    assert story(world, who, task_id) == ["提交“办结”", "已送达对方系统", "对方系统确认已办"]
    with begin() as connection:
        audited = connection.execute(select(audit_entry.c.action, audit_entry.c.detail)).all()
    assert [(one.action, one.detail["kind"]) for one in audited] == [("tasks.act", "核查")]
    assert send(world) == 0


def test_until_the_other_system_confirms_it_is_under_way(world: TaskWorld, who: Principal) -> None:
    task_id, version = one_task(world, who)
    world.function.act(who, task_id, "END", GOOD, version)
    kept = dict(world.a.tasks["T1"])
    finish = world.a.finish
    world.a.finish = lambda *_: None  # type: ignore[method-assign]
    send(world)
    assert world.function.inbox(who).rows[0].state == "办理中"
    world.a.tasks["T1"] = kept
    finish("T1", "王小梅")
    world.sync()
    assert world.function.inbox(who).counts["已办"] == 1


def test_a_refusal_is_told_and_the_task_is_open_again(world: TaskWorld, who: Principal) -> None:
    task_id, version = one_task(world, who)
    world.function.act(who, task_id, "END", {"result": "2", "note": ""}, version)
    send(world)
    inbox = world.function.inbox(who)
    assert inbox.rows[0].state == "待办"
    assert [(one.state, one.reason) for one in inbox.troubles] == [("被拒绝", "不符合时须填写意见")]
    opened = world.function.open_task(who, task_id)
    assert opened.entry is not None and opened.entry.reason == "不符合时须填写意见"
    assert world.function.inbox(who).troubles == ()
    world.function.act(who, task_id, "END", {"result": "2", "note": "已搬走"}, opened.row.version)
    send(world)
    assert world.function.inbox(who).counts["已办"] == 1


def test_finished_meanwhile_over_there_the_person_is_told_by_whom(
    world: TaskWorld, who: Principal
) -> None:
    task_id, version = one_task(world, who)
    world.function.act(who, task_id, "END", GOOD, version)
    world.a.finish("T1", "民政窗口")
    send(world)
    assert world.function.inbox(who).troubles[0].reason == "该任务已由民政窗口办结"
    assert world.function.inbox(who).counts["已办"] == 1
    assert story(world, who, task_id)[-1] == "对方系统已由民政窗口办结"
    with pytest.raises(TakenError, match="民政窗口"):
        world.function.act(who, task_id, "END", GOOD, version + 2)


def test_two_desks_at_once_one_wins_and_the_other_is_told(world: TaskWorld) -> None:
    desks = [people.principal(), people.principal(unit_id="other-desk")]
    task_id, version = one_task(world, desks[0])
    start = threading.Barrier(len(desks))
    told: list[str] = []
    sent: list[str] = []

    def finish(who: Principal) -> None:
        start.wait()
        try:
            sent.append(world.function.act(who, task_id, "END", GOOD, version))
        except TakenError as taken:
            told.append(taken.message)

    threads = [threading.Thread(target=finish, args=(one,)) for one in desks]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(sent) == len(told) == 1
    assert "王小梅" in told[0] and "没有提交" in told[0]
    send(world)
    assert sum(world.a.applied.values()) == 1


def test_an_old_page_is_told_that_the_task_has_changed(world: TaskWorld, who: Principal) -> None:
    task_id, version = one_task(world, who)
    world.a.put("T1", due="2026-12-24", at=(START + minutes(3)).isoformat())
    world.sync()
    with pytest.raises(TakenError, match="刚刚有变化"):
        world.function.act(who, task_id, "END", GOOD, version)


@pytest.mark.parametrize(
    ("action", "form"),
    [("END", {}), ("END", {"result": "9"}), ("READ", {}), ("DROP TABLE", {}), ("END", {"x": "1"})],
)
def test_what_cannot_be_sent_is_not_taken(
    world: TaskWorld, who: Principal, action: str, form: dict[str, str]
) -> None:
    task_id, version = one_task(world, who)
    with pytest.raises(TaskError):
        world.function.act(who, task_id, action, form, version)
    assert send(world) == 0
    assert world.function.open_task(who, task_id).row.version == version


def test_acting_needs_the_permission(world: TaskWorld, who: Principal) -> None:
    task_id, version = one_task(world, who)
    with pytest.raises(Denied):
        world.function.act(people.principal(roles=("reader",)), task_id, "END", GOOD, version)


# --- the outbox --------------------------------------------------------------------------------


def test_a_crash_between_sending_and_writing_down_does_no_harm(
    world: TaskWorld,
    who: Principal,
    frozen: clock.FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The other system sees the key twice and applies it once."""
    task_id, version = one_task(world, who)
    entry_id = world.function.act(who, task_id, "END", GOOD, version)

    class Killed(BaseException):
        """The process is gone."""

    def die(*_args: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(post, "_delivered", die)
        with pytest.raises(Killed):
            send(world)
    assert entry(entry_id).state == "发送中"
    assert send(world) == 0, "the lease still holds"
    frozen.advance(minutes(3))
    assert send(world) == 1
    assert (world.a.keys[entry_id], sum(world.a.applied.values())) == (2, 1)
    assert entry(entry_id).state == "已送达"
    assert world.function.inbox(who).counts["已办"] == 1


def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_key(
    world: TaskWorld, who: Principal, frozen: clock.FrozenClock
) -> None:
    task_id, version = one_task(world, who)
    entry_id = world.function.act(who, task_id, "END", GOOD, version)
    world.a.after_applying = TimedOut()
    send(world)
    assert entry(entry_id).state == "待发送"
    assert entry(entry_id).error == "对方系统未在规定时间内应答"
    assert send(world) == 0, "not before its time"
    frozen.advance(minutes(1))
    send(world)
    assert entry(entry_id).state == "已送达"
    assert (world.a.keys[entry_id], sum(world.a.applied.values())) == (2, 1)


def stuck(world: TaskWorld, who: Principal, frozen: clock.FrozenClock) -> tuple[str, str]:
    """A command that could not be sent often enough."""
    task_id, version = one_task(world, who)
    entry_id = world.function.act(who, task_id, "END", GOOD, version)
    world.a.fault = Unreachable()
    for _ in range(20):
        send(world)
        frozen.advance(minutes(40))
    assert entry(entry_id).state == "滞留"
    world.a.fault = None
    return task_id, entry_id


def test_what_is_stuck_is_seen_and_sent_again_by_hand(
    world: TaskWorld, who: Principal, frozen: clock.FrozenClock
) -> None:
    task_id, entry_id = stuck(world, who, frozen)
    assert send(world) == 0
    trouble = world.function.inbox(who).troubles[0]
    assert (trouble.state, trouble.stuck) == ("滞留", True)
    operator = people.principal(roles=("city_officer",), prefixes=("9901",), unit_id="gov")
    assert [one.entry_id for one in world.function.stuck(operator)] == [entry_id]
    opened = world.function.open_task(who, task_id)
    assert opened.entry is not None and opened.entry.may_change
    assert opened.actions == ()
    world.function.resend(who, entry_id)
    send(world)
    assert entry(entry_id).state == "已送达"
    with pytest.raises(TaskError, match="不能改动"):
        world.function.resend(who, entry_id)


def test_what_is_stuck_can_be_taken_back_and_done_anew(
    world: TaskWorld, who: Principal, frozen: clock.FrozenClock
) -> None:
    task_id, entry_id = stuck(world, who, frozen)
    world.function.withdraw(who, entry_id)
    assert entry(entry_id).state == "已撤回"
    assert "可能已到达" in story(world, who, task_id)[-1]
    row = world.function.inbox(who).rows[0]
    assert row.state == "待办"
    assert world.function.act(who, task_id, "END", GOOD, row.version) != entry_id


def test_a_stranger_changes_no_command(
    world: TaskWorld, who: Principal, frozen: clock.FrozenClock
) -> None:
    _, entry_id = stuck(world, who, frozen)
    stranger = replace(people.principal(unit_id="another", prefixes=("9901",)), login="other")
    elsewhere = people.principal(unit_id="another", prefixes=(LOTUS,))
    with pytest.raises(TaskError, match="其他单位"):
        world.function.withdraw(stranger, entry_id)
    with pytest.raises(TaskError, match="没有找到"):
        world.function.resend(elsewhere, entry_id)


def test_two_senders_never_take_the_same_entry(world: TaskWorld, who: Principal) -> None:
    for number in range(6):
        world.a.put(f"T{number}")
    world.sync()
    for row in world.function.inbox(who).rows:
        world.function.act(who, row.id, "END", GOOD, row.version)
    start = threading.Barrier(3)

    def work() -> None:
        start.wait()
        while post.deliver(world.gateway, world.system(), most=1):
            pass

    threads = [threading.Thread(target=work) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert set(world.a.keys.values()) == {1}
    assert len(world.a.keys) == 6
    assert world.function.inbox(who).counts["已办"] == 6


# --- keeping up --------------------------------------------------------------------------------


def test_a_walk_asks_for_what_changed_since_the_last_with_an_overlap(
    world: TaskWorld, who: Principal
) -> None:
    one_task(world, who)
    world.sync()
    first, second = world.a.asked_since[0], world.a.asked_since[-1]
    assert first is None
    assert second == (clock.local(START) - timedelta(minutes=10)).isoformat()


def test_what_comes_late_changes_nothing(world: TaskWorld, who: Principal) -> None:
    task_id, _ = one_task(world, who)
    world.a.put("T1", state="已办", by="李某", at=(START + minutes(5)).isoformat())
    world.sync()
    world.a.put("T1", state="待办", by="", at=(START + minutes(2)).isoformat())
    world.sync()
    assert world.function.inbox(who).counts["待办"] == 0
    world.sync(whole=True)
    assert world.function.inbox(who).counts["待办"] == 1
    assert story(world, who, task_id) == ["对方系统已由李某办结", "对方系统退回重办"]


def test_a_fault_of_one_system_stops_no_other(world: TaskWorld, who: Principal) -> None:
    world.a.put("T1")
    world.foreign["b"].put("T1")
    world.a.fault = Unreachable()
    done = {one.system_id: one for one in sync.sync_all(world.gateway)}
    assert done["a"].problem and not done["b"].problem
    assert [one.system_id for one in world.function.inbox(who).rows] == ["b"]
    assert world.function.inbox(who).missing.startswith("缺 1 家系统：系统a")


def test_the_same_walk_twice_adds_nothing(world: TaskWorld, who: Principal) -> None:
    task_id, version = one_task(world, who)
    assert (world.sync().added, world.sync().changed) == (0, 0)
    assert world.function.open_task(who, task_id).row.version == version


def test_rows_that_cannot_be_read_are_counted_and_cost_no_other(
    world: TaskWorld, who: Principal
) -> None:
    world.a.put("good")
    world.a.put("bad", place="nowhere")
    world.sync()
    assert len(world.function.inbox(who).rows) == 1
    with scoped(SERVICE) as connection:
        assert task_reads.sources(connection)["a"].unreadable == 1


def test_a_post_is_handed_over_with_its_tasks(
    world: TaskWorld, who: Principal, frozen: clock.FrozenClock
) -> None:
    _, entry_id = stuck(world, who, frozen)
    heir = people.principal(unit_id="another")
    with scoped(people.principal(prefixes=(), unit_id="nobody").reach) as connection:
        before = connection.exec_driver_sql("SELECT current_setting('app.unit')").scalar()
        assert hand_over(connection, who.post_id, heir.post_id) == 1
        after = connection.exec_driver_sql("SELECT current_setting('app.unit')").scalar()
        assert connection.execute(select(task)).first() is None
    assert before == after == "nobody"
    world.function.resend(heir, entry_id)
    send(world)
    assert entry(entry_id).state == "已送达"


# --- what a system lists no more ---------------------------------------------------------------


def _vanish(world: TaskWorld, frozen: clock.FrozenClock) -> None:
    world.a.put("T2")
    world.sync()
    frozen.advance(minutes(20))
    del world.a.tasks["T2"]


def test_a_task_taken_back_is_closed_here_and_opened_again_when_listed_again(
    world: TaskWorld, who: Principal, frozen: clock.FrozenClock
) -> None:
    world.a.put("T1")
    _vanish(world, frozen)
    assert world.sync().gone == 1  # nobody asked for a whole walk: it was due
    inbox = world.function.inbox(who, "已办")
    assert (inbox.counts["待办"], inbox.rows[0].state) == (1, "已收回或办结")
    assert world.function.open_task(who, inbox.rows[0].id).result == "已由原系统收回或办结"
    world.a.put("T2")
    world.sync(whole=True)
    assert world.function.inbox(who).counts["待办"] == 2
    assert "重新列出" in story(world, who, inbox.rows[0].id)[-1]


def _breaks(world: TaskWorld) -> None:
    world.a.fault = TimedOut()


def _cannot_be_read(world: TaskWorld) -> None:
    world.a.put("bad", place="nowhere")


def _comes_short(world: TaskWorld) -> None:
    world.a.put("T2")
    world.a.unlisted.add("T2")


@pytest.mark.parametrize("happens", [_breaks, _cannot_be_read, _comes_short])
def test_a_walk_that_failed_or_came_short_closes_nothing(
    world: TaskWorld, who: Principal, frozen: clock.FrozenClock, happens: Any
) -> None:
    world.a.put("T1")
    _vanish(world, frozen)
    happens(world)
    assert world.sync(whole=True).gone == 0
    assert world.function.inbox(who).counts["待办"] == 2


def test_a_command_that_has_not_arrived_is_answered_before_its_task_is_closed(
    world: TaskWorld, who: Principal, frozen: clock.FrozenClock
) -> None:
    _vanish(world, frozen)
    row = world.function.inbox(who).rows[0]
    entry_id = world.function.act(who, row.id, "END", GOOD, row.version)
    assert world.sync(whole=True).gone == 0
    send(world)
    assert entry(entry_id).state == "被拒绝"
    frozen.advance(minutes(1))
    assert world.sync(whole=True).gone == 1


# --- several at once ---------------------------------------------------------------------------


def test_a_batch_sends_each_once_and_tells_each_its_own_end(
    world: TaskWorld, who: Principal
) -> None:
    for day, name in enumerate(("R1", "R2", "R3"), start=21):
        world.a.put(name, state="待阅", due=f"2026-11-{day}")
    world.a.put("T1")
    world.sync()
    unread = world.function.inbox(who, "待阅").rows
    (single,) = world.function.inbox(who).rows
    assert [one.id for one in unread[0].batch] == ["READ"] and single.batch == ()
    chosen = {one.id: one.version for one in unread} | {single.id: single.version}
    chosen[unread[2].id] += 1  # changed since it was seen
    done = world.function.act_together(who, chosen, "READ", {})
    assert [bool(one.entry_id) for one in done] == [True, True, False, False]
    assert "刚刚有变化" in done[2].reason and "逐件办理" in done[3].reason
    world.a.finish("R1")  # somebody over there was faster
    send(world)
    states = [one.state for one in world.function.outcomes(who, done)]
    assert sorted(states[:2]) == ["已送达", "被拒绝"] and states[2:] == ["未提交", "未提交"]
    assert sum(world.a.applied.values()) == 1
    again = world.function.act_together(who, dict.fromkeys(chosen, 1), "READ", {})
    assert sum(bool(one.entry_id) for one in again) == 1  # the one that had changed, and no other


def test_a_batch_is_a_page_at_most_and_asks_for_the_permission(
    world: TaskWorld, who: Principal
) -> None:
    with pytest.raises(TaskError, match="最多"):
        world.function.act_together(who, {str(n): 1 for n in range(15)}, "READ", {})
    with pytest.raises(Denied):
        world.function.act_together(replace(who, roles=()), {}, "READ", {})
