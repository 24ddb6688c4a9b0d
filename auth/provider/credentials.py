"""Who can prove what: reading and changing the credentials of accounts."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from auth.provider import attempts, passwords, totp
from auth.provider.tables import idp_credential
from auth.tables import account
from portal.settings import settings
from portal.store import clock
from portal.store.crypto import decrypt, encrypt
from portal.store.engine import begin

INITIAL_DAYS = 7


class UnknownLoginError(LookupError):
    """There is no such account, or it has no password here yet."""

    def __init__(self, login: str) -> None:
        super().__init__(f"没有账号“{login}”，或该账号尚未设置密码")


@dataclass(frozen=True, kw_only=True)
class Known:
    """An account as the provider sees it."""

    login: str
    name: str
    is_active: bool
    password_hash: str | None
    totp_secret: str | None
    must_enrol: bool
    must_change: bool = False
    expires_at: datetime | None = None

    @property
    def is_expired(self) -> bool:
        """Whether the initial password was not used in time."""
        return self.expires_at is not None and self.expires_at <= clock.now()


def plain_login(typed: str) -> str:
    """A login as it is compared: input methods leave full-width letters and capitals behind."""
    return unicodedata.normalize("NFKC", typed).strip().lower()


def find(typed: str) -> Known | None:
    """The account of that login. One query, whether it exists or not."""
    query = (
        select(account.c.login, account.c.name, account.c.status, idp_credential)
        .select_from(account.outerjoin(idp_credential, idp_credential.c.login == account.c.login))
        .where(func.lower(account.c.login) == plain_login(typed))
    )
    with begin() as connection:
        row = connection.execute(query).mappings().first()
    if row is None:
        return None
    secret = row[idp_credential.c.totp_secret]
    return Known(
        login=row[account.c.login],
        name=row[account.c.name],
        is_active=row[account.c.status] == "active",
        password_hash=row[idp_credential.c.password_hash],
        totp_secret=decrypt(secret) if secret else None,
        must_enrol=bool(row[idp_credential.c.must_enrol]),
        must_change=bool(row[idp_credential.c.must_change]),
        expires_at=row[idp_credential.c.expires_at],
    )


def set_password(login: str, password: str, *, demo: bool = False) -> None:
    """Give an account a password and lift its lock.

    ``demo`` spares the published password of a demonstration the policy; a production deployment
    knows no such exception.
    """
    if demo and settings().production:
        raise passwords.WeakPasswordError("正式环境不允许使用演示密码")
    known = find(login)
    if known is None:
        raise UnknownLoginError(login)
    if not demo:
        passwords.check_policy(known.login, password)
    _store_hash(known.login, passwords.hash_password(password))
    attempts.forget(plain_login(login))


def set_initial(login: str) -> str:
    """Give an account a password to be changed at the first sign-in; it is told once, here."""
    known = find(login)
    if known is None:
        raise UnknownLoginError(login)
    password = passwords.initial()
    until = clock.now() + timedelta(days=INITIAL_DAYS)
    hashed = passwords.hash_password(password)
    _store_hash(known.login, hashed, must_change=True, expires_at=until)
    attempts.forget(plain_login(login))
    return password


def change_initial(known: Known, password: str) -> bool:
    """Replace an initial password by the person's own; ``False`` when it was replaced meanwhile.

    Raises :class:`WeakPasswordError` when it is too weak, or the same as before.
    """
    passwords.check_policy(known.login, password)
    if passwords.matches(known.password_hash, password):
        raise passwords.WeakPasswordError("新密码不能与初始密码相同")
    with begin() as connection:
        done = connection.execute(
            update(idp_credential)
            .where(
                idp_credential.c.login == known.login,
                idp_credential.c.must_change,
                idp_credential.c.password_hash == known.password_hash,
            )
            .values(
                password_hash=passwords.hash_password(password),
                must_change=False,
                expires_at=None,
                changed_at=clock.now(),
            )
        )
    return done.rowcount == 1


def _store_hash(
    login: str, hashed: str, *, must_change: bool = False, expires_at: datetime | None = None
) -> None:
    values = {
        "password_hash": hashed,
        "changed_at": clock.now(),
        "must_change": must_change,
        "expires_at": expires_at,
    }
    with begin() as connection:
        connection.execute(
            insert(idp_credential)
            .values(login=login, **values)
            .on_conflict_do_update(index_elements=[idp_credential.c.login], set_=values)
        )


def refresh_hash(login: str, password: str) -> None:
    """Keep the same password under today's parameters; its age does not change."""
    with begin() as connection:
        connection.execute(
            update(idp_credential)
            .where(idp_credential.c.login == login)
            .values(password_hash=passwords.hash_password(password))
        )


def reset_second_factor(login: str, *, enrol_again: bool = True) -> None:
    """Forget the phone of an account; unless told otherwise it must enrol one at next sign-in."""
    known = find(login)
    values = {"totp_secret": None, "totp_last_step": None, "must_enrol": enrol_again}
    with begin() as connection:
        changed = connection.execute(
            update(idp_credential)
            .where(idp_credential.c.login == (known.login if known else login))
            .values(**values, changed_at=clock.now())
        ).rowcount
    if not changed:
        raise UnknownLoginError(login)


def unlock(login: str) -> None:
    """Lift the lock-out of a login before its time is over."""
    attempts.forget(plain_login(login))


# -- the second factor --------------------------------------------------------------------------


def use_code(known: Known, code: str) -> bool | None:
    """Spend a one-time code: ``True`` right, ``False`` wrong, ``None`` used before.

    Moving the last used step forward is one statement, so the same code sent twice at once is
    accepted once.
    """
    step = totp.matching_step(known.totp_secret or "", code, clock.now())
    if step is None:
        return False
    last = idp_credential.c.totp_last_step
    with begin() as connection:
        moved = connection.execute(
            update(idp_credential)
            .where(idp_credential.c.login == known.login, or_(last.is_(None), last < step))
            .values(totp_last_step=step)
        ).rowcount
    return True if moved else None


def enrol(login: str, secret: str, code: str) -> bool | None:
    """Keep a new secret once its first code is right; ``None`` when another was kept meanwhile."""
    step = totp.matching_step(secret, code, clock.now())
    if step is None:
        return False
    with begin() as connection:
        kept = connection.execute(
            update(idp_credential)
            .where(idp_credential.c.login == login, idp_credential.c.totp_secret.is_(None))
            .values(
                totp_secret=encrypt(secret),
                totp_last_step=step,
                must_enrol=False,
                changed_at=clock.now(),
            )
        ).rowcount
    return True if kept else None
