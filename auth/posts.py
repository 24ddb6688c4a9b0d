"""Units, accounts and posts as they stand now: read from the database on every run."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert

from auth import sessions
from auth.principal import Actor, Post, Principal, Unit
from auth.sessions import LiveSession
from auth.tables import Moment, account, deputy, position, post, unit
from portal.store import clock
from portal.store.engine import begin


def _today() -> date:
    return clock.local(clock.now()).date()


def holds_now() -> ColumnElement[bool]:
    """The condition "this holding of a post stands"; needs ``moments()``."""
    return and_(
        post.c.starts <= bindparam("today"),
        or_(post.c.ends.is_(None), post.c.ends > bindparam("today")),
        or_(post.c.ended_at.is_(None), post.c.ended_at > bindparam("now", type_=Moment)),
        position.c.status == "active",
        unit.c.status == "active",
    )


def acts_now() -> ColumnElement[bool]:
    """The condition "this deputy may act"; needs ``moments()``."""
    return and_(
        deputy.c.revoked_at.is_(None),
        deputy.c.starts <= bindparam("now", type_=Moment),
        deputy.c.ends > bindparam("now", type_=Moment),
    )


def moments() -> dict[str, Any]:
    """The values of those conditions: today and this moment, by the one clock."""
    return {"today": _today(), "now": clock.now()}


_holder = account.alias("holder")


def _post_query(*more: ColumnElement[Any]) -> Select[Any]:
    return select(
        post.c.id,
        position.c.id.label("position_id"),
        position.c.title,
        position.c.roles,
        position.c.prefixes,
        unit.c.id.label("unit_id"),
        unit.c.name.label("unit_name"),
        unit.c.kind,
        unit.c.level,
        unit.c.region_code,
        unit.c.line,
        account.c.login,
        account.c.name.label("person"),
        post.c.starts,
        *more,
    )


_PLACED = post.join(position, position.c.id == post.c.position_id).join(
    unit, unit.c.id == position.c.unit_id
)


def _held_query() -> Select[Any]:
    """The own posts first, the main one before all; then those one is a deputy in."""
    own = (
        _post_query(
            (post.c.is_main * 2).label("rank"),
            null().label("holder_id"),
            null().label("acting_for"),
            null().label("items"),
        )
        .select_from(_PLACED.join(account, account.c.id == post.c.account_id))
        .where(account.c.id == bindparam("person"), account.c.status == "active", holds_now())
    )
    for_others = (
        _post_query(
            literal(-1).label("rank"),
            _holder.c.id.label("holder_id"),
            _holder.c.name.label("acting_for"),
            deputy.c["items"],
        )
        .select_from(
            _PLACED.join(deputy, deputy.c.post_id == post.c.id)
            .join(_holder, _holder.c.id == post.c.account_id)
            .join(account, account.c.id == deputy.c.account_id)
        )
        .where(
            account.c.id == bindparam("person"),
            account.c.status == "active",
            _holder.c.status == "active",
            holds_now(),
            acts_now(),
        )
    )
    both = union_all(own, for_others).subquery()
    return select(both).order_by(both.c.rank.desc(), both.c.starts, both.c.title, both.c.id)


# Built once: asked at every click.
_HELD = _held_query()


def unit_of(row: Row[Any]) -> Unit:
    """The unit of a row that joins one: its id and name as unit_id and unit_name."""
    return Unit(
        id=row.unit_id,
        name=row.unit_name,
        kind=row.kind,
        level=row.level,
        region_code=row.region_code,
        line=row.line,
    )


def _as_post(row: Row[Any]) -> Post:
    return Post(
        id=row.id,
        position_id=row.position_id,
        title=row.title,
        unit=unit_of(row),
        roles=tuple(row.roles),
        prefixes=tuple(row.prefixes),
        acting_for=row.acting_for,
        items=None if row.items is None else frozenset(row.items),
    )


def _held(connection: Connection, account_id: UUID) -> Sequence[Row[Any]]:
    """One row per post an active account may act in now, each with the account's login and name.

    Who has no post of their own left is nobody, whatever somebody once asked them to stand in for.
    """
    rows = connection.execute(_HELD, {"person": account_id, **moments()}).all()
    return rows if any(row.acting_for is None for row in rows) else []


def posts_of(account_id: UUID) -> tuple[Post, ...]:
    """The posts an active account may act in now: the main one first, a deputy's last."""
    with begin() as connection:
        rows = _held(connection, account_id)
    return tuple(_as_post(row) for row in rows)


