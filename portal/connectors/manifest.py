"""What a manifest may say: the portable half of a connected system, as one TOML file.

Requests are data too: values enter them only through the placeholders of `template.PLACEHOLDERS`,
which the transports bind, encode or escape. Nothing here is ever pasted into SQL, XML or a URL.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from portal.connectors.applications import ApplicationSection
from portal.connectors.calls import CallName, FunctionCall, RestCall, SoapCall, ViewCall
from portal.connectors.contract import Capability, Mask, Sensitivity, SubjectKind
from portal.connectors.errands import TaskSection
from portal.connectors.filemap import DropMap, FolderCall
from portal.connectors.parts import Part, Slug, Value
from portal.connectors.schemes import (
    HeaderAuth,
    HmacAuth,
    NoAuth,
    OAuth2Auth,
    SftpAuth,
    UsernameAuth,
)
from portal.store.measure_words import Topic

Everyone = ("*",)


class Limits(Part):
    """How much of a system we may use, and how long an old answer may stand in for a new one."""

    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 5
    parallel: Annotated[int, Field(ge=1, le=64)] = 8
    per_second: Annotated[float, Field(gt=0, le=10_000)] = 50
    stale_minutes: Annotated[int, Field(ge=0, le=24 * 60)] = 60
    max_kilobytes: Annotated[int, Field(ge=1, le=64 * 1024)] = 4096
    failures: Annotated[int, Field(ge=1, le=100)] = 5
    rest_seconds: Annotated[float, Field(gt=0, le=3600)] = 30
    max_pages: Annotated[int, Field(ge=1)] = 20_000


class Envelope(Part):
    """How a body says whether the call went well: JMESPath predicates over the whole answer."""

    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    success: str | None = None
    not_found: str | None = None
    busy: str | None = None
    denied: str | None = None
    bad_request: str | None = None
    as_of: Value | None = None


class Readers(Part):
    """A named group of fields' readers: these roles, for these purposes."""

    roles: tuple[str, ...] = Everyone
    purposes: tuple[str, ...] = Everyone


class FieldRule(Part):
    """A field as clerks see it; without `readers` whoever may ask the system may read it."""

    label: str = Field(min_length=1)
    sensitivity: Sensitivity
    mask: Mask = Mask.NONE
    readers: Slug | None = None
    conclusion: bool = False  # says that something is so, and nothing of how or why
    verifiable: bool = False  # a word that may also be asked for many persons at once


class RecordMap(Part):
    """One kind of record: `each` selects the rows inside an item, `map` fills the fields."""

    title: str
    of: SubjectKind = SubjectKind.PERSON
    each: str = "@"
    about: Literal["subject", "others"] = "subject"
    map: dict[str, Value] = Field(min_length=1)


class RelationMap(Part):
    """A dated relation of a roster entry to a place."""

    kind: Literal["户籍", "居住", "产权", "就业"]
    region_code: Value
    address: Value | None = None
    since: Value | None = None


class RosterMap(Part):
    """How a row of the roster becomes an entry of the subject index."""

    foreign_id: Value
    id_number: Value
    name: Value
    phone: Value | None = None
    household_no: Value | None = None
    households: bool = False  # its numbers say who lives together: they make 一户一档
    head: str | None = None  # a predicate over the raw row
    relations: tuple[RelationMap, ...] = ()


class RegisterMap(Part):
    """How a row of a list of houses or of enterprises becomes an entry of the subject index."""

    foreign_id: Value
    region_code: Value
    name: Value | None = None
    address: Value | None = None
    credit_code: Value | None = None


class TallyMap(Part):
    """Rows that are numbers already, or things that happened: which place each belongs to.

    `days` is how far back a flow is asked for and said anew. `monthly` rows say what happened in a
    whole month, on its last day, or on the day of the data while the month is open.
    """

    region: Value
    days: Annotated[int, Field(ge=1, le=400)] = 35
    monthly: bool = False


class MeasureMap(Part):
    """A number that a system gives for each place.

    A walk over the roster counts `persons` or `households`: ages come from the identity number,
    `ages` are the first years of the bands to split by, what is counted belongs to the place of
    `relation`. A tally counts `rows`, or adds up the column `of` (`sum`); a flow belongs to `day`.
    `where` is a JMESPath predicate over the raw row. `by` divides the number by a word of the row,
    best through a code table, so that every part has a name before the first row is seen. `about`
    says in a sentence what is counted.
    """

    id: Slug
    name: str = Field(min_length=1)
    about: str = ""
    by: Value | None = None
    unit: str = "人"
    kind: Literal["stock", "flow"] = "stock"
    count: Literal["persons", "households", "rows", "sum"] = "persons"
    relation: Literal["户籍", "居住", "产权", "就业"] = "居住"
    of: Value | None = None
    day: Value | None = None
    where: str | None = None
    from_age: Annotated[int, Field(ge=0, le=120)] = 0
    to_age: Annotated[int | None, Field(ge=0, le=120)] = None
    ages: tuple[Annotated[int, Field(ge=0, le=120)], ...] = ()
    by_sex: bool = False
    topic: Topic = Topic.NONE
    part_of: str = ""  # the measure of this system that counts these as well, with others

    @property
    def tallied(self) -> bool:
        """Whether rows of a tally are counted, not persons of a roster."""
        return self.count in {"rows", "sum"}

    @model_validator(mode="after")
    def _splits_make_sense(self) -> MeasureMap:
        if list(self.ages) != sorted(set(self.ages)) or (self.ages and self.ages[0] != 0):
            raise ValueError("ages 须从 0 起由小到大")
        if self.count != "persons" and (
            self.ages or self.by_sex or self.from_age or self.to_age is not None
        ):
            raise ValueError("户数不能按年龄、性别划分，按行统计的也不能")
        if self.by is not None and (self.ages or self.by_sex or self.count == "households"):
            raise ValueError("by 不能与 ages、by_sex 同用，户数也不能按 by 划分")
        if (self.count == "sum") != (self.of is not None):
            raise ValueError("count = sum 与 of 须同时写明")
        if (self.kind == "flow") != (self.day is not None):
            raise ValueError("kind = flow 与 day 须同时写明")
        if self.kind == "flow" and not self.tallied:
            raise ValueError("流量只能由 rows 或 sum 统计")
        return self


