"""The ``[tasks]`` table of a manifest: how a system's tasks are read, and what may be done to them.

The requests themselves stand under ``calls``: ``tasks`` (what changed), ``task`` (one of them) and
``act`` (a command). Everything a person typed reaches ``act`` through ``{form_<name>}``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from portal.connectors.contract import TaskState
from portal.connectors.parts import Part, Slug, Value


class TaskMap(Part):
    """How a row becomes a task. ``person`` and ``id_number`` say whom it is about, if anybody."""

    foreign_id: Value
    kind: Value
    title: Value
    region_code: Value
    state: Value
    changed_at: Value
    due_on: Value | None = None
    person: Value | None = None
    id_number: Value | None = None
    handler: Value | None = None
    result: Value | None = None


class OrderMap(Part):
    """What else a row says when the tasks are work orders.

    ``source`` is one of the orders' own words; ``state`` gives a state of their flow, ``demand``
    what kind of demand it is (投诉, 求助, …). Who called is kept apart from the order.
    """

    source: str = Field(min_length=1)
    state: Value
    demand: Value
    content: Value
    received_at: Value
    category: Value | None = None
    place: Value | None = None
    lng: Value | None = None
    lat: Value | None = None
    urgency: Value | None = None
    due_at: Value | None = None
    confidential: Value | None = None
    against_unit: Value | None = None
    unit: Value | None = None
    caller_name: Value | None = None
    caller_phone: Value | None = None


class FormFieldMap(Part):
    """One field that a person fills in; ``choices`` maps the system's code to words."""

    name: Slug
    label: str = Field(min_length=1)
    kind: Literal["choice", "text"]
    required: bool = False
    choices: dict[str, str] = Field(default_factory=dict)
    most: Annotated[int, Field(ge=1, le=2000)] = 200

    @model_validator(mode="after")
    def _choices_where_they_belong(self) -> FormFieldMap:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("kind = choice 与 choices 须同时写明")
        return self


class ActionMap(Part):
    """What may be done to tasks of these states and kinds; ``id`` is the system's own word."""

    id: str = Field(min_length=1)
    label: str = Field(min_length=1)
    states: tuple[TaskState, ...] = (TaskState.OPEN,)
    kinds: tuple[str, ...] = ()  # in our words; none: every kind
    form: tuple[FormFieldMap, ...] = ()
    batch: bool = False  # may be done to several tasks at a time, each sent by itself
    move: Slug | None = (
        None  # of a work order: the move of our own flow that this command stands for
    )


class TaskSection(Part):
    """``refused`` and ``finished`` are predicates over the whole answer, ``reason`` its words."""

    since: str = Field(min_length=1)  # the style of {since}, as converters write styles
    overlap_minutes: Annotated[int, Field(ge=0, le=24 * 60)] = 10
    refused: str = Field(min_length=1)
    finished: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    map: TaskMap
    order: OrderMap | None = None  # the tasks are work orders, for the orders' desk and no inbox
    actions: tuple[ActionMap, ...] = Field(min_length=1)
