"""``python -m sandbox``: build the world, fill the database, serve the simulated systems."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn

from sandbox.application import create_app
from sandbox.entrance import Platform
from sandbox.files.server import FileServer
from sandbox.grid.database import GridUnavailable
from sandbox.options import Options, Refused, read_options
from sandbox.population import World, build
from sandbox.region import PackError, load_region


class _Server(uvicorn.Server):
    """Says one line when it can be asked."""

    def __init__(self, config: uvicorn.Config, world: World) -> None:
        super().__init__(config)
        self._world = world

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then announce the address (the port is known only now when 0 was asked for)."""
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            residents = len(self._world.persons)
            print(f"sandbox ready http://{host}:{port} residents={residents}", flush=True)


def main() -> int:
    """Run until stopped; 2 when it refuses to start."""
    with ExitStack() as stack:
        try:
            options = read_options(sys.argv[1:], os.environ)
            server = _prepare(options, _file_server(options, stack))
        except (Refused, PackError, GridUnavailable) as error:
            print(error, file=sys.stderr)
            return 2
        with suppress(KeyboardInterrupt):
            server.run()
        return 0 if server.started else 1


def _file_server(options: Options, stack: ExitStack) -> FileServer:
    """The SFTP server over a folder that goes with the process."""
    root = Path(stack.enter_context(TemporaryDirectory(prefix="sandbox-files-")))
    server = FileServer(root, host=options.host, port=options.sftp_port)
    server.start()
    stack.callback(server.stop)
    return server


def _prepare(options: Options, files: FileServer) -> _Server:
    world = build(load_region(options.pack), scale=options.scale, seed=options.seed)
    if not options.database_url:
        print("未设置 SANDBOX_DATABASE_URL：不提供数据库视图类系统，其余照常。", file=sys.stderr)
    platform = Platform(
        url=options.portal_url,
        passwords=options.ticket_passwords,
        links=options.link_secrets,
    )
    app = create_app(
        world,
        options.credentials,
        database_url=options.database_url,
        files=files,
        portal=platform,
    )
    config = uvicorn.Config(
        app,
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    return _Server(config, world)


if __name__ == "__main__":
    sys.exit(main())
