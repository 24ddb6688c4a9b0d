"""Which units may be chosen for a move: those one would think of, and those one looks for."""

from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, select

from auth import permissions
from auth.principal import Principal
from auth.tables import unit
from portal.affairs.orders import units
from portal.affairs.orders.queries import OrderRow
from portal.affairs.orders.units import UnitRef
from portal.store import divisions, region_codes
from portal.store.citypack import pack
from portal.store.scope import scoped

MOST = 40
DOWN: Final = "pass_down"  # the move


def _covering(row: OrderRow) -> ColumnElement[bool]:
    """The units that stand for the place of an order at any level, and their departments."""
    return unit.c.region_code.in_(region_codes.upwards(row.region_code))


def _under(principal: Principal) -> ColumnElement[bool]:
    """The units one's own could pass an order down to."""
    own = principal.unit.region_code
    return and_(region_codes.within(unit.c.region_code, own), unit.c.id != principal.unit.id)


def units_found(
    principal: Principal, row: OrderRow, move: str, words: str = ""
) -> tuple[UnitRef, ...]:
    """At most ``MOST`` units, the nearest to the place first."""
    wanted: list[ColumnElement[bool]] = [unit.c.status == "active", unit.c.id != row.unit_id]
    looked = "".join(words.split())
    if move == DOWN:
        wanted.append(_under(principal))
    elif not looked:
        wanted.append(_covering(row))
    else:
        wanted.append(region_codes.within(unit.c.region_code, pack().region_code))
    if looked:
        wanted.append(unit.c.name.contains(looked[:40], autoescape=True))
    columns: list[Any] = [unit.c[name] for name in UnitRef.__dataclass_fields__]
    query = (
        select(*columns)
        .where(*wanted)
        .order_by(func.length(unit.c.region_code).desc(), unit.c.name)
        .limit(MOST * 4)
    )
    with scoped(principal.reach) as connection:
        found = [UnitRef(**one._mapping) for one in connection.execute(query)]
    if move == DOWN:
        found = [one for one in found if _direct(principal, one)]
    return tuple(found[:MOST])


def _direct(principal: Principal, one: UnitRef) -> bool:
    own = UnitRef(
        id=principal.unit.id, name=principal.unit.name, kind=principal.unit.kind,
        level=principal.unit.level, region_code=principal.unit.region_code,
    )  # fmt: skip
    return units.is_below(one, own) or units.above(one) == own.id


def units_to_name(principal: Principal) -> dict[str, str]:
    """The units that a demand may be against, by id: those of one's own place and of the city's
    level. Communities are named with where they lie, for several bear the same name."""
    permissions.check(principal, "orders.register")
    own = principal.unit.region_code
    query = (
        select(unit.c.id, unit.c.name, unit.c.level, unit.c.region_code)
        .where(
            unit.c.status == "active",
            region_codes.within(unit.c.region_code, own) | (unit.c.level == "city"),
        )
        .order_by(func.length(unit.c.region_code), unit.c.region_code, unit.c.name)
    )
    with scoped(principal.reach) as connection:
        found = connection.execute(query).all()
    return {
        row.id: f"{row.name}（{divisions.full_name(row.region_code[:9])}）"
        if row.level == "community"
        else row.name
        for row in found
    }
