"""Standard addresses: estate, building, unit, room in communities; group and yard in villages."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from sandbox.material import material
from sandbox.region import Region

_ROOMS_PER_FLOOR = 3
_FLOORS = 6
_UNITS = 3
_PER_BUILDING = _ROOMS_PER_FLOOR * _FLOORS * _UNITS
_YARDS_PER_GROUP = 60
_DWELLINGS_PER_GRID = 90
GRIDS = 9


@dataclass(frozen=True, kw_only=True, slots=True)
class Dwelling:
    """One flat or yard; ``grid`` is the number of the grid cell it lies in."""

    region: str
    address: str
    grid: int


class Addresses:
    """Gives out each dwelling of a community once."""

    def __init__(self, region: Region, random: Random) -> None:
        self._region = region
        self._random = random
        self._places = material("places")
        self._estates: dict[str, list[str]] = {}
        self._given: dict[str, int] = {}

    def dwelling(self, code: str) -> Dwelling:
        """The next dwelling in a community."""
        number = self._given.get(code, 0)
        self._given[code] = number + 1
        address = self._yard(code, number) if self._region.is_village(code) else ""
        return Dwelling(
            region=code,
            address=address or self._flat(code, number),
            grid=1 + number // _DWELLINGS_PER_GRID % GRIDS,
        )

    def workplace(self, code: str) -> str:
        """An address to work at."""
        road = self._random.choice(self._places["roads"])
        return f"{road}{self._random.randint(1, 220)}号"

    def employer(self) -> str:
        """The name of an employer."""
        head = self._random.choice(self._places["employer_heads"])
        trade = self._random.choice(self._places["employer_trades"])
        return f"{head}{trade}{self._places['employer_tail']}"

    def _yard(self, code: str, number: int) -> str:
        groups = self._places["village_groups"]
        group = groups[number // _YARDS_PER_GROUP % len(groups)]
        yard = 1 + number % _YARDS_PER_GROUP + number // (_YARDS_PER_GROUP * len(groups)) * 100
        return f"{self._region.short_name(code)}{group}{yard}号"

    def _flat(self, code: str, number: int) -> str:
        estates = self._estates.get(code) or self._new_estates(code)
        estate = estates[number % len(estates)]
        building, rest = divmod(number // len(estates), _PER_BUILDING)
        unit, rest = divmod(rest, _ROOMS_PER_FLOOR * _FLOORS)
        floor, room = divmod(rest, _ROOMS_PER_FLOOR)
        return f"{estate}{building + 1}号楼{unit + 1}单元{floor + 1}0{room + 1}室"

    def _new_estates(self, code: str) -> list[str]:
        names = self._random.sample(self._places["estates"], self._random.randint(2, 5))
        road = self._random.choice(self._places["roads"])
        start = self._random.randint(1, 120)
        estates = [f"{road}{start + 2 * i}号{name}" for i, name in enumerate(names)]
        self._estates[code] = estates
        return estates
