"""Keep the web server from naming itself: ``server: uvicorn`` is added below any middleware."""

from socket import socket

from uvicorn import Server

_start = Server.startup


async def _quiet_start(self: Server, sockets: list[socket] | None = None) -> None:
    # The configuration is loaded before the application is imported, so this is the first moment
    # at which the header can be taken out again, whoever started the server.
    self.config.encoded_headers = [
        header for header in self.config.encoded_headers if header[0] != b"server"
    ]
    await _start(self, sockets)


def silence() -> None:
    """Make every server of this process start without the banner."""
    Server.startup = _quiet_start  # type: ignore[method-assign]
