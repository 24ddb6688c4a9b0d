"""A worker in a process of its own that is killed when it has asked a number of times."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from portal.connectors.template import Values
from portal.functions.verify import Runner
from tests.connectors.support import FakeTransport
from tests.verify import world


def main(folder: str, dies_at: int) -> None:
    """Work until killed."""
    asked: list[str] = []

    async def behave(call: Any, values: Values) -> Any:
        asked.append(str(values["id_number"]))
        if len(asked) == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return await world.knows(call, values)

    records = world.records(Path(folder), {"a": FakeTransport(behave)})
    records.gateway.start()
    runner = Runner(records=records, at_once=5)
    while runner.turn():
        pass


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
