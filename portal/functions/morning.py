"""What a home says in the morning beside its cases: what changed, and what was begun."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from auth.principal import Principal
from portal.functions.changes.notices import MOST
from portal.functions.entry import accounts
from portal.store import drafts, watch
from portal.store.scope import scoped, together
from portal.store.watch import Row


@dataclass(frozen=True, kw_only=True)
class Morning:
    """Changes not yet looked at, as stored; how many texts were begun and not sent off; how many
    of one's accounts in other systems are over or nearly so."""

    changes: Sequence[Row]
    drafts: int
    accounts: int = 0


def morning(principal: Principal) -> Morning:
    """All in one transaction: a home is opened often."""
    with scoped(principal.reach) as connection:
        return Morning(
            changes=watch.fresh(connection, principal.login, principal.unit.id, MOST),
            drafts=drafts.count(connection, principal.account_id, principal.post_id),
            accounts=accounts.near(connection, principal.login),
        )


def one_reading(principal: Principal) -> AbstractContextManager[None]:
    """While a home reads its several small things: one transaction for all of them."""
    return together(principal.reach)
