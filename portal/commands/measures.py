"""``python -m portal measures refresh``: walk the rosters and bring the measures up to date."""

from collections.abc import Callable

from portal.connectors.contract import Capability
from portal.functions.reports import collect
from portal.wiring import Wired, build

Say = Callable[[str], None]


def refresh_all(wired: Wired, say: Say) -> int:
    """Each system that supplies measures, one after the other; gives how many failed."""
    failed = 0
    for system in wired.gateway.registry.serving(Capability.REPORTS):
        done = collect.refresh(wired.gateway, system)
        failed += bool(done.problem)
        tell(system.name, done, say)
    return failed


def tell(name: str, done: collect.Measured, say: Say) -> None:
    """One line about one system."""
    if done.problem:
        say(f"  {name}：没有取到，原有数据保留。{done.problem}")
    else:
        say(f"  {name}：统计指标 {done.measures} 项，更新 {done.moved} 个数")


def refresh() -> int:
    """The command; its exit status says whether every system answered."""
    wired = build()
    wired.gateway.start()
    try:
        return 1 if refresh_all(wired, print) else 0
    finally:
        wired.gateway.stop()
