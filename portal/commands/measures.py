"""``python -m portal measures``: walk the systems for the numbers, or form the roll-ups anew."""

from collections.abc import Callable, Iterable

from portal import plugs
from portal.affairs.findings import restating
from portal.affairs.findings.book import FLOW
from portal.connectors.registry import System
from portal.functions import rounds
from portal.functions.drops import drop_systems
from portal.functions.rounds import Walked
from portal.store import measure_reads, measure_rebuild, measures
from portal.store.citypack import pack
from portal.store.scope import scoped
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


def _restate_own(say: Say) -> None:
    """The platform's own numbers that are formed anew from what there is."""
    for one in plugs.own_counts():
        counted = one.restate()
        _say_restated(say, one.name, counted.rows, counted.moved, counted.apart)
    if pack().flow(FLOW) is not None:
        done = restating.restate()
        _say_restated(say, "未诉先办问题", done.findings, done.moved, done.apart)


def _say_restated(say: Say, name: str, rows: int, moved: int, apart: int) -> None:
    kept = f"；其中 {apart} 件所在区划有变更，按当时区划保留，未改动" if apart else ""
    say(f"  {name} {rows} 件，更新 {moved} 个数{kept}")


def rebuild() -> int:
    """Form every roll-up anew from the changes, one measure after the other."""
    _restate_own(print)
    with scoped(measures.WRITER) as connection:
        names = {one.id: one.name for one in measure_reads.definitions(connection).values()}
        chosen = measure_rebuild.addable(connection)
    for one in chosen:
        with scoped(measures.WRITER) as connection:
            rows = measure_rebuild.rebuild(connection, one)
        print(f"  {names[one]}：汇总 {rows} 行")
    measures.settle()
    print(f"已按变动记录重算 {len(chosen)} 项指标的汇总；按级去重的指标由来源系统给出，未改动。")
    return 0


def refresh() -> int:
    """The command; its exit status says whether every system answered."""
    wired = build()
    wired.gateway.start()
    try:
        # What was landed as files is counted again without asking anybody.
        systems = [*rounds.asked(wired.gateway), *drop_systems(wired.gateway)]
        _restate_own(print)
        return 1 if refresh_all(wired, print, systems) else 0
    finally:
        wired.gateway.stop()
