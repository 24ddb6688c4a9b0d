"""``python -m portal drops fetch``: take in what systems have put out as files."""

from collections.abc import Callable

from portal.functions import drops
from portal.wiring import Wired, build

Say = Callable[[str], None]


def fetch_all(wired: Wired, say: Say) -> int:
    """Look into every drop folder; gives how many could not be read."""
    failed = 0
    for system in drops.drop_systems(wired.gateway):
        done = drops.fetch(wired.gateway, system)
        failed += bool(done.problem)
        tell(system.name, done, say)
    return failed


def tell(name: str, done: drops.Fetched, say: Say) -> None:
    """A line about the folder, or one about each file."""
    if done.problem:
        say(f"  {name}：没有取到，已入库的数据保留。{done.problem}")
    elif not done.arrivals:
        say(f"  {name}：没有新文件")
    for one in done.arrivals:
        rows = f" {one.rows} 行" if one.rows else ""
        say(f"  {name}：{one.name} {one.state}{rows}{'　' + one.message if one.message else ''}")


def fetch() -> int:
    """The command; its exit status says whether every folder could be read."""
    wired = build()
    wired.gateway.start()
    try:
        return 1 if fetch_all(wired, print) else 0
    finally:
        wired.gateway.stop()
