"""点评榜: units of one kind beside each other for a month. Never persons, never communities.

A closed month is read from what was written down when it was closed; whoever has a post reads all
of it. A month that still runs is counted from the measures inside one's own scope: without zones,
and without places unless the scope is the whole city.
"""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, func, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.rates import figures
from portal.affairs.rates.counts import Counts, shares
from portal.affairs.rates.entrants import LEAGUES, counted, earlier, members
from portal.affairs.rates.schemes import SERVICE, VIEW, RatesError, Version, holding, packs_own
from portal.affairs.rates.spans import Span
from portal.affairs.rates.standings import Entrant, Standing, parts, stand
from portal.affairs.rates.tables import rate_month, rate_scheme, rate_standing
from portal.store.citypack import pack
from portal.store.scheme_texts import League, Scheme
from portal.store.scope import Reach, scoped


@dataclass(frozen=True, kw_only=True)
class Table:
    """A league for a month."""

    league: League
    span: Span
    closed: bool
    whole: bool  # all units of the kind are in it; else only those of the asker's scope
    scheme: Version
    standings: tuple[Standing, ...]
    idle: int  # departments without an order in the month
    as_of: datetime | None
    closed_at: datetime | None

    @property
    def name(self) -> str:
        """The kind of unit in words."""
        return LEAGUES[self.league]

    @property
    def of_places(self) -> bool:
        """Whether residents' demands can be laid beside its units."""
        return self.league in ("district", "street")

    def find(self, unit_id: str) -> Standing:
        """A unit of it."""
        for one in self.standings:
            if one.entrant.id == unit_id:
                return one
        raise RatesError("该单位不在这张榜上，可能不在本岗位的管辖范围，请刷新后查看。")


def table(principal: Principal, league: League, month: date) -> Table:
    """The league of a month, as far as one may see it."""
    permissions.check(principal, VIEW)
    span = Span(kind="月", starts=month)
    with scoped(principal.reach) as connection:
        if closed(connection, month):
            return written(connection, league, span)
        if principal.prefixes:
            return running(connection, league, span, principal.prefixes)
    return _own_line(principal, league, span)


def _own_line(principal: Principal, league: League, span: Span) -> Table:
    """A post without a place sees of a running month what its own unit did."""
    with scoped(_city()) as connection:
        made = running(connection, league, span, (pack().region_code,), only=principal.unit.id)
    return replace(made, whole=False)


def _city() -> Reach:
    return Reach(prefixes=(pack().region_code,), unit_id=None, actor=SERVICE)


# -- a closed month -------------------------------------------------------------------------------


def closed(connection: Connection, month: date) -> bool:
    """Whether a month is closed."""
    query = select(rate_month.c.starts).where(rate_month.c.starts == month)
    return connection.execute(query).first() is not None


def written(connection: Connection, league: League, span: Span) -> Table:
    """A closed month as it was written down."""
    kept = connection.execute(select(rate_month).where(rate_month.c.starts == span.starts)).one()
    scheme = Scheme.model_validate(kept.scheme)
    query = select(rate_standing).where(
        rate_standing.c.starts == span.starts, rate_standing.c.league == league
    )
    found = [_standing(row, scheme) for row in connection.execute(query)]
    found.sort(key=lambda one: (one.place is None, one.place or 0, one.entrant.region_code))
    made = connection.execute(
        select(rate_scheme).where(rate_scheme.c.version == kept.scheme_version)
    ).first()
    return Table(
        league=league,
        span=span,
        closed=True,
        whole=True,
        scheme=Version(
            version=kept.scheme_version,
            starts=made.starts if made else None,
            scheme=scheme,
            words=made.words if made else packs_own().words,
            made_at=made.made_at if made else None,
            by=f"{made.unit_name} {made.actor_name}" if made else "城市包",
        ),
        standings=tuple(found),
        idle=0,
        as_of=kept.as_of,
        closed_at=kept.closed_at,
    )


