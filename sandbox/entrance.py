"""What the entrances of all simulated systems share: their pages, and the platform behind them."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.responses import HTMLResponse, Response

_SECONDS = 5.0
AGAIN = "请关闭本页，从平台“统一入口”重新进入。"

_PAGE = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>
body{{margin:0;font:16px/1.7 'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;
color:#26323d;background:#eef1f3}}
header{{background:#3d4f5f;color:#fff;padding:10px 24px}}
header b{{border:1px dashed #fff;border-radius:3px;padding:0 6px;margin-left:12px;font-weight:400}}
main{{max-width:40rem;margin:6vh auto 0;padding:1.5rem 2rem;background:#fff;
border:1px solid #d5dce2}}
h1{{font-size:1.2rem;margin:0 0 .5rem}}p{{margin:.25rem 0}}
</style></head><body><header>{system}<b>模拟系统</b></header>
<main><h1>{heading}</h1>{lines}</main></body></html>
"""
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Refused(Exception):
    """The ticket opens nothing; the text is for the person."""


def page(status: int, system: str, heading: str, body: str, *, form_to: str = "'none'") -> Response:
    """A page of a system; ``body`` is safe HTML, ``form_to`` where its form may lead."""
    text = _PAGE.format(
        title=html.escape(heading),
        system=html.escape(system),
        heading=html.escape(heading),
        lines=body,
    )
    policy = _HEADERS["Content-Security-Policy"].replace(
        "form-action 'none'", f"form-action {form_to}"
    )
    headers = {**_HEADERS, "Content-Security-Policy": policy}
    return HTMLResponse(text, status_code=status, headers=headers)


@dataclass(frozen=True, kw_only=True)
class Platform:
    """The platform that sends people: where it is, and our passwords on its back channel."""

    url: str  # empty: no platform is known
    passwords: Mapping[str, str]
    links: Mapping[str, str] = field(default_factory=dict, repr=False)  # secrets of our proofs
    wire: httpx.AsyncBaseTransport | None = None

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One call of the back channel."""
        try:
            async with httpx.AsyncClient(
                base_url=self.url, transport=self.wire, timeout=_SECONDS, trust_env=False
            ) as client:
                return await client.request(method, path, **options)
        except httpx.HTTPError as error:
            raise Refused(f"暂时联系不上平台，未能核验票据，没有登录。{AGAIN}") from error
