"""``systems check [ID]``: a live probe of the connected systems, one line each."""

import sys

from portal.connectors.contract import State
from portal.connectors.registry import REACHABLE_MODES
from portal.store.citypack import SystemSite, pack
from portal.wiring import Wired, build


def _line(wired: Wired, site: SystemSite) -> tuple[bool, str]:
    """Whether a system is as it should be, and the sentence about it."""
    if site.mode not in REACHABLE_MODES:
        return True, f"{site.name}：{site.mode}"
    simulated = "（模拟）" if site.simulated else ""
    health = wired.gateway.probe(site.id)
    words = f"{health.state.value} {health.message} {health.elapsed_ms} 毫秒"
    return health.state is State.RETURNED, f"{site.name}{simulated}（{site.mode}）：{words}"


def _approval(site: SystemSite) -> str:
    held = f"{site.approval_no}，有效期至 {site.approval_until}" if site.approval_no else "未填写"
    return f"  共享依据：{site.legal_basis or '未填写'}；批准文号：{held}"


def check(system_id: str | None = None) -> int:
    """Probe every system, or the named one; the status is 1 when one does not answer as it should.

    A name that no system has gives 2, with the names there are.
    """
    sites = [one for one in pack().systems if system_id in (None, one.id)]
    if not sites:
        known = "、".join(one.id for one in pack().systems)
        sys.stdout.write(f"没有编号为“{system_id}”的业务系统。现有：{known}\n")
        return 2
    wired = build()
    wired.gateway.start()
    try:
        found = [_line(wired, one) for one in sites]
    finally:
        wired.gateway.stop()
    for _, line in found:
        sys.stdout.write(line + "\n")
    if system_id is not None:
        sys.stdout.write(_approval(sites[0]) + "\n")
    return 0 if all(well for well, _ in found) else 1
