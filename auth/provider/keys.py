"""The signing keys: made on first need, kept encrypted, shared by every process."""

import json
from datetime import timedelta
from functools import lru_cache
from typing import Any

from joserfc.jwk import ECKey, KeySet
from sqlalchemy import Connection, Row, func, insert, select, update

from auth.provider.deps import ALGORITHM
from auth.provider.tables import idp_key
from portal.store import clock
from portal.store.crypto import decrypt, encrypt
from portal.store.engine import begin

# A client may have read the key list just before a key was retired.
_STILL_PUBLISHED = timedelta(days=1)
_LOCK = "auth.provider.keys"


@lru_cache(maxsize=16)
def _read(stored: str) -> ECKey:
    return ECKey.import_key(json.loads(decrypt(stored)))


def _new(connection: Connection) -> ECKey:
    parameters: Any = {"use": "sig", "alg": ALGORITHM}
    key = ECKey.generate_key("P-256", parameters, private=True, auto_kid=True)
    stored = encrypt(json.dumps(key.as_dict(private=True)))
    connection.execute(
        insert(idp_key).values(kid=key.kid, private_key=stored, created_at=clock.now())
    )
    return key


def _newest(connection: Connection) -> Row[Any] | None:
    query = select(idp_key).where(idp_key.c.retired_at.is_(None))
    return connection.execute(query.order_by(idp_key.c.created_at.desc()).limit(1)).first()


def signing_key() -> ECKey:
    """The key that signs now; two processes that start together make one key, not two."""
    with begin() as connection:
        row = _newest(connection)
        if row is None:
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(_LOCK))))
            row = _newest(connection)
        return _read(row.private_key) if row is not None else _new(connection)


def rotate() -> None:
    """Sign with a new key from now on; what the old ones signed can still be verified."""
    with begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(_LOCK))))
        connection.execute(
            update(idp_key).where(idp_key.c.retired_at.is_(None)).values(retired_at=clock.now())
        )
        _new(connection)


def published() -> dict[str, Any]:
    """The public halves as the key list of the discovery document (JWKS)."""
    signing_key()
    since = clock.now() - _STILL_PUBLISHED
    query = select(idp_key).where(idp_key.c.retired_at.is_(None) | (idp_key.c.retired_at > since))
    with begin() as connection:
        rows = connection.execute(query.order_by(idp_key.c.created_at)).all()
    return {"keys": [_read(row.private_key).as_dict(private=False) for row in rows]}


def verifying_keys() -> KeySet:
    """Every key this provider ever signed with: a sign-out may come long after the sign-in."""
    signing_key()
    with begin() as connection:
        rows = connection.execute(select(idp_key)).all()
    return KeySet([_read(row.private_key) for row in rows])
