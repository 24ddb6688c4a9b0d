"""The shield's own answers: one JSON shape for programs, one page for people, both in Chinese."""

import html
from uuid import uuid4

import structlog
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

_log = structlog.get_logger(__name__)

# What happened and what to do, by status. The inner server's English words never leave the house.
_BY_STATUS: dict[int, tuple[str, str]] = {
    400: ("bad_request", "请求的内容不完整或有误，系统没有作任何改动。请返回上一页重试。"),
    401: ("not_signed_in", "尚未登录，或登录已失效。请重新登录后再试。"),
    403: ("forbidden", "这个请求被安全策略拒绝，系统没有作任何改动。请从平台首页重新进入。"),
    404: ("not_found", "没有这个地址。请检查网址，或从平台首页进入。"),
    405: ("method_not_allowed", "这个地址不接受这种请求方式。"),
    413: ("too_large", "文件或内容超过允许的大小，没有保存。请减小后重试。"),
    416: ("bad_range", "请求的文件片段不存在。"),
    421: ("wrong_host", "请使用平台公布的网址访问。"),
    429: ("too_many", "请求过于频繁，请稍后再试。"),
    500: ("fault", "系统处理时出现故障，已记录，已保存的内容不受影响。请稍后重试。"),
    503: ("unavailable", "系统暂时无法提供服务，已保存的内容不受影响。请稍后重试。"),
}
_CLIENT_ERROR, _SERVER_ERROR = _BY_STATUS[400], _BY_STATUS[500]

_PAGE = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body{{margin:0;font:16px/1.7 'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;
color:#1d2b3a;background:#f4f6f9}}
main{{max-width:32rem;margin:18vh auto 0;padding:2rem;background:#fff;border:1px solid #d9e0e8;
border-radius:6px}}
h1{{font-size:1.25rem;margin:0 0 .75rem}}
a{{display:inline-block;margin-top:1rem;padding:.45rem 1.25rem;border-radius:4px;color:#fff;
background:#0b4f9e;text-decoration:none}}
@media (prefers-color-scheme:dark){{body{{color:#dfe6ee;background:#12181f}}
main{{background:#1a222c;border-color:#33404e}}}}
</style></head>
<body><main><h1>{title}</h1><p>{message}</p><a href="/">返回平台首页</a></main></body></html>
"""


def words(status: int) -> tuple[str, str]:
    """The code and the sentence for a status."""
    fallback = _CLIENT_ERROR if status < 500 else _SERVER_ERROR
    return _BY_STATUS.get(status, fallback)


def is_api(path: str) -> bool:
    """Whether only programs ask here: every answer is JSON, and an error can be looked up."""
    return path == "/api" or path.startswith("/api/")


class Refusal(JSONResponse):
    """A refusal for programs; before a websocket is accepted, a closed door without words."""

    def __init__(self, code: str, message: str, status: int) -> None:
        self._error = {"code": code, "message": message}
        super().__init__({"error": self._error}, status_code=status)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and is_api(scope["path"]):
            self._trace(uuid4().hex, scope["path"])
        if scope["type"] == "websocket":
            # With a body, the web server would log every refusal as a fault of the application.
            await send({"type": "websocket.close", "code": 1008})
        else:
            await super().__call__(scope, receive, send)

    def _trace(self, trace_id: str, path: str) -> None:
        """The shape of the API: the number under which the log speaks of it."""
        _log.info("api_refused", status=self.status_code, path=path[:200], trace_id=trace_id)
        self.body = self.render({"error": {**self._error, "trace_id": trace_id}})
        self.headers["content-length"] = str(len(self.body))
        self.headers["X-Trace-Id"] = trace_id


def refusal(status: int, *, code: str | None = None, message: str | None = None) -> Refusal:
    """What a program is told."""
    known_code, known_message = words(status)
    return Refusal(code or known_code, message or known_message, status)


def page(status: int, *, title: str, message: str) -> HTMLResponse:
    """A refusal for people: a page that needs no script and no other file."""
    text = _PAGE.format(title=html.escape(title), message=html.escape(message))
    return HTMLResponse(text, status_code=status)


def wants_page(scope: Scope) -> bool:
    """Whether a person's browser navigates here, rather than a program asking."""
    return (
        scope["type"] == "http"
        and scope["method"] in {"GET", "POST"}
        and not is_api(scope["path"])
        and "text/html" in Headers(scope=scope).get("accept", "")
    )


def fitting(scope: Scope, status: int, *, title: str, message: str | None = None) -> Response:
    """The page for a browser, the JSON for everything else."""
    if wants_page(scope):
        return page(status, title=title, message=message or words(status)[1])
    return refusal(status, message=message)
