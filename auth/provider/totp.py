"""The one-time code (RFC 6238): secrets, the picture to scan, and which step a code belongs to."""

import base64
import secrets
from datetime import datetime, timedelta

import segno
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

PERIOD = 30
DIGITS = 6
_WINDOW = (0, -1, 1)  # a phone's clock may be half a minute off either way


def new_secret() -> str:
    """A fresh 160-bit secret in the form that phones and people read (base32)."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def _machine(secret: str) -> TOTP:
    # SHA-1 is what authenticator apps assume; inside HMAC its collisions do no harm.
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), PERIOD)  # noqa: S303


def code_at(secret: str, moment: datetime) -> str:
    """The code a phone shows at that moment."""
    return _machine(secret).generate(int(moment.timestamp())).decode()


def matching_step(secret: str, code: str, moment: datetime) -> int | None:
    """The number of the time step the code belongs to, or ``None`` when it belongs to none near."""
    found: int | None = None
    for offset in _WINDOW:
        then = moment + timedelta(seconds=offset * PERIOD)
        if bytes_eq(code_at(secret, then).encode(), code.encode()) and found is None:
            found = int(then.timestamp()) // PERIOD
    return found


def grouped(secret: str) -> str:
    """The secret in groups of four, for typing it by hand."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def picture(secret: str, login: str, issuer: str) -> str:
    """The QR code of a secret as an ``<svg>`` element."""
    uri = _machine(secret).get_provisioning_uri(login, issuer)
    return segno.make(uri, error="m", micro=False).svg_inline(
        scale=4, border=2, dark="#0b1f3f", light="#ffffff", omitsize=True, svgclass="qr"
    )
