"""Enterprises of every community: a name, a social credit code, an address. All invented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from random import Random

from stdnum.cn import uscc

from sandbox.material import material
from sandbox.people import Household
from sandbox.region import Region

KINDS = {"1": "企业", "2": "个体工商户", "3": "民办非企业单位"}
_SHARES = (60, 32, 8)
_ISSUERS = {"1": "91", "2": "92", "3": "52"}  # who registers, and as what
_MOST = 4
_ORGAN = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True, kw_only=True, slots=True)
class Enterprise:
    """One unit that works in a community."""

    no: int
    code: str  # unified social credit code
    name: str
    kind: str
    region: str
    address: str
    staff: int


class Enterprises:
    """All of them, by number and by code."""

    def __init__(self, region: Region, seed: int, households: Sequence[Household]) -> None:
        self._region, self._seed = region, seed
        self._homes: dict[str, list[str]] = {}
        for household in households:
            self._homes.setdefault(household.region, []).append(household.dwelling)
        self.all: tuple[Enterprise, ...] = tuple(self._made())
        self._by_code = {one.code: one for one in self.all}

    def find(self, code: str) -> Enterprise | None:
        """The one of a credit code."""
        return self._by_code.get(code)

    def _made(self) -> Iterator[Enterprise]:
        number = 0
        for leaves in self._region.communities.values():
            for leaf in leaves:
                text = f"{self._seed}:enterprises:{leaf.code}"
                dice = Random(int.from_bytes(blake2b(text.encode(), digest_size=8).digest()))
                for _ in range(dice.randint(1, _MOST)):
                    yield self._one(leaf.code, number, dice)
                    number += 1

    def _one(self, region: str, number: int, dice: Random) -> Enterprise:
        places = material("places")
        kind = dice.choices(list(KINDS), _SHARES)[0]
        head, trade = dice.choice(places["employer_heads"]), dice.choice(places["employer_trades"])
        tail = {"1": "有限公司", "2": "店", "3": "服务中心"}[kind]
        homes = self._homes.get(region, [])
        at_home = bool(homes) and dice.random() < 0.4
        road = f"{dice.choice(places['roads'])}{dice.randint(1, 220)}号"
        return Enterprise(
            no=number,
            code=_code(_ISSUERS[kind], region[:6], dice),
            name=f"{self._region.short_name(region)}{head}{trade}{tail}",
            kind=kind,
            region=region,
            address=dice.choice(homes) if at_home else road,
            staff=dice.randint(1, 40),
        )


def _code(issuer: str, district: str, dice: Random) -> str:
    body = issuer + district + "".join(dice.choice(_ORGAN) for _ in range(9))
    return body + str(uscc.calc_check_digit(body + "0"))
