"""A gateway of text messages: signed requests, an approved template, reports of delivery.

The key goes out as ``requestId``: a request that comes twice is answered as before and sent once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets as random_secrets
from collections.abc import Callable, Sequence
from datetime import datetime
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
from portal.connectors.sign import text_to_sign

_SIGNATURE = frozenset({"1001", "1002", "1003"})
_RECEIVER = {"2001": "手机号码无效", "2002": "该号码已退订或被限制"}
_TOO_FAST, _BUSY = "3001", "9000"
_WHY = {
    "UNDELIV": "未能送达",
    "EXPIRED": "超过有效期未送达",
    "REJECTD": "被运营商拒收",
    "MBBLACK": "号码在黑名单中",
}
_DELIVERED = "DELIVRD"


class SmsChannel:
    """Text messages."""

    reporting = True

    def __init__(
        self,
        *,
        id: str,
        name: str,
        line: Line,
        template: str,
        app_id: str,
        secret: str,
        now: Callable[[], datetime],
    ) -> None:
        self.id, self.name = id, name
        self._line, self._template = line, template
        self._app_id, self._secret, self._now = app_id, secret, now

    def send(self, one: Outgoing) -> Accepted:
        """Hand one message over."""
        told = self._ask(
            "/v1/messages",
            {
                "requestId": one.key,
                "mobile": one.phone,
                "templateId": self._template,
                "content": one.words,
            },
        )
        number = told.get("msgId")
        if not isinstance(number, str) or not number:
            raise TheirFault(detail="no number of the message")
        return Accepted(foreign_id=number)

    def reports(self, ids: Sequence[str]) -> Sequence[Report]:
        """What became of messages."""
        told = self._ask("/v1/reports", {"msgIds": list(ids)}).get("reports")
        if not isinstance(told, list):
            raise TheirFault(detail="no reports in the answer")
        return [_report(one) for one in told if isinstance(one, dict) and one.get("msgId") in ids]

    def _ask(self, path: str, values: dict[str, Any]) -> dict[str, Any]:
        url, body = self._line.url(path), packed(values)
        stamp, nonce = str(int(self._now().timestamp())), random_secrets.token_hex(16)
        text = text_to_sign("POST", url, body, stamp, nonce)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-App-Id": self._app_id,
            "X-Timestamp": stamp,
            "X-Nonce": nonce,
            "X-Signature": hmac.new(
                self._secret.encode(), text.encode(), hashlib.sha256
            ).hexdigest(),
        }
        told = self._line.ask("POST", url, body=body, headers=headers)
        _refuse(str(told.get("code", "")))
        return told


def _refuse(code: str) -> None:
    """What a code other than nought means."""
    if code == "0":
        return
    if code in _SIGNATURE:
        raise SignInAgain(detail=f"code {code}")
    if code in _RECEIVER:
        raise UnknownReceiver(reason=_RECEIVER[code])
    if code == _TOO_FAST:
        raise RateLimited(detail=f"code {code}")
    if code == _BUSY:
        raise RetryLater(detail=f"code {code}")
    if code.startswith(("1", "2")):
        raise OurMistake(detail=f"code {code}")
    raise TheirFault(detail=f"code {code}")


def _report(one: dict[str, Any]) -> Report:
    status = str(one.get("status", ""))
    delivered = status == _DELIVERED
    reason = "" if delivered else _WHY.get(status, "未能送达，通道没有说明原因")
    return Report(foreign_id=str(one["msgId"]), delivered=delivered, reason=reason)
