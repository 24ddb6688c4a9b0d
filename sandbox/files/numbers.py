"""The numbers that the two systems put out: organisations and posts, and nobody's name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from random import Random

from sandbox.region import Region

PARTY_HEAD = (
    *("组织代码", "组织名称", "组织类别", "所在区划", "党员总数", "流动党员数", "统计截止日期"),
)
COMMITTEE_HEAD = (
    *("行政区划代码", "村（社区）名称", "类别", "届期"),
    *("两委职数", "两委成员数", "空缺职数", "任期将满数"),
)
COMMITTEE, BRANCH = "611", "631"


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """All rows follow from the region, the seed and the number of the delivery."""

    region: Region
    seed: int

    def party(self, closing_day: str, delivery: int) -> list[list[str]]:
        """One row per organisation."""
        return [
            row for code in self._communities() for row in self._of(code, closing_day, delivery)
        ]

    def committees(self, delivery: int) -> list[list[str | int]]:
        """One row per community or village."""
        return [self._committee(code, delivery) for code in self._communities()]

    def _communities(self) -> Iterator[str]:
        for leaves in self.region.communities.values():
            for one in leaves:
                yield one.code

    def _dice(self, *about: object) -> Random:
        text = ":".join(str(one) for one in (self.seed, *about))
        return Random(int.from_bytes(blake2b(text.encode(), digest_size=8).digest()))

    def _as_written(self, code: str, dice: Random) -> str:
        return self.region.retired(code) if dice.random() < 0.3 else code

    def _of(self, code: str, closing_day: str, delivery: int) -> Iterator[list[str]]:
        dice = self._dice("party", code)
        name, region = self.region.short_name(code), self._as_written(code, dice)
        branches = dice.randint(1, 2) if self.region.is_village(code) else dice.randint(1, 4)
        if branches > 1:
            yield [f"{code}100", f"中共{name}委员会", COMMITTEE, region, "0", "无", closing_day]
        for number in range(1, branches + 1):
            joined = self._dice("joined", code, number, delivery).randint(0, 2)
            members = dice.randint(12, 60) + joined
            away = dice.choice(("", "无", "0", "1", "2"))
            title = f"中共{name}第{number}支部委员会"
            line = [f"{code}{number:03d}", title, BRANCH, region, str(members), away, closing_day]
            yield line

    def _committee(self, code: str, delivery: int) -> list[str | int]:
        dice = self._dice("committee", code)
        posts = dice.choice((5, 7)) if self.region.is_village(code) else dice.choice((7, 9))
        vacant = int(self._dice("vacant", code, delivery).random() < 0.12)
        held = posts - vacant
        ending = held if dice.random() < 0.05 else 0
        kind = "村" if self.region.is_village(code) else "社区"
        name, region = self.region.short_name(code), self._as_written(code, dice)
        return [region, name, kind, "2021—2026", posts, held, vacant, ending]
