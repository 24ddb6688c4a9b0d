"""One shape for every error: a code for the program, a Chinese sentence for its people."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth.permissions import Denied
from portal.affairs.notices.rules import NoticeError
from portal.affairs.rates.schemes import RatesError
from portal.affairs.rates.spans import UnknownSpanError
from portal.functions.entry import NoSuchDoor, TicketRefused
from portal.functions.records import BadQueryError
from portal.functions.reports import NoSuchReport
from portal.functions.tasks import TakenError, TaskError
from portal.functions.tasks.inbox import GONE
from portal.functions.verify import VerifyError

_log = structlog.get_logger(__name__)
Handle = Callable[[Request, Exception], Awaitable[Response]]

WORDS: dict[int, tuple[str, str]] = {
    400: ("bad_request", "请求的内容无法识别，没有作任何处理。请按接口说明检查后重试。"),
    401: ("not_signed_in", "访问令牌缺失、无效、已到期或已停用。请联系平台管理员核对。"),
    403: ("forbidden", "没有权限，没有作任何处理。"),
    404: ("not_found", "没有这个地址或这项内容。请按接口说明检查。"),
    405: ("method_not_allowed", "这个地址不接受这种请求方式。"),
    409: ("conflict", "内容已被处理，没有重复处理。"),
    413: ("too_large", "提交的内容超过允许的大小，没有作任何处理。"),
    415: ("unsupported_type", "只接受 application/json 格式的内容，没有作任何处理。"),
    422: ("invalid", "提交的内容不合要求，没有作任何处理。"),
    429: ("too_many", "请求过于频繁，没有作任何处理。请按 Retry-After 所示秒数稍候再试。"),
    500: ("fault", "系统处理时出现故障，已记录，已保存的内容不受影响。请稍后重试。"),
}
_FIELDS = {
    "missing": "缺少这一项",
    "extra_forbidden": "不认识的项",
    "string_too_long": "内容过长",
    "string_too_short": "内容过短",
    "string_pattern_mismatch": "格式不正确",
    "string_type": "应为文字",
    "uuid_parsing": "不是有效的编号",
    "uuid_type": "不是有效的编号",
    "value_error": "内容不合要求",
}
_PLAIN = re.compile(r"[a-z0-9_.]{1,64}")


class FieldError(BaseModel):
    """One value that is not as it should be."""

    field: str = Field(description="哪一项")
    message: str = Field(description="有什么问题")


class ErrorBody(BaseModel):
    """What went wrong."""

    code: str = Field(description="供程序判断的代码")
    message: str = Field(description="供人阅读的说明")
    trace_id: str = Field(description="联系运维时请提供的编号")
    fields: list[FieldError] | None = Field(default=None, description="逐项说明，仅 422")


class ErrorAnswer(BaseModel):
    """Every error of the API."""

    error: ErrorBody


class ApiError(Exception):
    """An error decided by the API itself."""

    def __init__(
        self,
        status: int,
        *,
        code: str = "",
        message: str = "",
        headers: dict[str, str] | None = None,
        fields: list[FieldError] | None = None,
    ) -> None:
        known_code, known_message = WORDS.get(status, WORDS[400 if status < 500 else 500])
        super().__init__(known_code)
        self.status = status
        self.code = code or known_code
        self.message = message or known_message
        self.headers = headers
        self.fields = fields


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of an address, as its description names them."""
    return {one: {"model": ErrorAnswer, "description": WORDS[one][1]} for one in sorted(statuses)}


def trace_of(request: Request) -> str:
    """The number of this request."""
    return str(request.scope.get("state", {}).get("trace_id") or uuid4().hex)


def answer(request: Request, error: ApiError) -> Response:
    """The error as it is sent."""
    body = ErrorBody(
        code=error.code, message=error.message, trace_id=trace_of(request), fields=error.fields
    )
    content = {"error": body.model_dump(exclude_none=True)}
    return JSONResponse(content, status_code=error.status, headers=error.headers)


def _where(location: tuple[int | str, ...]) -> str:
    """The name of a field, if it is one of ours: nothing that was sent is sent back."""
    name = ".".join(str(part) for part in location[1:])
    return name if _PLAIN.fullmatch(name) else "（不认识的项）"


def _invalid(error: RequestValidationError) -> ApiError:
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return ApiError(400)
    fields = [
        FieldError(field=_where(one["loc"]), message=_FIELDS.get(one["type"], "内容不合要求"))
        for one in found[:20]
    ]
    return ApiError(422, fields=fields)


_TICKETS = {"ticket_invalid": 400, "ticket_used": 409}


def _of_ticket(error: TicketRefused) -> ApiError:
    return ApiError(_TICKETS.get(error.code, 403), code=error.code, message=error.message)


def _of_task(error: TaskError) -> ApiError:
    if isinstance(error, TakenError):
        return ApiError(409, code="task_taken", message=error.message)
    if error.message == GONE:
        return ApiError(404, message=error.message)
    return ApiError(422, code="bad_task", message=error.message)


def _of_framework(error: HTTPException) -> ApiError:
    return ApiError(error.status_code, headers=dict(error.headers or {}))


# What the functions and the framework say, in the words of the API.
_TRANSLATIONS: dict[type[Exception], Callable[[Any], ApiError]] = {
    ApiError: lambda error: error,
    RequestValidationError: _invalid,
    Denied: lambda error: ApiError(403, message=error.message),
    BadQueryError: lambda error: ApiError(422, code="bad_query", message=error.message),
    NoSuchReport: lambda error: ApiError(404, message=error.message),
    RatesError: lambda error: ApiError(404, message=error.message),
    UnknownSpanError: lambda error: ApiError(404, message=error.message),
    NoSuchDoor: lambda error: ApiError(404, message=error.message),
    TicketRefused: _of_ticket,
    TaskError: _of_task,
    VerifyError: lambda error: ApiError(404, message=error.message),
    NoticeError: lambda error: ApiError(404, message=error.message),
    HTTPException: _of_framework,
    Exception: lambda _error: ApiError(500),
}


def _handler(translate: Callable[[Any], ApiError]) -> Handle:
    async def handle(request: Request, error: Exception) -> Response:
        return answer(request, translate(error))

    return handle


def install(api: FastAPI) -> None:
    """Let every error leave in the one shape."""
    for kind, translate in _TRANSLATIONS.items():
        api.add_exception_handler(kind, _handler(translate))


class Traced:
    """Gives each request its number, says it in the answer, and logs what fell through."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        trace_id = uuid4().hex
        scope.setdefault("state", {})["trace_id"] = trace_id
        started = False

        async def numbered(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                pair = (b"x-trace-id", trace_id.encode())
                message = {**message, "headers": [*message["headers"], pair]}
            await send(message)

        try:
            await self._app(scope, receive, numbered)
        except Exception:
            _log.exception("api_failed", path=scope["path"], trace_id=trace_id)
            if not started:
                raise
