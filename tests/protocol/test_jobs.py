"""Two processes on one database: one serves pages, the other runs the recurring jobs."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
from sqlalchemy import func, select

from portal.affairs.orders import tally
from portal.functions.systems import background
from portal.settings import ROOT
from portal.store import beats, clock, measure_notes, measures, switches
from portal.store.citypack import pack
from portal.store.measure_tables import measure_change
from portal.store.scope import Reach, scoped
from tests.protocol.client import SECONDS, Browser, Run
from tests.protocol.conftest import Town
from tests.protocol.house import House

OPERATOR = "shuju.city"
PATIENCE = 4 * SECONDS  # as for a server: a busy machine takes its time to start one
CITY = Reach(prefixes=(pack().region_code,), unit_id=None, actor="test")


@contextmanager
def _jobs(town: Town) -> Iterator["subprocess.Popen[bytes]"]:
    """The process that an operator starts."""
    log = town.folder / "jobs.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "portal", "jobs"],
            cwd=ROOT,
            env={**os.environ, **town.environment},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _note_an_order() -> None:
    """A change of a number, as any transaction of a page leaves it for the jobs."""
    now = clock.now()
    measure = tally.DEFINITIONS[0].id
    one = measure_notes.note(measure, pack().region_code, "", now, 1)
    with scoped(measure_notes.KEEPER) as connection:
        measure_notes.keep(connection, [one], now)


def _counted() -> int:
    """What the measures have learnt of."""
    query = select(func.coalesce(func.sum(measure_change.c.numerator), 0))
    with scoped(measures.WRITER) as connection:
        return int(connection.execute(query).scalar_one())


def _switch_off() -> None:
    """The operator's decision, as another process writes it."""
    with scoped(CITY) as connection:
        switches.decide(
            connection,
            system_id=pack().systems[0].id,
            region_code=pack().region_code,
            before="正式",
            mode="停用",
            reason="约定暂停",
            actor="shuju.city",
            actor_name="林晓峰",
        )


def test_the_jobs_run_beside_the_pages_and_each_learns_of_the_other(
    town: Town, portal: House, people: Callable[..., Browser]
) -> None:
    def until(holds: Callable[[], bool]) -> None:
        deadline = clock.now().timestamp() + PATIENCE
        while not holds():
            assert not portal._ended(), "the server has ended"  # waits a moment
            assert clock.now().timestamp() < deadline, (town.folder / "jobs.log").read_text("utf-8")

    def ready(words: str) -> bool:
        answer = httpx.get(f"{portal.base}/readyz", timeout=SECONDS)
        assert answer.status_code == 200, answer.text
        return words in answer.json()["checks"]["jobs"]["message"]

    _note_an_order()
    with people(portal, OPERATOR).tab() as tab:

        def look() -> Run:
            return tab.run(page_name="systems")

        # The server that has answered would have given a sign of life first, if it ran them.
        first = look()
        assert first.says("后台任务没有运行") and first.says("还没有启动过后台任务")
        assert first.says("停用 0")
        assert ready("没有运行过")
        assert _counted() == 0

        with _jobs(town) as process:
            until(lambda: ready("后台任务运行中"))
            until(lambda: _counted() == 1)
            until(lambda: look().says("运行中的进程 1 个"))

            # The server keeps itself in step with what is decided elsewhere.
            _switch_off()
            until(lambda: look().says("停用 1"))

            # It hangs: nothing is lost, and it is said what stands still.
            process.send_signal(signal.SIGSTOP)
            _note_an_order()
            until(lambda: ready("没有响应，暂停：同步各系统任务、"))
            hanging = look()
            for words in ("后台任务没有运行", "没有响应", "统计指标更新", "恢复运行后自动补做"):
                assert hanging.says(words), words
            assert _counted() == 1
            process.send_signal(signal.SIGCONT)
            until(lambda: ready("后台任务运行中"))
            until(lambda: _counted() == 2)

            process.terminate()
            assert process.wait(PATIENCE) == 0
        until(lambda: ready("已停止"))
        assert look().says("已停止")
    with scoped(CITY) as connection:
        (one,) = beats.newest(connection)
    assert one.ended_at is not None
    assert one.turns["audit.anchor"].ended is not None, "the last anchor closes the day"
    assert background.standing().still
