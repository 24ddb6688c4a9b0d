"""What a manifest may say: the portable half of a connected system, as one TOML file.

Requests are data too: values enter them only through the placeholders of `template.PLACEHOLDERS`,
which the transports bind, encode or escape. Nothing here is ever pasted into SQL, XML or a URL.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from portal.connectors.contract import Capability, Mask, Sensitivity
from portal.connectors.errands import TaskSection
from portal.connectors.parts import Part, Positive, Slug, Value
from portal.store.measure_words import Topic

Everyone = ("*",)
CallName = Literal["person", "roster", "probe", "tasks", "task", "act"]


class Limits(Part):
    """How much of a system we may use, and how long an old answer may stand in for a new one."""

    timeout_seconds: Positive = 5
    parallel: Annotated[int, Field(ge=1, le=64)] = 8
    per_second: Positive = 50
    stale_minutes: Annotated[int, Field(ge=0, le=24 * 60)] = 60
    max_kilobytes: Annotated[int, Field(ge=1, le=64 * 1024)] = 4096
    failures: Annotated[int, Field(ge=1, le=100)] = 5
    rest_seconds: Positive = 30
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


class Paging(Part):
    """How a list is walked. `total` and `next` are JMESPath over one page's whole answer."""

    kind: Literal["page", "offset", "cursor", "keyset"]
    size: Annotated[int, Field(ge=1, le=10_000)]
    first: int = 1
    total: str | None = None
    next: str | None = None
    key: str | None = None

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Paging:
        if self.kind == "cursor" and not self.next:
            raise ValueError("kind = cursor 需要写明 next")
        if self.kind == "keyset" and not self.key:
            raise ValueError("kind = keyset 需要写明 key")
        return self


class RestCall(Part):
    """One HTTP request; texts may hold placeholders."""

    method: Literal["GET", "POST"] = "GET"
    path: Annotated[str, Field(pattern=r"^/[^?#]*$")]
    query: dict[str, str] = Field(default_factory=dict)
    body: dict[str, Any] | None = Field(default=None, alias="json")
    headers: dict[str, str] = Field(default_factory=dict)
    items: str = "@"
    paging: Paging | None = None


class SoapCall(Part):
    """One SOAP operation with its arguments."""

    operation: str
    arguments: dict[str, str] = Field(default_factory=dict)
    items: str = "@"
    paging: Paging | None = None


class ViewCall(Part):
    """One read of a database view: columns by name, conditions by equality."""

    view: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_$.]*$")]
    columns: tuple[str, ...] = Field(min_length=1)
    where: dict[str, str] = Field(default_factory=dict)
    since: str | None = None  # a column of times: rows from {since} on, all without one
    limit: Annotated[int, Field(ge=1)] = 100
    items: str = "@"
    paging: Paging | None = None


class FunctionCall(Part):
    """One call of a stored function that writes: arguments by name, the row it gives back."""

    function: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_$.]*$")]
    arguments: dict[str, str] = Field(default_factory=dict)
    columns: tuple[str, ...] = Field(min_length=1)
    items: str = "@"
    paging: None = None


class NoAuth(Part):
    """The system asks for nothing."""

    kind: Literal["none"] = "none"


class HeaderAuth(Part):
    """A fixed key in a header; `secret` names a credential of the site."""

    kind: Literal["header"]
    header: str
    secret: str


class OAuth2Auth(Part):
    """OAuth2 client credentials; the token is shared by every call and renewed before it ends."""

    kind: Literal["oauth2"]
    token_path: Annotated[str, Field(pattern=r"^/[^?#]*$")]
    client_id: str = "client_id"
    client_secret: str = "client_secret"  # noqa: S105 - the name of a credential
    method: Literal["client_secret_basic", "client_secret_post"] = "client_secret_basic"
    scope: str | None = None
    renew_seconds: Annotated[int, Field(ge=0)] = 30


class UsernameAuth(Part):
    """WS-Security UsernameToken, or the login of a database.

    `user` is a user name that is part of the dialect; else `username` names a credential.
    """

    kind: Literal["username"]
    user: str | None = None
    username: str = "username"
    password: str = "password"  # noqa: S105 - the name of a credential
    digest: bool = False


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


class RecordMap(Part):
    """One kind of record: `each` selects the rows inside an item, `map` fills the fields."""

    title: str
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
    relations: tuple[RelationMap, ...] = ()


class MeasureMap(Part):
    """A number that a walk over the roster gives: how many persons or households, and where.

    `where` is a JMESPath predicate over the raw row; ages come from the identity number. `ages` are
    the first years of the bands to split by. What is counted belongs to the place of `relation`.
    """

    id: Slug
    name: str = Field(min_length=1)
    unit: str = "人"
    count: Literal["persons", "households"] = "persons"
    relation: Literal["户籍", "居住", "产权", "就业"] = "居住"
    where: str | None = None
    from_age: Annotated[int, Field(ge=0, le=120)] = 0
    ages: tuple[Annotated[int, Field(ge=0, le=120)], ...] = ()
    by_sex: bool = False
    topic: Topic = Topic.NONE

    @model_validator(mode="after")
    def _splits_make_sense(self) -> MeasureMap:
        if list(self.ages) != sorted(set(self.ages)) or (self.ages and self.ages[0] != 0):
            raise ValueError("ages 须从 0 起由小到大")
        if self.count == "households" and (self.ages or self.by_sex or self.from_age):
            raise ValueError("户数不能按年龄、性别划分")
        return self


class _Manifest(Part):
    id: Slug
    version: Annotated[int, Field(ge=1)]
    about: str
    field: Literal["party", "governance", "service"]
    nature: Literal["ordinary", "petition", "corrections", "police", "court"] = "ordinary"
    capabilities: frozenset[Capability]
    network: Literal["互联网", "政务外网", "专网"]
    login: Literal["平台票据", "对方统一认证", "需再次登录"]
    client_requires: tuple[str, ...] = ()
    limits: Limits = Limits()
    envelope: Envelope = Envelope()
    readers: dict[Slug, Readers] = Field(default_factory=dict)
    tables: dict[Slug, dict[str, str]] = Field(default_factory=dict)
    fields: dict[Slug, FieldRule] = Field(default_factory=dict)
    records: tuple[RecordMap, ...] = ()
    roster: RosterMap | None = None
    measures: tuple[MeasureMap, ...] = ()
    tasks: TaskSection | None = None


class RestManifest(_Manifest):
    """A system behind REST and JSON."""

    transport: Literal["rest"]
    auth: Annotated[NoAuth | HeaderAuth | OAuth2Auth, Field(discriminator="kind")] = NoAuth()
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


Call = RestCall | SoapCall | ViewCall | FunctionCall
Manifest = Annotated[
    RestManifest | SoapManifest | DatabaseManifest, Field(discriminator="transport")
]
