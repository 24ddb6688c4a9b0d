"""The provider's pages: templates, headers, and what each page is told."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from auth.provider import forms, passwords, totp
from auth.provider.deps import Branding, DemoAccount, Deps, LevelBadge, home
from auth.provider.forms import Form
from auth.provider.signin import MAX_LOGIN, Refused
from portal.settings import settings

HERE = Path(__file__).parent

# No inline script anywhere; inline style only for the colour of a level's badge.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; "
        "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Content-Language": "zh-CN",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True, kw_only=True)
class Row:
    """A demonstration account in the table, with the link that fills in its login."""

    account: DemoAccount
    link: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Group:
    """The demonstration accounts of one level."""

    badge: LevelBadge
    rows: tuple[Row, ...]


def badge_of(branding: Branding, level: str) -> LevelBadge:
    """The badge of a level; a level nobody described is shown by its own word, in grey."""
    for badge in branding.levels:
        if badge.id == level:
            colour = badge.colour if _COLOUR.fullmatch(badge.colour) else "#475569"
            return LevelBadge(id=badge.id, name=badge.name, colour=colour)
    return LevelBadge(id=level, name=level, colour="#475569")


class Pages:
    """Renders every page of the provider under one brand."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def _page(self, template: str, status: int, **values: Any) -> HTMLResponse:
        text = (
            _templates()
            .get_template(template)
            .render(
                brand=self._deps.branding,
                is_demo=self._deps.demo is not None,
                home=home(),
                **values,
            )
        )
        return HTMLResponse(text, status, headers=HEADERS)

    def _groups(self, request: dict[str, str], chosen: str) -> list[Group]:
        demo, branding = self._deps.demo, self._deps.branding
        if demo is None:
            return []
        by_level: dict[str, list[Row]] = {badge.id: [] for badge in branding.levels}
        for one in demo.accounts:
            link = f"/idp/authorize?{urlencode({**request, 'login_hint': one.login})}"
            row = Row(account=one, link=link, is_chosen=one.login == chosen)
            by_level.setdefault(one.level, []).append(row)
        return [
            Group(badge=badge_of(branding, level), rows=tuple(rows))
            for level, rows in by_level.items()
            if rows
        ]

    def _form_page(
        self,
        template: str,
        form: Form,
        browser: str,
        refused: Refused | None,
        **values: Any,
    ) -> HTMLResponse:
        page = self._page(
            template,
            refused.status if refused else 200,
            sealed=forms.seal(form, browser),
            error=refused.message if refused else "",
            **values,
        )
        if refused and refused.retry_after:
            page.headers["Retry-After"] = str(refused.retry_after)
        page.set_cookie(
            forms.COOKIE,
            browser,
            path="/idp",
            httponly=True,
            samesite="lax",
            secure=settings().public_url.startswith("https:"),
        )
        return page

    def password(
        self, form: Form, browser: str, *, login: str = "", refused: Refused | None = None
    ) -> HTMLResponse:
        """The sign-in page."""
        login = login[:MAX_LOGIN]
        return self._form_page(
            "signin.html",
            form,
            browser,
            refused,
            login=login,
            groups=self._groups(form.request, login),
            demo_password=self._deps.demo.password if self._deps.demo else "",
        )

    def code(self, form: Form, browser: str, *, refused: Refused | None = None) -> HTMLResponse:
        """The page that asks for a one-time code; with a fresh secret it also shows it."""
        enrolling = form.stage == "enrol"
        # The city alone: every Chinese character costs the picture eighteen letters.
        city = self._deps.branding.city
        picture = totp.picture(form.secret, form.login, city) if enrolling else ""
        return self._form_page(
            "code.html",
            form,
            browser,
            refused,
            enrolling=enrolling,
            name=form.name,
            login=form.login,
            secret=totp.grouped(form.secret) if enrolling else "",
            # Drawn by our own library from our own text: the one piece of markup not escaped.
            picture=Markup(picture),  # noqa: S704
        )

    def change(self, form: Form, browser: str, *, refused: Refused | None = None) -> HTMLResponse:
        """The page that asks for a password of one's own in place of the initial one."""
        return self._form_page(
            "change.html",
            form,
            browser,
            refused,
            name=form.name,
            login=form.login,
            least=passwords.MIN_LENGTH,
        )

    def notice(self, status: int, title: str, message: str, *, kept: str = "") -> HTMLResponse:
        """What happened, what was kept, and the way back."""
        return self._page("notice.html", status, title=title, message=message, kept=kept)
