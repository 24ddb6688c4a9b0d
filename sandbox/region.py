"""What the simulation knows of the region: divisions and demo settings of a city pack."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

LEAF_LEVEL = "community"
DISTRICT_LEVEL = "district"


class PackError(Exception):
    """The city pack cannot carry a simulation; the text says what is wrong with it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Division:
    """One row of the pack's divisions.csv."""

    code: str
    parent: str
    level: str
    name: str
    population: int | None
    statistics_only: bool


@dataclass(frozen=True, kw_only=True)
class Region:
    """The divisions of a city and the codes that some systems never stopped using."""

    divisions: Mapping[str, Division]
    focus: tuple[str, ...] = ()
    retired_codes: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def districts(self) -> tuple[Division, ...]:
        """Districts in code order."""
        found = (d for d in self.divisions.values() if d.level == DISTRICT_LEVEL)
        return tuple(sorted(found, key=lambda d: d.code))

    @cached_property
    def communities(self) -> Mapping[str, tuple[Division, ...]]:
        """Per district code, the communities where people live."""
        found: dict[str, list[Division]] = {d.code: [] for d in self.districts}
        for division in sorted(self.divisions.values(), key=lambda d: d.code):
            if division.level == LEAF_LEVEL and not self._for_statistics_only(division):
                found[self.district_of(division.code).code].append(division)
        return {code: tuple(leaves) for code, leaves in found.items()}

    def path(self, code: str) -> tuple[Division, ...]:
        """A division and all above it, the city first."""
        chain: list[Division] = []
        current = self.divisions.get(code)
        while current is not None:
            chain.append(current)
            current = self.divisions.get(current.parent)
        return tuple(reversed(chain))

    def district_of(self, code: str) -> Division:
        """The district that a division lies in."""
        for division in self.path(code):
            if division.level == DISTRICT_LEVEL:
                return division
        raise PackError(f"{code} 不在任何区县之下")

    def short_name(self, code: str) -> str:
        """What people call a community: without the committee behind the name."""
        name = self.divisions[code].name
        for tail in ("居民委员会", "村民委员会", "村委会", "居委会", "民委员会"):
            if name.endswith(tail) and len(name) > len(tail):
                stem = name.removesuffix(tail)
                return f"{stem}村" if tail.startswith("村") and not stem.endswith("村") else stem
        return name

    def is_village(self, code: str) -> bool:
        """Villages have groups and yards where communities have buildings and flats."""
        return "村" in self.divisions[code].name

    def written_out(self, code: str, address: str) -> str:
        """An address from the city down, as some systems store it."""
        path = self.path(code)
        names = [d.name for d in path[:-1]] + ([self.short_name(code)] if path else [])
        return "".join(names) + address

    def retired(self, code: str) -> str:
        """The same place in the numbering that was replaced, for systems that never followed."""
        for current, old in self.retired_codes.items():
            if code.startswith(current):
                return old + code[len(current) :]
        return code

    def _for_statistics_only(self, division: Division) -> bool:
        return any(d.statistics_only for d in self.path(division.code))


def load_region(pack: Path) -> Region:
    """Read ``divisions.csv`` and, where present, ``demo.toml`` of a city pack."""
    table = pack / "divisions.csv"
    if not table.is_file():
        raise PackError(f"城市包缺少文件：{table}")
    with table.open(encoding="utf-8-sig", newline="") as handle:
        divisions = {row["code"]: _division(row) for row in csv.DictReader(handle)}
    demo = _demo(pack)
    region = Region(
        divisions=divisions,
        focus=_codes(demo.get("focus", ())),
        retired_codes={str(k): str(v) for k, v in demo.get("retired_codes", {}).items()},
    )
    unknown = [code for code in region.focus if code not in divisions]
    if unknown:
        raise PackError(f"demo.toml 的 focus 中有未知区划代码：{'、'.join(unknown)}")
    if not any(region.communities.values()):
        raise PackError(f"{table} 中没有可居住的社区（村）")
    return region


def _division(row: Mapping[str, str]) -> Division:
    return Division(
        code=row["code"],
        parent=row["parent"],
        level=row["level"],
        name=row["name"],
        population=int(row["population"]) if row["population"] else None,
        statistics_only=row["statistics_only"] == "1",
    )


def _demo(pack: Path) -> dict[str, Any]:
    path = pack / "demo.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _codes(value: object) -> tuple[str, ...]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(str(code) for code in value)
    raise PackError("demo.toml 的 focus 应为区划代码列表")
