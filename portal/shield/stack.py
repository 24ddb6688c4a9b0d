"""The guards in their order, outermost first, with what each needs to know."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from streamlit.file_util import get_static_dir

from portal.settings import Settings
from portal.shield import browsers, tabs
from portal.shield.cookies import Cookies
from portal.shield.documents import Documents, chinese_index
from portal.shield.doorkeeper import Doorkeeper
from portal.shield.errors import Errors
from portal.shield.gate import Gate
from portal.shield.headers import Headers
from portal.shield.origin import Origin
from portal.shield.paths import Paths, files_below
from portal.shield.signout import SignOut
from portal.shield.sockets import Sockets
from portal.shield.stream import Stream
from portal.store.citypack import pack


@dataclass(frozen=True, kw_only=True)
class Shield:
    """What the guards of one process share."""

    settings: Settings
    title: str
    pages: Collection[str]
    routes: Sequence[BaseRoute]
    static: Path
    doorkeeper: Doorkeeper = field(default_factory=Doorkeeper)
    sockets: Sockets = field(default_factory=Sockets)

    @property
    def https(self) -> bool:
        """Whether people reach the portal over a protected wire."""
        return self.settings.public_url.startswith("https://")

    def middleware(self) -> list[Middleware]:
        """The guards, outermost first: headers cover every answer, also a guard's own."""
        frontend = Path(get_static_dir())
        pages = frozenset({"/", *(f"/{path}" for path in self.pages)})
        files = files_below(frontend / "static", "/static/") | files_below(
            self.static, "/app/static/"
        )
        index = chinese_index(
            (frontend / "index.html").read_text(encoding="utf-8"),
            title=self.title,
            static=self.static,
        )
        at = self.settings
        return [
            Middleware(Headers, https=self.https),
            Middleware(Errors),
            Middleware(Origin, public_url=at.public_url, extra_hosts=at.extra_hosts),
            Middleware(
                Paths,
                pages=pages | {browsers.PATH},
                files=files,
                routes=self.routes,
                public_url=at.public_url,
            ),
            Middleware(Cookies, https=self.https, session_hours=at.session_hours),
            Middleware(
                Documents,
                index=index,
                pages=pages,
                doorkeeper=self.doorkeeper,
                https=self.https,
                old=browsers.page(title=self.title, support=pack().support),
            ),
            Middleware(SignOut, doorkeeper=self.doorkeeper),
            Middleware(Gate, doorkeeper=self.doorkeeper, tab_cookies=tabs.tab_cookies),
            Middleware(
                Stream,
                doorkeeper=self.doorkeeper,
                sockets=self.sockets,
                download_cookies=tabs.download_cookies,
            ),
        ]
