"""The divisions of the city: city, districts, town-level units, communities and villages."""

import csv
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from portal.store.engine import begin
from portal.store.tables import division


@dataclass(frozen=True, kw_only=True)
class Division:
    """One place of the hierarchy. ``population`` is the census figure, known per district only."""

    code: str
    parent_code: str | None
    level: str
    name: str
    population: int | None
    statistics_only: bool


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
    """Bring the database's divisions up to the pack's."""
    statement = insert(division)
    changed = {
        name: statement.excluded[name]
        for name in ("parent_code", "level", "name", "population", "statistics_only")
    }
    with begin() as connection:
        connection.execute(
            statement.on_conflict_do_update(index_elements=["code"], set_=changed),
            [vars(one) for one in divisions],
        )
    forget()


@lru_cache(maxsize=1)
def _all() -> dict[str, Division]:
    """Divisions change by hand, once in years: each process reads them once."""
    with begin() as connection:
        rows = connection.execute(select(division).order_by(division.c.code))
        return {row.code: Division(**row._mapping) for row in rows}


@lru_cache(maxsize=1)
def _families() -> dict[str | None, tuple[Division, ...]]:
    families: dict[str | None, list[Division]] = {}
    for one in _all().values():
        families.setdefault(one.parent_code, []).append(one)
    return {parent: tuple(those) for parent, those in families.items()}


def forget() -> None:
    """Read the divisions anew at the next call."""
    _all.cache_clear()
    _families.cache_clear()


def find(code: str) -> Division | None:
    """The division of a code; a grid or address code finds the community it lies in.

    Registers write the code of a whole street or district with noughts at its end.
    """
    known = _all()
    shorter = (code[:width] for width in (12, 9, 6, 4) if not code[width:12].strip("0"))
    return known.get(code) or next((known[one] for one in shorter if one in known), None)


def children(code: str) -> tuple[Division, ...]:
    """The divisions directly below."""
    return _families().get(code, ())


def below(prefix: str, level: str) -> tuple[Division, ...]:
    """All divisions of a level inside a prefix, the prefix's own included."""
    return tuple(
        one for one in _all().values() if one.level == level and one.code.startswith(prefix)
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
    tally = Counter(
        one.level
        for one in _all().values()
        if one.code.startswith(prefix) and not one.statistics_only
    )
    tally["statistics_only"] = sum(
        one.statistics_only for one in _all().values() if one.code.startswith(prefix)
    )
    return dict(tally)
