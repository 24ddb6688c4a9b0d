"""Closing months, and trying a scheme out: the first writes for good, the second writes nothing."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import structlog
from sqlalchemy import Connection, func, insert, select

from auth import audit
from auth.principal import Principal
from portal.affairs.rates import figures, league
from portal.affairs.rates.entrants import LEAGUES, earlier, today
from portal.affairs.rates.league import Table
from portal.affairs.rates.schemes import (
    SERVICE,
    RatesError,
    Version,
    first_open,
    holding,
    may_settle,
    whole_city,
)
from portal.affairs.rates.spans import Span
from portal.affairs.rates.standings import Standing, stand
from portal.affairs.rates.tables import rate_month, rate_standing
from portal.store import clock
from portal.store.citypack import pack
from portal.store.scheme_texts import League, Scheme
from portal.store.scope import scoped

_log = structlog.get_logger(__name__)


def closes_on(span: Span) -> date:
    """The day on which a month may be closed: return visits and appeals need a while."""
    return span.ends + timedelta(days=pack().evaluation.close_after_days)


def close_due() -> list[date]:
    """Close every month whose day has come, the oldest first; gives which ones.

    Several processes may try at once: one does it, the others find it done.
    """
    if pack().evaluation.scheme is None:
        return []
    done: list[date] = []
    with scoped(whole_city()) as connection:
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("rates"))))
        month = first_open(connection) or figures.first_month(connection)
        while month is not None and closes_on(Span(kind="月", starts=month)) <= today():
            _close(connection, Span(kind="月", starts=month))
            done.append(month)
            month = Span(kind="月", starts=month).ends
    for one in done:
        _log.info("month closed", month=f"{one:%Y-%m}")
        audit.append(
            action="rates.close",
            actor=SERVICE,
            region_code=pack().region_code,
            detail={"month": f"{one:%Y-%m}"},
        )
    return done


def _close(connection: Connection, span: Span) -> None:
    version = holding(connection, span.starts)
    connection.execute(
        insert(rate_month).values(
            starts=span.starts,
            scheme_version=version.version,
            scheme=version.scheme.model_dump(mode="json"),
            as_of=figures.as_of(connection, span.days),
            closed_at=clock.now(),
        )
    )
    for name in LEAGUES:
        rows = [
            league.as_row(one, name, span.starts)
            for one in _stood(connection, name, span, version.scheme)
        ]
        if rows:
            connection.execute(insert(rate_standing), rows)


def _stood(connection: Connection, name: League, span: Span, scheme: Scheme) -> list[Standing]:
    counted = league.running(connection, name, span, (pack().region_code,))
    return stand([one.entrant for one in counted.standings], scheme)


# -- trying out -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A unit under the scheme that holds and under the one tried out."""

    now: Standing
    then: Standing


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a scheme would do: for a look, kept nowhere."""

    table: Table
    moved: tuple[Moved, ...]

    @property
    def changed(self) -> int:
        """How many units would stand elsewhere or in another zone."""
        return sum(
            (one.now.place, one.now.zone) != (one.then.place, one.then.zone) for one in self.moved
        )


def what_if(principal: Principal, name: League, month: date, scheme: Scheme) -> Trial:
    """The same counts under another scheme; nothing is stored, nothing becomes official."""
    if not may_settle(principal):
        raise RatesError("试算由市级考评方案的设置岗位进行。")
    held = league.table(principal, name, month)
    entrants = [one.entrant for one in held.standings]
    with scoped(principal.reach) as connection:
        scores = earlier(connection, name, held.span)
    entrants = [replace(one, before=scores.get(one.id, ())) for one in entrants]
    now = {one.entrant.id: one for one in held.standings}
    if not held.closed:  # zones are for closed months: here only to show what would change
        now = {one.entrant.id: one for one in stand(entrants, held.scheme.scheme)}
    then = stand(entrants, scheme)
    tried = Version(
        version=held.scheme.version,
        starts=None,
        scheme=scheme,
        words="试算，未保存",
        made_at=None,
        by=principal.name,
    )
    return Trial(
        table=replace(held, scheme=tried, standings=tuple(then)),
        moved=tuple(Moved(now=now[one.entrant.id], then=one) for one in then),
    )
