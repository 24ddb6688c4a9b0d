"""What starts before the first visitor and stops after the last."""

import gc
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from typing import Any, Protocol

from anyio import to_thread

from auth import sessions
from portal.shield.sockets import watching
from portal.shield.stack import Shield

# How long a tab may stay on the screen after its session ended in another process.
_SWEEP_SECONDS = 2.0
# Slow to import, and needed by nearly every page: not at the first click.
_SLOW_IMPORTS = ("pandas", "pyarrow", "plotly.graph_objects")


class Runs(Protocol):
    """What is started and stopped with the server."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""


def running(
    shield: Shield, wired: Callable[[], Runs], imports: Iterable[str] = ()
) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """The lifespan of one server process."""

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        for name in (*_SLOW_IMPORTS, *imports):
            import_module(name)
        background = wired()
        await to_thread.run_sync(background.start)
        stop_listening = sessions.on_revoked(shield.sockets.end_from_any_thread)
        # What exists now exists for ever: no collection needs to look at it again.
        gc.collect()
        gc.freeze()
        try:
            async with watching(shield.sockets, shield.doorkeeper, seconds=_SWEEP_SECONDS):
                yield
        finally:
            stop_listening()
            await to_thread.run_sync(background.stop)

    return lifespan
