"""A person acting in one post: all that functions and affairs know about who is asking."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from uuid import UUID

from portal.store.citypack import LevelText, pack
from portal.store.scope import Reach

LevelId = Literal["city", "district", "street", "community"]
UnitKind = Literal["government", "department", "community"]


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A unit of the hierarchy: a government, a department of one, or a community."""

    id: str
    name: str
    kind: UnitKind
    level: LevelId
    region_code: str
    line: str | None = None

    @property
    def level_text(self) -> LevelText:
        """The level in this city's words."""
        return pack().level(self.level)


@dataclass(frozen=True, kw_only=True)
class Post:
    """One post of an account: a title in a unit, with roles over region prefixes.

    ``acting_for`` names the holder where the account is only a deputy; ``items`` are then the
    permissions that the holder handed over.
    """

    id: UUID
    position_id: str
    title: str
    unit: Unit
    roles: tuple[str, ...]
    prefixes: tuple[str, ...]
    acting_for: str | None = None
    items: frozenset[str] | None = None

    @property
    def label(self) -> str:
        """The post in a list to choose from."""
        place = f"{self.title}（{self.unit.name}）"
        return f"代 {self.acting_for}：{place}" if self.acting_for else place


class Actor(str):
    """A login that knows on whose behalf it acts, wherever the audit is told of it."""

    __slots__ = ("behalf",)
    behalf: str

    def __new__(cls, login: str, behalf: str = "") -> "Actor":
        made = super().__new__(cls, login)
        made.behalf = behalf
        return made


@dataclass(frozen=True, kw_only=True)
class Limits:
    """To what a token narrows its post: these permissions and purposes and no other."""

    permissions: frozenset[str]
    purposes: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Who is asking: an account in one of its posts, within one sign-in session."""

    account_id: UUID
    login: str
    name: str
    post_id: UUID
    post_title: str
    unit: Unit
    roles: tuple[str, ...]
    prefixes: tuple[str, ...]
    session_id: str
    factors: frozenset[str]
    position_id: str = ""
    acting_for: str | None = None  # the holder of the post, where the person is a deputy
    holder_id: UUID | None = None  # that holder's account
    items: frozenset[str] | None = None  # what a deputy was given; ``None``: all of the post's
    limits: Limits | None = None

    @cached_property
    def reach(self) -> Reach:
        """The scope as the database reads it."""
        return Reach(prefixes=self.prefixes, unit_id=self.unit.id, actor=self.login)

    @property
    def home(self) -> str:
        """Which of the homes this post lands on."""
        return "department" if self.unit.kind == "department" else self.unit.level
