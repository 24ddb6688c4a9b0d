"""Each number of a signed request counts once, in whichever process it arrives."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from portal.store.engine import begin
from portal.store.nonce_tables import spent_nonce


def spend(holder: str, nonce: str, *, now: datetime, until: datetime) -> bool:
    """Use a number up; ``False`` when it was used before. What is past its time is forgotten."""
    fresh = insert(spent_nonce).values(holder=holder, nonce=nonce, until=until)
    once = fresh.on_conflict_do_nothing().returning(spent_nonce.c.nonce)
    with begin() as connection:
        connection.execute(delete(spent_nonce).where(spent_nonce.c.until < now))
        return connection.execute(once).first() is not None
