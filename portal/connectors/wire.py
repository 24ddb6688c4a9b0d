"""Reading bytes that came from elsewhere: size, encoding, and what only pretends to be JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from portal.connectors.contract import OurMistake, RateLimited, RetryLater, SignInAgain, TheirFault

REPLACEMENT = "\ufffd"
TOO_BIG = "对方系统返回的内容过大，本次未采用，已记录，请联系运维处理。"
NOT_DATA = "对方系统返回的是网页而不是数据，可能正在维护，请稍后重试。"
CUT_OFF = "对方系统返回的数据不完整，本次未采用，请稍后重试。"
BAD_ENCODING = "对方系统返回的文字编码有误，本次未采用，请稍后重试；持续出现请联系运维。"


def decode(body: bytes, encoding: str) -> str:
    """The text of a body in the encoding its manifest names; nothing is guessed or replaced."""
    if encoding == "gb18030" and _is_chinese_utf8(body):
        raise TheirFault(BAD_ENCODING, detail="utf-8 where gb18030 was promised")
    try:
        return body.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise TheirFault(BAD_ENCODING, detail=f"not {encoding}") from error


def _is_chinese_utf8(body: bytes) -> bool:
    """Nearly every UTF-8 text is also some GBK text, never the other way round with Chinese in it.

    A few GBK characters may happen to be valid UTF-8, but then as Latin or Greek letters.
    """
    if body.isascii():
        return False
    try:
        return any("\u3400" <= char <= "\u9fff" for char in body.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def refuse_html(body: bytes) -> None:
    """A web page is no answer, whatever its status or content type says."""
    start = body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")):
        raise TheirFault(NOT_DATA, detail="the body is HTML")


def read_json(body: bytes, encoding: str) -> Any:
    """The data of a JSON body."""
    refuse_html(body)
    text = decode(body, encoding)
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise TheirFault(CUT_OFF, detail="the body is not whole JSON") from error
    if REPLACEMENT in text or "\\u" in text:  # else none can be in the data either
        refuse_broken_text(data)
    return data


def refuse_broken_text(data: Any) -> None:
    """A replacement character anywhere means that the text was spoilt before it came here."""
    if has_broken_text(data):
        raise TheirFault(BAD_ENCODING, detail="replacement characters in the answer")


def has_broken_text(value: Any) -> bool:
    """Whether a replacement character shows that somebody decoded a text wrongly."""
    if isinstance(value, str):
        return REPLACEMENT in value
    if isinstance(value, Mapping):
        return any(has_broken_text(one) for one in value.values())
    return isinstance(value, list) and any(has_broken_text(one) for one in value)


def refuse_status(status: int, retry_after: str | None) -> None:
    """What an HTTP status alone decides, before the body is looked at."""
    if status in {401, 403, 407}:
        raise SignInAgain(detail=f"status {status}")
    if status == 429:
        raise RateLimited(detail="status 429", retry_after=seconds(retry_after))
    if status in {502, 503, 504}:
        raise RetryLater(detail=f"status {status}", retry_after=seconds(retry_after))
    if status >= 500:
        raise TheirFault(detail=f"status {status}")
    if 300 <= status < 400:
        raise OurMistake(detail=f"status {status}: redirects are not followed")


def seconds(retry_after: str | None) -> float | None:
    """Retry-After in seconds, bounded; the rarely used date form is left to our own rest time."""
    if retry_after and retry_after.strip().isdigit():
        return min(float(retry_after), 300.0)
    return None
