"""The recurring jobs: who runs them, how they end, and what is told of them elsewhere."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.permissions import Denied
from portal.functions.systems import background
from portal.functions.systems.background import OF_EACH_PROCESS, WORKS, kind_of, told
from portal.jobs import BEAT, Jobs, Recurring
from portal.store import beats, clock, divisions
from portal.store.beats import Beat, Turn
from portal.store.citypack import CityPack
from portal.store.scope import NOTHING, Reach, scoped
from portal.wiring import build
from tests import people
from tests.conftest import TestDatabase
from tests.connectors.support import NOON
from tests.functions.operating import operator

LIMIT = timedelta(seconds=60)
SECONDS = 30  # the longest one waits for what must happen


def ago(seconds: float) -> datetime:
    return NOON - timedelta(seconds=seconds)


def turn(began: float | None = 20, ended: float | None = 10, *, failed: bool = False) -> Turn:
    """A job of every minute, with its last turn so many seconds ago."""
    return Turn(
        seconds=60,
        began=None if began is None else ago(began),
        ended=None if ended is None else ago(ended),
        failed=failed,
    )


def beat(
    turns: Mapping[str, Turn], *, at: float = 5, started: float = 3600, ended: bool = False
) -> Beat:
    return Beat(
        worker=f"one:{at}",
        started_at=ago(started),
        beat_at=ago(at),
        ended_at=ago(at) if ended else None,
        turns=turns,
    )


# -- the rules ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "started", "state"),
    [
        (turn(), 3600, "正常"),
        (turn(failed=True), 3600, "出错"),
        (turn(began=30, ended=70), 3600, "正常"),  # under way, as usual
        (turn(began=30, ended=70, failed=True), 3600, "出错"),  # it may fail again
        (turn(began=61, ended=70), 3600, "进行中"),
        (turn(began=900, ended=None), 3600, "进行中"),
        (turn(began=260, ended=240), 3600, "正常"),
        (turn(began=260, ended=241), 3600, "延误"),
        (turn(began=None, ended=None), 240, "未到时间"),
        (turn(began=None, ended=None), 241, "延误"),
    ],
)
def test_a_job_stands_as_its_last_turn_says(one: Turn, started: float, state: str) -> None:
    (line,) = told([beat({"messages.turn": one}, started=started)], NOON, LIMIT).lines
    assert (line.work, line.state) == ("发送消息", state)
    assert (line.since is None) == (state != "进行中")


def test_what_is_done_for_many_systems_is_one_line_as_bad_as_the_worst() -> None:
    found = told(
        [beat({"tasks.sync.a": turn(), "tasks.sync.b": turn(ended=15, failed=True)})], NOON, LIMIT
    )
    (line,) = found.lines
    assert (line.work, line.state, line.systems, line.last) == (
        "同步各系统任务", "出错", 2, ago(10)
    )  # fmt: skip
    assert found.words == "后台任务运行中，其中延误或出错：同步各系统任务"


def test_of_two_processes_it_is_enough_that_one_does_the_work() -> None:
    late, well = turn(began=None, ended=None), turn()
    both = [beat({"messages.turn": well}), beat({"messages.turn": late}, at=6)]
    assert [(one.runs, one.lines[0].state) for one in (told(both, NOON, LIMIT),)] == [(2, "正常")]
    # The one that does it dies: what is left is late.
    left = [beat({"messages.turn": late}, at=6), beat({"messages.turn": well}, at=61)]
    assert [(one.runs, one.lines[0].state) for one in (told(left, NOON, LIMIT),)] == [(1, "延误")]


def test_a_process_that_ends_again_and_again_hides_no_job_that_nobody_does() -> None:
    never = {"messages.turn": turn(began=None, ended=None)}
    found = [beat(never, at=at, started=at + 5) for at in (1, 8, 15, 300, 600)]
    said = told(found, NOON, LIMIT)
    assert (said.gone, said.lines[0].state) == (False, "延误")
    assert told(found[:3], NOON, LIMIT).lines[0].state == "未到时间"
    # Of one that was done just before, nobody says so.
    found[-1] = beat({"messages.turn": turn(ended=100)}, at=90)
    assert told(found, NOON, LIMIT).lines[0].state == "未到时间"


@given(
    st.lists(
        st.tuples(
            st.floats(min_value=0, max_value=200),
            st.booleans(),
            st.sets(st.sampled_from(sorted(WORKS)), min_size=1),
        ),
        max_size=4,
    )
)
def test_everything_stands_still_when_and_only_when_nobody_lives(
    given_: list[tuple[float, bool, set[str]]],
) -> None:
    found = [
        beat(dict.fromkeys(names, turn()), at=at, ended=ended)
        for at, ended, names in sorted(given_, key=lambda one: one[0])
    ]
    living = [one for one in found if one.ended_at is None and NOON - one.beat_at <= LIMIT]
    said = told(found, NOON, LIMIT)
    assert said.gone == (not living)
    assert said.last == (found[0].beat_at if found else None)
    held = {name for one in (living or found[:1]) for name in one.turns} - OF_EACH_PROCESS
    assert {one.work for one in said.lines} == {WORKS[name] for name in held}
    assert set(said.still) == (set() if living else {WORKS[name] for name in held})
    if not living and found:
        assert all(one in said.words for one in said.still)
        assert ("已停止" if found[0].ended_at else "没有响应") in said.words


# -- the processes ------------------------------------------------------------------------------


def test_every_job_has_its_word_and_says_where_it_belongs(database: TestDatabase) -> None:
    jobs = build().jobs.all()
    assert len({one.name for one in jobs}) == len(jobs)
    assert {kind_of(one.name) for one in jobs} - {BEAT} <= set(WORKS)
    assert {one.name: one.work for one in jobs if one.everywhere}.keys() == OF_EACH_PROCESS
    (following,) = [one for one in jobs if one.name == "divisions.follow"]
    assert following.work == divisions.follow


def test_a_serving_process_runs_only_what_nobody_can_do_for_it(hailing: CityPack) -> None:
    here, worked = Event(), Event()
    jobs = Jobs(
        more=[
            Recurring(seconds=0.01, name="messages.turn", work=worked.set),
            Recurring(seconds=0.01, name="systems.modes", work=here.set, everywhere=True),
        ]
    )
    jobs.start(work=False)
    try:
        assert here.wait(SECONDS)
        assert [one.name for one in jobs._threads] == ["job-systems.modes"]
    finally:
        jobs.stop()
    assert not worked.is_set()
    assert background.standing().words == "后台任务没有运行过，须启动 python -m portal jobs"


def test_a_process_that_is_told_to_stop_finishes_what_it_holds(hailing: CityPack) -> None:
    begun, release, failed = Event(), Event(), Event()
    finished: list[str] = []

    def long() -> None:
        begun.set()
        release.wait(SECONDS)
        finished.append("done")

    def bad() -> None:
        failed.set()
        raise ValueError("of our own making")

    jobs = Jobs(
        more=[
            Recurring(seconds=0.01, name="messages.turn", work=long),
            Recurring(seconds=0.01, name="digests.turn", work=bad),
            Recurring(seconds=3600, name="rates.close", work=begun.set),
        ]
    )
    jobs.start(work=True)
    assert begun.wait(SECONDS)
    assert failed.wait(SECONDS)
    assert background.standing().runs == 1
    release.set()
    jobs.stop()
    assert finished
    said = background.shown(operator())
    assert (said.gone, said.meant) == (True, True)
    assert said.still == ("发送消息", "定时提醒", "月度考评结账", "审计锚点")
    assert "已停止，暂停：发送消息、定时提醒" in said.words
    with scoped(Reach(prefixes=("9901",), unit_id=None, actor="someone")) as connection:
        (kept,) = beats.newest(connection)
    assert kept.turns["digests.turn"].failed
    assert not kept.turns["messages.turn"].failed
    assert kept.turns["rates.close"].began is None


def test_nobody_below_the_city_sees_it_and_old_signs_go(
    hailing: CityPack, frozen: clock.FrozenClock
) -> None:
    beats.write("first", hailing.region_code, clock.now(), {})
    frozen.advance(timedelta(hours=25))
    beats.write("second", hailing.region_code, clock.now(), {"rates.close": turn()})
    for reach, seen in (
        (NOTHING, 0),
        (Reach(prefixes=("990102",), unit_id="gov-990102", actor="someone"), 0),
        (Reach(prefixes=("9901",), unit_id=None, actor="someone"), 1),
    ):
        with scoped(reach) as connection:
            assert len(beats.newest(connection)) == seen
    assert background.standing().lines[0].work == "月度考评结账"
    with pytest.raises(Denied):
        background.shown(people.principal())
