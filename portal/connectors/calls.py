"""What is asked of a system: the `[calls]` of a manifest, one class per protocol."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from portal.connectors.contract import SubjectKind
from portal.connectors.parts import Part

CallName = Literal[
    "person",
    "roster",
    "counts",
    "probe",
    "tasks",
    "task",
    "act",
    "apply",
    "progress",
    "household",
    "house",
    "enterprise",
    "houses",
    "enterprises",
]

# The lists that things are known from.
LISTS: dict[SubjectKind, CallName] = {
    SubjectKind.HOUSE: "houses",
    SubjectKind.ENTERPRISE: "enterprises",
}


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


class _Reading(Part):
    """Where the rows of an answer are, and how the system writes that there are none.

    Rows that are nowhere to be found say nothing about anybody: that is a misfit, unless the owner
    really answers null for nobody (``empty = "null"``).
    """

    items: str = "@"
    empty: Literal["list", "null"] = "list"
    paging: Paging | None = None


class RestCall(_Reading):
    """One HTTP request; texts may hold placeholders. A body is JSON or a form."""

    method: Literal["GET", "POST"] = "GET"
    path: Annotated[str, Field(pattern=r"^/[^?#]*$")]
    query: dict[str, str] = Field(default_factory=dict)
    body: dict[str, Any] | None = Field(default=None, alias="json")
    form: dict[str, str] | None = None
    headers: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_one_body(self) -> RestCall:
        if self.body is not None and self.form is not None:
            raise ValueError("json 与 form 只能写一个")
        if self.method == "GET" and self.form is not None:
            raise ValueError("form 只能随 POST 发送")
        return self


class SoapCall(_Reading):
    """One SOAP operation with its arguments."""

    operation: str
    arguments: dict[str, str] = Field(default_factory=dict)


class ViewCall(_Reading):
    """One read of a database view: columns by name, conditions by equality."""

    view: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_$.]*$")]
    columns: tuple[str, ...] = Field(min_length=1)
    where: dict[str, str] = Field(default_factory=dict)
    since: str | None = None  # a column of times: rows from {since} on, all without one
    limit: Annotated[int, Field(ge=1)] = 100


class FunctionCall(_Reading):
    """One call of a stored function that writes: arguments by name, the row it gives back."""

    function: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_$.]*$")]
    arguments: dict[str, str] = Field(default_factory=dict)
    columns: tuple[str, ...] = Field(min_length=1)
    paging: None = None
