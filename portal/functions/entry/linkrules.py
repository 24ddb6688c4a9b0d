"""The rules of accounts over there: when one is nearly over, and what proves that it is one's own.

Two proofs. A signed one: the person signs in at the system itself, which sends them back with a
statement under a secret that it shares with the platform. Or a code of eight digits that the system
shows for a number that the platform has shown: for systems on another network.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

PROOF, ALGORITHM = "link+jwt", "HS256"
LONGEST = 2048
MOST_TRIES = 5
MOST_ACCOUNT = 60


class LinkState(StrEnum):
    """How an account over there stands, as it is shown."""

    NONE = "未关联"
    IMPORTED = "待本人确认"
    GOOD = "有效"
    SOON = "即将到期"
    OVER = "已到期"


def state_of(
    linked: bool, expires_on: date | None, checked_at: datetime | None, today: date, warn_days: int
) -> LinkState:
    """Nearly over is told before it is over; the last day itself still counts."""
    if not linked:
        return LinkState.NONE
    if expires_on is not None and expires_on < today:
        return LinkState.OVER
    if expires_on is not None and (expires_on - today).days <= warn_days:
        return LinkState.SOON
    return LinkState.GOOD if checked_at else LinkState.IMPORTED


def usable(expires_on: date | None, today: date) -> bool:
    """Whether a ticket may still name the account."""
    return expires_on is None or expires_on >= today


@dataclass(frozen=True, kw_only=True)
class Proved:
    """What a system says: whose account it is over there, and until when it is good."""

    account: str
    until: date | None = None


def _key(secret: str, system_id: str) -> bytes:
    """A key of its own for proofs, so that no other use of the secret makes one."""
    return hmac.new(secret.encode(), f"account-link\n{system_id}".encode(), hashlib.sha256).digest()


def read_proof(
    proof: str, *, secret: str, system_id: str, audience: str, state: str, now: datetime
) -> Proved | None:
    """The statement of a system about the one attempt of that state; ``None`` for anything else."""
    if len(proof) > LONGEST or not proof.isascii():
        return None
    try:
        key = OctKey.import_key(_key(secret, system_id))
        token = jwt.decode(proof, key, algorithms=[ALGORITHM])
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    claims: dict[str, Any] = dict(token.claims)
    wanted = {"iss": system_id, "aud": audience, "nonce": state}
    if token.header.get("typ") != PROOF or any(claims.get(k) != v for k, v in wanted.items()):
        return None
    if not isinstance(claims.get("exp"), int) or claims["exp"] <= now.timestamp():
        return None
    account = claims.get("sub")
    if not isinstance(account, str) or not plain_account(account):
        return None
    return Proved(account=account, until=_day(claims.get("until")))


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


def plain_account(value: str) -> bool:
    """Whether this can be the name of an account."""
    return 0 < len(value) <= MOST_ACCOUNT and value.isprintable() and value == value.strip()


def code_for(secret: str, system_id: str, account: str, challenge: str) -> str:
    """The code that the system shows to who has signed in there as that account."""
    told = f"{account}\n{challenge}".encode()
    digest = hmac.new(_key(secret, system_id), told, hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10**8:08d}"


def code_is_right(given: str, *, secret: str, system_id: str, account: str, challenge: str) -> bool:
    """Compared without telling how much of it was right."""
    expected = code_for(secret, system_id, account, challenge)
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