LinkPath = Annotated[str, Field(pattern=r"^(/[A-Za-z0-9_.-]+|/\{[a-z_]+\})*/?$")]


class LinkMap(Part):
    """A page inside the system that one may be taken to; ``{name}`` stands for a number or code."""

    name: str = Field(min_length=1)
    path: LinkPath

    @model_validator(mode="after")
    def _stays_inside(self) -> LinkMap:
        if not self.path.startswith("/") or ".." in self.path:
            raise ValueError("path 须以 / 开头，且不得含上级路径")
        return self


class EntryMap(Part):
    """How people enter the system itself: where a ticket is taken in, where one proves an account
    of one's own (``linking``), and what may be opened."""

    landing: LinkPath = "/sso/login"
    linking: LinkPath | None = None
    front: LinkPath = "/"
    links: dict[Slug, LinkMap] = Field(default={})


class QualityClaim(Part):
    """The level of 接入质量 that a manifest claims, and what it is excused from, each with why."""

    level: Literal[0, 1, 2, 3] = 0
    exempt: dict[Slug, Annotated[str, Field(min_length=4)]] = Field(default_factory=dict)


class _Manifest(Part):
    id: Slug
    version: Annotated[int, Field(ge=1)]
    about: str
    field: Literal["party", "governance", "service"]
    nature: Literal["ordinary", "petition", "corrections", "police", "court"] = "ordinary"
    answers: Literal["record", "conclusion", "verification"] = "record"
    requires_authorisation: bool = False  # of the family, on file, before anything is asked
    capabilities: frozenset[Capability]
    network: Literal["互联网", "政务外网", "专网"]
    login: Literal["平台票据", "对方统一认证", "需再次登录"]
    client_requires: tuple[str, ...] = ()
    entry: EntryMap | None = None
    quality: QualityClaim = QualityClaim()
    limits: Limits = Limits()
    envelope: Envelope = Envelope()
    readers: dict[Slug, Readers] = Field(default_factory=dict)
    tables: dict[Slug, dict[str, str]] = Field(default_factory=dict)
    fields: dict[Slug, FieldRule] = Field(default_factory=dict)
    records: tuple[RecordMap, ...] = ()
    roster: RosterMap | None = None
    registers: dict[Literal["house", "enterprise"], RegisterMap] = Field(default_factory=dict)
    tally: TallyMap | None = None
    measures: tuple[MeasureMap, ...] = ()
    tasks: TaskSection | None = None
    applications: ApplicationSection | None = None


class RestManifest(_Manifest):
    """A system behind REST and JSON."""

    transport: Literal["rest"]
    auth: Annotated[NoAuth | HeaderAuth | OAuth2Auth | HmacAuth, Field(discriminator="kind")] = (
        NoAuth()
    )
    calls: dict[CallName, RestCall]


class SoapManifest(_Manifest):
    """A system behind SOAP; `wsdl` and `service` are paths below its endpoint."""

    transport: Literal["soap"]
    auth: Annotated[NoAuth | UsernameAuth, Field(discriminator="kind")] = NoAuth()
    wsdl: Annotated[str, Field(pattern=r"^/[^#]*$")]
    service: Annotated[str, Field(pattern=r"^/[^?#]*$")]
    calls: dict[CallName, SoapCall]


class DatabaseManifest(_Manifest):
    """A system that offers read-only views of its database."""

    transport: Literal["database"]
    auth: UsernameAuth
    calls: dict[CallName, ViewCall | FunctionCall]


class FilesManifest(_Manifest):
    """A system that puts files on an SFTP server."""

    transport: Literal["files"]
    auth: SftpAuth
    calls: dict[CallName, FolderCall]
    drop: DropMap


class JumpManifest(_Manifest):
    """A system that people walk into and that is asked nothing but whether it is well."""

    transport: Literal["jump"]
    auth: NoAuth = NoAuth()
    entry: EntryMap
    calls: dict[CallName, RestCall]


Call = RestCall | SoapCall | ViewCall | FunctionCall | FolderCall
Manifest = Annotated[
    RestManifest | SoapManifest | DatabaseManifest | FilesManifest | JumpManifest,
    Field(discriminator="transport"),
]
