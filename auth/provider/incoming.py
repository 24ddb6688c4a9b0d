"""A request, read once and checked for form before anything looks at its meaning."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.requests import Request

MAX_BODY = 16_384
MAX_QUERY = 8_192
MAX_FIELDS = 40
MAX_VALUE = 4_096

_FORM = "application/x-www-form-urlencoded"


class BadInputError(Exception):
    """The request is malformed; the message is for the person who sees it."""


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """What the handlers work on: plain data, so that they can run in a thread."""

    method: str
    path: str  # below the issuer
    query: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict, repr=False)  # may hold a password
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    address: str = ""


def _pairs(raw: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        raise BadInputError("提交的内容无法识别，请返回重新填写。") from error
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values:
            raise BadInputError("提交的内容有重复项，请返回重新填写。")
        if len(value) > MAX_VALUE:
            raise BadInputError("填写的内容过长，请返回重新填写。")
        if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
            raise BadInputError("填写的内容含有控制字符，请返回重新填写。")
        values[name] = value
    return values


async def _body(request: Request) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise BadInputError("提交的格式不受支持，请从登录页填写。")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise BadInputError("提交的内容过大，请返回重新填写。")
    return bytes(body)


async def read(request: Request) -> Incoming:
    """Read a request within its limits, or raise :class:`BadInputError`."""
    raw_query: bytes = request.scope.get("query_string", b"")
    if len(raw_query) > MAX_QUERY:
        raise BadInputError("访问地址过长，请回到平台首页重新登录。")
    return Incoming(
        method=request.method,
        path=request.url.path.removeprefix("/idp"),
        query=_pairs(raw_query),
        form=_pairs(await _body(request)) if request.method == "POST" else {},
        headers=request.headers,
        cookies=request.cookies,
        address=request.client.host if request.client else "",
    )
