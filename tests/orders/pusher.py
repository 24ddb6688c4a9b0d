"""Pushes orders in a process of its own until it is told to die, or until all are in.

With ``drain`` it is the worker instead, which brings what they count for over to the measures.
"""

import os
import signal
import sys

from portal.affairs.orders import intake, tally
from portal.store import measures
from tests.orders import world

BATCH = 100


def main(count: int, dies_in: int) -> None:
    """Push so many; die in the middle of the delivery with this number, its work half done."""
    if dies_in >= 0:
        _die_within(dies_in)
    for start in range(0, count, BATCH):
        intake.take([world.demand(str(n)) for n in range(start, start + BATCH)])


def _die_within(delivery: int) -> None:
    """The process is killed when a delivery's orders are written and nothing beside them yet."""
    beside, seen = intake._beside, [0]

    def killed(*given: object) -> None:
        if seen[0] == delivery:
            os.kill(os.getpid(), signal.SIGKILL)
        seen[0] += 1
        beside(*given)  # type: ignore[arg-type]

    intake._beside = killed


def drain(dies_in: int) -> None:
    """Bring over some notes at a time; die when those of a turn are taken and added up."""
    add, seen = measures.add, [0]

    def killed(*given: object) -> None:
        add(*given)  # type: ignore[arg-type]
        if seen[0] == dies_in:
            os.kill(os.getpid(), signal.SIGKILL)
        seen[0] += 1

    measures.add = killed
    tally.drain(BATCH // 5)


if __name__ == "__main__":
    if sys.argv[1] == "drain":
        drain(int(sys.argv[2]))
    else:
        main(int(sys.argv[1]), int(sys.argv[2]))
