"""A browser without a screen: opens a tab over the raw websocket, clicks, and counts.

Unlike the tests' client it is asynchronous, so that one process plays hundreds of people, and it
keeps large elements as the frontend does: by their hash, which it names at the next click.
"""

import json
import secrets as random_secrets
import time
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from portal.settings import secrets

_USER, _XSRF = "_streamlit_user", "_streamlit_xsrf"
_KEPT_RUNS = 2  # as the frontend: an element not seen for two runs is forgotten


@lru_cache(maxsize=64)
def _token(base: str) -> str:
    """The token of the double-submit cookie: the server compares it, and keeps nothing of it."""
    with httpx.Client(base_url=base, timeout=30) as client:
        client.get("/_stcore/health")
        return client.cookies[_XSRF]


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The cookies and the address a tab is opened with."""

    base: str
    cookies: dict[str, str]

    @classmethod
    def unknown(cls, base: str) -> "Identity":
        """Somebody who is not signed in."""
        return cls(base=base, cookies={_XSRF: _token(base)})

    @classmethod
    def of(cls, login: str, base: str, *, issuer: str) -> "Identity":
        """A new sign-in, signed with this deployment's own secret as its callback would do it.

        The sign-in form itself is left out: it costs a slow password hash by design.
        """
        claims = {
            "is_logged_in": True,
            "iss": f"{issuer}/idp",
            "sub": login,
            "iat": int(time.time()),
            "sid": random_secrets.token_hex(16),
            "nonce": random_secrets.token_hex(16),
            "origin": base,
        }
        signed = create_signed_value(secrets().cookie_secret, _USER, json.dumps(claims)).decode()
        return cls(base=base, cookies={**cls.unknown(base).cookies, _USER: signed})

    def cookie_header(self) -> str:
        """The cookies as a browser would send them."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


@dataclass(kw_only=True)
class Run:
    """One run of the script as it reached the browser."""

    seconds: float = 0.0
    size: int = 0
    messages: list[ForwardMsg] = field(default_factory=list)

    def says(self, text: str) -> bool:
        """Whether a text arrived."""
        return any(text.encode() in one.SerializeToString() for one in self.messages)


class Visitor:
    """One open tab."""

    def __init__(self, socket: ClientConnection, base: str, first: str) -> None:
        self._socket = socket
        self._base = base
        self._first = first  # the page it is opened on; '': the home
        self._kept: dict[str, int] = {}
        self._page = ""
        self._runs = 0

    @classmethod
    async def arrive(cls, identity: Identity, page: str = "") -> "Visitor":
        """Open the websocket, for the home or for the page of an address."""
        offered = [Subprotocol("streamlit"), Subprotocol(identity.cookies[_XSRF])]
        socket = await connect(
            f"ws://{urlsplit(identity.base).netloc}/_stcore/stream",
            origin=identity.base,
            subprotocols=offered,
            additional_headers={"Cookie": identity.cookie_header()},
            max_size=None,
            open_timeout=60,
            ping_interval=None,
            proxy=None,
        )
        return cls(socket, identity.base, page)

    async def click(self) -> Run:
        """Run the page once more and wait until its last word has arrived."""
        state = ClientState(page_script_hash=self._page, cached_message_hashes=list(self._kept))
        if not self._page:
            state.page_name = self._first
        state.context_info.url = f"{self._base}/{self._first}"
        state.context_info.timezone = "Asia/Shanghai"
        state.context_info.timezone_offset = -480
        state.context_info.locale = "zh-CN"
        run, started = Run(), time.perf_counter()
        await self._socket.send(BackMsg(rerun_script=state).SerializeToString())
        while True:
            raw = await self._socket.recv()
            run.size += len(raw)
            message = ForwardMsg.FromString(raw)
            run.messages.append(message)
            self._note(message)
            if message.HasField("script_finished"):
                break
        run.seconds = time.perf_counter() - started
        self._forget()
        return run

    async def leave(self) -> None:
        """Close the tab."""
        await self._socket.close()

    def _note(self, message: ForwardMsg) -> None:
        if message.HasField("new_session"):
            self._page = message.new_session.page_script_hash
        elif message.HasField("navigation"):  # the page that was found for the address
            self._page = message.navigation.page_script_hash
        elif message.HasField("auth_redirect"):
            raise RuntimeError("the visitor was sent to the sign-in page")
        elif message.metadata.cacheable:
            self._kept[message.hash] = self._runs
        elif message.ref_hash:
            self._kept[message.ref_hash] = self._runs

    def _forget(self) -> None:
        self._runs += 1
        self._kept = {
            name: run for name, run in self._kept.items() if self._runs - run <= _KEPT_RUNS
        }
