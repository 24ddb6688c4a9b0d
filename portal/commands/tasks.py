"""``python -m portal tasks sync``: pull the tasks and work orders of every system that has them."""

from collections.abc import Callable

from portal.affairs.orders import mirror as order_mirror
from portal.affairs.orders.gone import Gone
from portal.functions.orders import pull_all
from portal.functions.tasks.sync import sync_all
from portal.wiring import Wired, build

Say = Callable[[str], None]


def sync_each(wired: Wired, say: Say, *, whole: bool = False) -> int:
    """Tasks, one line per system; gives how many did not answer."""
    failed = 0
    for one in sync_all(wired.gateway, whole=whole):
        failed += bool(one.problem)
        if one.problem:
            say(f"  {one.name}：没有取到任务，原有任务保留。{one.problem}。")
        else:
            gone = f"，已收回或办结 {one.gone} 件" if one.gone else ""
            say(f"  {one.name}：新任务 {one.added} 件，有变化 {one.changed} 件{gone}")
    return failed


def orders_each(wired: Wired, say: Say, *, whole: bool = False) -> int:
    """The same for work orders; the recurring jobs bring them by themselves, order by order."""
    found = pull_all(wired.gateway, order_mirror.take, Gone(), whole=whole)
    for one in found:
        name = wired.gateway.registry.system(one.system_id).name
        if one.problem:
            say(f"  {name}：没有取到工单，原有工单保留。{one.problem}。")
        else:
            gone = f"，来源撤销 {one.gone} 件" if one.gone else ""
            say(f"  {name}：新工单 {one.added} 件，有变化 {one.changed} 件{gone}")
    return sum(bool(one.problem) for one in found)


def sync(*, whole: bool = False) -> int:
    """The command; its exit status says whether every system answered."""
    wired = build()
    wired.gateway.start()
    try:
        failed = sync_each(wired, print, whole=whole) + orders_each(wired, print, whole=whole)
        return 1 if failed else 0
    finally:
        wired.gateway.stop()
