"""The two ways in which Open311 is spoken: JSON and XML, from the same plain values."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.responses import Response

from portal.store import clock

Format = Literal["json", "xml"]
FORMATS: Mapping[str, str] = {
    "json": "application/json; charset=utf-8",
    "xml": "text/xml; charset=utf-8",
}
# What stands inside a list of that name.
ITEMS = {
    "services": "service",
    "service_requests": "request",
    "attributes": "attribute",
    "values": "value",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def moment(at: datetime | None) -> str | None:
    """A time as the W3C writes it, to the second, with its zone."""
    return clock.local(at).isoformat(timespec="seconds") if at else None


def answer(
    kind: Format, root: str, told: Sequence[Any] | Mapping[str, Any], status: int = 200
) -> Response:
    """The answer in the format that was asked for; ``root`` is the XML's outermost element."""
    body = _json(told) if kind == "json" else _xml(root, told)
    return Response(
        body,
        status_code=status,
        headers={"content-type": FORMATS[kind], "cache-control": "no-store"},
    )


def fault(kind: Format, status: int, description: str) -> Response:
    """What went wrong, in the shape of the standard: a list of a code and a description."""
    return answer(kind, "errors", [{"code": status, "description": description}], status)


def _json(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _xml(root: str, told: Any) -> bytes:
    element = Element(root)
    _fill(element, root, told)
    whole: bytes = tostring(element, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + whole


def _fill(element: Element, name: str, told: Any) -> None:
    if isinstance(told, Mapping):
        for key, value in told.items():
            _fill(SubElement(element, key), key, value)
    elif isinstance(told, Sequence) and not isinstance(told, str):
        for one in told:
            inner = ITEMS[name]
            _fill(SubElement(element, inner), inner, one)
    else:
        element.text = _text(told)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NOT_XML.sub("", str(value))
