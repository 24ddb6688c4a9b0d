"""Who is in a league, and what was counted of each: read inside the transaction of whoever asks."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection, select

from auth.tables import unit
from portal.affairs.rates import figures
from portal.affairs.rates.counts import Counts
from portal.affairs.rates.spans import Days, Span
from portal.affairs.rates.standings import Entrant
from portal.affairs.rates.tables import rate_standing
from portal.store import clock, divisions
from portal.store.citypack import pack
from portal.store.scheme_texts import League

LEAGUES: Mapping[League, str] = {
    "district": "区县",
    "street": "乡镇（街道）",
    "city_department": "市直部门",
    "district_department": "区县部门",
}
OF_DEPARTMENTS: Mapping[League, str] = {
    "city_department": "city",
    "district_department": "district",
}


def today() -> date:
    """The day on the wall."""
    return clock.local(clock.now()).date()


def members(connection: Connection, league: League, prefixes: Iterable[str]) -> list[Entrant]:
    """The units of a league inside these prefixes; places that are only counted are not units."""
    held = tuple(prefixes)
    if (level := OF_DEPARTMENTS.get(league)) is not None:
        query = select(unit.c.id, unit.c.name, unit.c.region_code).where(
            unit.c.kind == "department", unit.c.level == level, unit.c.status == "active"
        )
        rows = connection.execute(query.order_by(unit.c.region_code, unit.c.id)).all()
        found: list[tuple[str, str, str, int | None]] = [
            (row.id, row.name, row.region_code, None) for row in rows
        ]
    else:
        places = divisions.below(pack().region_code, league)
        found = [
            (f"gov-{one.code}", one.name, one.code, one.population)
            for one in places
            if not one.statistics_only
        ]
    return [
        Entrant(id=name, name=shown, region_code=code, counts=Counts(), population=people)
        for name, shown, code, people in found
        if any(code.startswith(one) for one in held)
    ]


def counted(
    connection: Connection, league: League, span: Span, members: list[Entrant]
) -> tuple[list[Entrant], int]:
    """The members with their counts and earlier scores; departments without an order are left out.

    Gives how many those are.
    """
    if league in OF_DEPARTMENTS:
        filled = departments(connection, span.days, members)
    else:
        filled = _places(connection, league, span, members)
    scores = earlier(connection, league, span)
    made = [replace(one, before=scores.get(one.id, ())) for one in filled]
    return made, len(members) - len(made)


def departments(connection: Connection, days: Days, members: list[Entrant]) -> list[Entrant]:
    """Those departments that had an order in these days, with their counts."""
    by_place: dict[str, list[str]] = {}
    for one in members:
        by_place.setdefault(one.region_code, []).append(one.id)
    counts: dict[str, Counts] = {}
    for code, ids in by_place.items():
        counts |= figures.of_units(connection, code, ids, days)
    return [replace(one, counts=counts[one.id]) for one in members if one.id in counts]


def _places(
    connection: Connection, league: League, span: Span, members: list[Entrant]
) -> list[Entrant]:
    """Districts and streets answer for every unit inside them, their communities' units too."""
    codes, day = [one.region_code for one in members], today()
    counts = figures.of_handlers(connection, codes, span.days)
    now = figures.received(connection, codes, span.days)
    before = figures.received(connection, codes, span.alongside(span.before, day))
    year = span.last_year
    last = figures.received(connection, codes, span.alongside(year, day)) if year else {}
    people: dict[str, int] = {}
    if league == "street":
        measure = pack().evaluation.population_measure
        people = figures.residents(connection, measure, pack().region_code, span.starts)
    return [
        replace(
            one,
            counts=replace(
                counts.get(one.region_code, Counts()), received=now.get(one.region_code, 0)
            ),
            population=one.population or people.get(one.region_code),
            received_before=before.get(one.region_code, 0),
            received_last_year=last.get(one.region_code, 0),
        )
        for one in members
    ]


def earlier(
    connection: Connection, league: League, span: Span
) -> dict[str, tuple[Decimal | None, ...]]:
    """The scores of the year before, month by month, the newest first; a gap is a gap."""
    months, one = list[date](), span
    for _ in range(12):
        one = one.before
        months.append(one.starts)
    query = select(rate_standing.c.unit_id, rate_standing.c.starts, rate_standing.c.score).where(
        rate_standing.c.league == league, rate_standing.c.starts.in_(months)
    )
    scores: dict[str, dict[date, Decimal | None]] = {}
    for row in connection.execute(query):
        scores.setdefault(row.unit_id, {})[row.starts] = row.score
    return {name: tuple(found.get(month) for month in months) for name, found in scores.items()}
