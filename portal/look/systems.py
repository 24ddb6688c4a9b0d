"""How the operator's board looks: one calm line for each system, details on a page of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from portal.look import states
from portal.look.markup import Html, tag, text
from portal.look.tables import Column, table
from portal.look.today import link

NOTHING = tag("span", "—", class_="none")
_MOST_FAULTS = 2


class Counted(Protocol):
    """The figures of one window, as far as they are drawn."""

    @property
    def calls(self) -> int: ...
    @property
    def probes(self) -> int: ...
    @property
    def cached(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def p50_ms(self) -> int | None: ...
    @property
    def p95_ms(self) -> int | None: ...
    @property
    def faults(self) -> tuple[tuple[str, int], ...]: ...


class Line(Protocol):
    """One system of the board, as far as it is drawn."""

    @property
    def system_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def decided(self) -> bool: ...
    @property
    def simulated(self) -> bool: ...
    @property
    def state(self) -> str: ...
    @property
    def failing_since(self) -> datetime | None: ...
    @property
    def figures(self) -> Counted: ...
    @property
    def last_good(self) -> datetime | None: ...
    @property
    def resting_until(self) -> datetime | None: ...
    @property
    def rested_lately(self) -> int: ...
    @property
    def stale_minutes(self) -> int | None: ...
    @property
    def level(self) -> str: ...
    @property
    def approval_over(self) -> bool: ...
    @property
    def alarms(self) -> int: ...


COLUMNS = (
    Column(head="业务系统"),
    Column(head="接入"),
    Column(head="运行"),
    Column(head="调用", kind="num"),
    Column(head="失败", kind="num"),
    Column(head="半数用时", kind="num"),
    Column(head="95% 用时", kind="num"),
    Column(head="主要故障"),
    Column(head="最近应答"),
    Column(head="断路"),
    Column(head="旧数据", kind="num"),
    Column(head="质量"),
)


def board(rows: Sequence[Line]) -> Html:
    """All systems, one line each."""
    whole = table("业务系统运行情况", COLUMNS, [_line(one) for one in rows])
    return tag("div", whole, class_="board")


def _line(one: Line) -> Sequence[Html]:
    figures = one.figures
    mock = tag("small", "模拟", class_="mock") if one.simulated else ""
    name = link(one.name, f"/systems?system={one.system_id}", title=f"{one.name} · {one.owner}")
    return (
        tag("span", name + mock, class_="named"),
        _mode(one),
        running(one),
        _count(figures.calls),
        tag("b", f"{figures.failed:,}", class_="due") if figures.failed else _count(0),
        _ms(figures.p50_ms),
        _ms(figures.p95_ms),
        faults(figures.faults, _MOST_FAULTS),
        text(states.moment(one.last_good)) if one.last_good else NOTHING,
        resting(one),
        text(f"{one.stale_minutes} 分") if one.stale_minutes is not None else NOTHING,
        text(one.level) + (" " + states.chip("故障", "批准到期") if one.approval_over else ""),
    )


def _mode(one: Line) -> Html:
    mark = tag("small", "已决定", title="由平台运维决定，优先于城市包") if one.decided else ""
    return text(one.mode) + mark


def running(one: Line) -> Html:
    """How it is, for all processes alike; since when, when it is not well."""
    if one.failing_since is not None:
        since = tag("small", text(f"自 {states.moment(one.failing_since)}"))
        return states.chip("故障") + since
    return states.chip(one.state, "正常" if one.state == "已返回" else "")


def resting(one: Line) -> Html:
    """What this process's breaker knows, and whether others rested lately."""
    if one.resting_until is not None:
        return states.chip("超时", f"暂停至 {states.moment(one.resting_until)[-5:]}")
    if one.rested_lately:
        return tag("span", f"近 5 分钟跳过 {one.rested_lately} 次", class_="quiet")
    return NOTHING


def _count(number: int) -> Html:
    return f"{number:,}" if number else tag("span", "0", class_="none")


def _ms(milliseconds: int | None) -> Html:
    if milliseconds is None:
        return NOTHING
    return f"{milliseconds:,}" + tag("small", "毫秒")


def faults(found: Sequence[tuple[str, int]], most: int) -> Html:
    """The classes of faults, the most frequent first."""
    if not found:
        return NOTHING
    told = "、".join(f"{name} {number}" for name, number in found[:most])
    more = f" 等 {len(found)} 类" if len(found) > most else ""
    every = "、".join(f"{name} {number}" for name, number in found)
    return tag("span", text(told + more), title=every)


def windows(given: dict[str, Counted]) -> Html:
    """One system in every window."""
    columns = (
        Column(head="时间范围"),
        Column(head="调用", kind="num"),
        Column(head="检测", kind="num"),
        Column(head="取自缓存", kind="num"),
        Column(head="失败", kind="num"),
        Column(head="半数用时", kind="num"),
        Column(head="95% 用时", kind="num"),
        Column(head="故障类别", kind="wrap"),
    )
    rows = [
        (text(f"近 {name}"), _count(one.calls), _count(one.probes), _count(one.cached),
         _count(one.failed), _ms(one.p50_ms), _ms(one.p95_ms), faults(one.faults, 12))
        for name, one in given.items()
    ]  # fmt: skip
    return table("调用情况", columns, rows)
