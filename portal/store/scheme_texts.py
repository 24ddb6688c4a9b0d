"""What a city pack says of evaluation: which rates count, the zones, the figures of publications.

A scheme is data from end to end: the city pack brings the first, whoever may edits later versions,
and a closed period keeps the whole scheme it was closed with.
"""

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

RateId = Literal["responded", "closed", "on_time", "resolved", "satisfied"]
League = Literal["district", "street", "city_department", "district_department"]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RateText(_Data):
    """A rate under the city's name for it, and with what weight it counts (0: only shown)."""

    id: RateId
    name: str = Field(min_length=2, max_length=12)
    rule: str = Field(max_length=200)
    weight: Decimal = Field(default=Decimal(0), ge=0, le=100, decimal_places=2)


class ZoneRules(_Data):
    """When a unit is 蓝 (good), 黄 or 红. Every limit is the city's to change."""

    blue_from: Decimal = Field(default=Decimal(95), ge=0, le=100, decimal_places=2)
    yellow_from: Decimal = Field(default=Decimal(85), ge=0, le=100, decimal_places=2)
    blue_without_overdue: bool = True
    falls_to_yellow: int = Field(default=2, ge=0, le=12)  # 0: falling is no ground
    bottom_percent: int = Field(default=10, ge=0, le=50)
    urgent_overdue_is_red: bool = True

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.blue_from <= self.yellow_from:
            raise ValueError("蓝区的下限须高于黄区的下限")
        return self


class WarningRules(_Data):
    """When a street is told about one of its communities; nobody else is."""

    least_orders: int = Field(default=5, ge=1)
    rise_percent: int = Field(default=50, ge=1)
    resolved_below: int = Field(default=80, ge=0, le=100)
    same_class_least: int = Field(default=5, ge=2)


class Scheme(_Data):
    """An evaluation scheme."""

    name: str = Field(min_length=2, max_length=40)
    rates: tuple[RateText, ...] = Field(min_length=1)
    basically_satisfied: Decimal = Field(default=Decimal("0.6"), ge=0, le=1, decimal_places=2)
    small_sample: int = Field(default=5, ge=1, le=1000)  # fewer return visits are a small sample
    small_sample_ranked: bool = False
    compare: Literal["万人诉求比", "环比"] = "万人诉求比"
    zones: ZoneRules = ZoneRules()
    warnings: WarningRules = WarningRules()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        ids = [one.id for one in self.rates]
        if len(set(ids)) < len(ids):
            raise ValueError("同一项指标只能出现一次")
        if (total := sum(one.weight for one in self.rates)) != 100:
            raise ValueError(f"计分指标的权重之和应为100，现为{total}")
        return self

    @property
    def scoring(self) -> tuple[RateText, ...]:
        """The rates that count."""
        return tuple(one for one in self.rates if one.weight)

    def rate(self, rate_id: str) -> RateText | None:
        """The rate of that id, where the scheme shows it."""
        return next((one for one in self.rates if one.id == rate_id), None)


class Published(_Data):
    """A figure that a publication printed: shown beside ours, never forced to agree with it."""

    period: str
    source: str
    received: str = ""
    responded: str = ""
    closed: str = ""
    resolved: str = ""
    satisfied: str = ""
    note: str = ""


class SourceText(_Data):
    """Where demands come in, and the business system behind it, if there is one."""

    name: str
    system: str = ""


class BulletinTexts(_Data):
    """What a bulletin holds."""

    hot_topics: int = Field(default=10, ge=1, le=50)
    ends_of_league: int = Field(default=3, ge=1, le=20)  # how many best and worst are named
    cases: int = Field(default=3, ge=0, le=20)


class SchemeTexts(_Data):
    """Evaluation as this city begins it."""

    scheme: Scheme | None = None
    close_after_days: int = Field(default=5, ge=0, le=31)  # return visits and appeals need a while
    population_measure: str = ""  # who lives in a street, where no census says it
    bulletin: BulletinTexts = BulletinTexts()
    sources: tuple[SourceText, ...] = ()
    published: tuple[Published, ...] = ()


def read(folder: Path) -> dict[str, Any]:
    """The pack's ``schemes.toml``, as far as there is one."""
    file = folder / "schemes.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
