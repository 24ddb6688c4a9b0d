"""What a form carries from one page to the next: sealed, short-lived, bound to one browser.

Nothing is stored for a visitor who has proved nothing yet, and any process can read a form that
another one made. The seal is authenticated encryption; the browser's cookie holds no session, only
the random value that shows that the form and its answer came from the same browser.
"""

import json
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from auth.provider.grants import SignedIn
from portal.store import clock
from portal.store.crypto import UnreadableValueError, decrypt, encrypt, keyed_hash

COOKIE = "portal_idp_form"
FORM_MINUTES = 30
SECOND_STEP_MINUTES = 5

Stage = Literal["password", "code", "enrol", "change"]

# The parts of an authorization request that matter; anything else is ignored.
_CARRIED = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
)
_MARK = "idp-form-1"


class FormExpiredError(Exception):
    """The form is too old, not ours, or from another browser: start again."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form that was sent to a browser."""

    stage: Stage
    request: dict[str, str]
    expires_at: datetime
    login: str = ""
    name: str = ""
    auth_time: datetime | None = None
    secret: str = field(default="", repr=False)
    amr: tuple[str, ...] = ()  # what was proved before the last step

    def signed_in(self, *, amr: tuple[str, ...]) -> SignedIn:
        """The person this form speaks of, once every step is done."""
        return SignedIn(
            login=self.login, name=self.name, amr=amr, auth_time=self.auth_time or clock.now()
        )


def first(query: dict[str, str]) -> Form:
    """The form that asks for login and password."""
    return Form(
        stage="password",
        request={name: query[name] for name in _CARRIED if name in query},
        expires_at=clock.now() + timedelta(minutes=FORM_MINUTES),
    )


def second(
    form: Form,
    stage: Stage,
    *,
    login: str,
    name: str,
    secret: str = "",
    amr: tuple[str, ...] = (),
) -> Form:
    """The form that asks for a one-time code or a new password, after the password was right."""
    return replace(
        form,
        stage=stage,
        login=login,
        name=name,
        secret=secret,
        amr=amr,
        auth_time=clock.now(),
        expires_at=clock.now() + timedelta(minutes=SECOND_STEP_MINUTES),
    )


def browser_value(cookies: Any) -> str:
    """The browser's random value: the one it has, so that two open tabs both work, or a new one."""
    held = str(cookies.get(COOKIE, ""))
    usable = len(held) == 43 and held.replace("-", "").replace("_", "").isalnum()
    return held if usable else secrets.token_urlsafe(32)


def seal(form: Form, browser: str) -> str:
    """The form as one opaque field."""
    return encrypt(
        json.dumps(
            {
                "mark": _MARK,
                "browser": keyed_hash(browser),
                "stage": form.stage,
                "request": form.request,
                "expires_at": form.expires_at.isoformat(),
                "login": form.login,
                "name": form.name,
                "auth_time": form.auth_time.isoformat() if form.auth_time else None,
                "secret": form.secret,
                "amr": list(form.amr),
            }
        )
    )


def unseal(field_value: str, cookies: Any) -> Form:
    """The form back, or :class:`FormExpiredError` when it may not be answered (any more)."""
    try:
        data: dict[str, Any] = json.loads(decrypt(field_value))
    except (UnreadableValueError, ValueError) as error:
        raise FormExpiredError from error
    browser = str(cookies.get(COOKIE, ""))
    if data.get("mark") != _MARK or data["browser"] != keyed_hash(browser):
        raise FormExpiredError
    expires_at = datetime.fromisoformat(data["expires_at"])
    if expires_at <= clock.now():
        raise FormExpiredError
    stamped = data["auth_time"]
    return Form(
        stage=data["stage"],
        request=data["request"],
        expires_at=expires_at,
        login=data["login"],
        name=data["name"],
        auth_time=datetime.fromisoformat(stamped) if stamped else None,
        secret=data["secret"],
        amr=tuple(data["amr"]),
    )
