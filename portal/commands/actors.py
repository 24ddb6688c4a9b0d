"""Who acts in the simulated past of a demonstration, and the clock that walks through it."""

from typing import Any
from uuid import UUID, uuid5

from auth.principal import Principal, Unit
from portal.store import clock, divisions
from portal.store.citypack import pack

_SPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


class Moved(clock.FrozenClock):
    """A clock that the seeding sets."""

    def put(self, at: Any) -> None:
        """Let it be that moment."""
        self._at = at


def one_of(unit_id: str, name: str, kind: str, level: str, region: str, roles: tuple[str, ...],
           prefixes: tuple[str, ...]) -> Principal:  # fmt: skip
    """Somebody of a unit who is nobody: made up for the demonstration."""
    return Principal(
        account_id=uuid5(_SPACE, unit_id),
        login="demo",
        name=f"模拟·{name}",
        post_id=uuid5(_SPACE, f"post-{unit_id}"),
        post_title="演示岗位",
        unit=Unit(id=unit_id, name=name, kind=kind, level=level, region_code=region),  # type: ignore[arg-type]
        roles=roles,
        prefixes=prefixes,
        session_id="demo",
        factors=frozenset({"otp"}),
    )


def around(place: str) -> list[Principal]:
    """Who has to do with orders of a place, from the city down to the community."""
    city, found = pack(), []
    for one in city.departments:
        is_desk = any(desk_.unit == one.id for desk_ in city.orders.desk)
        does_visits = one.id in city.orders.visit_units
        if not place.startswith(one.region_code):
            continue
        if one.level != "city" or is_desk or does_visits:
            roles = ("order_desk",) if is_desk else ("department_officer", "order_visitor")
            covers = (one.region_code,) if is_desk or does_visits else ()
            found.append(
                one_of(one.id, one.name, "department", one.level, one.region_code, roles, covers)
            )
    street, community = divisions.find(place[:9]), divisions.find(place)
    if street and community:
        found.append(one_of(f"gov-{street.code}", street.name, "government", "street",
                            street.code, ("street_officer",), (street.code,)))  # fmt: skip
        found.append(one_of(f"com-{place}", community.name, "community", "community", place,
                            ("community_clerk",), (place,)))  # fmt: skip
    return found
