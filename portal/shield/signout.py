"""Signing out ends the session on the server, whether or not a page ever ran."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.shield.cookies import ENDED, SIGNED_OUT, signed_out
from portal.shield.doorkeeper import Doorkeeper, cookies_of

# Where a tab is sent whose session ended elsewhere: clears the screen and says why.
ENDED_PATH = "/auth/ended"


class SignOut:
    """Revokes before Streamlit clears the browser's cookie and calls the identity provider."""

    def __init__(self, app: ASGIApp, *, doorkeeper: Doorkeeper) -> None:
        self.app = app
        self._doorkeeper = doorkeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/auth/logout":
            live = await self._doorkeeper.identify(cookies_of(scope))
            if live is not None:
                await self._doorkeeper.revoke(live.id, "本人退出")
        await self.app(scope, receive, send)


def ended_route(*, https: bool) -> Route:
    """The address of :data:`ENDED_PATH`."""

    async def ended(request: Request) -> Response:
        response = RedirectResponse("/", status_code=302)
        if SIGNED_OUT not in request.cookies:  # in another tab somebody may just have signed out
            response.headers.append("set-cookie", signed_out(ENDED, https=https))
        return response

    return Route(ENDED_PATH, ended, methods=["GET"])