def account_by_login(login: str) -> Row[Any] | None:
    """The account of a login, active or not."""
    with begin() as connection:
        return connection.execute(select(account).where(account.c.login == login)).first()


def behind(live: LiveSession | None) -> Principal | None:
    """Who is signed in with a session, in the post they act in, with the rights of this moment."""
    if live is None:
        return None
    with begin() as connection:
        return _behind(connection, live)


def behind_now(session_id: str) -> Principal | None:
    """The same, of a session that may have ended: asked at every click, in one transaction."""
    with begin() as connection:
        live = sessions.standing(connection, session_id)
        return None if live is None else _behind(connection, live)


def _behind(connection: Connection, live: LiveSession) -> Principal | None:
    rows = _held(connection, live.account_id)
    return _acting(rows, live.account_id, live.post_id, live.id, live.factors)


def principal_for(
    *,
    account_id: UUID,
    post_id: UUID | None,
    session_id: str,
    factors: Sequence[str],
) -> Principal | None:
    """The person in the post the session acts in; ``None`` when no post is left."""
    with begin() as connection:
        rows = _held(connection, account_id)
    return _acting(rows, account_id, post_id, session_id, factors)


def _acting(
    rows: Sequence[Row[Any]],
    account_id: UUID,
    post_id: UUID | None,
    session_id: str,
    factors: Sequence[str],
) -> Principal | None:
    if not rows:
        return None
    row = next((one for one in rows if one.id == post_id), rows[0])
    acting = _as_post(row)
    behalf = f"{row.person} 代 {row.acting_for}" if row.acting_for else ""
    return Principal(
        account_id=account_id,
        login=Actor(row.login, behalf) if behalf else row.login,
        name=row.person,
        post_id=acting.id,
        post_title=acting.title,
        unit=acting.unit,
        roles=acting.roles,
        prefixes=acting.prefixes,
        session_id=session_id,
        factors=frozenset(factors),
        position_id=acting.position_id,
        acting_for=acting.acting_for,
        holder_id=row.holder_id,
        items=acting.items,
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


def _position_id(connection: Connection, unit_id: str) -> str:
    """The next number of the unit's posts."""
    taken = connection.execute(
        select(func.count()).select_from(position).where(position.c.unit_id == unit_id)
    ).scalar_one()
    return f"{unit_id}-{taken + 1:02d}"


def put_account(*, row: dict[str, Any], posts: Sequence[dict[str, Any]]) -> None:
    """Add an account, its positions and its holdings of them; what is there stays as it is.

    A post may name its ``position_id``; else the next number of its unit is taken.
    """
    with begin() as connection:
        connection.execute(insert(account).values(**row).on_conflict_do_nothing())
        for one in posts:
            put_post(connection, one)


def put_post(connection: Connection, row: dict[str, Any]) -> None:
    """Add one holding with the position it is a holding of."""
    if connection.execute(select(post.c.id).where(post.c.id == row["id"])).first() is not None:
        return
    place = {name: row[name] for name in ("unit_id", "title", "roles", "prefixes")}
    held = {name: value for name, value in row.items() if name not in place}
    number = held.setdefault("position_id", _position_id(connection, row["unit_id"]))
    connection.execute(insert(position).values(id=number, **place).on_conflict_do_nothing())
    connection.execute(insert(post).values(**held))


def put_positions(rows: Sequence[dict[str, Any]]) -> None:
    """Add established posts that nobody holds yet; what is there stays as it is."""
    with begin() as connection:
        for one in rows:
            connection.execute(insert(position).values(**one).on_conflict_do_nothing())
