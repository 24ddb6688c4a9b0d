"""Callers of the simulated systems, and a way to compare the shape of two answers."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from lxml import etree
from starlette.types import ASGIApp

from sandbox.systems import references

FIXTURES = Path(__file__).parents[1] / "connectors" / "fixtures"
NOON = datetime(2026, 11, 23, 11, 30, tzinfo=UTC)
CREDENTIALS = {name: f"{name}-of-tests" for name in references()}

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICE = "urn:cxjmyl:query:v1"
APP_KEY = {"X-App-Key": CREDENTIALS["subsistence_app_key"]}
PENSION = "/pension/services/CxjmylService"


@dataclass(frozen=True)
class Caller:
    """Calls an application in this process, one request at a time."""

    app: ASGIApp
    address: str = "127.0.0.1"

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, client=(self.address, 50000))
            async with httpx.AsyncClient(transport=transport, base_url="http://sim") as client:
                return await client.request(method, url, **options)

        return asyncio.run(go())

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx.Response:
        return self.request("POST", url, **options)


def turn(client: Caller, system: str, mode: str, **more: Any) -> None:
    """Set a switch."""
    assert client.post(f"/_control/{system}", json={"mode": mode, **more}).status_code == 200


def soap(
    client: Caller,
    operation: str,
    *,
    password: str = CREDENTIALS["pension_password"],
    **arguments: object,
) -> bytes:
    """Call the pension system; gives the raw answer."""
    request = (FIXTURES / "pension" / "person.request.xml").read_text(encoding="utf-8")
    envelope = etree.fromstring(request.encode())
    token = envelope.find(".//{*}UsernameToken")
    assert token is not None
    for name, value in (("Username", CREDENTIALS["pension_username"]), ("Password", password)):
        element = token.find(f"{{*}}{name}")
        assert element is not None
        element.text = value
    body = envelope.find(f"{{{SOAP}}}Body")
    assert body is not None
    body.clear()
    payload = etree.SubElement(body, f"{{{SERVICE}}}{operation}")
    for name, value in arguments.items():
        etree.SubElement(payload, f"{{{SERVICE}}}{name}").text = str(value)
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f"{SERVICE}/{operation}"}
    return client.post(PENSION, content=etree.tostring(envelope), headers=headers).content


def values(answer: bytes) -> dict[str, str]:
    """The leading values of a pension answer."""
    body = etree.fromstring(answer).find(f"{{{SOAP}}}Body/*")
    assert body is not None
    return {
        etree.QName(child).localname: child.text or ""
        for child in body
        if etree.QName(child).localname != "ROW"
    }


def rows(answer: bytes) -> list[dict[str, str | None]]:
    """The rows of a pension answer."""
    found = etree.fromstring(answer).iter(f"{{{SERVICE}}}ROW")
    return [{etree.QName(cell).localname: cell.text for cell in row} for row in found]


def fits(answer: Any, pattern: Any) -> bool:
    """Same keys everywhere; a null or an empty list on either side fits anything."""
    if answer is None or pattern is None or answer == [] or pattern == []:
        return True
    if isinstance(pattern, dict):
        return (
            isinstance(answer, dict)
            and answer.keys() == pattern.keys()
            and all(fits(answer[name], pattern[name]) for name in pattern)
        )
    if isinstance(pattern, list):
        return isinstance(answer, list) and fits(answer[0], pattern[0])
    return type(answer) is type(pattern) or {type(answer), type(pattern)} <= {int, float}
