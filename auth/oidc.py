"""From ``st.login`` to a principal: the only module of ``auth`` that knows Streamlit."""

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import _get_signed_cookie_with_chunks

from auth import posts, sessions
from auth.principal import Principal
from auth.sessions import LiveSession
from portal.settings import secrets, settings


def auth_section() -> dict[str, Any]:
    """What ``st.login`` needs to know: the embedded provider, or the one of the settings."""
    chosen = settings()
    issuer = (chosen.oidc_issuer or f"{chosen.public_url}/idp").rstrip("/")
    return {
        "redirect_uri": f"{chosen.public_url}/oauth2callback",
        "cookie_secret": secrets().cookie_secret,
        "client_id": chosen.oidc_client_id,
        "client_secret": chosen.oidc_client_secret or secrets().idp_client_secret,
        "server_metadata_url": f"{issuer}/.well-known/openid-configuration",
        "client_kwargs": {"scope": "openid profile", "prompt": "login"},
    }


def claims_from_cookies(cookies: Mapping[str, str]) -> dict[str, Any] | None:
    """The claims of a cookie that this deployment signed, or ``None``. Asks no database."""
    raw = _get_signed_cookie_with_chunks(dict(cookies), USER_COOKIE_NAME)
    if raw is None:
        return None
    try:
        claims = json.loads(raw)
    except ValueError:
        return None
    return claims if isinstance(claims, dict) and claims.get("is_logged_in") else None


def identify(cookies: Mapping[str, str], *, touch: bool = False) -> LiveSession | None:
    """The live session behind a request's cookies; a fresh sign-in gets its row here."""
    claims = claims_from_cookies(cookies)
    if claims is None:
        return None
    found = sessions.open_session(claims)
    if found is not None and touch:
        return sessions.check(found.id, touch=True)
    return found


def principal_from_run() -> Principal | None:
    """Inside a script run: who is asking, with roles as the database has them now."""
    claims = st.user.to_dict()
    if not claims.get("is_logged_in"):
        return None
    known = posts.behind_now(sessions.fingerprint(claims))
    return known or posts.behind(sessions.open_session(claims))
