"""Persons, households and dated relations to places, as the simulated world knows them to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Tie(StrEnum):
    """How a person belongs to a place."""

    REGISTERED = "户籍"
    LIVING = "居住"
    OWNING = "产权"
    WORKING = "就业"


class Role(StrEnum):
    """Who a person is to the head of the household."""

    HEAD = "户主"
    SPOUSE = "配偶"
    SON = "子"
    DAUGHTER = "女"
    DAUGHTER_IN_LAW = "儿媳"
    SON_IN_LAW = "女婿"
    GRANDCHILD = "孙子女"
    PARENT = "父母"
    SIBLING = "兄弟姐妹"
    OTHER = "非亲属"


class Marital(StrEnum):
    """Marital status."""

    SINGLE = "未婚"
    MARRIED = "已婚"
    WIDOWED = "丧偶"
    DIVORCED = "离婚"


@dataclass(frozen=True, kw_only=True, slots=True)
class Relation:
    """A dated relation to a place. ``region`` is a division code, or a county code elsewhere."""

    tie: Tie
    region: str
    address: str
    since: date | None
    until: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """One resident. Ethnicity and religion are not recorded, here or in any system."""

    no: int
    id_number: str
    name: str
    male: bool
    born: date
    phone: str | None
    household: int
    role: Role
    marital: Marital
    relations: tuple[Relation, ...]
    employer: str | None = None
    disability: int | None = None
    chronic: tuple[str, ...] = ()
    insurance: str | None = None
    insured_since: date | None = None
    pension_since: date | None = None

    def current(self, tie: Tie) -> Relation | None:
        """The relation of that kind that still holds."""
        for relation in self.relations:
            if relation.tie is tie and relation.until is None:
                return relation
        return None

    def earlier(self, tie: Tie) -> Relation | None:
        """A relation of that kind that ended."""
        for relation in self.relations:
            if relation.tie is tie and relation.until is not None:
                return relation
        return None

    @property
    def home(self) -> Relation:
        """Where the person lives."""
        home = self.current(Tie.LIVING)
        if home is None:
            raise LookupError(f"person {self.no} lives nowhere")
        return home

    def age(self, on: date) -> int:
        """Full years on a day."""
        return on.year - self.born.year - ((on.month, on.day) < (self.born.month, self.born.day))


@dataclass(frozen=True, kw_only=True, slots=True)
class Household:
    """People who live together in one dwelling, and their subsistence allowance, if any."""

    no: int
    region: str
    dwelling: str
    grid: int
    members: tuple[int, ...]
    allowance: str | None = None
    allowance_since: date | None = None
