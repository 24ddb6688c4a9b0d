"""政务微信 in the dialect of 企业微信: a token for two hours, a person found by phone, a text sent.

There is no key of ours in this dialect. The text holds the number of the message, and the service
is asked to drop an equal text to the same person within half an hour: an attempt whose answer was
lost is repeated within that time and not shown twice. It reports no delivery.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from portal.connectors.contract import (
    OurMistake,
    RateLimited,
    RetryLater,
    SignInAgain,
    TheirFault,
    UnknownReceiver,
)
from portal.connectors.messaging.channel import Accepted, Outgoing, Report
from portal.connectors.messaging.line import Line, packed

_TOKEN_OVER = frozenset({40014, 42001})
_NO_SUCH_PERSON = frozenset({46004, 60111, 81013})
_TOO_FAST = frozenset({45009, 45033})
_WRONG_SECRET = frozenset({40001, 40013, 40091})
_BUSY = -1
_SAME_WITHIN_SECONDS = 1800
_EARLY = timedelta(minutes=5)
_JSON = {"Content-Type": "application/json; charset=utf-8"}


class WecomChannel:
    """政务微信."""

    reporting = False

    def __init__(
        self,
        *,
        id: str,
        name: str,
        line: Line,
        agent: int,
        corp_id: str,
        secret: str,
        now: Callable[[], datetime],
    ) -> None:
        self.id, self.name = id, name
        self._line, self._agent = line, agent
        self._corp_id, self._secret, self._now = corp_id, secret, now
        self._lock = Lock()
        self._token = ""
        self._good_until: datetime | None = None

    def send(self, one: Outgoing) -> Accepted:
        """Hand one message over to the person behind the number."""
        person = self._call("/cgi-bin/user/getuserid", {"mobile": one.phone}).get("userid")
        if not isinstance(person, str) or not person:
            raise TheirFault(detail="no person in the answer")
        told = self._call(
            "/cgi-bin/message/send",
            {
                "touser": person,
                "msgtype": "text",
                "agentid": self._agent,
                "text": {"content": one.words},
                "enable_duplicate_check": 1,
                "duplicate_check_interval": _SAME_WITHIN_SECONDS,
            },
        )
        if told.get("invaliduser"):
            raise UnknownReceiver(reason="该人员不在政务微信应用的可见范围")
        return Accepted(foreign_id=str(told.get("msgid") or one.key))

    def reports(self, ids: Sequence[str]) -> Sequence[Report]:
        """It reports nothing."""
        return ()

    def _call(self, path: str, values: dict[str, Any]) -> dict[str, Any]:
        """One call; a token that is over is fetched anew, once."""
        token = self._fresh_token()
        told = self._post(path, token, values)
        if told.get("errcode") in _TOKEN_OVER:
            told = self._post(path, self._fresh_token(refused=token), values)
        _refuse(told.get("errcode"))
        return told

    def _post(self, path: str, token: str, values: dict[str, Any]) -> dict[str, Any]:
        url = self._line.url(path, {"access_token": token})
        return self._line.ask("POST", url, body=packed(values), headers=_JSON)

    def _fresh_token(self, refused: str = "") -> str:
        """The token of all threads; one that was refused is replaced by the first who asks."""
        with self._lock:
            over = self._good_until is None or self._now() >= self._good_until
            if self._token and not over and self._token != refused:
                return self._token
            query = {"corpid": self._corp_id, "corpsecret": self._secret}
            url = self._line.url("/cgi-bin/gettoken", query)
            told = self._line.ask("GET", url, headers={})
            _refuse(told.get("errcode"))
            token = told.get("access_token")
            if not isinstance(token, str) or not token:
                raise TheirFault(detail="no token in the answer")
            life = timedelta(seconds=float(told.get("expires_in") or 0))
            self._token = token
            self._good_until = self._now() + max(life - _EARLY, life / 2)
            return token


def _refuse(code: Any) -> None:
    """What a code other than nought means."""
    if code == 0:
        return
    if code in _NO_SUCH_PERSON:
        raise UnknownReceiver(reason="政务微信中没有登记这个手机号的人员")
    if code in _TOO_FAST:
        raise RateLimited(detail=f"code {code}")
    if code == _BUSY:
        raise RetryLater(detail=f"code {code}")
    if code in _WRONG_SECRET or code in _TOKEN_OVER:
        raise SignInAgain(detail=f"code {code}")
    if isinstance(code, int) and 40000 <= code < 50000:
        raise OurMistake(detail=f"code {code}")
    raise TheirFault(detail=f"code {code}")
