"""``python -m benchmarks [--only GROUP]``: run the groups, one JSON line per figure."""

import argparse
import signal
import sys
import traceback
from contextlib import ExitStack
from importlib import import_module

from benchmarks.house import House, open_house

ALONE = (
    "records",
    "reports",
    "library",
    "citysize",
    "tasks",
    "drops",
    "dispatch",
    "orders",
    "orders_intake",
    "league",
    "findings",
    "forms",
    "jobs",
)
IN_HOUSE = ("start", "pages", "dossier", "rosters", "sessions")  # they share one running product
GROUPS = (*ALONE, *IN_HOUSE)


class LazyHouse:
    """The running product, started when a group first needs it."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._house: House | None = None

    def __call__(self) -> House:
        if self._house is None:
            self._house = self._stack.enter_context(open_house())
        return self._house


def _run(group: str, house: LazyHouse) -> None:
    module = import_module(f"benchmarks.{group}")
    module.run() if group in ALONE else module.run(house())


def _stop(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Run the chosen groups; one that fails does not take the others with it."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--only", choices=GROUPS, help="只测一组")
    chosen = parser.parse_args().only
    for stops in (signal.SIGINT, signal.SIGTERM):  # a shell's background job ignores the first
        signal.signal(stops, _stop)
    failed = []
    with ExitStack() as stack:
        house = LazyHouse(stack)
        for group in GROUPS if chosen is None else (chosen,):
            try:
                _run(group, house)
            except Exception:
                traceback.print_exc()
                failed.append(group)
    if failed:
        print(f"未完成：{'、'.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
