"""Files, uploads and components open only to a live session, and an upload only to its own tab."""

from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from portal.shield import replies
from portal.shield.doorkeeper import Doorkeeper, cookies_of

_GATED = ("/media/", "/_stcore/upload_file/", "/component/", "/_stcore/bidi-components/")
_UPLOAD = "/_stcore/upload_file/"

# The cookies with which a tab's Streamlit session was opened, or None when there is no such tab.
TabCookies = Callable[[str], Mapping[str, str] | None]


class Gate:
    """Asks for a live session where Streamlit itself asks for nothing."""

    def __init__(self, app: ASGIApp, *, doorkeeper: Doorkeeper, tab_cookies: TabCookies) -> None:
        self.app = app
        self._doorkeeper = doorkeeper
        self._tab_cookies = tab_cookies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(_GATED):
            cookies = cookies_of(scope)
            if await self._doorkeeper.identify(cookies) is None:
                await replies.refusal(401)(scope, receive, send)
                return
            if not self._may_upload(scope["path"], cookies):
                await replies.refusal(403)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _may_upload(self, path: str, cookies: Mapping[str, str]) -> bool:
        if not path.startswith(_UPLOAD):
            return True
        tab = self._tab_cookies(path.removeprefix(_UPLOAD).partition("/")[0])
        return tab is not None and self._doorkeeper.same_sign_in(cookies, tab)
