"""How a system wants to know who asks: the `[auth]` of a manifest, one class per scheme."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from portal.connectors.parts import Part


class NoAuth(Part):
    """The system asks for nothing."""

    kind: Literal["none"] = "none"


class HeaderAuth(Part):
    """A fixed key in a header; `secret` names a credential of the site."""

    kind: Literal["header"]
    header: str
    secret: str


class OAuth2Auth(Part):
    """OAuth2 client credentials; the token is shared by every call and renewed before it ends."""

    kind: Literal["oauth2"]
    token_path: Annotated[str, Field(pattern=r"^/[^?#]*$")]
    client_id: str = "client_id"
    client_secret: str = "client_secret"  # noqa: S105 - the name of a credential
    method: Literal["client_secret_basic", "client_secret_post"] = "client_secret_basic"
    scope: str | None = None
    renew_seconds: Annotated[int, Field(ge=0)] = 30


class HmacAuth(Part):
    """Signed headers: HMAC-SHA256 over method, path, query, body, timestamp and nonce.

    `app_id` and `secret` name credentials. `skew_seconds` is how far we follow the other clock.
    """

    kind: Literal["hmac"]
    app_id: str = "app_id"
    secret: str = "secret"  # noqa: S105 - the name of a credential
    id_header: str = "X-App-Id"
    timestamp_header: str = "X-Timestamp"
    nonce_header: str = "X-Nonce"
    signature_header: str = "X-Signature"
    skew_seconds: Annotated[int, Field(ge=0, le=900)] = 300


class UsernameAuth(Part):
    """WS-Security UsernameToken, or the login of a database.

    `user` is a user name that is part of the dialect; else `username` names a credential.
    """

    kind: Literal["username"]
    user: str | None = None
    username: str = "username"
    password: str = "password"  # noqa: S105 - the name of a credential
    digest: bool = False


class SftpAuth(Part):
    """The login of a file server, and which credential is its pinned host key."""

    kind: Literal["sftp"]
    username: str = "username"
    password: str = "password"  # noqa: S105 - the name of a credential
    host_key: str = "host_key"
