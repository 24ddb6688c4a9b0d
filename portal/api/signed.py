"""Requests that a program signs, besides its token: who could read one cannot send another.

Signed is what our own connectors sign towards other systems: method, address, query, body, time and
a number used once. What is refused is refused before its body is understood.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.datastructures import Headers

from portal.api.errors import ApiError
from portal.connectors.sign import text_to_sign
from portal.settings import secrets
from portal.store import clock, nonces

STAMP, NONCE, SIGNATURE = "X-Portal-Timestamp", "X-Portal-Nonce", "X-Portal-Signature"
SKEW = timedelta(minutes=5)
_STAMP, _NONCE = re.compile(r"[0-9]{9,12}"), re.compile(r"[0-9A-Za-z_-]{16,64}")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
WORDS = {
    "signature_missing": f"缺少签名或格式不对（请求头 {STAMP}、{NONCE}、{SIGNATURE} 各一个），"
    "没有接收任何内容。请按接口说明签名后重发。",
    "signature_stale": "签名时间与平台时间相差超过 5 分钟，没有接收任何内容。"
    "请校准时钟，用新的时间和随机数重新签名。",
    "signature_wrong": "签名不正确，没有接收任何内容。请核对密钥和签名原文后重发。",
    "signature_used": "这个随机数已经用过，没有重复接收。请用新的随机数重新签名。",
    "signature_unset": "平台尚未配置该程序的签名密钥，没有接收任何内容。请联系平台管理员。",
}


@dataclass(frozen=True, kw_only=True)
class Signed:
    """What a request says of itself."""

    stamp: str
    nonce: str
    signature: str

    @property
    def at(self) -> datetime:
        """When it was signed, as its sender's clock says."""
        return datetime.fromtimestamp(int(self.stamp), UTC)


def read(headers: Headers) -> Signed | None:
    """The three headers, each once and in its form; otherwise nothing."""
    given = [headers.getlist(name) for name in (STAMP, NONCE, SIGNATURE)]
    if any(len(one) != 1 for one in given):
        return None
    (stamp,), (nonce,), (signature,) = given
    fit = _STAMP.fullmatch(stamp) and _NONCE.fullmatch(nonce) and _SIGNATURE.fullmatch(signature)
    return Signed(stamp=stamp, nonce=nonce, signature=signature) if fit else None


def problem_of(given: Signed, key: str, method: str, url: str, body: bytes) -> str | None:
    """Why it is not taken, or nothing."""
    if abs(given.at - clock.now()) > SKEW:
        return "signature_stale"
    text = text_to_sign(method, url, body, given.stamp, given.nonce)
    made = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return None if hmac.compare_digest(made, given.signature) else "signature_wrong"


def check(holder: str, secret: str, headers: Headers, method: str, url: str, body: bytes) -> None:
    """Let a request of ``holder`` through, once; ``secret`` names the key both sides hold."""
    given = read(headers)
    if given is None:
        raise _refused("signature_missing")
    try:
        key = secrets().system(secret)
    except KeyError:
        raise _refused("signature_unset", 403) from None
    if problem := problem_of(given, key, method, url, body):
        raise _refused(problem)
    # Last, so that nobody without the key can use up a number.
    if not nonces.spend(holder, given.nonce, now=clock.now(), until=given.at + SKEW):
        raise _refused("signature_used", 409)


def _refused(code: str, status: int = 401) -> ApiError:
    return ApiError(status, code=code, message=WORDS[code])
