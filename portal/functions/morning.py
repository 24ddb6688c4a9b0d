"""What a home says in the morning beside its cases: what changed, and what was begun."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import select

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


# Asked at every click on a home: built once, and both numbers in one question.
_NUMBERS = select(
    drafts.COUNT.scalar_subquery().label("drafts"),
    accounts.NEAR.scalar_subquery().label("accounts"),
)


def morning(principal: Principal) -> Morning:
    """All in one transaction: a home is opened often."""
    asked = {
        **drafts.count_values(principal.account_id, principal.post_id),
        **accounts.near_values(principal.login),
    }
    with scoped(principal.reach) as connection:
        numbers = connection.execute(_NUMBERS, asked).one()
        return Morning(
            changes=watch.fresh(connection, principal.login, principal.unit.id, MOST),
            drafts=numbers.drafts,
            accounts=numbers.accounts,
        )


def one_reading(principal: Principal) -> AbstractContextManager[None]:
    """While a home reads its several small things: one transaction for all of them."""
    return together(principal.reach)
