"""The divisions of the city: city, districts, town-level units, communities and villages."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from portal.store.division_rules import Passing
from portal.store.engine import begin
from portal.store.tables import division, division_change, division_name, division_step


@dataclass(frozen=True, kw_only=True)
class Division:
    """One place of the hierarchy. ``population`` is the census figure, known per district only."""

    code: str
    parent_code: str | None
    level: str
    name: str
    population: int | None
    statistics_only: bool
    since: date | None = None
    until: date | None = None  # the first day on which it was no more; set: it is gone


def read_csv(file: Path) -> list[Division]:
    """Read the pack's divisions, parents before children."""
    with file.open(encoding="utf-8", newline="") as handle:
        return [
            Division(
                code=row["code"],
                parent_code=row["parent"] or None,
                level=row["level"],
                name=row["name"],
                population=int(row["population"]) if row["population"] else None,
                statistics_only=row["statistics_only"] == "1",
            )
            for row in csv.DictReader(handle)
        ]


def put(divisions: list[Division]) -> None:
    """Bring the database's divisions up to the pack's; what a change has touched stays."""
    statement = insert(division)
    changed = {
        name: statement.excluded[name]
        for name in ("parent_code", "level", "name", "population", "statistics_only")
    }
    with begin() as connection:
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["code"], set_=changed, where=~division.c.by_change
            ),
            [vars(one) for one in divisions],
        )
    forget()


@lru_cache(maxsize=1)
def _all() -> dict[str, Division]:
    """Divisions change by hand, once in years: each process reads them once."""
    with begin() as connection:
        columns: list[Any] = [one for one in division.c if one.name != "by_change"]
        rows = connection.execute(select(*columns).order_by(division.c.code))
        return {row.code: Division(**row._mapping) for row in rows}


@dataclass(frozen=True, kw_only=True)
class _Past:
    """What changes have done: who passed what to whom, in which words, and former names."""

    passings: tuple[Passing, ...]
    ends: Mapping[str, tuple[str, tuple[str, ...]]]  # how a place ended, and into what
    names: Mapping[str, tuple[tuple[date, str], ...]]
    stamp: datetime | None


def passings_of(rows: Iterable[Any]) -> tuple[Passing, ...]:
    """Who passed to whom, from the steps that state a share."""
    shared: dict[tuple[date, str], list[tuple[str, Fraction]]] = {}
    for row in rows:
        if row.share and row.old_code != row.new_code:
            key = row.day, row.old_code
            shared.setdefault(key, []).append((row.new_code, Fraction(row.share)))
    return tuple(Passing(day=day, old=old, heirs=tuple(to)) for (day, old), to in shared.items())


@lru_cache(maxsize=1)
def _past() -> _Past:
    change, step = division_change.c, division_step.c
    query = (
        select(division_step, change.day, change.applied_at)
        .join(division_step, step.change_id == change.id)
        .where(change.applied_at.is_not(None))
        .order_by(change.day, change.id, step.number)
    )
    with begin() as connection:
        rows = connection.execute(query).all()
        former = connection.execute(select(division_name).order_by(division_name.c.until)).all()
    ends: dict[str, tuple[str, tuple[str, ...]]] = {}
    for row in rows:
        if row.old_code is None or row.old_code == row.new_code:
            continue
        into = ends.get(row.old_code, ("", ()))[1]
        ends[row.old_code] = row.kind, (*into, *([row.new_code] if row.new_code else []))
    names: dict[str, tuple[tuple[date, str], ...]] = {}
    for row in former:
        names[row.code] = (*names.get(row.code, ()), (row.until, row.name))
    return _Past(
        passings=passings_of(rows),
        ends=ends,
        names=names,
        stamp=max((row.applied_at for row in rows), default=None),
    )


@lru_cache(maxsize=1)
def _ever() -> dict[str | None, tuple[Division, ...]]:
    """Every place that is or was, by the one above it."""
    families: dict[str | None, list[Division]] = {}
    for one in _all().values():
        families.setdefault(one.parent_code, []).append(one)
    return {parent: tuple(those) for parent, those in families.items()}


