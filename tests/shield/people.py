"""Sign-in sessions without a database: what a test says stands, stands."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from auth.sessions import LiveSession

COOKIE = "_streamlit_user"


class People:
    """The session table of a test. A cookie's value is the id of its session."""

    def __init__(self, *standing: str) -> None:
        self.standing = set(standing)
        self.touched: list[str] = []
        self.revoked: list[tuple[str, str]] = []
        self.down = False

    def _ask(self) -> None:
        if self.down:
            raise ConnectionError("the database is away")

    def _session(self, session_id: str) -> LiveSession:
        at = datetime(2026, 11, 23, tzinfo=UTC)
        return LiveSession(
            id=session_id,
            account_id=UUID(int=1),
            login=session_id,
            post_id=None,
            issued_at=at,
            last_seen=at,
            factors=(),
        )

    def identify(self, cookies: Mapping[str, str]) -> LiveSession | None:
        self._ask()
        given = cookies.get(COOKIE, "")
        return self._session(given) if given in self.standing else None

    def claims(self, cookies: Mapping[str, str]) -> dict[str, Any] | None:
        return {"sub": cookies[COOKIE]} if COOKIE in cookies else None

    def check(self, session_id: str, *, touch: bool) -> LiveSession | None:
        self._ask()
        if session_id not in self.standing:
            return None
        if touch:
            self.touched.append(session_id)
        return self._session(session_id)

    def alive(self, session_ids: Collection[str]) -> set[str]:
        self._ask()
        return self.standing & set(session_ids)

    def revoke(self, session_id: str, why: str) -> None:
        self.standing.discard(session_id)
        self.revoked.append((session_id, why))


def signed_in(name: str) -> dict[str, str]:
    """The headers of a browser that holds somebody's cookie."""
    return {"cookie": f"{COOKIE}={name}"}
