"""SOAP 1.1 envelopes of one service: reading requests, writing answers in its charset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree
from starlette.responses import Response

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelopes:
    """One service's namespace, and the charset in which it answers."""

    namespace: str
    charset: str = "UTF-8"

    def read(self, body: bytes) -> Call:
        """Read a request envelope."""
        try:
            root = etree.fromstring(body, _PARSER)
        except etree.XMLSyntaxError as error:
            raise BrokenRequest(str(error)) from error
        payload = root.find(f"{{{SOAP}}}Body/*")
        if root.tag != f"{{{SOAP}}}Envelope" or payload is None:
            raise BrokenRequest("no SOAP body")
        name = etree.QName(payload)
        if name.namespace != self.namespace:
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
        self,
        operation: str,
        values: Iterable[tuple[str, str]],
        rows: Iterable[Mapping[str, str | None]] = (),
        *,
        element: str = "ROW",
    ) -> Response:
        """A good answer: leading values, then an element per row; nothing is said of a None."""
        envelope, body = _envelope()
        within = self.namespace
        response = etree.SubElement(body, f"{{{within}}}{operation}Response", nsmap=self._default())
        for name, value in values:
            etree.SubElement(response, f"{{{within}}}{name}").text = value
        for row in rows:
            made = etree.SubElement(response, f"{{{within}}}{element}")
            for name, text in row.items():
                if text is not None:
                    etree.SubElement(made, f"{{{within}}}{name}").text = text
        return self._written(envelope, 200)

    def fault(self, code: str, text: str, detail: str) -> Response:
        """A SOAP fault; ``code`` carries its prefix."""
        envelope, body = _envelope()
        element = etree.SubElement(body, f"{{{SOAP}}}Fault", nsmap={"wsse": WSSE})
        etree.SubElement(element, "faultcode").text = code
        etree.SubElement(element, "faultstring").text = text
        inner = etree.SubElement(element, "detail")
        etree.SubElement(inner, f"{{{self.namespace}}}ERRCODE", nsmap=self._default()).text = detail
        return self._written(envelope, 500)

    def wrongly(self, body: bytes) -> bytes:
        """The same answer in the other charset, under a declaration that still says its own."""
        text = body.decode(self.charset)
        return text.encode("utf-8" if self.charset == "GBK" else "gbk", errors="replace")

    def garbled(self, body: bytes) -> bytes:
        """The same rows, their values replaced by nonsense."""
        root = etree.fromstring(body, _PARSER)
        for leaf in root.iterfind(f"{{{SOAP}}}Body/*/*/*"):
            leaf.text = "※"
        return self._bytes(root)

    def _default(self) -> Any:
        return {None: self.namespace}  # the stubs know no default namespace

    def _written(self, envelope: etree._Element, status: int) -> Response:
        return Response(
            self._bytes(envelope),
            status_code=status,
            headers={"content-type": f"text/xml; charset={self.charset}"},
        )

    def _bytes(self, envelope: etree._Element) -> bytes:
        text = etree.tostring(envelope, encoding="unicode")
        content = f'<?xml version="1.0" encoding="{self.charset}"?>\n{text}\n'
        return content.encode(self.charset, errors="replace")


def _envelope() -> tuple[etree._Element, etree._Element]:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP})
    etree.SubElement(envelope, f"{{{SOAP}}}Header")
    return envelope, etree.SubElement(envelope, f"{{{SOAP}}}Body")
