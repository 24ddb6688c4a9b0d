"""``systems check``: a live probe of every connected system, one line each."""

import sys

from portal.connectors.contract import State
from portal.functions.entry import LIVE_MODES
from portal.store.citypack import pack
from portal.wiring import build


def check() -> int:
    """Probe the systems that are switched on; the exit status is 1 when one does not answer."""
    wired = build()
    wired.gateway.start()
    well = True
    try:
        for site in pack().systems:
            if site.mode not in LIVE_MODES:
                sys.stdout.write(f"{site.name}：{site.mode}\n")
                continue
            health = wired.gateway.probe(site.id)
            well = well and health.state is State.RETURNED
            simulated = "（模拟）" if site.simulated else ""
            sys.stdout.write(
                f"{site.name}{simulated}：{health.state.value} {health.message}"
                f" {health.elapsed_ms} 毫秒\n"
            )
    finally:
        wired.gateway.stop()
    return 0 if well else 1
