"""What dispatching gives to others: whom a demand should go to, and what its class is called."""

from auth.principal import Principal
from portal.affairs.dispatch import advice, reads
from portal.affairs.orders.advising import Adviser
from portal.store.scope import scoped


def class_names(principal: Principal) -> dict[str, str]:
    """The names of the classes that count where one works, by their codes."""
    with scoped(principal.reach) as connection:
        held = reads.classes(connection, principal.unit.region_code)
    return {one.entry.code: one.entry.name for one in held}


def adviser() -> Adviser:
    """The adviser of the desk of work orders."""
    return Adviser(suggest=advice.suggest, dispatch=advice.dispatch, class_names=class_names)
