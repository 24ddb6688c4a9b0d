"""SOAP on a real wire: what a WSDL or an answer may not do to us."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portal.connectors.calls import SoapCall
from portal.connectors.contract import (
    OurMistake,
    RateLimited,
    SignInAgain,
    SystemFault,
    TheirFault,
    TimedOut,
    Unreachable,
)
from portal.connectors.registry import System, load_registry
from portal.connectors.soap import SoapTransport
from portal.connectors.transport import Trace
from tests.connectors.conftest import free_port
from tests.connectors.grounds import SECRETS, city, raw, replay_pension
from tests.connectors.scripted import Reply, Request, Script, ScriptedServer, scripted_server

ID_NUMBER = "630102195304129822"
PERSON = raw("pension", "person_found").body
WSDL = raw("pension", "service").body


@pytest.fixture
def pension(configured: Path, server: ScriptedServer) -> System:
    server.play(replay_pension)
    site = next(one for one in city().systems if one.id == "pension")
    moved = site.model_copy(update={"endpoint": f"{server.url}/pension"})
    return load_registry([moved], secret=SECRETS.__getitem__).system("pension")


@pytest.fixture
def elsewhere() -> Iterator[ScriptedServer]:
    """A host that nobody named."""
    with scripted_server() as running:
        running.play(lambda _request: Reply(body=b"<schema/>"))
        yield running


def limited(system: System, **limits: float) -> System:
    changed = system.manifest.limits.model_copy(update=limits)
    return replace(system, manifest=system.manifest.model_copy(update={"limits": changed}))


def ask(system: System, times: int = 1, id_number: str = ID_NUMBER) -> tuple[object, Trace]:
    async def play() -> tuple[object, Trace]:
        transport, trace = SoapTransport(system), Trace()
        answer: object = None
        try:
            for _ in range(times):
                answer = await transport.exchange(
                    system.manifest.calls["person"], {"id_number": id_number}, trace
                )
        finally:
            await transport.close()
        return answer, trace

    return asyncio.run(play())


def posts(answer: Reply | None, wsdl: bytes = WSDL) -> Script:
    """A service with a good WSDL whose operations all answer the same."""
    return lambda request: Reply(body=wsdl) if request.method == "GET" else answer


def test_an_answer_is_plain_data_and_the_wsdl_is_read_once(
    server: ScriptedServer, pension: System
) -> None:
    answer, trace = ask(pension, times=3)
    assert isinstance(answer, dict)
    assert answer["CODE"] == "1"
    assert answer["ROW"][0]["AAC002"] == "630102530412982"
    assert [one.method for one in server.seen] == ["GET", "POST", "POST", "POST"]
    assert trace.calls == 3
    assert trace.size == 3 * len(PERSON)


def test_calls_go_to_our_endpoint_whatever_the_wsdl_says(
    server: ScriptedServer, pension: System, elsewhere: ScriptedServer
) -> None:
    moved = WSDL.replace(b"http://127.0.0.1:8600", elsewhere.url.encode())
    server.play(posts(Reply(body=PERSON), moved))
    assert ask(pension)[0]
    assert elsewhere.seen == []


@pytest.mark.parametrize(
    "address", ["{elsewhere}/x.xsd", "file:///etc/passwd", "/etc/passwd", "ftp://a.test/x"]
)
def test_a_wsdl_cannot_make_us_read_anything_elsewhere(
    server: ScriptedServer, pension: System, elsewhere: ScriptedServer, address: str
) -> None:
    where = address.format(elsewhere=elsewhere.url)
    reaching = WSDL.replace(
        b"<wsdl:message",
        f'<wsdl:import namespace="urn:x" location="{where}"/><wsdl:message'.encode(),
        1,
    )
    server.play(posts(Reply(body=PERSON), reaching))
    with pytest.raises(SystemFault):
        ask(pension)
    assert elsewhere.seen == []
    assert len(server.seen) <= 30


ENTITY = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("spoilt", ["answer", "wsdl"])
def test_no_document_brings_its_own_entities(
    server: ScriptedServer, pension: System, spoilt: str
) -> None:
    def with_entity(text: bytes) -> bytes:
        head, _, rest = text.partition(b"?>")
        return head + b"?>" + ENTITY + rest

    answer = with_entity(PERSON) if spoilt == "answer" else PERSON
    wsdl = with_entity(WSDL) if spoilt == "wsdl" else WSDL
    server.play(posts(Reply(body=answer), wsdl))
    with pytest.raises(TheirFault):
        ask(pension)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Reply(body=PERSON[: len(PERSON) // 2]), TheirFault),
        (Reply(body=b"<!DOCTYPE html><html/>"), TheirFault),
        (Reply(body=b"<html/>", status=500), TheirFault),
        (Reply(body=b"{}"), TheirFault),
        (Reply(body=b""), TheirFault),
        (Reply(body=PERSON.decode("gbk").encode("utf-8")), TheirFault),
        (Reply(body=PERSON, promised=len(PERSON) + 100), TheirFault),
        (Reply(body=b"<a>" * 3000), TheirFault),
        (Reply(body=PERSON.replace(b"AAC001", b"UNHEARD")), TheirFault),
        (Reply(status=429, headers={"Retry-After": "5"}), RateLimited),
        (Reply(status=401), SignInAgain),
        (Reply(status=302, headers={"Location": "http://127.0.0.1:1/"}), OurMistake),
        (raw("pension", "fault_auth"), SignInAgain),
        (raw("pension", "fault_client"), OurMistake),
        (raw("pension", "fault_server"), TheirFault),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_what_is_no_answer_is_a_fault_and_is_asked_for_once(
    server: ScriptedServer, pension: System, answer: Reply, fault: type[SystemFault]
) -> None:
    server.play(posts(answer))
    with pytest.raises(fault) as raised:
        ask(pension)
    assert type(raised.value) is fault
    assert len([one for one in server.seen if one.method == "POST"]) == 1


def test_an_answer_that_is_too_big_is_not_read_to_its_end(
    server: ScriptedServer, pension: System
) -> None:
    server.play(posts(Reply(body=b" " * 5_000_000)))
    with pytest.raises(TheirFault, match="more than"):
        ask(limited(pension, max_kilobytes=16))


def test_a_silent_service_ends_at_its_time_limit(server: ScriptedServer, pension: System) -> None:
    server.play(posts(None))
    with pytest.raises(TimedOut):
        ask(limited(pension, timeout_seconds=0.05))


def test_a_closed_port_is_unreachable(pension: System) -> None:
    site = pension.site.model_copy(update={"endpoint": f"http://127.0.0.1:{free_port()}"})
    with pytest.raises(Unreachable):
        ask(replace(pension, site=site))


@pytest.mark.parametrize("wsdl", [b"<html></html>", b"<definitions/>", b"", WSDL[:900]])
def test_a_service_without_a_usable_wsdl_is_their_fault_and_is_tried_anew(
    server: ScriptedServer, pension: System, wsdl: bytes
) -> None:
    good: list[bool] = []

    def play(request: Request) -> Reply:
        return replay_pension(request) if good else Reply(body=wsdl)

    server.play(play)

    async def twice() -> object:
        transport = SoapTransport(pension)
        call, values = pension.manifest.calls["person"], {"id_number": ID_NUMBER}
        try:
            with pytest.raises(TheirFault):
                await transport.exchange(call, values, Trace())
            good.append(True)
            return await transport.exchange(call, values, Trace())
        finally:
            await transport.close()

    assert asyncio.run(twice())


@pytest.mark.parametrize(
    "call",
    [
        SoapCall(operation="DropEverything"),
        SoapCall(operation="QueryPerson", arguments={"UNHEARD": "1"}),
    ],
)
def test_a_call_that_does_not_fit_the_wsdl_is_our_mistake(pension: System, call: SoapCall) -> None:
    async def play() -> None:
        transport = SoapTransport(pension)
        try:
            with pytest.raises(OurMistake):
                await transport.exchange(call, {}, Trace())
        finally:
            await transport.close()

    asyncio.run(play())


@pytest.mark.parametrize("value", ["</AAC002><x>", "&amp;", "<![CDATA[x]]>", '"'])
def test_a_value_stays_a_value_in_xml(server: ScriptedServer, pension: System, value: str) -> None:
    from lxml import etree

    ask(pension, id_number=value)
    sent = etree.fromstring(server.seen[-1].body)
    (argument,) = sent.iter("{urn:cxjmyl:query:v1}AAC002")
    assert argument.text == value
    assert len(argument) == 0


def test_the_login_travels_in_the_header_and_in_no_error(
    server: ScriptedServer, pension: System
) -> None:
    ask(pension)
    assert SECRETS["pension_password"].encode() in server.seen[-1].body
    server.play(posts(raw("pension", "fault_auth")))
    with pytest.raises(SignInAgain) as raised:
        ask(pension)
    error = raised.value
    assert SECRETS["pension_password"] not in f"{error!r} {error.message} {error.detail}"
