"""``/link/…``: to a system's own sign-in and back, to prove which account there is one's own.

What comes back is worth nothing without the session that went: the browser's cookie decides.
"""

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlencode

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from auth import posts
from auth.permissions import Denied
from auth.principal import Principal
from portal.api.access import Identify
from portal.api.jump import NOT_MEANT, SIGNED_OUT, refused
from portal.functions.entry import Entry, LinkRefused
from portal.functions.entry.jump import meant

START, RETURN, PAGE = "/link/start", "/link/return", "/accounts"
LINKING = "linking"  # in place of a page's name, in what seals a link
_LONGEST = 4096


def _asked(query: bytes) -> dict[str, str]:
    """The parameters, each once; none for anything that no page of ours would send."""
    if len(query) > _LONGEST:
        return {}
    try:
        pairs = parse_qsl(query.decode("ascii"), max_num_fields=4, errors="strict")
    except ValueError:
        return {}
    found = dict(pairs)
    return found if len(found) == len(pairs) else {}


def _back(**words: str) -> Response:
    """To one's own page, with nothing of the proof left in the address."""
    return RedirectResponse(f"{PAGE}?{urlencode(words)}", status_code=303)


Act = Callable[[Principal, str, Mapping[str, str]], Response]


def _begin(entry: Callable[[], Entry]) -> Act:
    """To the system's own sign-in."""

    def begin(who: Principal, system_id: str, asked: Mapping[str, str]) -> Response:
        if not meant(who, system_id, LINKING, {}, asked.get("i", "")):
            return refused(403, NOT_MEANT)
        try:
            return RedirectResponse(entry().begin_link(who, system_id), status_code=303)
        except LinkRefused as refusal:
            return _back(refused=refusal.code)

    return begin


def _finish(entry: Callable[[], Entry]) -> Act:
    """Back from there, with a proof."""

    def finish(who: Principal, _: str, asked: Mapping[str, str]) -> Response:
        try:
            entry().finish_link(who, asked.get("state", ""), asked.get("proof", ""))
        except LinkRefused as refusal:
            return _back(refused=refusal.code)
        return _back(done="1")

    return finish


def routes(entry: Callable[[], Entry], identify: Identify) -> list[BaseRoute]:
    """The two addresses; ``identify`` finds the live session behind a browser's cookies."""

    def answer(act: Act, request: Request) -> Response:
        principal = posts.behind(identify(dict(request.cookies)))
        if principal is None:
            return refused(401, SIGNED_OUT)
        system_id = request.path_params.get("system", "")
        try:
            return act(principal, system_id, _asked(request.scope["query_string"]))
        except Denied as refusal:
            return refused(403, refusal.message)

    async def start(request: Request) -> Response:
        return await to_thread.run_sync(answer, _begin(entry), request)

    async def come_back(request: Request) -> Response:
        return await to_thread.run_sync(answer, _finish(entry), request)

    return [
        Route(f"{START}/{{system:str}}", start, methods=["GET"]),
        Route(RETURN, come_back, methods=["GET"]),
    ]
