"""Passwords: what is accepted, how they are kept, and how one is checked."""

import secrets
import unicodedata
from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerificationError

MIN_LENGTH, MAX_LENGTH = 10, 128

# OWASP's second argon2id choice: 19 MiB, two passes. Each check holds that memory, so only a few
# run at once: a rush at half past eight must not take the machine down.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
_SLOTS = BoundedSemaphore(4)

_CLASSES = (str.islower, str.isupper, str.isdigit, lambda letter: not letter.isalnum())


class WeakPasswordError(ValueError):
    """The password does not meet the policy; the message says what is missing."""


def fold(password: str) -> str:
    """The one form in which a password is compared: full-width letters count as plain ones."""
    return unicodedata.normalize("NFKC", password)


def check_policy(login: str, password: str) -> None:
    """Raise when the password is too weak for this account."""
    folded = fold(password)
    if not MIN_LENGTH <= len(folded) <= MAX_LENGTH:
        raise WeakPasswordError(f"密码长度应为 {MIN_LENGTH} 至 {MAX_LENGTH} 位")
    if not folded.isprintable():
        raise WeakPasswordError("密码不能含有控制字符")
    if sum(any(map(belongs, folded)) for belongs in _CLASSES) < 3:
        raise WeakPasswordError("密码应至少包含大写字母、小写字母、数字、符号中的三类")
    if login.lower() in folded.lower():
        raise WeakPasswordError("密码不能包含账号")


# Without letters and digits that are taken for one another when copied from paper.
_LETTERS, _CAPITALS, _DIGITS = "abcdefghjkmnpqrstuvwxyz", "ABCDEFGHJKMNPQRSTUVWXYZ", "23456789"


def initial() -> str:
    """A password to be told on paper: four groups of four, with every class in it."""
    pick = secrets.choice
    groups = [
        pick(_CAPITALS) + "".join(pick(_LETTERS) for _ in range(2)) + pick(_DIGITS)
        for _ in range(4)
    ]
    return "-".join(groups)


def hash_password(password: str) -> str:
    """The argon2id hash to keep."""
    with _SLOTS:
        return _HASHER.hash(fold(password))


@lru_cache(maxsize=1)
def _decoy() -> str:
    """A hash that nothing matches, checked for unknown logins so that they cost the same."""
    return hash_password(secrets.token_urlsafe(32))


def matches(stored: str | None, password: str) -> bool:
    """Whether the password is right; does the same work when there is nothing to compare with."""
    target = stored or _decoy()
    with _SLOTS:
        try:
            right = _HASHER.verify(target, fold(password))
        except VerificationError:
            return False
    return right and stored is not None


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)
