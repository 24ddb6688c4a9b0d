"""A browser without a screen: cookies, the sign-in form, and Streamlit's websocket as bytes."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest, BackMsg, DeferredFileRequestPayload
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

SECONDS = 30.0  # the longest that anything here may take; nothing waits for it when all is well


@dataclass
class Run:
    """What one script run sent to the browser."""

    messages: list[ForwardMsg] = field(default_factory=list)

    def says(self, text: str) -> bool:
        """Whether the text reached the browser, anywhere."""
        wanted = text.encode()
        return any(wanted in message.SerializeToString() for message in self.messages)

    def elements(self, kind: str) -> list[Any]:
        """Every new element of a kind, such as ``button``."""
        new = (m.delta.new_element for m in self.messages if m.WhichOneof("type") == "delta")
        return [getattr(one, kind) for one in new if one.WhichOneof("type") == kind]

    def fragments(self) -> list[str]:
        """The ids of the fragments that were drawn."""
        return [m.delta.fragment_id for m in self.messages if m.delta.fragment_id]

    def redirect(self) -> str | None:
        """Where the browser was sent, if it was."""
        sent = [m.auth_redirect.url for m in self.messages if m.HasField("auth_redirect")]
        return sent[-1] if sent else None

    def page_hashes(self) -> dict[str, str]:
        """The hash of each page that the navigation names, by its address."""
        named = [m.navigation for m in self.messages if m.HasField("navigation")]
        return {p.url_pathname: p.page_script_hash for one in named for p in one.app_pages}


class Tab:
    """One open tab: a websocket to Streamlit."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.session_id = ""

    def send(self, message: BackMsg) -> None:
        """Say anything at all to the server."""
        self.socket.send(message.SerializeToString())

    def run(self, **state: Any) -> Run:
        """Run the script with this client state, and collect what it sends."""
        self.send(BackMsg(rerun_script=ClientState(**state)))
        return self.collect()

    def press(self, widget_id: str, **state: Any) -> None:
        """Press a button, and wait for nothing."""
        pressed = WidgetStates(widgets=[WidgetState(id=widget_id, trigger_value=True)])
        self.send(BackMsg(rerun_script=ClientState(widget_states=pressed, **state)))

    def click(self, widget_id: str, **state: Any) -> Run:
        """Press a button, and collect the run that follows."""
        self.press(widget_id, **state)
        return self.collect()

    def sent_to(self) -> str:
        """The address that the browser is sent to next."""
        while True:
            message = self.next()
            if message.HasField("auth_redirect"):
                return str(message.auth_redirect.url)

    def collect(self) -> Run:
        """Everything up to the end of the run."""
        run = Run()
        while True:
            message = self.next()
            run.messages.append(message)
            if message.HasField("new_session"):
                self.session_id = message.new_session.initialize.session_id
            if message.HasField("script_finished"):
                return run

    def next(self) -> ForwardMsg:
        """The next message of the server."""
        received = self.socket.recv(timeout=SECONDS)
        assert isinstance(received, bytes)
        message = ForwardMsg()
        message.ParseFromString(received)
        return message

    def ask_deferred(self, file_id: str) -> None:
        """Ask for a download that is made on a click."""
        wanted = DeferredFileRequestPayload(file_id=file_id)
        request = BackendOperationRequest(
            request_id="1", session_id=self.session_id, deferred_file=wanted
        )
        self.send(BackMsg(backend_operation_request=request))

    def deferred(self, file_id: str) -> str:
        """Ask for such a download; gives the address of what was made."""
        self.ask_deferred(file_id)
        while True:
            message = self.next()
            if message.HasField("backend_operation_response"):
                return str(message.backend_operation_response.deferred_file.url)

    def rest(self) -> tuple[Run, int]:
        """What still comes until the server closes, and its close code."""
        run = Run()
        try:
            while True:
                run.messages.append(self.next())
        except ConnectionClosed as closed:
            assert closed.rcvd is not None
            return run, closed.rcvd.code


class Browser:
    """One browser with its cookies. ``base`` is the public address of the portal.

    ``until`` closes it, together with every copy of it.
    """

    def __init__(self, base: str, until: ExitStack) -> None:
        self.base = base
        self._until = until
        self.http = until.enter_context(httpx.Client(base_url=base, timeout=SECONDS))

    def copy(self) -> "Browser":
        """Another browser with the same cookies, as a thief would have it."""
        other = Browser(self.base, self._until)
        other.http.cookies = httpx.Cookies(self.http.cookies)
        return other

    def cookie_header(self) -> str:
        """The cookies as a browser would send them."""
        return "; ".join(f"{one.name}={one.value}" for one in self.http.cookies.jar)

    def handshake(self, *, resume: str = "") -> dict[str, Any]:
        """The parts of a proper websocket handshake; a test may change any of them."""
        if "_streamlit_xsrf" not in self.http.cookies:
            self.http.get("/_stcore/health")
        offered = ["streamlit", self.http.cookies["_streamlit_xsrf"], *([resume] if resume else [])]
        return {
            "origin": self.base,
            "subprotocols": [Subprotocol(one) for one in offered],
            "additional_headers": {"Cookie": self.cookie_header()},
        }

    @contextmanager
    def tab(self, *, resume: str = "", **changed: Any) -> Iterator[Tab]:
        """Open a tab."""
        parts = self.handshake(resume=resume) | changed
        address = f"ws://{urlsplit(self.base).netloc}/_stcore/stream"
        with connect(address, max_size=None, open_timeout=SECONDS, proxy=None, **parts) as socket:
            yield Tab(socket)

    # -- signing in ------------------------------------------------------------------------------

    def sign_in_page(self) -> httpx.Response:
        """Follow the entry page to the identity provider's form."""
        with self.tab() as tab:
            target = tab.run().redirect()
        assert target is not None, "the entry page sent nobody to sign in"
        return self.http.get(target, follow_redirects=True)

    def submit(self, page: httpx.Response, fields: Mapping[str, str]) -> httpx.Response:
        """Fill in the form of a page of the provider and follow to the end."""
        sealed = re.search(r'name="form" value="([^"]*)"', page.text)
        assert sealed is not None, page.text
        form = {"form": unescape(sealed[1]), **fields}
        headers = {"Origin": self.base}
        return self.http.post("/idp/authorize", data=form, headers=headers, follow_redirects=True)

    def sign_in(self, login: str, password: str) -> httpx.Response:
        """Sign in as a person would; gives the page one lands on."""
        return self.submit(self.sign_in_page(), {"login": login, "password": password})

    def sign_out(self) -> httpx.Response:
        """Sign out as the frontend does."""
        return self.http.get("/auth/logout", follow_redirects=True)
