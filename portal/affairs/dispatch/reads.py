"""Reading the lists: which version counts on a day, its entries, and what they name."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, or_, select

from auth import permissions
from auth.principal import Principal
from auth.tables import unit
from portal.affairs.dispatch.rows import Known
from portal.affairs.dispatch.tables import dispatch_entry, dispatch_version
from portal.affairs.dispatch.words import (
    CLASSES,
    DRAFT,
    KINDS,
    STANDING,
    DispatchError,
    Entry,
    Kind,
)
from portal.store import clock, divisions, region_codes
from portal.store.citypack import pack
from portal.store.scope import Reach, scoped

VIEW, SETTINGS = "orders.view", "orders.settings"
SERVICE = Reach(prefixes=(), unit_id=None, actor="service:dispatch")
PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of one list."""

    id: UUID
    kind: Kind
    region_code: str
    region_name: str
    number: int
    label: str
    source: str
    state: str
    valid_from: date | None
    valid_to: date | None
    rows: int
    made_by_name: str
    made_at: datetime
    published_by_name: str


@dataclass(frozen=True, kw_only=True)
class Held:
    """An entry as it is kept: with its number and the version it stands in."""

    id: int
    version_id: UUID
    region_code: str
    entry: Entry

    @cached_property
    def searched(self) -> str:
        """All its words in one text; entries are kept between searches."""
        entry = self.entry
        return "\n".join((entry.name, entry.condition, *map(str, _flat(entry.body.values()))))


@dataclass(frozen=True, kw_only=True)
class Found:
    """One page of a search."""

    rows: tuple[Held, ...]
    total: int


def version_of(row: Row[Any]) -> Version:
    """A row as a version."""
    given = dict(row._mapping)
    wanted = {name: given[name] for name in _PLAIN}
    return Version(
        **wanted,
        region_name=divisions.full_name(row.region_code)
        if len(row.region_code) > 4
        else pack().name,
        published_by_name=row.published_by_name or "",
    )


_PLAIN = ("id", "kind", "region_code", "number", "label", "source", "state", "valid_from",
          "valid_to", "rows", "made_by_name", "made_at")  # fmt: skip


def today() -> date:
    """The day on the wall clock."""
    return clock.local(clock.now()).date()


def _counting(day: date) -> Select[Any]:
    v = dispatch_version.c
    return select(dispatch_version).where(
        v.state == STANDING, v.valid_from <= day, or_(v.valid_to.is_(None), v.valid_to > day)
    )


def all_counting(
    connection: Connection, region_code: str, day: date | None = None
) -> dict[Kind, tuple[Version, ...]]:
    """Of each kind the versions that count at a place on a day, in one look: the nearest first."""
    places = dispatch_version.c.region_code.in_(region_codes.upwards(region_code))
    query = _counting(day or today()).where(places)
    rows = sorted(connection.execute(query), key=lambda row: -len(row.region_code))
    return {kind: tuple(version_of(row) for row in rows if row.kind == kind) for kind in KINDS}


def counting(
    connection: Connection, kind: Kind, region_code: str, day: date | None = None
) -> tuple[Version, ...]:
    """The versions that count at a place on a day: the nearest list first, the city's last."""
    return all_counting(connection, region_code, day)[kind]


def own(connection: Connection, kind: Kind, region_code: str, day: date) -> Version | None:
    """The version that this very region has on a day."""
    v = dispatch_version.c
    query = _counting(day).where(v.kind == kind, v.region_code == region_code)
    row = connection.execute(query).first()
    return version_of(row) if row else None


def _held(row: Row[Any], region_code: str) -> Held:
    return Held(
        id=row.id,
        version_id=row.version_id,
        region_code=region_code,
        entry=Entry(code=row.code, name=row.name, condition=row.condition, body=row.body),
    )


def entries(connection: Connection, version: Version) -> tuple[Held, ...]:
    """All entries of a version; a published one never changes, so each process reads it once."""
    if version.state == DRAFT:
        return _read(connection, version.id, version.region_code)
    found = _kept.get(version.id)
    if found is None:
        found = _read(connection, version.id, version.region_code)
        if len(_kept) >= _MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[version.id] = found
    return found


_MOST_KEPT = 64
_kept: dict[UUID, tuple[Held, ...]] = {}


def _read(connection: Connection, version_id: UUID, region_code: str) -> tuple[Held, ...]:
    query = (
        select(dispatch_entry)
        .where(dispatch_entry.c.version_id == version_id)
        .order_by(dispatch_entry.c.place)
    )
    return tuple(_held(row, region_code) for row in connection.execute(query))


def known(connection: Connection, region_code: str) -> Known:
    """What a row may name now."""
    return Known(
        lines=frozenset(pack().dispatch.lines),
        units=_units(connection),
        classes={one.entry.code: one.entry.name for one in classes(connection, region_code)},
    )


def classes(connection: Connection, region_code: str) -> tuple[Held, ...]:
    """The classification that counts at a place."""
    found = counting(connection, CLASSES, region_code)
    return entries(connection, found[0]) if found else ()


def _units(connection: Connection) -> dict[str, str]:
    """Units by name. A name that two units have names neither."""
    query = (
        select(unit.c.name, func.min(unit.c.id).label("id"))
        .where(unit.c.status == "active")
        .group_by(unit.c.name)
        .having(func.count() == 1)
    )
    return {row.name: row.id for row in connection.execute(query)}


def unit_names(connection: Connection) -> dict[str, str]:
    """What units are called."""
    return {row.id: row.name for row in connection.execute(select(unit.c.id, unit.c.name))}


# -- for the page ---------------------------------------------------------------------------------


def versions(principal: Principal, kind: Kind) -> tuple[Version, ...]:
    """All versions of a list, the newest first."""
    permissions.check(principal, VIEW)
    v = dispatch_version.c
    query = (
        select(dispatch_version)
        .where(v.kind == kind)
        .order_by(v.region_code, v.number.desc())
        .limit(200)
    )
    with scoped(principal.reach) as connection:
        return tuple(version_of(row) for row in connection.execute(query))


def names(principal: Principal) -> dict[str, str]:
    """What the units that a list names are called."""
    permissions.check(principal, VIEW)
    with scoped(principal.reach) as connection:
        return unit_names(connection)


def find(principal: Principal, version_id: UUID) -> Version:
    """One version, or the sentence that it is not there."""
    permissions.check(principal, VIEW)
    with scoped(principal.reach) as connection:
        return one(connection, version_id)


def one(connection: Connection, version_id: UUID, *, lock: bool = False) -> Version:
    """One version within a transaction."""
    query = select(dispatch_version).where(dispatch_version.c.id == version_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise DispatchError("没有找到这个版本，可能不在本岗位的管辖范围，请刷新后重试。")
    return version_of(row)


def search(principal: Principal, version_id: UUID, text: str = "", page: int = 1) -> Found:
    """The entries of a version whose code, name or words hold the text."""
    permissions.check(principal, VIEW)
    with scoped(principal.reach) as connection:
        version = one(connection, version_id)
        held = entries(connection, version)
    wanted = "".join(text.split())
    rows = [each for each in held if not wanted or _fits(each, wanted)]
    start = (max(page, 1) - 1) * PAGE
    return Found(rows=tuple(rows[start : start + PAGE]), total=len(rows))


def _fits(held: Held, wanted: str) -> bool:
    return held.entry.code.startswith(wanted) or wanted in held.searched


def _flat(values: Iterable[Any]) -> list[Any]:
    return [part for value in values for part in (value if isinstance(value, list) else [value])]
