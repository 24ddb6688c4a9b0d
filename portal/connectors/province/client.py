"""Asking the province and answering it: one token for all, renewed once; a pause when it fails.

What leaves and what comes in goes over the same short line as messages do; pages are walked as the
pages of any system.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import httpx
import structlog

from portal.connectors.breaker import Breaker
from portal.connectors.calls import Paging
from portal.connectors.contract import (
    NotFound,
    RateLimited,
    RetryLater,
    SignInAgain,
    SystemFault,
    TheirFault,
    TurnedDown,
)
from portal.connectors.endpoint import EndpointRefused, check_endpoint
from portal.connectors.messaging.line import Line, open_client, packed
from portal.connectors.paging import Walk, rows_of
from portal.connectors.province import dialect
from portal.connectors.province.words import Issued, Listed, Receipt, Sending
from portal.store import clock
from portal.store.province_texts import ProvinceTexts

log = structlog.get_logger(__name__)

_PAGES = Paging(kind="page", size=50, first=1, total="sj.zts")
_MOST_PAGES = 200
_FAILURES, _REST_SECONDS = 5, 60.0
_WELL, _WRONG_SECRET, _EXPIRED = "0000", "1001", "1002"
_TOO_FAST, _NO_SUCH, _BUSY = "3001", "2404", "9000"
_REFUSAL = "2"  # codes that begin so say no, in words for a person
_MOST_WORDS = 300


class Province:
    """The line to the provincial 一表通."""

    def __init__(
        self,
        *,
        line: Line,
        app_id: str,
        secret: str,
        simulated: bool = False,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.simulated = simulated
        self._line, self._app_id, self._secret, self._now = line, app_id, secret, now
        self._token, self._until = "", now()
        self._lock = Lock()
        self._breaker = Breaker(failures=_FAILURES, rest_seconds=_REST_SECONDS, now=now)

    @property
    def resting(self) -> bool:
        """Whether it is left in peace just now: nothing would be sent."""
        return self._breaker.open

    def issued(self, since: str) -> Iterator[list[Listed | None]]:
        """What was issued or changed since a mark, page by page; ``None`` for a line that is none.

        Of a page on which no line can be read, nothing is believed.
        """
        walk = Walk(_PAGES)
        for _ in range(_MOST_PAGES):
            asked = {"bgsj": since, "ym": walk.values["page"], "mys": walk.values["size"]}
            body = self._ask("/api/bb/cx", asked)
            if not isinstance(body, dict) or not isinstance(body.get("lb"), list):
                raise TheirFault(detail="the list is nowhere")
            rows = rows_of(body["lb"])
            walk.advance({"sj": body}, rows)
            lines = [dialect.listed(row) for row in rows]
            if lines and not any(lines):
                raise TheirFault(detail="no line of the list names a form")
            yield lines
            if walk.done:
                return
        raise TheirFault(detail="the list does not end")

    def form(self, one: Listed) -> Issued:
        """One edition of a form."""
        body = self._ask("/api/bb/dy", {"bh": one.number, "bbh": one.edition})
        return dialect.issued(body, one)

    def receipt(self, one: Receipt) -> str:
        """Say that a form was taken, or why not; gives the number under which that is kept."""
        return _number(self._ask("/api/bb/hz", dialect.receipt(one)))

    def send(self, one: Sending) -> str:
        """Send answers back; gives the number of the receipt."""
        return _number(self._ask("/api/bb/hc", dialect.sending(one)))

    # -- the wire -------------------------------------------------------------------------------

    def _ask(self, path: str, values: dict[str, Any]) -> Any:
        self._breaker.enter()
        fault: BaseException | None = None
        try:
            return self._twice(path, values)
        except BaseException as error:
            fault = error
            raise
        finally:
            # A refusal is an answer like any other: the way to the province works.
            self._breaker.leave(None if isinstance(fault, TurnedDown) else fault)

    def _twice(self, path: str, values: dict[str, Any]) -> Any:
        token = self._signed_in()
        try:
            return self._once(path, values, token)
        except SignInAgain:
            self._forget(token)
        return self._once(path, values, self._signed_in())

    def _signed_in(self) -> str:
        with self._lock:
            if not self._token or self._now() >= self._until:
                told = self._once("/api/dl", {"yybm": self._app_id, "yymy": self._secret}, "")
                self._token, self._until = self._read_token(told)
            return self._token

    def _read_token(self, told: Any) -> tuple[str, datetime]:
        token = told.get("lp") if isinstance(told, dict) else None
        life = told.get("yxms") if isinstance(told, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise TheirFault(detail="no token in the answer")
        if not isinstance(life, int | float) or life <= 0:
            raise TheirFault(detail="the token has no end")
        return token, self._now() + timedelta(seconds=min(life, 86_400) * 0.9)

    def _forget(self, token: str) -> None:
        with self._lock:
            if self._token == token:  # else another call has renewed it meanwhile
                self._token = ""

    def _once(self, path: str, values: dict[str, Any], token: str) -> Any:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if token:
            headers["X-Lp"] = token
        told = self._line.ask("POST", self._line.url(path), body=packed(values), headers=headers)
        if fault := _fault(str(told.get("ztm", "")), told.get("ztms")):
            raise fault
        return told.get("sj")


def _fault(code: str, words: Any) -> SystemFault | None:
    if code == _WELL:
        return None
    if code in (_WRONG_SECRET, _EXPIRED):
        return SignInAgain(detail=f"code {code}")
    if code == _TOO_FAST:
        return RateLimited(detail=f"code {code}")
    if code == _BUSY:
        return RetryLater(detail=f"code {code}")
    if code == _NO_SUCH:
        return NotFound(detail=f"code {code}")
    if code.startswith(_REFUSAL):
        said = words[:_MOST_WORDS] if isinstance(words, str) else ""
        return TurnedDown(detail=f"code {code}", reason=said)
    return TheirFault(detail=f"code {code[:10]}")


def _number(body: Any) -> str:
    number = body.get("hzbh") if isinstance(body, dict) else None
    if not isinstance(number, str) or not number or not number.isalnum():
        raise TheirFault(detail="no number of a receipt")
    return number[:40]


def open_province(
    texts: ProvinceTexts,
    *,
    secret: Callable[[str], str],
    allow: tuple[str, ...] = (),
    client: httpx.Client | None = None,
) -> Province | None:
    """The province of this deployment; ``None`` where there is none, or it cannot be used.

    A wrong address or a missing credential leaves it out, said in the log: local forms go on.
    """
    if not texts.endpoint:
        return None
    try:
        check_endpoint(texts.endpoint, "rest", allow)
        held = {what: secret(name) for what, name in texts.credentials.items()}
        line = Line(texts.endpoint, client or open_client())
        return Province(
            line=line, app_id=held["app_id"], secret=held["secret"], simulated=texts.simulated
        )
    except (EndpointRefused, KeyError) as error:
        log.warning("the province is left out", error=type(error).__name__)
        return None
