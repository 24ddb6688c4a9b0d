"""A websocket is checked message by message, and cut the moment its session is over."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest, BackMsg, DeferredFileRequestPayload
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from portal.shield.doorkeeper import Doorkeeper, cookies_of
from portal.shield.sockets import Sockets, watching
from portal.shield.stream import SESSION_OVER, TRY_LATER, Stream
from tests.shield.people import People, signed_in
from tests.shield.wire import Browser, scope

CLICK = BackMsg(rerun_script=ClientState(fragment_id="f")).SerializeToString()
CLEAR_CACHE = BackMsg(clear_cache=True).SerializeToString()
OLD_TAB = {"sec-websocket-protocol": "streamlit, token, 0a1b-old-tab"}


@dataclass
class Inner:
    """Streamlit's end: takes what it is given and says what it is told to say."""

    got: list[bytes] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)
    ended: int | None = None
    say: Send | None = None
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, request: Scope, receive: Receive, send: Send) -> None:
        self.cookies, self.say = cookies_of(request), send
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "streamlit"})
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self.ended = message["code"]
                return
            self.got.append(message["bytes"])
            self.heard.set()


@dataclass
class Room:
    """One process: its people, its open sockets, and Streamlit's end of the last one."""

    people: People
    sockets: Sockets = field(default_factory=Sockets)
    downloads: dict[str, Mapping[str, str]] = field(default_factory=dict)
    inner: Inner = field(default_factory=Inner)

    @property
    def doorkeeper(self) -> Doorkeeper:
        return Doorkeeper(self.people)

    def connect(self, who: str = "", **headers: str) -> Browser:
        self.inner = Inner()
        guard = Stream(
            self.inner,
            doorkeeper=self.doorkeeper,
            sockets=self.sockets,
            download_cookies=self.downloads.get,
        )
        given = (signed_in(who) if who else {}) | headers
        return Browser(guard, scope("/_stcore/stream", kind="websocket", headers=given))


def told_to_go(message: Message) -> str:
    address: str = ForwardMsg.FromString(message["bytes"]).auth_redirect.url
    return address


def in_a_room(story: Callable[[Room], Awaitable[None]], *standing: str) -> None:
    async def run() -> None:
        await story(Room(People(*standing)))

    asyncio.run(run())


async def heard(room: Room) -> None:
    async with asyncio.timeout(5):
        await room.inner.heard.wait()
    room.inner.heard.clear()


def test_a_click_of_a_live_session_arrives_and_counts_as_activity() -> None:
    async def story(room: Room) -> None:
        browser = room.connect("li")
        assert (await browser.open())["type"] == "websocket.accept"
        browser.say(CLICK)
        await heard(room)
        assert room.inner.got == [CLICK]
        assert room.people.touched == ["li"]
        browser.leave()
        await browser.done()
        assert room.inner.ended == 1001
        assert room.sockets.session_ids() == frozenset()

    in_a_room(story, "li")


def test_a_click_after_revocation_clears_the_tab_and_goes_nowhere() -> None:
    async def story(room: Room) -> None:
        browser = room.connect("li")
        await browser.open()
        room.people.standing.clear()
        browser.say(CLICK)
        assert told_to_go(await browser.next()) == "/auth/ended"
        assert await browser.next() == {"type": "websocket.close", "code": SESSION_OVER}
        await browser.done()
        assert room.inner.got == []
        assert room.inner.ended == SESSION_OVER

    in_a_room(story, "li")


def test_every_tab_of_an_ended_session_is_closed_and_no_other() -> None:
    async def story(room: Room) -> None:
        first, second, other = room.connect("li"), room.connect("li"), room.connect("wang")
        for browser in (first, second, other):
            await browser.open()
        room.people.standing.discard("li")
        await room.sockets.sweep(room.doorkeeper)
        await first.done()
        await second.done()
        assert room.sockets.session_ids() == {"wang"}
        assert other.received.empty()
        other.leave()
        await other.done()

    in_a_room(story, "li", "wang")


def test_the_watch_sweeps_by_itself() -> None:
    async def story(room: Room) -> None:
        browser = room.connect("li")
        await browser.open()
        room.people.standing.clear()
        async with watching(room.sockets, room.doorkeeper, seconds=0):
            await browser.done()

    in_a_room(story, "li")


def test_the_watch_survives_a_database_that_is_away() -> None:
    async def story(room: Room) -> None:
        browser = room.connect("li")
        await browser.open()
        room.people.down = True
        async with watching(room.sockets, room.doorkeeper, seconds=0):
            await asyncio.sleep(0)
            room.people.standing.clear()
            room.people.down = False
            await browser.done()

    in_a_room(story, "li")


def test_what_streamlit_still_says_after_the_end_is_not_delivered() -> None:
    async def story(room: Room) -> None:
        browser = room.connect("li")
        await browser.open()
        room.sockets.end({"li"})
        assert room.inner.say is not None
        await room.inner.say({"type": "websocket.send", "bytes": b"an identity number"})
        assert told_to_go(await browser.next()) == "/auth/ended"
        assert (await browser.next())["type"] == "websocket.close"
        await browser.done()
        assert browser.received.empty()

    in_a_room(story, "li")


