"""``python -m portal jobs``: the recurring jobs in a process of their own, until told to stop.

Several such processes may run; each does what no other is doing just then.
"""

import signal
from threading import Event

from portal.wiring import build


def run() -> int:
    """Run them; what is under way when the signal comes may end."""
    told = Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: told.set())
    wired = build()
    wired.start(jobs=True)
    try:
        print("后台任务运行中（按 Ctrl-C 停止）", flush=True)
        told.wait()
        print("后台任务正在停止……", flush=True)
    finally:
        wired.stop()
    return 0
