"""A small HTTP server in a thread that answers as a test tells it to, byte for byte."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, kw_only=True)
class Request:
    """What came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What goes out. `promised` may claim another length than the body has."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    promised: int | None = None


Script = Callable[[Request], Reply | None]  # None: say nothing until the server closes


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            method=self.command,
            path=parts.path,
            query={key: one[0] for key, one in parse_qs(parts.query, True).items()},
            headers={key.lower(): one for key, one in self.headers.items()},
            body=self.rfile.read(length),
        )
        self.server.seen.append(request)
        reply = self.server.script(request)
        if reply is None:
            self.server.closing.wait()
            self.close_connection = True
            return
        own_clock = "Date" in reply.headers
        (self.send_response_only if own_clock else self.send_response)(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        promised = len(reply.body) if reply.promised is None else reply.promised
        self.send_header("Content-Length", str(promised))
        self.end_headers()
        self.wfile.write(reply.body)
        self.close_connection = promised != len(reply.body)

    do_GET = do_POST = _serve

    def log_message(self, *_args: Any) -> None:
        """Stay quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script: Script = lambda _request: Reply(status=404)
        self.seen: list[Request] = []
        self.closing = threading.Event()

    def handle_error(self, *_args: Any) -> None:
        """A client that went away is no news."""


class ScriptedServer:
    """The server as a test holds it."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self.url = f"http://127.0.0.1:{server.server_address[1]}"

    @property
    def seen(self) -> list[Request]:
        """Every request so far."""
        return self._server.seen

    def play(self, script: Script) -> None:
        """Answer like this from now on."""
        self._server.script = script


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    """A running server."""
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield ScriptedServer(server)
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
