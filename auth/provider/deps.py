"""What the provider is given by whoever starts it, and the cases in which it refuses to start."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from authlib.common.security import is_secure_transport

from portal.settings import settings

ALGORITHM = "ES256"


class ProviderRefusedError(RuntimeError):
    """The embedded provider must not run in this deployment; the message says what to change."""


class Audit(Protocol):
    """Writes one row of the audit; :func:`auth.audit.append` is one."""

    def __call__(
        self, *, action: str, actor: str, outcome: str, detail: Mapping[str, Any]
    ) -> object: ...


@dataclass(frozen=True, kw_only=True)
class LevelBadge:
    """A level of the hierarchy as the sign-in page shows it."""

    id: str
    name: str
    colour: str  # "#rrggbb"


@dataclass(frozen=True, kw_only=True)
class Branding:
    """Whose sign-in page this is."""

    name: str
    city: str
    levels: tuple[LevelBadge, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DemoAccount:
    """An account that a demonstration offers on its sign-in page."""

    login: str
    name: str
    unit: str
    post: str
    level: str  # id of a LevelBadge


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What only a demonstration shows: its accounts and their common password."""

    accounts: tuple[DemoAccount, ...]
    password: str


@dataclass(frozen=True, kw_only=True)
class Deps:
    """Everything the provider needs from the rest of the house."""

    branding: Branding
    audit: Audit
    requires_second_factor: Callable[[str], bool]
    on_end_session: Callable[[str], object]
    demo: Demo | None = None


def issuer() -> str:
    """The address under which this provider vouches for people."""
    return f"{settings().public_url.rstrip('/')}/idp"


def home() -> str:
    """Where a person starts again."""
    return f"{settings().public_url.rstrip('/')}/"


def callback() -> str:
    """The only address that ever receives a code."""
    return f"{settings().public_url.rstrip('/')}/oauth2callback"


def refuse_where_it_does_not_belong(demo: Demo | None) -> None:
    """Raise when a real provider is configured, or when this one could not be trusted here."""
    chosen = settings()
    real = (chosen.oidc_issuer or "").rstrip("/")
    if real and real != issuer():
        raise ProviderRefusedError(
            f"已配置正式的统一身份认证（PORTAL_OIDC_ISSUER={real}），内置身份认证不能同时启动。"
            "请从 server.py 的装配中去掉内置身份认证，或清空 PORTAL_OIDC_ISSUER。"
        )
    if not is_secure_transport(chosen.public_url):
        raise ProviderRefusedError(
            f"访问地址 {chosen.public_url} 不是 https，内置身份认证拒绝启动：密码会以明文传输。"
            "请把 PORTAL_PUBLIC_URL 设为 https 地址，或仅在本机使用 http://localhost。"
        )
    if chosen.production and demo is not None:
        raise ProviderRefusedError(
            "正式环境（PORTAL_PRODUCTION）不允许在登录页列出演示账号，内置身份认证拒绝启动。"
        )
