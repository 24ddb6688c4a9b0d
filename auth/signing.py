"""A ring of signing keys in a table: made on first need, kept encrypted, used by all processes."""

import json
from datetime import timedelta
from functools import lru_cache
from typing import Any

from joserfc.jwk import ECKey, KeySet
from sqlalchemy import Connection, Row, Table, func, insert, select, update

from portal.store import clock
from portal.store.crypto import decrypt, encrypt
from portal.store.engine import begin

ALGORITHM = "ES256"
# A reader may have read the key list just before a key was retired.
_STILL_PUBLISHED = timedelta(days=1)


@lru_cache(maxsize=16)
def _read(stored: str) -> ECKey:
    return ECKey.import_key(json.loads(decrypt(stored)))


class KeyRing:
    """The keys of one purpose; ``table`` has kid, private_key, created_at and retired_at."""

    def __init__(self, table: Table, lock: str) -> None:
        self._table = table
        self._lock = lock

    def signing_key(self) -> ECKey:
        """The key that signs now; two processes that start together make one key, not two."""
        with begin() as connection:
            row = self._newest(connection)
            if row is None:
                self._take_turns(connection)
                row = self._newest(connection)
            return _read(row.private_key) if row is not None else self._new(connection)

    def rotate(self) -> None:
        """Sign with a new key from now on; what the old ones signed can still be verified."""
        ring = self._table
        with begin() as connection:
            self._take_turns(connection)
            connection.execute(
                update(ring).where(ring.c.retired_at.is_(None)).values(retired_at=clock.now())
            )
            self._new(connection)

    def published(self) -> dict[str, Any]:
        """The public halves as a key list (JWKS)."""
        self.signing_key()
        ring, since = self._table, clock.now() - _STILL_PUBLISHED
        query = select(ring).where(ring.c.retired_at.is_(None) | (ring.c.retired_at > since))
        with begin() as connection:
            rows = connection.execute(query.order_by(ring.c.created_at)).all()
        return {"keys": [_read(row.private_key).as_dict(private=False) for row in rows]}

    def verifying_keys(self) -> KeySet:
        """Every key that ever signed."""
        self.signing_key()
        with begin() as connection:
            rows = connection.execute(select(self._table)).all()
        return KeySet([_read(row.private_key) for row in rows])

    def _take_turns(self, connection: Connection) -> None:
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(self._lock))))

    def _newest(self, connection: Connection) -> Row[Any] | None:
        ring = self._table
        query = select(ring).where(ring.c.retired_at.is_(None))
        return connection.execute(query.order_by(ring.c.created_at.desc()).limit(1)).first()

    def _new(self, connection: Connection) -> ECKey:
        parameters: Any = {"use": "sig", "alg": ALGORITHM}
        key = ECKey.generate_key("P-256", parameters, private=True, auto_kid=True)
        connection.execute(
            insert(self._table).values(
                kid=key.kid,
                private_key=encrypt(json.dumps(key.as_dict(private=True))),
                created_at=clock.now(),
            )
        )
        return key
