"""Reading what stands now: within the scope by the views, beyond it only whether something is."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, and_, any_, bindparam, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from auth.posts import holds_now, moments
from auth.tables import Moment, account, deputy, position, post, unit
from portal.functions.people.model import (
    Account,
    Base,
    Holding,
    PersonRow,
    PositionRow,
    UnitRow,
    Wanted,
)
from portal.functions.people.tables import grant_request, staff_member, staff_position


def among(column: Any, values: Iterable[str]) -> ColumnElement[bool]:
    """``column`` is one of many values, sent as one array."""
    found: ColumnElement[bool] = column == any_(literal(sorted(set(values)), ARRAY(Text)))
    return found


def member_now() -> ColumnElement[bool]:
    """The condition "this holding stands" on the view; needs ``auth.posts.moments()``."""
    return and_(
        staff_member.c.starts <= bindparam("today"),
        or_(staff_member.c.ends.is_(None), staff_member.c.ends > bindparam("today")),
        or_(
            staff_member.c.ended_at.is_(None),
            staff_member.c.ended_at > bindparam("now", type_=Moment),
        ),
    )


def _rows(wanted: Wanted) -> tuple[set[str], set[str], set[str]]:
    """The units, posts and logins that a file speaks of."""
    units = {one.row.id for one in wanted.units if isinstance(one.row, UnitRow)}
    positions, logins = set(), set()
    for one in wanted.positions:
        if isinstance(one.row, PositionRow):
            units.add(one.row.unit_id)
            positions.add(one.row.id)
    for one in wanted.people:
        if isinstance(one.row, PersonRow):
            positions.add(one.row.position_id)
            logins.add(one.row.login)
    return units, positions, logins


def as_position(row: Any) -> PositionRow:
    """A row of the view as a post."""
    return PositionRow(
        id=row.id,
        unit_id=row.unit_id,
        title=row.title,
        roles=tuple(row.roles),
        prefixes=tuple(row.prefixes),
        quota=row.quota,
        status=row.status,
    )


def _positions(
    connection: Connection, ids: set[str], closing: set[str]
) -> tuple[dict[str, PositionRow], frozenset[str]]:
    """The posts named, and those of units that a file closes; and which are out of scope."""
    query = select(staff_position).where(
        or_(among(staff_position.c.id, ids), among(staff_position.c.unit_id, closing))
    )
    found = {row.id: as_position(row) for row in connection.execute(query)}
    beyond = select(position.c.id).where(among(position.c.id, ids - set(found)))
    return found, frozenset(connection.execute(beyond).scalars())


def _pending(connection: Connection, positions: dict[str, PositionRow]) -> dict[str, PositionRow]:
    query = select(grant_request).where(
        among(grant_request.c.position_id, positions), grant_request.c.decision.is_(None)
    )
    found = {}
    for row in connection.execute(query):
        stands = vars(positions[row.position_id])
        asked = {"roles": tuple(row.roles), "prefixes": tuple(row.prefixes)}
        found[row.position_id] = PositionRow(**{**stands, **asked})
    return found


def _units(connection: Connection, ids: Iterable[str]) -> dict[str, UnitRow]:
    columns = [unit.c[name] for name in UnitRow.__dataclass_fields__]
    query = select(*columns).where(among(unit.c.id, ids))
    return {row.id: UnitRow(**row._mapping) for row in connection.execute(query)}


def held_roles(connection: Connection, logins: set[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """The roles of these people by post, everywhere: in own posts and as deputies, now or later."""
    placed = post.join(position, position.c.id == post.c.position_id).join(
        unit, unit.c.id == position.c.unit_id
    )
    own = (
        select(account.c.login, position.c.id, position.c.roles)
        .select_from(placed.join(account, account.c.id == post.c.account_id))
        .where(among(account.c.login, logins), holds_now())
    )
    acting = (
        select(account.c.login, position.c.id, position.c.roles)
        .select_from(
            placed.join(deputy, deputy.c.post_id == post.c.id).join(
                account, account.c.id == deputy.c.account_id
            )
        )
        .where(
            among(account.c.login, logins),
            deputy.c.revoked_at.is_(None),
            deputy.c.ends > bindparam("now", type_=Moment),
        )
    )
    found: dict[str, dict[str, tuple[str, ...]]] = {login: {} for login in logins}
    for query in (own, acting):
        for row in connection.execute(query, moments()):
            found[row.login][row.id] = tuple(row.roles)
    return found


def _accounts(
    connection: Connection, logins: set[str], here: set[tuple[str, str]], everywhere: Any
) -> dict[str, Account]:
    known = select(staff_member.c.login).where(among(staff_member.c.login, logins)).distinct()
    inside = set(connection.execute(known).scalars())
    query = select(account).where(among(account.c.login, logins))
    return {
        row.login: Account(
            id=row.id,
            login=row.login,
            name=row.name,
            status=row.status,
            inside=row.login in inside,
            outside=any((row.login, post_id) not in here for post_id in everywhere[row.login]),
        )
        for row in connection.execute(query)
    }


def _members(connection: Connection, positions: Sequence[str], logins: set[str]) -> list[Holding]:
    query = select(staff_member).where(
        or_(among(staff_member.c.position_id, positions), among(staff_member.c.login, logins)),
        member_now(),
    )
    return [
        Holding(
            post_id=row.post_id,
            login=row.login,
            position_id=row.position_id,
            main=bool(row.is_main),
        )
        for row in connection.execute(query, moments())
    ]


def load(connection: Connection, wanted: Wanted) -> Base:
    """Everything a file speaks of, as it stands; ``connection`` carries the scope."""
    units, named, logins = _rows(wanted)
    closing = {
        one.row.id
        for one in wanted.units
        if isinstance(one.row, UnitRow) and one.row.status != "active"
    }
    positions, elsewhere = _positions(connection, named, closing)
    members = _members(connection, list(positions), logins)
    everybody = logins | {one.login for one in members}
    roles = held_roles(connection, everybody)
    here = {(one.login, one.position_id) for one in members}
    holders: dict[str, list[str]] = {}
    for one in members:
        holders.setdefault(one.position_id, []).append(one.login)
    return Base(
        units=_units(connection, units | {one.unit_id for one in positions.values()}),
        positions=positions,
        pending=_pending(connection, positions),
        elsewhere=elsewhere,
        accounts=_accounts(connection, logins, here, roles),
        holdings={(one.login, one.position_id): one for one in members},
        holders={key: tuple(sorted(those)) for key, those in holders.items()},
        roles=roles,
    )
