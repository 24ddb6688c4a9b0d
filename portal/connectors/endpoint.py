"""Which addresses may be called: the endpoint a city pack names, and what the operator allows.

With no allow-list only the endpoints of the pack are called. With one, such as
``https://*.example.gov.cn`` or ``postgresql://10.1.*``, an endpoint outside it is refused at start.
Every request stays on its system's own scheme, host and port: redirects, addresses written in a
WSDL and links in an answer are never followed elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

SCHEMES = {
    "rest": frozenset({"https", "http"}),
    "soap": frozenset({"https", "http"}),
    "jump": frozenset({"https", "http"}),
    "database": frozenset({"postgresql"}),
    "files": frozenset({"sftp"}),
}


class EndpointRefused(ValueError):
    """An endpoint is malformed or not allowed; the text is Chinese and for the operator."""


def origin(url: str) -> str:
    """Scheme, host and port."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise EndpointRefused(f"接口地址“{url}”无法识别") from error
    return f"{parts.scheme.lower()}://{(parts.hostname or '').lower()}{port}"


def check_endpoint(url: str, transport: str, allow: Sequence[str]) -> None:
    """Refuse an endpoint that could lead somewhere else, or that the operator does not allow."""
    base = origin(url)
    parts = urlsplit(url)
    if parts.scheme.lower() not in SCHEMES[transport]:
        raise EndpointRefused(f"接口地址“{base}”的协议不适用于 {transport} 方式")
    if not parts.hostname:
        raise EndpointRefused(f"接口地址“{base}”没有主机名")
    if parts.username or parts.password:
        raise EndpointRefused(f"接口地址“{base}”里不得写用户名或密码，请改用凭据引用")
    if parts.fragment or (parts.query and transport != "database") or ".." in parts.path:
        raise EndpointRefused(f"接口地址“{base}”里不得带参数、片段或上级路径")
    if allow and not any(fnmatchcase(base, pattern.rstrip("/").lower()) for pattern in allow):
        raise EndpointRefused(f"接口地址“{base}”不在允许的范围内，请核对 PORTAL_ENDPOINT_ALLOW")


def below(endpoint: str, path: str) -> str:
    """An address below an endpoint; the path cannot climb out of it."""
    if not path.startswith("/") or "/../" in f"{path}/" or "//" in path:
        raise EndpointRefused(f"路径“{path}”有误")
    return endpoint.rstrip("/") + path


def same_origin(url: str, endpoint: str) -> bool:
    """Whether a URL lies on the endpoint's own scheme, host and port."""
    return origin(url) == origin(endpoint)