@lru_cache(maxsize=1)
def _families() -> dict[str | None, tuple[Division, ...]]:
    """Every place that is, by the one above it."""
    return {
        parent: tuple(one for one in those if one.until is None)
        for parent, those in _ever().items()
    }


def forget() -> None:
    """Read the divisions anew at the next call."""
    _all.cache_clear()
    _ever.cache_clear()
    _families.cache_clear()
    _past.cache_clear()


def follow() -> bool:
    """Read anew when another process has applied a change; whether that was so."""
    query = select(func.max(division_change.c.applied_at))
    with begin() as connection:
        newest = connection.execute(query).scalar()
    if newest == _past().stamp:
        return False
    forget()
    return True


def find(code: str) -> Division | None:
    """The division of a code; a grid or address code finds the community it lies in.

    Registers write the code of a whole street or district with noughts at its end.
    """
    known = _all()
    shorter = (code[:width] for width in (12, 9, 6, 4) if not code[width:12].strip("0"))
    return known.get(code) or next((known[one] for one in shorter if one in known), None)


def current(code: str) -> str:
    """A code as it is written today: that of the heir, where the place has one alone."""
    found = find(code)
    if found is None or found.until is None:
        return code
    now = heir(found.code, date.max)
    return code if now == found.code else now.ljust(min(len(code), 12), "0")


def children(code: str) -> tuple[Division, ...]:
    """The divisions directly below, as they are today."""
    return _families().get(code, ())


def ever_below(code: str) -> tuple[Division, ...]:
    """Every place that lies or lay directly below, in the order of the codes."""
    return _ever().get(code, ())


def children_during(code: str, starts: date, ends: date) -> tuple[Division, ...]:
    """The places that lay directly below at any time of a period, by the names they had then."""
    return tuple(
        replace(one, name=name_on(one.code, ends - timedelta(days=1)))
        for one in ever_below(code)
        if (one.since is None or one.since < ends) and (one.until is None or one.until > starts)
    )


def name_on(code: str, day: date) -> str:
    """The name a place had on a day."""
    for until, name in _past().names.get(code, ()):
        if day < until:
            return name
    return _all()[code].name


def passings() -> tuple[Passing, ...]:
    """Who passed to whom what it had, in the order of the days."""
    return _past().passings


def end_of(code: str) -> str:
    """What became of a place that is gone, in words; empty for one that is there."""
    one = _all().get(code)
    if one is None or one.until is None:
        return ""
    kind, into = _past().ends.get(code, ("", ()))
    names = "、".join(known.name if (known := _all().get(each)) else each for each in into)
    verb = {"merge": "并入", "recode": "改为", "split": "拆分为"}.get(kind)
    return f"{one.until} 起{verb}{names}" if verb and names else f"{one.until} 起撤销"


def heir(code: str, day: date) -> str:
    """Where what is counted for a place belongs on a day: with its heir, if it has one alone."""
    found = code
    for one in passings():
        if one.old == found and one.day <= day and len(one.heirs) == 1:
            found = one.heirs[0][0]
    return found


def below(prefix: str, level: str) -> tuple[Division, ...]:
    """All divisions of a level inside a prefix, the prefix's own included."""
    return tuple(
        one
        for one in _all().values()
        if one.level == level and one.code.startswith(prefix) and one.until is None
    )


def path(code: str) -> tuple[Division, ...]:
    """From the city down to the place itself."""
    found = find(code)
    steps: list[Division] = []
    while found is not None:
        steps.append(found)
        found = _all().get(found.parent_code) if found.parent_code else None
    return tuple(reversed(steps))


def full_name(code: str) -> str:
    """The place with its parents below the city: 区县 · 乡镇 · 社区."""
    names = [one.name for one in path(code) if one.level != "city"]
    return " · ".join(names) if names else code


def counts(prefix: str) -> dict[str, int]:
    """How many real places of each level lie inside (statistics-only ones apart)."""
    inside = [one for one in _all().values() if one.code.startswith(prefix) and one.until is None]
    tally = Counter(one.level for one in inside if not one.statistics_only)
    tally["statistics_only"] = sum(one.statistics_only for one in inside)
    return dict(tally)
