"""Who asks: a program by its token, a system by its password, a browser by its cookie.

The question is answered before anything of the body is read or any parameter is looked at.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPBasic, HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from auth import clients, posts
from auth.principal import Principal
from auth.sessions import LiveSession
from portal.api.errors import ApiError

Identify = Callable[[Mapping[str, str]], LiveSession | None]
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
SIGNED_OUT = "尚未登录，或登录已失效。请重新登录后再下载。"

# For the description only; the decision is made below, for all of them in the same way.
BEARER = HTTPBearer(auto_error=False, scheme_name="token", description="平台签发的访问令牌")
BASIC = HTTPBasic(auto_error=False, scheme_name="system", description="业务系统编号与票据口令")

_BEARER = re.compile(r"[Bb]earer (\S+)")
_BASIC = re.compile(r"[Bb]asic ([A-Za-z0-9+/=]{4,512})")
_JSON = re.compile(r'application/json(\s*;\s*charset="?utf-8"?)?', re.IGNORECASE)


def _authorization(headers: Headers) -> str | None:
    """The one header that may name somebody; two of them name nobody."""
    given = headers.getlist("authorization")
    return given[0] if len(given) == 1 else None


def _unknown(scheme: str, message: str = "") -> ApiError:
    return ApiError(401, message=message, headers={"WWW-Authenticate": f'{scheme} realm="portal"'})


def by_token(headers: Headers, most: int | None = None) -> Principal:
    """The program behind the token, within its rate (``most`` questions a minute)."""
    found = _BEARER.fullmatch(_authorization(headers) or "")
    caller, wait = clients.admitted(found[1], most) if found else (None, 0)
    if caller is None:
        raise _unknown("Bearer")
    if wait:
        raise ApiError(429, headers={"Retry-After": str(wait)})
    return caller.principal


def by_cookie(identify: Identify, cookies: Mapping[str, str]) -> Principal:
    """The person behind a browser's cookie: for downloads from a page, and nothing else."""
    who = posts.behind(identify(cookies))
    if who is None:
        raise _unknown("Bearer", SIGNED_OUT)
    return who


def by_password(headers: Headers, password: Callable[[str], str | None]) -> str:
    """The connected system that knows its password; gives its id."""
    found = _BASIC.fullmatch(_authorization(headers) or "")
    try:
        plain = base64.b64decode(found[1], validate=True).decode("ascii") if found else ""
    except (binascii.Error, UnicodeDecodeError):
        plain = ""
    system_id, _, given = plain.partition(":")
    expected = password(system_id)
    # Compared in any case, so that the time does not tell which systems there are.
    same = hmac.compare_digest(given.encode(), (expected or "-").encode())
    if not (same and expected):
        raise _unknown("Basic", "业务系统编号或口令不正确，没有作任何处理。")
    return system_id


def check_type(request: Request) -> None:
    """A body is JSON and says so."""
    given = request.headers.getlist("content-type")
    if request.method == "POST" and (len(given) != 1 or not _JSON.fullmatch(given[0].strip())):
        raise ApiError(415)


def guarded(
    identify_caller: Callable[[Request], Any],
    checks_body: Callable[[Request], Callable[[bytes], None] | None] | None = None,
) -> type[APIRoute]:
    """A kind of route that knows its caller before it reads anything else.

    ``checks_body`` says what has to look at the bytes as they came, before anything makes sense of
    them; for most callers nothing has to.
    """

    class Guarded(APIRoute):
        def get_route_handler(self) -> Handler:
            inner = super().get_route_handler()

            async def handler(request: Request) -> Response:
                request.state.caller = await run_in_threadpool(identify_caller, request)
                check_type(request)
                check = checks_body(request) if checks_body else None
                if check is not None:
                    await run_in_threadpool(check, await request.body())
                return await inner(request)

            return handler

    return Guarded


def program(request: Request) -> Principal:
    """Who asks, for guarded routes of programs."""
    return by_token(request.headers)


def caller(request: Request) -> Any:
    """What the guarded route has found out."""
    return request.state.caller
