"""Every setting of the portal, once: values from the environment, secrets from a private file."""

import base64
import json
import os
import secrets as random_secrets
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
SFTP_ADDRESS = "sandbox-sftp.url"  # in ``var``: where the simulated file server listens just now
APP_ADDRESS = "database-app.url"  # in ``var``: the application role's address, never the owner's


def _only_pack() -> Path:
    """The city pack to use when none is named: the one folder below ``city/``."""
    packs = sorted(path.parent for path in (ROOT / "city").glob("*/pack.toml"))
    return packs[0] if packs else ROOT / "city"


class Settings(BaseSettings):
    """What an operator may set: each field is read from ``PORTAL_<NAME>`` unless aliased."""

    model_config = SettingsConfigDict(env_prefix="PORTAL_", populate_by_name=True, extra="ignore")

    var_dir: Path = ROOT / "var"
    city_pack: Path = Field(default_factory=_only_pack)
    public_url: str = "http://localhost:8501"
    extra_hosts: tuple[str, ...] = ()
    production: bool = False

    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    owner_url: str = ""
    redis_url: str | None = Field(default=None, validation_alias="REDIS_URL")
    pool_size: int = 8

    oidc_issuer: str | None = None
    oidc_client_id: str = "portal"
    oidc_client_secret: str | None = None
    oidc_user_claim: str = "sub"
    oidc_unit_claim: str | None = None
    second_factor_roles: tuple[str, ...] = ()

    session_idle_minutes: int = 30
    session_hours: int = 8
    lockout_attempts: int = 5
    lockout_minutes: int = 15
    unmask_minutes: int = 2

    search_limit: int = 20
    search_per_window: int | None = None  # instead of the city's own number (bulk_use.search)
    api_per_minute: int = 120
    push_per_minute: int = 6000  # orders that a system hands over, one at a time or in bulk
    open311: bool = False
    open311_per_minute: int = 60  # questions of one address; reports count for their key

    upstream_deadline_seconds: float = 8.0
    cache_seconds: int = 300
    limits_share: float = Field(default=1.0, gt=0, le=1)  # of each system's limits, this process's
    endpoint_allow: tuple[str, ...] = ()
    audit_anchor_seconds: int = 180
    task_sync_seconds: float = 60.0
    task_whole_seconds: float = 900.0  # then everything is walked, not only what changed
    task_send_seconds: float = 1.0
    order_whole_seconds: float = 6 * 3600.0
    order_back_days: int = 14  # how far back the orders of another system are brought in
    night_hours: tuple[int, int] = (2, 5)  # on the wall clock: when the systems are asked by us
    changes_per_night: int = 500
    sandbox_url: str = "http://127.0.0.1:8600"
    sandbox_database_url: str = ""
    sandbox_sftp_url: str = ""
    drops_seconds: int = 600

    jobs: Literal["apart", "within"] = "apart"  # in a process of their own, or in the serving one
    jobs_beat_seconds: float = 10.0
    jobs_silent_seconds: float = 60.0  # without a sign of life for longer, they are said to be gone


class Secrets(BaseModel):
    """Keys and passwords of this deployment; made on first start, never committed."""

    cookie_secret: str
    audit_key: str
    hash_key: str
    data_keys: dict[str, str]
    idp_client_secret: str
    systems: dict[str, str] = {}

    def system(self, name: str) -> str:
        """The credential of a connected system, by the reference its pack names."""
        value = os.environ.get(f"PORTAL_SECRET_{name.upper()}") or self.systems.get(name)
        if not value:
            raise KeyError(
                f"没有配置业务系统凭据“{name}”，请设置环境变量 PORTAL_SECRET_{name.upper()}"
            )
        return value


def _fresh_secrets() -> Secrets:
    return Secrets(
        cookie_secret=random_secrets.token_urlsafe(48),
        audit_key=random_secrets.token_urlsafe(48),
        hash_key=random_secrets.token_urlsafe(48),
        data_keys={"k1": base64.b64encode(random_secrets.token_bytes(32)).decode()},
        idp_client_secret=random_secrets.token_urlsafe(32),
    )


def write_private(path: Path, text: str) -> None:
    """Create ``path`` readable by its owner only; another process that was first wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process.

    Without ``DATABASE_URL`` the address is the one that ``python -m portal run`` left for the other
    commands on this machine; so is that of the simulated file server.
    """
    made = Settings()
    left = made.var_dir / APP_ADDRESS
    if not made.database_url and left.exists():
        made.database_url = left.read_text(encoding="utf-8").strip()
    left = made.var_dir / SFTP_ADDRESS
    if not made.sandbox_sftp_url and left.exists():
        made.sandbox_sftp_url = left.read_text(encoding="utf-8").strip()
    return made


@lru_cache(maxsize=1)
def secrets() -> Secrets:
    """The secrets of this deployment: ``PORTAL_SECRETS`` (JSON) or ``var/secrets.json``."""
    given = os.environ.get("PORTAL_SECRETS")
    if given:
        return Secrets.model_validate_json(given)
    path = settings().var_dir / "secrets.json"
    if not path.exists():
        write_private(path, _fresh_secrets().model_dump_json(indent=1))
    return Secrets.model_validate(json.loads(path.read_text(encoding="utf-8")))


def ensure_system_secrets(names: Iterable[str]) -> None:
    """Make up credentials for simulated systems that have none yet, and keep them."""
    path = settings().var_dir / "secrets.json"
    held = secrets()
    missing = [name for name in names if name not in held.systems]
    if not missing or os.environ.get("PORTAL_SECRETS"):
        return
    held.systems.update({name: random_secrets.token_urlsafe(24) for name in missing})
    _keep(path, held)


def keep_system_secret(name: str, value: str) -> None:
    """Keep what a simulated system hands out itself, such as the host key of its file server."""
    if os.environ.get("PORTAL_SECRETS"):
        os.environ[f"PORTAL_SECRET_{name.upper()}"] = value
        return
    held = secrets()
    held.systems[name] = value
    _keep(settings().var_dir / "secrets.json", held)


def _keep(path: Path, held: Secrets) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    write_private(fresh, held.model_dump_json(indent=1))
    fresh.replace(path)
    secrets.cache_clear()


def reload() -> None:
    """Forget cached settings and secrets: for tests and for a changed environment."""
    settings.cache_clear()
    secrets.cache_clear()