def test_the_tab_in_which_somebody_signs_out_reaches_the_identity_provider() -> None:
    async def story(room: Room) -> None:
        browser = room.connect("li")
        await browser.open()
        room.sockets.end({"li"})
        logout = ForwardMsg()
        logout.auth_redirect.url = "/auth/logout"
        assert room.inner.say is not None
        await room.inner.say({"type": "websocket.send", "bytes": logout.SerializeToString()})
        assert told_to_go(await browser.next()) == "/auth/logout"
        await room.inner.say({"type": "websocket.send", "bytes": b"an identity number"})
        browser.say(CLICK)
        browser.leave()
        await browser.done()
        assert browser.received.empty()
        assert room.inner.got == []

    in_a_room(story, "li")


@pytest.mark.parametrize("who", ["li", ""])
def test_forbidden_messages_are_dropped_and_the_tab_goes_on(who: str) -> None:
    async def story(room: Room) -> None:
        browser = room.connect(who)
        await browser.open()
        browser.say(CLEAR_CACHE)
        browser.say(CLICK)
        await heard(room)
        (only,) = room.inner.got
        assert BackMsg.FromString(only).WhichOneof("type") == "rerun_script"
        browser.leave()
        await browser.done()

    in_a_room(story, "li")


def test_a_stranger_runs_no_fragment() -> None:
    async def story(room: Room) -> None:
        browser = room.connect()
        await browser.open()
        browser.say(CLICK)
        await heard(room)
        assert BackMsg.FromString(room.inner.got[0]).rerun_script.fragment_id == ""
        browser.leave()
        await browser.done()

    in_a_room(story)


def test_a_dead_cookie_makes_a_stranger() -> None:
    async def story(room: Room) -> None:
        browser = room.connect(cookie="_streamlit_user=li; _streamlit_user_tokens=t; _xsrf=1")
        await browser.open()
        assert room.inner.cookies == {"_xsrf": "1"}
        browser.leave()
        await browser.done()

    in_a_room(story)


@pytest.mark.parametrize(("who", "address"), [("li", "/auth/ended"), ("", "/")])
def test_an_old_tab_that_comes_back_without_a_session_is_cleared(who: str, address: str) -> None:
    async def story(room: Room) -> None:
        browser = room.connect(who, **OLD_TAB)
        assert (await browser.open())["type"] == "websocket.accept"
        assert told_to_go(await browser.next()) == address
        assert await browser.next() == {"type": "websocket.close", "code": SESSION_OVER}
        assert room.inner.say is None

    in_a_room(story)


def test_an_old_tab_of_a_live_session_comes_back() -> None:
    async def story(room: Room) -> None:
        browser = room.connect("li", **OLD_TAB)
        await browser.open()
        assert room.inner.cookies == {"_streamlit_user": "li"}
        browser.leave()
        await browser.done()

    in_a_room(story, "li")


def test_a_message_that_cannot_be_checked_goes_nowhere() -> None:
    async def story(room: Room) -> None:
        browser = room.connect("li")
        await browser.open()
        room.people.down = True
        browser.say(CLICK)
        assert await browser.next() == {"type": "websocket.close", "code": TRY_LATER}
        await browser.done()
        assert room.inner.got == []

    in_a_room(story, "li")


def test_a_handshake_that_cannot_be_checked_is_refused() -> None:
    async def story(room: Room) -> None:
        room.people.down = True
        assert await room.connect("li").refused()

    in_a_room(story, "li")


@pytest.mark.parametrize(("owner", "arrives"), [("li", True), ("wang", False), (None, False)])
def test_a_download_runs_only_for_whom_it_was_made(owner: str | None, arrives: bool) -> None:
    async def story(room: Room) -> None:
        if owner:
            room.downloads["f"] = {"_streamlit_user": owner}
        operation = BackendOperationRequest(deferred_file=DeferredFileRequestPayload(file_id="f"))
        download = BackMsg(backend_operation_request=operation).SerializeToString()
        browser = room.connect("li")
        await browser.open()
        browser.say(download)
        browser.say(CLICK)
        while CLICK not in room.inner.got:
            await heard(room)
        assert (download in room.inner.got) is arrives
        browser.leave()
        await browser.done()

    in_a_room(story, "li", "wang")


def test_a_revocation_in_another_thread_reaches_the_sockets() -> None:
    async def story(room: Room) -> None:
        browser = room.connect("li")
        await browser.open()
        await asyncio.to_thread(room.sockets.end_from_any_thread, frozenset({"li"}))
        await browser.done()

    in_a_room(story, "li")


def test_before_any_socket_was_open_a_revocation_finds_nothing_to_do() -> None:
    Sockets().end_from_any_thread(frozenset({"li"}))
