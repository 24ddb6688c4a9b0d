"""Personal values at rest: encrypted with a named key, found again by a keyed hash."""

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.settings import secrets


class UnreadableValueError(Exception):
    """A stored value cannot be decrypted: its key is gone or it was changed."""


def encrypt(text: str) -> str:
    """Encrypt with the newest key; the answer names the key, so keys can rotate."""
    key_id, key = list(secrets().data_keys.items())[-1]
    nonce = os.urandom(12)
    sealed = AESGCM(base64.b64decode(key)).encrypt(nonce, text.encode(), key_id.encode())
    return f"{key_id}:{base64.b64encode(nonce + sealed).decode()}"


def seal(data: bytes) -> bytes:
    """A whole file, encrypted with the newest key; the answer names the key."""
    key_id, key = list(secrets().data_keys.items())[-1]
    nonce = os.urandom(12)
    sealed = AESGCM(base64.b64decode(key)).encrypt(nonce, data, key_id.encode())
    return key_id.encode() + b":" + nonce + sealed


def unseal(token: bytes) -> bytes:
    """Read what :func:`seal` wrote."""
    key_id, _, body = token.partition(b":")
    key = secrets().data_keys.get(key_id.decode())
    if key is None:
        raise UnreadableValueError(f"没有密钥 {key_id.decode()}，无法读取已加密的数据")
    try:
        return AESGCM(base64.b64decode(key)).decrypt(body[:12], body[12:], key_id)
    except InvalidTag as error:
        raise UnreadableValueError("已加密的数据校验失败，可能被改动") from error


class Sealer:
    """Encrypts many values in a row with the newest key; each is what :func:`encrypt` gives."""

    def __init__(self) -> None:
        key_id, key = list(secrets().data_keys.items())[-1]
        self._prefix = f"{key_id}:"
        self._key_id = key_id.encode()
        self._cipher = AESGCM(base64.b64decode(key))
        self._hash_key = secrets().hash_key.encode()

    def encrypt(self, text: str) -> str:
        """One value."""
        nonce = os.urandom(12)
        sealed = self._cipher.encrypt(nonce, text.encode(), self._key_id)
        return self._prefix + base64.b64encode(nonce + sealed).decode()

    def keyed_hash(self, text: str) -> str:
        """One value as :func:`keyed_hash` gives it."""
        return hmac.digest(self._hash_key, text.encode(), "sha256").hex()


def decrypt(token: str) -> str:
    """Read what :func:`encrypt` wrote, with whichever key it names."""
    key_id, _, body = token.partition(":")
    key = secrets().data_keys.get(key_id)
    if key is None:
        raise UnreadableValueError(f"没有密钥 {key_id}，无法读取已加密的数据")
    raw = base64.b64decode(body)
    try:
        return AESGCM(base64.b64decode(key)).decrypt(raw[:12], raw[12:], key_id.encode()).decode()
    except InvalidTag as error:
        raise UnreadableValueError("已加密的数据校验失败，可能被改动") from error


def keyed_hash(text: str) -> str:
    """A hash that only this deployment can compute: equality without the value (hex, 64)."""
    return hmac.new(secrets().hash_key.encode(), text.encode(), hashlib.sha256).hexdigest()
