"""SOAP 1.1 envelopes of the pension system: reading requests, writing answers in GBK."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree
from starlette.responses import Response

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICE = "urn:cxjmyl:query:v1"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
CHARSET = "GBK"
_DEFAULT: Any = {None: SERVICE}  # the stubs know no default namespace
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


class BrokenRequest(Exception):
    """The request is not an envelope that this service understands."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request: the operation, its arguments, and who says to be calling."""

    operation: str
    arguments: Mapping[str, str]
    username: str
    password: str


def read_call(body: bytes) -> Call:
    """Read a request envelope."""
    try:
        root = etree.fromstring(body, _PARSER)
    except etree.XMLSyntaxError as error:
        raise BrokenRequest(str(error)) from error
    payload = root.find(f"{{{SOAP}}}Body/*")
    if root.tag != f"{{{SOAP}}}Envelope" or payload is None:
        raise BrokenRequest("no SOAP body")
    name = etree.QName(payload)
    if name.namespace != SERVICE:
        raise BrokenRequest("another namespace")
    token = f"{{{SOAP}}}Header/{{{WSSE}}}Security/{{{WSSE}}}UsernameToken/{{{WSSE}}}"
    arguments = {
        etree.QName(child).localname: child.text or ""
        for child in payload
        if isinstance(child.tag, str)
    }
    return Call(
        operation=name.localname,
        arguments=arguments,
        username=root.findtext(f"{token}Username", ""),
        password=root.findtext(f"{token}Password", ""),
    )


def answer(
    operation: str,
    values: Iterable[tuple[str, str]],
    rows: Iterable[Mapping[str, str | None]] = (),
    *,
    element: str = "ROW",
) -> Response:
    """A good answer: leading values, then one element per row; nothing is said of a None."""
    envelope, body = _envelope()
    response = etree.SubElement(body, f"{{{SERVICE}}}{operation}Response", nsmap=_DEFAULT)
    for name, value in values:
        etree.SubElement(response, f"{{{SERVICE}}}{name}").text = value
    for row in rows:
        made = etree.SubElement(response, f"{{{SERVICE}}}{element}")
        for name, text in row.items():
            if text is not None:
                etree.SubElement(made, f"{{{SERVICE}}}{name}").text = text
    return _written(envelope, 200)


def fault(code: str, text: str, detail: str) -> Response:
    """A SOAP fault; ``code`` carries its prefix."""
    envelope, body = _envelope()
    element = etree.SubElement(body, f"{{{SOAP}}}Fault", nsmap={"wsse": WSSE})
    etree.SubElement(element, "faultcode").text = code
    etree.SubElement(element, "faultstring").text = text
    inner = etree.SubElement(element, "detail")
    etree.SubElement(inner, f"{{{SERVICE}}}ERRCODE", nsmap=_DEFAULT).text = detail
    return _written(envelope, 500)


def in_utf8(body: bytes) -> bytes:
    """The same answer in UTF-8 bytes under a declaration that still says GBK."""
    return body.decode(CHARSET).encode("utf-8")


def _envelope() -> tuple[etree._Element, etree._Element]:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP})
    etree.SubElement(envelope, f"{{{SOAP}}}Header")
    return envelope, etree.SubElement(envelope, f"{{{SOAP}}}Body")


def _written(envelope: etree._Element, status: int) -> Response:
    text = etree.tostring(envelope, encoding="unicode")
    content = f'<?xml version="1.0" encoding="{CHARSET}"?>\n{text}\n'
    return Response(
        content.encode(CHARSET, errors="replace"),
        status_code=status,
        headers={"content-type": f"text/xml; charset={CHARSET}"},
    )
