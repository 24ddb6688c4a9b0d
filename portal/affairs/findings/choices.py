"""What may be chosen when a finding is written down or given on: units, communities."""

from sqlalchemy import select

from auth.principal import Principal
from auth.tables import unit
from portal.affairs.findings import rules
from portal.store import clock, divisions
from portal.store.citypack import pack
from portal.store.divisions import Division
from portal.store.finding_texts import OFF
from portal.store.scope import scoped

_WIDTHS = (6, 9, 4)  # the district's units first, then the street's, then the city's


def units_for(principal: Principal, region_code: str) -> dict[str, str]:
    """The units that stand for a place, which a finding of it may be given to."""
    codes = [region_code[:width] for width in _WIDTHS]
    query = (
        select(unit.c.id, unit.c.name, unit.c.region_code)
        .where(unit.c.region_code.in_(codes), unit.c.status == "active")
        .order_by(unit.c.name)
    )
    with scoped(principal.reach) as connection:
        rows = connection.execute(query).all()
    ranked = sorted(rows, key=lambda one: codes.index(one.region_code))
    return {one.id: one.name for one in ranked}


def communities(principal: Principal) -> tuple[Division, ...]:
    """The communities and villages of one's scope where 未诉先办 is run today."""
    today = clock.local(clock.now()).date()
    return tuple(
        one
        for prefix in principal.prefixes
        for one in divisions.below(prefix, "community")
        if not one.statistics_only and rules.stage_at(one.code, today, pack().findings) != OFF
    )


def reached(principal: Principal) -> bool:
    """Whether 未诉先办 is run anywhere in one's place, now."""
    today = clock.local(clock.now()).date()
    return rules.reached(principal.unit.region_code, today, pack().findings)


def classes() -> tuple[str, ...]:
    """The classes of the city."""
    return pack().findings.classes


def sources() -> tuple[str, ...]:
    """The sources that a form offers; demands of a kind come from their own list."""
    return rules.SOURCES[:3]


def megabytes() -> int:
    """How large a photo may be, in whole megabytes; the exact limit is told when it is sent."""
    return max(1, -(-pack().findings.most_bytes // 1048576))
