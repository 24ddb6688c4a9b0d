"""Units as orders need them: who dispatches for a place, who stands above whom."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from auth.tables import unit
from portal.store import region_codes
from portal.store.citypack import pack

_DIGITS = {"city": 4, "district": 6, "street": 9, "community": 12}


@dataclass(frozen=True, kw_only=True)
class UnitRef:
    """A unit by what an order has to know of it."""

    id: str
    name: str
    kind: str
    level: str
    region_code: str


def known(connection: Connection, ids: Iterable[str]) -> dict[str, UnitRef]:
    """The active ones of these units."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    query = select(unit.c.id, unit.c.name, unit.c.kind, unit.c.level, unit.c.region_code)
    rows = connection.execute(query.where(unit.c.id.in_(wanted), unit.c.status == "active"))
    return {row.id: UnitRef(**row._mapping) for row in rows}


def find(connection: Connection, unit_id: str | None) -> UnitRef | None:
    """One unit, if it is there and active."""
    return known(connection, [unit_id]).get(unit_id) if unit_id else None


def desk_of(region_code: str, level: str) -> str:
    """The unit that dispatches for a place at a level: as the city says, else its government."""
    code = region_code[: _DIGITS[level]]
    named = next((one.unit for one in pack().orders.desk if one.region == code), None)
    if named is not None:
        return named
    levels = {width: name for name, width in _DIGITS.items()}
    prefix = "com" if levels.get(len(code)) == "community" else "gov"
    return f"{prefix}-{code}"


def above(one: UnitRef) -> str | None:
    """The unit one level up: of a department its place's desk, of the city's desk nobody."""
    if one.level == "community":
        return desk_of(one.region_code, "street")
    if one.level == "street" and one.kind == "government":
        return desk_of(one.region_code, "district")
    own = desk_of(one.region_code, one.level)
    if own != one.id:
        return own
    wider = {"city": None, "district": "city", "street": "district"}[one.level]
    return desk_of(one.region_code, wider) if wider else None


def receives(region_code: str, level: str, against: UnitRef | None) -> str:
    """The desk that takes a demand in: never the unit it is about, nor one below that."""
    desk = desk_of(region_code, level)
    if against is None or desk != against.id:
        return desk
    return above(against) or f"gov-{region_code[:4]}"


def is_below(one: UnitRef, other: UnitRef) -> bool:
    """Whether a unit lies under another: a narrower level inside its place."""
    narrower = len(one.region_code) > len(other.region_code)
    return narrower and one.region_code.startswith(other.region_code)


def directly_below(connection: Connection, unit_id: str, region_code: str) -> tuple[str, ...]:
    """The active units whose next one up is this one."""
    columns = [unit.c[name] for name in UnitRef.__dataclass_fields__]
    rows = connection.execute(
        select(*columns).where(
            region_codes.within(unit.c.region_code, region_code),
            unit.c.status == "active",
            *([unit.c.kind != "community"] if len(region_code) < _DIGITS["street"] else []),
        )
    )
    found = (UnitRef(**row._mapping) for row in rows)
    return tuple(sorted(one.id for one in found if above(one) == unit_id))
