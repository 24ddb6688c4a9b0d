"""Programs that use the HTTP API: each is an account in a post, narrowed by the token it shows.

A token is shown once, when it is issued; what is kept is a keyed hash. The account has a status of
its own and can never sign in. What a token may do is asked of its post at every request, so a
changed role or an ended term counts at once.
"""

import re
import secrets as random_secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, Select, case, literal, or_, select, true, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.sql.dml import ReturningInsert

from auth import audit, posts
from auth.principal import Limits, Principal
from auth.tables import account, api_client, api_token, api_window, position, post, unit
from portal.settings import settings
from portal.store import clock
from portal.store.citypack import pack
from portal.store.crypto import keyed_hash
from portal.store.engine import begin
from portal.store.scope import MAX_PREFIXES

# What the API offers at all; seeing a value in full is not among it.
OFFERED = (
    "records.search",
    "records.open",
    "reports.view",
    "orders.bulletin",
    "tasks.view",
    "tasks.act",
    "entry.jump",
    "orders.push",
    "orders.report",
)
STATUS = "service"
FORM = re.compile(r"pt_[A-Za-z0-9_-]{43}")
LONGEST_DAYS = 366
_NAME = re.compile(r"[\w（）()·-]{2,40}")
_PREFIX = re.compile(r"[0-9]{2,15}")


class TokenRefusedError(ValueError):
    """A token cannot be issued; the message says what to change."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A program with a good token, and whom it acts as."""

    client_id: UUID
    principal: Principal


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A token as an administrator sees it: never the token itself."""

    id: UUID
    client: str
    unit: str
    permissions: tuple[str, ...]
    prefixes: tuple[str, ...]
    purposes: tuple[str, ...]
    expires_at: datetime
    state: str


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a token is to be good for."""

    client: str
    unit_id: str
    role: str
    permissions: tuple[str, ...]
    prefixes: tuple[str, ...]
    purposes: tuple[str, ...]
    days: int


def _outside(wanted: Collection[str], allowed: Collection[str]) -> str:
    return "、".join(sorted(set(wanted) - set(allowed)))


def _checked(wish: Wish, region_code: str | None) -> None:
    """Refuse a wish that reaches further than its role and unit."""
    role = pack().role(wish.role)
    if region_code is None:
        raise TokenRefusedError(f"没有编号为“{wish.unit_id}”的单位。")
    if role is None:
        raise TokenRefusedError(f"没有编号为“{wish.role}”的角色。")
    if not _NAME.fullmatch(wish.client):
        raise TokenRefusedError("程序名称应为 2 至 40 个汉字、字母或数字。")
    if not 1 <= wish.days <= LONGEST_DAYS:
        raise TokenRefusedError(f"有效期应为 1 至 {LONGEST_DAYS} 天。")
    if more := _outside(wish.permissions, set(OFFERED) & set(role.permissions)):
        raise TokenRefusedError(f"接口不提供或角色“{role.name}”没有这些权限：{more}。")
    if more := _outside(wish.purposes, role.purposes):
        raise TokenRefusedError(f"角色“{role.name}”没有这些调取目的：{more}。")
    far = [one for one in wish.prefixes if not one.startswith(region_code)]
    if far or not all(map(_PREFIX.fullmatch, wish.prefixes)) or len(wish.prefixes) > MAX_PREFIXES:
        raise TokenRefusedError(
            f"区划范围须在单位所在区划 {region_code} 之内，至多 {MAX_PREFIXES} 个。"
        )
    if not wish.permissions:
        raise TokenRefusedError("请至少给出一项权限。")


def issue(wish: Wish) -> tuple[UUID, str]:
    """A new token for a program: its number, and the token, which is not kept anywhere."""
    token, number, now = f"pt_{random_secrets.token_urlsafe(32)}", uuid4(), clock.now()
    with begin() as connection:
        region = connection.execute(
            select(unit.c.region_code).where(unit.c.id == wish.unit_id)
        ).scalar()
        _checked(wish, region)
        client_id, account_id = _client(connection, wish.client, now)
        post_id = _post(connection, account_id, wish, now)
        connection.execute(
            insert(api_token).values(
                id=number,
                client_id=client_id,
                post_id=post_id,
                token_hash=keyed_hash(token),
                permissions=list(wish.permissions),
                prefixes=list(wish.prefixes),
                purposes=list(wish.purposes),
                issued_at=now,
                expires_at=now + timedelta(days=wish.days),
            )
        )
    _record("tokens.issue", wish.client, wish.unit_id, number, permissions=list(wish.permissions))
    return number, token


