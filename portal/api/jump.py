"""``/jump/<system>``: from a signed-in browser through a door, without a second password.

The browser gets the ticket inside a form that posts it to the system: never in an address, so in no
log, no history and no Referer. The link that leads here opens nothing outside its own sign-in.
"""

from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import parse_qsl

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from auth import posts
from auth.permissions import Denied
from portal.api.access import Identify
from portal.functions.entry import Entry, Jump, NoSuchDoor
from portal.functions.entry.jump import ROUTE, meant

_LONGEST_QUERY = 600
SIGNED_OUT = "尚未登录，或登录已失效，没有进入业务系统。请重新登录平台后再试。"
NOT_MEANT = (
    "这个入口链接不是在您当前的登录和岗位下打开的，没有进入业务系统。请回到“统一入口”重新点击。"
)

_FRAME = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>
body{{margin:0;font:16px/1.7 'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;
color:#1c2730;background:#f3f5f6}}
main{{max-width:32rem;margin:18vh auto 0;padding:2rem;background:#fff;border:1px solid #d9e0e5;
border-radius:6px}}
h1{{font-size:1.25rem;margin:0 0 .75rem}}p{{margin:0 0 1rem}}
a,button{{display:inline-block;padding:.45rem 1.25rem;border-radius:4px;border:0;color:#fff;
background:#22577a;text-decoration:none;font:inherit;cursor:pointer}}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>
"""
_FORM = """<p>{words}</p><form method="post" action="{address}">
<input type="hidden" name="ticket" value="{ticket}"><button>继续进入</button></form>
<script src="/app/static/jump.js"></script>"""


def _policy(form_action: str) -> str:
    """This one page may send its form to one other origin, and do nothing else."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; "
        f"form-action {form_action}; base-uri 'none'; frame-ancestors 'none'"
    )


def _page(status: int, title: str, body: str, form_action: str = "'none'") -> Response:
    text = _FRAME.format(title=escape(title), body=body)
    headers = {"Content-Security-Policy": _policy(form_action), "Cache-Control": "no-store"}
    return HTMLResponse(text, status_code=status, headers=headers)


def refused(status: int, words: str) -> Response:
    """Why one was not let through, with the way back."""
    back = f'<p>{escape(words)}</p><a href="/entry">返回统一入口</a>'
    return _page(status, "没有进入业务系统", back)


def _through(jump: Jump) -> Response:
    """With a ticket a form that sends itself; without one, simply the way there."""
    if jump.ticket is None:
        return RedirectResponse(jump.address, status_code=303)
    mock = "（模拟系统）" if jump.simulated else ""
    body = _FORM.format(
        words=escape(f"正在进入“{jump.name}”{mock}。没有自动进入时，请点“继续进入”。"),
        address=escape(jump.address, quote=True),
        ticket=escape(jump.ticket, quote=True),
    )
    return _page(200, "正在进入业务系统", body, jump.origin)


def _asked(query: bytes) -> dict[str, str] | None:
    """The parameters, each once; ``None`` for anything that no page of ours would send."""
    if len(query) > _LONGEST_QUERY:
        return None
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=8,
            errors="strict",
        )  # fmt: skip
    except ValueError:
        return None
    found = dict(pairs)
    return found if len(found) == len(pairs) and "i" in found else None


def routes(entry: Callable[[], Entry], identify: Identify) -> list[BaseRoute]:
    """The address; ``identify`` finds the live session behind a browser's cookies."""

    def answer(cookies: Mapping[str, str], system_id: str, query: bytes) -> Response:
        principal = posts.behind(identify(cookies))
        if principal is None:
            return refused(401, SIGNED_OUT)
        asked = _asked(query)
        if asked is None:
            return refused(400, "链接不完整或有误。请回到“统一入口”重新点击。")
        sealed, target = asked.pop("i"), asked.pop("to", None)
        if not meant(principal, system_id, target, asked, sealed):
            return refused(403, NOT_MEANT)
        try:
            return _through(entry().jump(principal, system_id, target, asked))
        except Denied as refusal:
            return refused(403, refusal.message)
        except NoSuchDoor as missing:
            return refused(404, missing.message)

    async def jump(request: Request) -> Response:
        return await to_thread.run_sync(
            answer,
            dict(request.cookies),
            request.path_params["system"],
            request.scope["query_string"],
        )

    return [Route(f"{ROUTE}/{{system:str}}", jump, methods=["GET"])]
