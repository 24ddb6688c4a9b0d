"""后台任务: whether the recurring jobs run, and what stands still for as long as they do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from auth import permissions
from auth.principal import Principal
from portal.functions.systems.rules import PERMISSION
from portal.settings import settings
from portal.store import beats, clock
from portal.store.beats import Beat, Turn
from portal.store.scope import scoped
from portal.store.switches import SERVICE

# What a job is for, by the first two parts of its name; what follows is the system it is done for.
WORKS: Final[Mapping[str, str]] = {
    "tasks.sync": "同步各系统任务",
    "tasks.send": "向各系统发送办理",
    "orders.pull": "接收各系统工单",
    "orders.send": "向各系统发送工单办理",
    "orders.sweep": "工单时限检查",
    "supervision.sweep": "催办督办",
    "evaluation.draw": "抽取回访",
    "applications.send": "向各系统递交申请",
    "applications.follow": "查询申请进度",
    "messages.turn": "发送消息",
    "digests.turn": "定时提醒",
    "notices.sweep": "通知回执时限",
    "forms.fill": "一表通自动填报",
    "forms.renew": "一表通新一期",
    "province.pull": "接收省级一表通",
    "province.send": "报送省级一表通",
    "reports.turn": "定时报表",
    "briefing.turn": "晨报",
    "measures.drain": "统计指标更新",
    "rates.close": "月度考评结账",
    "verify.turn": "批量核验",
    "verify.expire": "核验名单到期清理",
    "findings.daily": "未诉先办日报",
    "findings.orders": "未诉先办跟踪工单",
    "matters.sweep": "事项时限检查",
    "corrections.sweep": "数据校核时限检查",
    "drops.fetch": "接收文件",
    "rounds.walk": "夜间更新索引和指标",
    "changes.patrol": "夜间核对在办事项",
    "systems.watch": "业务系统中断告警",
    "divisions.turn": "区划变更生效",
    "audit.anchor": "审计锚点",
    "drafts.expire": "清理过期草稿",
    "tasks.stirs": "清理任务变动标记",
    # What each process does for itself; it stands still with that process alone.
    "systems.modes": "读取系统接入状态",
    "divisions.follow": "读取区划变更",
}
OF_EACH_PROCESS: Final = frozenset({"systems.modes", "divisions.follow"})

WELL, BUSY, FAILED, LATE, UNTRIED, STILL = "正常", "进行中", "出错", "延误", "未到时间", "停止"
_WORST_FIRST = (STILL, LATE, FAILED, UNTRIED, BUSY, WELL)
_ALLOWANCE: Final = timedelta(seconds=60)  # neither a busy machine nor a usual turn is worth a word


@dataclass(frozen=True, kw_only=True)
class Line:
    """One kind of work: how it stands, how many systems it is done for, when it was last done."""

    work: str
    state: str
    systems: int
    last: datetime | None
    since: datetime | None = None  # a turn is under way since then


@dataclass(frozen=True, kw_only=True)
class Background:
    """The recurring jobs of all processes together."""

    runs: int  # processes that run them now
    last: datetime | None  # the newest sign of life of any; none: nobody ever ran them
    meant: bool  # the last one was told to stop
    lines: tuple[Line, ...]

    @property
    def gone(self) -> bool:
        """Whether nobody runs them."""
        return self.runs == 0

    @property
    def still(self) -> tuple[str, ...]:
        """What stands still."""
        return tuple(one.work for one in self.lines if one.state == STILL)

    @property
    def words(self) -> str:
        """A sentence for whoever looks after the platform."""
        if not self.gone:
            troubled = [one.work for one in self.lines if one.state in (LATE, FAILED)]
            tail = f"，其中延误或出错：{'、'.join(troubled)}" if troubled else ""
            return f"后台任务运行中{tail}"
        if self.last is None:
            return "后台任务没有运行过，须启动 python -m portal jobs"
        at = clock.local(self.last)
        return f"后台任务自 {at:%Y-%m-%d %H:%M:%S} 起{self.how}，暂停：{'、'.join(self.still)}"

    @property
    def how(self) -> str:
        """In which way they ended."""
        return "已停止" if self.meant else "没有响应"


def standing() -> Background:
    """How the jobs stand, for the platform itself."""
    with scoped(SERVICE) as connection:
        found = beats.newest(connection)
    return told(found, clock.now(), timedelta(seconds=settings().jobs_silent_seconds))


def shown(principal: Principal) -> Background:
    """The same for whoever runs the platform."""
    permissions.check(principal, PERMISSION)
    with scoped(principal.reach) as connection:
        found = beats.newest(connection)
    return told(found, clock.now(), timedelta(seconds=settings().jobs_silent_seconds))


# -- the rules ----------------------------------------------------------------------------------


def told(found: Sequence[Beat], now: datetime, limit: timedelta) -> Background:
    """What signs of life come to: the newest first, those that live count."""
    living = [one for one in found if one.lives(now, limit)]
    counted = living or found[:1]
    by_work: dict[str, list[tuple[Beat, str, Turn]]] = {}
    for beat in counted:
        for name, turn in beat.turns.items():
            by_work.setdefault(kind_of(name), []).append((beat, name, turn))
    known = [one for one in WORKS if one in by_work and one not in OF_EACH_PROCESS]
    since = _since(found)
    return Background(
        runs=len(living),
        last=found[0].beat_at if found else None,
        meant=bool(found) and found[0].ended_at is not None,
        lines=tuple(_line(one, by_work[one], since, now, gone=not living) for one in known),
    )


def kind_of(name: str) -> str:
    """The work that a job is part of: ``tasks.sync.hukou`` is ``tasks.sync``."""
    return ".".join(name.split(".")[:2])


def _since(found: Sequence[Beat]) -> dict[str, datetime]:
    """When anybody last did each job, also who is gone; of one that nobody did, when it began.

    A process that ends and is started again and again is young each time, and its jobs are not.
    """
    told_of: dict[str, list[tuple[datetime, datetime | None]]] = {}
    for beat in found:
        for name, turn in beat.turns.items():
            told_of.setdefault(name, []).append((beat.started_at, turn.ended))
    return {
        name: _latest(ended for _, ended in all_) or min(started for started, _ in all_)
        for name, all_ in told_of.items()
    }


def state_of(turn: Turn, started_at: datetime, now: datetime) -> str:
    """How one job stands in a process that lives; ``started_at``: since when it waits for it."""
    if (since := under_way(turn)) is not None and now - since > _ALLOWANCE:
        return BUSY
    every = timedelta(seconds=turn.seconds)
    if now - (turn.ended or started_at) > 3 * every + _ALLOWANCE:
        return LATE
    if turn.ended is None:
        return UNTRIED
    return FAILED if turn.failed else WELL


def under_way(turn: Turn) -> datetime | None:
    """Since when a turn is under way."""
    began = turn.began
    return began if began is not None and (turn.ended is None or began > turn.ended) else None


def _line(
    work: str,
    held: Sequence[tuple[Beat, str, Turn]],
    since: Mapping[str, datetime],
    now: datetime,
    *,
    gone: bool,
) -> Line:
    # Of several processes each does the work of all: that one does it is enough.
    best: dict[str, tuple[str, Turn]] = {}
    for beat, name, turn in held:
        state = STILL if gone else state_of(turn, min(beat.started_at, since[name]), now)
        if name not in best or _rank(state) > _rank(best[name][0]):
            best[name] = (state, turn)
    state = min((one for one, _ in best.values()), key=_rank)
    began = [at for one, turn in best.values() if one == BUSY and (at := under_way(turn))]
    return Line(
        work=WORKS[work],
        state=state,
        systems=sum(name.count(".") > 1 for name in best),
        last=_latest(turn.ended for _, _, turn in held),
        since=min(began, default=None),
    )


def _rank(state: str) -> int:
    return _WORST_FIRST.index(state)


def _latest(moments: Iterable[datetime | None]) -> datetime | None:
    return max((one for one in moments if one is not None), default=None)
