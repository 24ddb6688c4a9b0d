"""Who stands at the door: the sign-in questions that guards ask, answered off the event loop."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

from anyio import CapacityLimiter, to_thread
from starlette.requests import cookie_parser
from starlette.types import Scope

from auth import oidc, sessions
from auth.sessions import LiveSession

SIGN_IN_COOKIES = "_streamlit_user"  # the claims, the tokens and the pieces of both
# Own threads: a rush of page files must not keep a revoked session waiting to be noticed.
_THREADS = 8


class Sessions(Protocol):
    """What the guards need to know about sign-in sessions; ``auth`` in the product."""

    def identify(self, cookies: Mapping[str, str]) -> LiveSession | None:
        """The live session behind these cookies."""
        ...

    def claims(self, cookies: Mapping[str, str]) -> dict[str, Any] | None:
        """The verified claims of these cookies, whether or not the session still stands."""
        ...

    def check(self, session_id: str, *, touch: bool) -> LiveSession | None:
        """The session, if it still stands."""
        ...

    def alive(self, session_ids: Collection[str]) -> set[str]:
        """Those of the sessions that still stand."""
        ...

    def revoke(self, session_id: str, why: str) -> None:
        """End a session."""
        ...


class _Auth:
    """The real sessions of the portal."""

    identify = staticmethod(oidc.identify)
    claims = staticmethod(oidc.claims_from_cookies)
    check = staticmethod(sessions.check)
    alive = staticmethod(sessions.alive)
    revoke = staticmethod(sessions.revoke)


class Doorkeeper:
    """Asks the session table without holding up the other sockets."""

    def __init__(self, source: Sessions | None = None) -> None:
        self.source: Sessions = source or _Auth()
        self._limiter = CapacityLimiter(_THREADS)

    async def _ask(self, question: Callable[..., Any], *values: object, **named: object) -> Any:
        def ask() -> Any:
            return question(*values, **named)

        return await to_thread.run_sync(ask, limiter=self._limiter)

    async def identify(self, cookies: Mapping[str, str]) -> LiveSession | None:
        """The live session of a request; a request without the cookie costs no thread."""
        if SIGN_IN_COOKIES not in cookies:
            return None
        found: LiveSession | None = await self._ask(self.source.identify, cookies)
        return found

    async def check(self, session_id: str, *, touch: bool) -> bool:
        """Whether the session still stands."""
        return await self._ask(self.source.check, session_id, touch=touch) is not None

    async def alive(self, session_ids: Collection[str]) -> set[str]:
        """Those of the sessions that still stand."""
        living: set[str] = await self._ask(self.source.alive, session_ids)
        return living

    async def revoke(self, session_id: str, why: str) -> None:
        """End a session."""
        await self._ask(self.source.revoke, session_id, why)

    def same_sign_in(self, one: Mapping[str, str], other: Mapping[str, str]) -> bool:
        """Whether two requests carry the same sign-in, by what the deployment signed."""
        claims = self.source.claims(one)
        return claims is not None and claims == self.source.claims(other)


def cookies_of(scope: Scope) -> dict[str, str]:
    """The cookies of a request, as the server reads them."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name == b"cookie":
            found.update(cookie_parser(value.decode("latin-1")))
    return found


def without_sign_in(scope: Scope) -> Scope:
    """The same request from somebody unknown: the sign-in cookies are taken out."""
    kept = [
        f"{name}={value}"
        for name, value in cookies_of(scope).items()
        if not name.startswith(SIGN_IN_COOKIES)
    ]
    headers = [pair for pair in scope["headers"] if pair[0] != b"cookie"]
    if kept:
        headers.append((b"cookie", "; ".join(kept).encode("latin-1")))
    return {**scope, "headers": headers}
