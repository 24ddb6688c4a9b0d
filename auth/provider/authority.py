"""The protocol itself: Authlib's authorization server over our tables, tightened where lax."""

import hmac
from dataclasses import dataclass, field
from typing import Any

from authlib.common.security import generate_token
from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6749.requests import OAuth2Payload
from authlib.oauth2.rfc6749.resource_protector import ResourceProtector
from authlib.oauth2.rfc6750 import BearerTokenGenerator, BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode, UserInfoEndpoint
from authlib.oidc.rpinitiated import EndSessionEndpoint
from joserfc.jwk import ECKey, KeySet
from starlette.responses import JSONResponse, Response

from auth.provider import credentials, grants, keys
from auth.provider.deps import ALGORITHM, Deps, callback, home, issuer
from auth.provider.incoming import Incoming
from portal.settings import secrets, settings
from portal.store import clock

SCOPES = ("openid", "profile", "email")
ID_TOKEN_SECONDS = 600


@dataclass(frozen=True)
class Client:
    """The one client there is: this portal."""

    client_id: str
    client_metadata: dict[str, Any] = field(default_factory=dict)

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        return None  # the address must be named, and named exactly

    def get_allowed_scope(self, scope: str | None) -> str | None:
        asked = (scope or "").split()
        return " ".join(one for one in asked if one in SCOPES) if "openid" in asked else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == callback()

    def check_client_secret(self, given: str) -> bool:
        known = settings().oidc_client_secret or secrets().idp_client_secret
        return hmac.compare_digest(known.encode(), given.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


def client_of(client_id: str | None) -> Client | None:
    """The client of that id, if it is ours."""
    if client_id != settings().oidc_client_id:
        return None
    landing = [callback(), home(), home().rstrip("/")]
    return Client(client_id, {"post_logout_redirect_uris": landing})


class _Payload(OAuth2Payload):  # type: ignore[misc]
    def __init__(self, values: dict[str, str]) -> None:
        self._values = values

    @property
    def data(self) -> dict[str, str]:
        return self._values

    @property
    def datalist(self) -> dict[str, list[str]]:
        return {name: [value] for name, value in self._values.items()}


class _Request(OAuth2Request):  # type: ignore[misc]
    """A request as the library wants it. Its address is our public one, whatever proxy is between:
    the library's check for TLS is about what the browser sees."""

    def __init__(self, incoming: Incoming) -> None:
        super().__init__(incoming.method, issuer() + incoming.path, headers=incoming.headers)
        self._form = incoming.form
        self.payload = _Payload({**incoming.query, **incoming.form})

    @property
    def args(self) -> dict[str, str]:
        values: dict[str, str] = self.payload.data
        return values

    @property
    def form(self) -> dict[str, str]:
        return self._form


class _Challenge(CodeChallenge):  # type: ignore[misc]
    """S256, always: the library would ask only public clients for a verifier."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE with S256 is required")
        super().validate_code_challenge(grant, redirect_uri)


class _OpenID(OpenIDCode):  # type: ignore[misc]
    """What the id_token says: who, when and how proved, which session. Nothing else."""

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return grants.is_spent(nonce)

    def get_client_algorithm(self, client: Client) -> str:
        return ALGORITHM

    def get_encode_header(self, client: Client) -> dict[str, Any]:
        return {"alg": ALGORITHM, "kid": keys.signing_key().kid}

    def resolve_client_private_key(self, client: Client) -> ECKey:
        return keys.signing_key()

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        now = int(clock.now().timestamp())
        return {
            "iss": issuer(),
            "aud": client.client_id,
            "iat": now,
            "exp": now + ID_TOKEN_SECONDS,
        }

    def get_authorization_code_claims(self, authorization_code: Any) -> dict[str, Any]:
        claims: dict[str, Any] = super().get_authorization_code_claims(authorization_code)
        return {**claims, "sid": authorization_code.sid}

    def generate_user_info(self, user: credentials.Known, scope: str) -> dict[str, Any]:
        return {"sub": user.login, "name": user.name}


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

    def save_authorization_code(self, code: str, request: Any) -> None:
        grants.save_code(
            code,
            nonce=request.payload.data["nonce"],
            redirect_uri=request.payload.redirect_uri,
            scope=request.scope,
            challenge=request.payload.data["code_challenge"],
            user=request.user,
        )

    def query_authorization_code(self, code: str, client: Client) -> grants.Code | None:
        return grants.spend_code(code, self.server.deps.on_end_session)

    def delete_authorization_code(self, authorization_code: grants.Code) -> None:
        """Already spent when it was looked up."""

    def authenticate_user(self, authorization_code: grants.Code) -> credentials.Known | None:
        known = credentials.find(authorization_code.login)
        return known if known is not None and known.is_active else None


class _Bearer(BearerTokenValidator):  # type: ignore[misc]
    def authenticate_token(self, token_string: str) -> grants.Access | None:
        return grants.live_access(token_string)


class _UserInfo(UserInfoEndpoint):  # type: ignore[misc]
    def __call__(self, request: Any) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        token = self.resource_protector.validate_request(["openid"], request)
        known = credentials.find(token.login)
        claims = {"sub": token.login, "name": known.name if known else ""}
        return 200, claims, [("Cache-Control", "no-store")]


class _EndSession(EndSessionEndpoint):  # type: ignore[misc]
    def get_server_jwks(self) -> KeySet:
        return keys.verifying_keys()

    def get_algorithms(self) -> list[str]:
        return [ALGORITHM]

    def end_session(self, end_session_request: Any) -> None:
        claims = end_session_request.id_token_claims
        if not claims or not claims.get("sid"):
            return
        was_open = grants.end_session(claims["sid"])
        self.server.deps.on_end_session(claims["sid"])
        if was_open:
            self.server.deps.audit(
                action="signin.end", actor=str(claims.get("sub")), outcome="ok", detail={}
            )


class Authority(AuthorizationServer):  # type: ignore[misc]
    """The authorization server of this deployment. It holds no state of its own."""

    def __init__(self, deps: Deps) -> None:
        super().__init__()
        self.deps = deps
        self.register_token_generator(
            "default",
            BearerTokenGenerator(
                lambda **_: generate_token(48), expires_generator=grants.ACCESS_SECONDS
            ),
        )
        self.register_grant(_CodeGrant, [_Challenge(required=True), _OpenID(require_nonce=True)])
        protector = ResourceProtector()
        protector.register_token_validator(_Bearer())
        self.register_endpoint(_UserInfo(self, protector))
        self.register_endpoint(_EndSession)

    def query_client(self, client_id: str) -> Client | None:
        return client_of(client_id)

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        grants.start_session(request.authorization_code, token["access_token"])

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Incoming | OAuth2Request) -> OAuth2Request:
        return _Request(request) if isinstance(request, Incoming) else request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Response:
        response = JSONResponse(body, status) if isinstance(body, dict) else Response(body, status)
        for name, value in headers:
            if name.lower() != "content-type":
                response.headers[name] = value
        return response


def discovery() -> dict[str, Any]:
    """The discovery document: what this provider can do, and not a word more."""
    base = issuer()
    return {
        "issuer": base,
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/token",
        "userinfo_endpoint": f"{base}/userinfo",
        "jwks_uri": f"{base}/jwks",
        "end_session_endpoint": f"{base}/end_session",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "scopes_supported": list(SCOPES),
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": ["aal1", "aal2"],
        "ui_locales_supported": ["zh-CN"],
        "claims_supported": [
            *("iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "amr", "acr", "sid", "name")
        ],
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "claims_parameter_supported": False,
    }