def _standing(row: Row[Any], scheme: Scheme) -> Standing:
    counts = Counts(**row.counts)
    return Standing(
        entrant=Entrant(
            id=row.unit_id,
            name=row.unit_name,
            region_code=row.region_code,
            counts=counts,
            population=row.population,
            received_before=row.received_before,
            received_last_year=row.received_last_year,
        ),
        rates=shares(counts, scheme.basically_satisfied),
        score=row.score,
        flag=row.flag,
        place=row.place,
        zone=row.zone,
        reasons=tuple(row.reasons),
    )


def last_closed(principal: Principal) -> date | None:
    """The last month that was closed; ``None`` before the first."""
    permissions.check(principal, VIEW)
    with scoped(principal.reach) as connection:
        month: date | None = connection.execute(select(func.max(rate_month.c.starts))).scalar_one()
    return month


# -- a month from the measures --------------------------------------------------------------------


def running(
    connection: Connection,
    league: League,
    span: Span,
    prefixes: tuple[str, ...],
    *,
    only: str | None = None,
) -> Table:
    """A month as the measures tell it now, for the units inside these prefixes."""
    found = members(connection, league, prefixes)
    if only is not None:
        found = [one for one in found if one.id == only]
    version = holding(connection, span.starts)
    entrants, idle = counted(connection, league, span, found)
    whole = any(pack().region_code.startswith(one) for one in prefixes)
    made = stand(entrants, version.scheme, zones=False)
    if not whole or only is not None:
        made = [replace(one, place=None) for one in made]
        made.sort(key=lambda one: (one.entrant.region_code, one.entrant.id))
    return Table(
        league=league,
        span=span,
        closed=False,
        whole=whole,
        scheme=version,
        standings=tuple(made),
        idle=idle,
        as_of=figures.as_of(connection, span.days),
        closed_at=None,
    )


# -- why ------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class RateLine:
    """One rate of a unit: what it is, what it brings, what it brought before."""

    id: str
    name: str
    rule: str
    words: str
    behind: str
    weight: Decimal
    brought: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Why:
    """Why a unit stands where it stands."""

    table: Table
    standing: Standing
    lines: tuple[RateLine, ...]
    returned: str
    earlier: tuple[tuple[Span, Decimal], ...]


def why(principal: Principal, league: League, month: date, unit_id: str) -> Why:
    """A unit's rates with what is behind each, its grounds, and its earlier scores."""
    made = table(principal, league, month)
    standing, scheme = made.find(unit_id), made.scheme.scheme
    brought = dict(parts(standing.rates, scheme))
    lines = tuple(
        RateLine(
            id=one.id,
            name=one.name,
            rule=one.rule,
            words=standing.rates[one.id].words,
            behind=standing.rates[one.id].behind,
            weight=one.weight,
            brought=brought.get(one.name) if one.weight else None,
        )
        for one in scheme.rates
    )
    with scoped(principal.reach) as connection:
        before = earlier(connection, league, made.span).get(unit_id, ())
    past, span = list[tuple[Span, Decimal]](), made.span
    for score in before[:6]:
        span = span.before
        if score is not None:
            past.append((span, score))
    rate = standing.rates["returned"]
    return Why(
        table=made,
        standing=standing,
        lines=lines,
        returned=f"{rate.words}（{rate.behind}）",
        earlier=tuple(past),
    )


def as_row(standing: Standing, league: League, month: date) -> dict[str, Any]:
    """A standing as it is written down for good."""
    one = standing.entrant
    return {
        "starts": month,
        "league": league,
        "unit_id": one.id,
        "unit_name": one.name,
        "region_code": one.region_code,
        "counts": asdict(one.counts),
        "population": one.population,
        "received_before": one.received_before,
        "received_last_year": one.received_last_year,
        "score": standing.score,
        "place": standing.place,
        "zone": standing.zone,
        "flag": standing.flag,
        "reasons": list(standing.reasons),
    }