def _client(connection: Connection, name: str, now: datetime) -> tuple[UUID, UUID]:
    """The program of that name with its account; made at its first token."""
    known = connection.execute(select(api_client).where(api_client.c.name == name)).first()
    if known is not None:
        return known.id, known.account_id
    client_id, account_id = uuid4(), uuid4()
    connection.execute(
        insert(account).values(id=account_id, login=f"program:{name}", name=name, status=STATUS)
    )
    connection.execute(
        insert(api_client).values(id=client_id, name=name, account_id=account_id, created_at=now)
    )
    return client_id, account_id


def _post(connection: Connection, account_id: UUID, wish: Wish, now: datetime) -> UUID:
    """A holding of a position of its own, which the lists of people leave out."""
    post_id, position_id = uuid4(), f"program-{uuid4().hex}"
    connection.execute(
        insert(position).values(
            id=position_id,
            unit_id=wish.unit_id,
            title="程序接口",
            roles=[wish.role],
            prefixes=list(wish.prefixes),
            status=STATUS,
        )
    )
    connection.execute(
        insert(post).values(
            id=post_id,
            account_id=account_id,
            position_id=position_id,
            starts=clock.local(now).date(),
        )
    )
    return post_id


def _record(action: str, name: str, unit_id: str, number: UUID, **more: Any) -> None:
    audit.append(
        action=action,
        actor="command:tokens",
        unit_id=unit_id,
        detail={"program": name, "token": str(number), **more},
    )


def revoke(number: UUID) -> bool:
    """End a token at once; ``False`` when there is none of that number that still stands."""
    with begin() as connection:
        row = connection.execute(
            update(api_token)
            .where(api_token.c.id == number, api_token.c.revoked_at.is_(None))
            .values(revoked_at=clock.now())
            .returning(api_token.c.client_id, api_token.c.post_id)
        ).first()
        if row is None:
            return False
        position_id = connection.execute(
            update(post)
            .where(post.c.id == row.post_id)
            .values(ended_at=clock.now())
            .returning(post.c.position_id)
        ).scalar_one()
        unit_id = connection.execute(
            select(position.c.unit_id).where(position.c.id == position_id)
        ).scalar_one()
        name = connection.execute(
            select(api_client.c.name).where(api_client.c.id == row.client_id)
        ).scalar_one()
    _record("tokens.revoke", name, unit_id, number)
    return True


def listed() -> tuple[Listed, ...]:
    """All tokens, the newest first."""
    query = (
        select(api_token, api_client.c.name, unit.c.name.label("unit_name"))
        .join(api_client, api_client.c.id == api_token.c.client_id)
        .join(post, post.c.id == api_token.c.post_id)
        .join(position, position.c.id == post.c.position_id)
        .join(unit, unit.c.id == position.c.unit_id)
        .order_by(api_token.c.issued_at.desc())
    )
    with begin() as connection:
        rows = connection.execute(query).all()
    return tuple(
        Listed(
            id=row.id,
            client=row.name,
            unit=row.unit_name,
            permissions=tuple(row.permissions),
            prefixes=tuple(row.prefixes),
            purposes=tuple(row.purposes),
            expires_at=row.expires_at,
            state=_state(row),
        )
        for row in rows
    )


def _state(row: Row[Any]) -> str:
    if row.revoked_at is not None:
        return "已停用"
    return "有效" if row.expires_at > clock.now() else "已到期"


# -- at every request -----------------------------------------------------------------------------


def caller(token: str) -> Caller | None:
    """Who shows this token, if it is good: not ended, not expired, its post still held."""
    if (query := _behind(token)) is None:
        return None
    with begin() as connection:
        row = connection.execute(query).first()
    return Caller(client_id=row.client_id, principal=_principal(row)) if row else None


