"""Units, accounts and posts as they stand now: read from the database on every run."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, or_, select
from sqlalchemy.dialects.postgresql import insert

from auth.principal import Post, Principal, Unit
from auth.tables import account, post, unit
from portal.store import clock
from portal.store.engine import begin


def _today() -> date:
    return clock.local(clock.now()).date()


def _post_query() -> Select[Any]:
    return (
        select(
            post.c.id,
            post.c.account_id,
            post.c.title,
            post.c.roles,
            post.c.prefixes,
            unit.c.id.label("unit_id"),
            unit.c.name.label("unit_name"),
            unit.c.kind,
            unit.c.level,
            unit.c.region_code,
            unit.c.line,
        )
        .join(unit, unit.c.id == post.c.unit_id)
        .order_by(post.c.is_main.desc(), post.c.starts, post.c.title)
    )


def _as_post(row: Row[Any]) -> Post:
    return Post(
        id=row.id,
        title=row.title,
        unit=Unit(
            id=row.unit_id,
            name=row.unit_name,
            kind=row.kind,
            level=row.level,
            region_code=row.region_code,
            line=row.line,
        ),
        roles=tuple(row.roles),
        prefixes=tuple(row.prefixes),
    )


# Built once: asked at every click.
_HELD = (
    _post_query()
    .add_columns(account.c.login, account.c.name.label("person"))
    .join(account, account.c.id == post.c.account_id)
    .where(
        post.c.account_id == bindparam("holder"),
        account.c.status == "active",
        post.c.starts <= bindparam("today"),
        or_(post.c.ends.is_(None), post.c.ends > bindparam("today")),
    )
)


def _held(account_id: UUID) -> Sequence[Row[Any]]:
    """One row per post an active account holds today, each with the account's login and name."""
    with begin() as connection:
        return connection.execute(_HELD, {"holder": account_id, "today": _today()}).all()


def posts_of(account_id: UUID) -> tuple[Post, ...]:
    """The posts an active account holds today, the main one first."""
    return tuple(_as_post(row) for row in _held(account_id))


def account_by_login(login: str) -> Row[Any] | None:
    """The account of a login, active or not."""
    with begin() as connection:
        return connection.execute(select(account).where(account.c.login == login)).first()


def principal_for(
    *,
    account_id: UUID,
    post_id: UUID | None,
    session_id: str,
    factors: Sequence[str],
) -> Principal | None:
    """The person in the post the session acts in; ``None`` when no post is left."""
    rows = _held(account_id)
    if not rows:
        return None
    row = next((one for one in rows if one.id == post_id), rows[0])
    acting = _as_post(row)
    return Principal(
        account_id=account_id,
        login=row.login,
        name=row.person,
        post_id=acting.id,
        post_title=acting.title,
        unit=acting.unit,
        roles=acting.roles,
        prefixes=acting.prefixes,
        session_id=session_id,
        factors=frozenset(factors),
    )


def put_units(rows: Sequence[dict[str, Any]]) -> None:
    """Add units, or bring their names up to date."""
    if not rows:
        return
    statement = insert(unit)
    with begin() as connection:
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=[unit.c.id],
                set_={"name": statement.excluded.name, "line": statement.excluded.line},
            ),
            rows,
        )


def put_account(*, row: dict[str, Any], posts: Sequence[dict[str, Any]]) -> None:
    """Add an account with its posts; an account that is there keeps what it has."""
    with begin() as connection:
        connection.execute(insert(account).values(**row).on_conflict_do_nothing())
        for one in posts:
            connection.execute(insert(post).values(**one).on_conflict_do_nothing())
