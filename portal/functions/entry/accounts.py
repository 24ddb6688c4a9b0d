"""Accounts over there as they stand: read by tickets and homes, ended with the person."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, select, update

from auth.principal import Principal
from portal.functions.entry.linkrules import usable
from portal.functions.entry.tables import account_link
from portal.store import clock
from portal.store.citypack import pack
from portal.store.scope import acting_as

SERVICE = "service:links"


def today() -> date:
    """The day on the wall clock."""
    return clock.local(clock.now()).date()


def standing(login: str) -> Any:
    """The accounts over there that are somebody's now."""
    return select(account_link).where(
        account_link.c.login == login, account_link.c.ended_at.is_(None)
    )


# Asked at every click on a home: built once. With what ``near_values`` gives.
NEAR = select(func.count()).where(
    account_link.c.login == bindparam("login"),
    account_link.c.ended_at.is_(None),
    account_link.c.expires_on <= bindparam("edge"),
)


def near_values(login: str) -> dict[str, Any]:
    """Whose accounts are counted that are over or nearly so: for the first line of a home."""
    return {"login": login, "edge": today() + timedelta(days=pack().link_warn_days)}


def account_for(connection: Connection, principal: Principal, system_id: str) -> str | None:
    """The account that a ticket may name: standing and not over."""
    query = standing(principal.login).where(account_link.c.system_id == system_id)
    row = connection.execute(query).first()
    good = row is not None and usable(row.expires_on, today())
    return row.foreign_account if row is not None and good else None


def taken(connection: Connection, system_id: str, account: str, login: str) -> bool:
    """Whether that account over there is somebody else's; whose, nobody is told."""
    asked = select(func.account_link_taken(system_id, account, login))
    return bool(connection.execute(asked).scalar_one())


def end_all(connection: Connection, account_id: UUID, why: str) -> int:
    """Whoever leaves has no account anywhere any more; in the caller's transaction."""
    with acting_as(connection, SERVICE):
        done = connection.execute(
            update(account_link)
            .where(account_link.c.account_id == account_id, account_link.c.ended_at.is_(None))
            .values(ended_at=clock.now(), ended_why=why)
        )
    return done.rowcount
