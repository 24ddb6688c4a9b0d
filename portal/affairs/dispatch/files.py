"""The lists as files: what was not taken, a version to work on, and the pack's own lists."""

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from auth.principal import Principal
from portal.affairs.dispatch import desk, reads, rows
from portal.affairs.dispatch.desk import REMARKS, Preview
from portal.affairs.dispatch.rows import COLUMNS
from portal.affairs.dispatch.tables import dispatch_version
from portal.affairs.dispatch.words import KINDS, NAMES, DispatchError, Kind
from portal.store import listings
from portal.store.citypack import CityPack
from portal.store.scope import scoped
from portal.store.sheets import Cell

# The pack's own lists have no earlier version: they count for whatever came before, too.
_SINCE = date(2000, 1, 1)

DEFAULT_FILES: dict[Kind, str] = {
    "分类": "order_classes.csv",
    "派单目录": "order_catalogue.csv",
    "职责": "order_duties.csv",
    "乡镇职责": "township_duties.csv",
}


def error_file(principal: Principal, plan: Preview) -> bytes:
    """The rows that were not taken, as they were sent, each with its reason; to mend and send."""
    head = [*COLUMNS[plan.kind].values(), *REMARKS.values()]
    lines: list[list[str | int]] = [
        [*one.cells, one.number, one.column, one.words] for one in plan.faults
    ]
    page = listings.Page(title="未导入的行", head=head, rows=lines)
    return listings.write([page], author=principal.name)


def export(principal: Principal, version_id: UUID) -> bytes:
    """A version as the sheet that it can be read from again; also the template."""
    found = reads.find(principal, version_id)
    with scoped(principal.reach) as connection:
        names = reads.unit_names(connection)
        held = reads.entries(connection, found)
    lines = [rows.cells(found.kind, one.entry, names) for one in held]
    page = listings.Page(title=NAMES[found.kind][:31], head=list(COLUMNS[found.kind].values()),
                         rows=lines)  # fmt: skip
    return listings.write([page], author=principal.name)


def load_defaults(city: CityPack) -> int:
    """Publish the pack's lists where the city has none yet; gives how many. Faults stop it."""
    return sum(_default(city, kind, city.folder / DEFAULT_FILES[kind]) for kind in KINDS)


def _default(city: CityPack, kind: Kind, file: Path) -> int:
    if not file.exists():
        return 0
    with scoped(reads.SERVICE) as connection:
        v = dispatch_version.c
        there = select(v.id).where(v.kind == kind, v.region_code == city.region_code).limit(1)
        if connection.execute(there).first() is not None:
            return 0
        known = reads.known(connection, city.region_code)
        entries, faults = rows.check(kind, _csv(kind, file), known)
        if faults:
            bad = faults[0]
            raise DispatchError(f"{file.name} 第 {bad.number} 行 {bad.column}：{bad.words}")
        entries.sort(key=lambda one: (one.code, one.condition))
        made = desk.write(
            connection,
            kind,
            city.region_code,
            entries,
            label=f"{NAMES[kind]}（{city.default_note}）",
            source=file.name,
            by=(reads.SERVICE.actor, "平台"),
        )
        desk.put_in_force(connection, made, _SINCE, "平台")
    return 1


def _csv(kind: Kind, file: Path) -> list[tuple[int, Mapping[str, Cell]]]:
    keys = {heading: key for key, heading in COLUMNS[kind].items()}
    with file.open(encoding="utf-8", newline="") as handle:
        return [
            (number, {keys[name]: value or None for name, value in row.items()})
            for number, row in enumerate(csv.DictReader(handle), start=2)
        ]