def admitted(token: str, most: int | None = None) -> tuple[Caller | None, int]:
    """The caller, and how many seconds to wait: both in one statement, as every request asks."""
    if (query := _behind(token)) is None:
        return None, 0
    now = clock.now()
    who = query.cte("who")
    once = select(who.c.client_id, literal(_minute(now)), literal(1))
    counted = _counting(insert(api_window).from_select(_WINDOW, once)).cte("counted")
    with begin() as connection:
        row = connection.execute(select(who, counted.c.used).join(counted, true())).first()
    if row is None:
        return None, 0
    return Caller(client_id=row.client_id, principal=_principal(row)), _wait(row.used, most, now)


def _behind(token: str) -> Select[Any] | None:
    """The question who is behind a token that is still good."""
    if not FORM.fullmatch(token):
        return None
    sealed, now = keyed_hash(token), clock.now()
    today = clock.local(now).date()
    return (
        select(
            api_token,
            account.c.id.label("account_id"),
            account.c.login,
            account.c.name.label("person"),
            position.c.title,
            position.c.roles,
            position.c.prefixes.label("post_prefixes"),
            unit.c.id.label("unit_id"),
            unit.c.name.label("unit_name"),
            unit.c.kind,
            unit.c.level,
            unit.c.region_code,
            unit.c.line,
        )
        .join(api_client, api_client.c.id == api_token.c.client_id)
        .join(account, account.c.id == api_client.c.account_id)
        .join(post, post.c.id == api_token.c.post_id)
        .join(position, position.c.id == post.c.position_id)
        .join(unit, unit.c.id == position.c.unit_id)
        .where(
            api_token.c.token_hash == sealed,
            api_token.c.revoked_at.is_(None),
            api_token.c.expires_at > now,
            account.c.status == STATUS,
            post.c.starts <= today,
            or_(post.c.ends.is_(None), post.c.ends > today),
            or_(post.c.ended_at.is_(None), post.c.ended_at > now),
        )
    )


def _principal(row: Row[Any]) -> Principal:
    return Principal(
        account_id=row.account_id,
        login=row.login,
        name=row.person,
        post_id=row.post_id,
        post_title=row.title,
        unit=posts.unit_of(row),
        roles=tuple(row.roles),
        prefixes=_both(row.prefixes, row.post_prefixes),
        session_id=f"token:{row.id}",
        factors=frozenset({"token"}),
        limits=Limits(
            permissions=frozenset(row.permissions) & frozenset(OFFERED),
            purposes=frozenset(row.purposes),
        ),
    )


def _both(narrow: Sequence[str], wide: Sequence[str]) -> tuple[str, ...]:
    """The regions of a token that its post still covers."""
    return tuple(one for one in narrow if any(one.startswith(prefix) for prefix in wide))


def seconds_to_wait(client_id: UUID, most: int | None = None) -> int:
    """Count this request against the running minute; nought, or how long to wait.

    Counted in the database, so that several processes share one limit.
    """
    now = clock.now()
    fresh = insert(api_window).values(client_id=client_id, starts=_minute(now), used=1)
    with begin() as connection:
        used = connection.execute(_counting(fresh)).scalar_one()
    return _wait(used, most, now)


_WINDOW = ("client_id", "starts", "used")


def _minute(now: datetime) -> datetime:
    return datetime.fromtimestamp(now.timestamp() // 60 * 60, UTC)


def _counting(fresh: Insert) -> ReturningInsert[Any]:
    """One more in the minute that runs, or the first of a new one."""
    same = api_window.c.starts == fresh.excluded.starts
    return fresh.on_conflict_do_update(
        index_elements=[api_window.c.client_id],
        set_={
            "used": case((same, api_window.c.used + 1), else_=1),
            "starts": fresh.excluded.starts,
        },
    ).returning(api_window.c.used)


def _wait(used: int, most: int | None, now: datetime) -> int:
    if used <= (settings().api_per_minute if most is None else most):
        return 0
    return max(1, 60 - int((now - _minute(now)).total_seconds()))
