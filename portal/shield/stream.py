"""The websocket: every message is checked against the session table before Streamlit sees it.

Callbacks and fragments do not pass the entry script, so a gate in a page cannot protect them. Here
a message of an ended session goes nowhere, an ended tab is cleared, and somebody unknown can do
nothing but look at the entry page.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from portal.shield import replies
from portal.shield.doorkeeper import SIGN_IN_COOKIES, Doorkeeper, cookies_of, without_sign_in
from portal.shield.messages import Admitted, admit
from portal.shield.signout import ENDED_PATH
from portal.shield.sockets import Socket, Sockets

_log = structlog.get_logger(__name__)

SESSION_OVER, TRY_LATER, NOT_ALLOWED = 4401, 1013, 1003
# The tab in which somebody signs out may revoke before it is told where to go: it must reach the
# identity provider undisturbed. Nothing else passes its socket meanwhile.
_GRACE_SECONDS = 0.3
_LEAVING_SECONDS = 20.0
_LOGOUT, _SHORT = b"/auth/logout", 1024

# The cookies of the tab that registered a deferred download, or None when there is none.
DownloadCookies = Callable[[str], Mapping[str, str] | None]


def _go_to(address: str) -> Message:
    """The frontend's own message for leaving a page: it wipes whatever is on the screen."""
    farewell = ForwardMsg()
    farewell.auth_redirect.url = address
    return {"type": "websocket.send", "bytes": farewell.SerializeToString()}


def _resumes(scope: Scope) -> bool:
    """Whether this is an old tab coming back: its third sub-protocol names the tab's session."""
    offered = Headers(scope=scope).get("sec-websocket-protocol", "").split(",")
    return len(offered) > 2 and bool(offered[2].strip())


class Stream:
    """Guards the handshake and then every message of a websocket."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        doorkeeper: Doorkeeper,
        sockets: Sockets,
        download_cookies: DownloadCookies,
    ) -> None:
        self.app = app
        self._doorkeeper = doorkeeper
        self._sockets = sockets
        self._download_cookies = download_cookies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        cookies = cookies_of(scope)
        try:
            live = await self._doorkeeper.identify(cookies)
        except Exception:
            _log.exception("handshake_not_checked")
            await replies.refusal(503)(scope, receive, send)
            return
        if live is not None:
            await self._signed_in(scope, receive, send, live.id, cookies)
        elif _resumes(scope):
            await _clear_tab(receive, send, dead=SIGN_IN_COOKIES in cookies)
        else:
            await self._unknown(without_sign_in(scope), receive, send)

    async def _unknown(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def filtered() -> Message:
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    return message
                admitted = admit(message.get("bytes") or b"", signed_in=False)
                if admitted is not None:
                    return {"type": "websocket.receive", "bytes": admitted.raw}

        await self.app(scope, filtered, send)

    async def _signed_in(
        self, scope: Scope, receive: Receive, send: Send, session_id: str, cookies: dict[str, str]
    ) -> None:
        socket = self._sockets.add(session_id)
        line = _Line(socket, receive, send)
        reader = asyncio.create_task(self._read(line, cookies))
        closer = asyncio.create_task(line.close_when_over())
        try:
            await self.app(scope, line.inbox.get, line.send)
        finally:
            self._sockets.discard(socket)
            for task in (reader, closer):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _read(self, line: "_Line", cookies: Mapping[str, str]) -> None:
        """Pass on what may pass; runs until the browser is gone."""
        while True:
            message = await line.receive()
            if message["type"] == "websocket.disconnect":
                line.hang_up(message.get("code", 1005))
                return
            if message["type"] == "websocket.connect":
                line.inbox.put_nowait(message)
            elif not line.socket.over.is_set():
                await self._consider(line, message, cookies)

    async def _consider(self, line: "_Line", message: Message, cookies: Mapping[str, str]) -> None:
        admitted = admit(message.get("bytes") or b"", signed_in=True)
        if admitted is None:
            _log.warning("message_dropped", session=line.socket.session_id[:12])
            return
        session_id = line.socket.session_id
        try:
            stands = await self._doorkeeper.check(session_id, touch=admitted.activity)
        except Exception:
            _log.exception("message_not_checked")
            await line.close(TRY_LATER)
            return
        if not stands:
            self._sockets.end({session_id})
        elif not line.socket.over.is_set() and self._is_own_download(admitted, cookies):
            line.inbox.put_nowait({"type": "websocket.receive", "bytes": admitted.raw})

    def _is_own_download(self, admitted: Admitted, cookies: Mapping[str, str]) -> bool:
        if admitted.deferred_file is None:
            return True
        owner = self._download_cookies(admitted.deferred_file)
        return owner is not None and self._doorkeeper.same_sign_in(cookies, owner)


class _Line:
    """One websocket between the browser and Streamlit, which can be cut from outside."""

    def __init__(self, socket: Socket, receive: Receive, send: Send) -> None:
        self.socket = socket
        self.receive = receive
        self.inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._send = send
        self._accepted = asyncio.Event()
        self._closed = False

    async def send(self, message: Message) -> None:
        """To the browser; once the session is over, only the way to the sign-out."""
        payload = message.get("bytes") or b""
        signs_out = len(payload) < _SHORT and _LOGOUT in payload
        if self._closed or (self.socket.over.is_set() and not signs_out):
            return
        if message["type"] == "websocket.close":
            self._closed = True
        if signs_out:
            self.socket.leaving.set()
        await self._send(message)
        if message["type"] == "websocket.accept":
            self._accepted.set()

    def hang_up(self, code: int) -> None:
        """Tell Streamlit that the browser is gone."""
        self._closed = True
        self.inbox.put_nowait({"type": "websocket.disconnect", "code": code})

    async def close(self, code: int, *, farewell: Message | None = None) -> None:
        """Cut the line on both sides, once; the browser first, as Streamlit's end ends this too."""
        if self._closed:
            return
        self._closed = True
        if farewell is not None:
            await self._send(farewell)
        await self._send({"type": "websocket.close", "code": code})
        self.hang_up(code)

    async def close_when_over(self) -> None:
        """Clear the tab the moment its session is over."""
        await self.socket.over.wait()
        try:
            async with asyncio.timeout(_GRACE_SECONDS):
                await self.socket.leaving.wait()
        except TimeoutError:
            await self._accepted.wait()
            await self.close(SESSION_OVER, farewell=_go_to(ENDED_PATH))
            return
        await asyncio.sleep(_LEAVING_SECONDS)
        await self.close(SESSION_OVER)


async def _clear_tab(receive: Receive, send: Send, *, dead: bool) -> None:
    """An old tab that comes back without a live session is sent to the entry page."""
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "streamlit"})
    await send(_go_to(ENDED_PATH if dead else "/"))
    await send({"type": "websocket.close", "code": SESSION_OVER})
