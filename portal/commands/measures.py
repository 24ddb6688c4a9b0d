"""``python -m portal measures refresh``: walk the systems for the index and the measures."""

from collections.abc import Callable, Iterable

from portal.connectors.registry import System
from portal.functions import rounds
from portal.functions.drops import drop_systems
from portal.functions.rounds import Walked
from portal.wiring import Wired, build

Say = Callable[[str], None]


def refresh_all(wired: Wired, say: Say, systems: Iterable[System]) -> int:
    """Each of the systems, one after the other; gives how many failed."""
    failed = 0
    for system in systems:
        done = rounds.walk(wired.gateway, system)
        failed += bool(done.problem)
        say(f"  {system.name}：{_words(done)}")
    return failed


def _words(done: Walked) -> str:
    if done.problem:
        return f"没有取到，原有数据保留。{done.problem}"
    parts = []
    if done.indexed:
        parts.append(f"{done.indexed.people} 人，{done.indexed.relations} 条关系")
    if done.listed:
        parts.append(f"房屋 {done.listed.houses} 处，单位 {done.listed.enterprises} 家")
    if done.measured:
        parts.append(f"统计指标 {done.measured.measures} 项，更新 {done.measured.moved} 个数")
    return "；".join(parts)


def refresh() -> int:
    """The command; its exit status says whether every system answered."""
    wired = build()
    wired.gateway.start()
    try:
        # What was landed as files is counted again without asking anybody.
        systems = [*rounds.asked(wired.gateway), *drop_systems(wired.gateway)]
        return 1 if refresh_all(wired, print, systems) else 0
    finally:
        wired.gateway.stop()
