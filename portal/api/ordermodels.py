"""What the API takes and gives about work orders."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from portal.connectors.contract import ForeignOrder, ForeignTask, TaskState
from portal.store import clock

MOST_AT_ONCE = 500
# Without control characters; a line may be broken.
_PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$"


def _words(most: int) -> object:
    return Field(max_length=most, pattern=_PLAIN)


Number = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w./:-]+$")]
Short = Annotated[str, _words(100)]
Place = Annotated[str, _words(200)]
Long = Annotated[str, _words(5000)]
Code = Annotated[str, _words(44)]


class PushedOrder(BaseModel):
    """One order. What became of it over there (state, unit, limit, result) may be left out."""

    model_config = ConfigDict(extra="forbid")

    number: Number = Field(description="对方工单编号；同一编号只成一件工单")
    kind: Short = Field(description="诉求类型：投诉、求助、咨询、建议、举报、表扬、其他")
    title: Annotated[str, Field(min_length=1, max_length=200, pattern=_PLAIN)]
    content: Long
    received_at: AwareDatetime = Field(description="受理时间，须带时区")
    region_code: Annotated[str, Field(pattern=r"^\d{4,15}$", max_length=15)]
    place: Place = ""
    category: Code = Field(default="", description="对方的事项分类代码；没有对应的分类待定")
    urgency: int | None = Field(default=None, ge=1, le=4)
    confidential: bool = Field(default=False, description="要求保密")
    against_unit: Short = Field(default="", description="被反映的单位名称")
    caller_name: Short = Field(default="", description="加密存放，不随工单显示")
    caller_phone: Annotated[str, Field(max_length=30, pattern=r"^[0-9+() -]*$")] = ""
    lng: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)
    state: Short = Field(default="", description="对方为主时的工单状态，例如 待签收")
    unit: Short = Field(default="", description="对方派给的承办单位名称")
    due_at: AwareDatetime | None = None
    changed_at: AwareDatetime | None = Field(default=None, description="对方最近更新时间")
    result: Long = ""


class Pushed(BaseModel):
    """One order or many."""

    model_config = ConfigDict(extra="forbid")

    orders: list[PushedOrder] = Field(min_length=1, max_length=MOST_AT_ONCE)


class PushedRow(BaseModel):
    """What became of one of them."""

    number: str
    outcome: Literal["新收", "已有", "已更新", "拒收"]
    order_no: str | None
    reason: str


class PushAnswer(BaseModel):
    """What became of all, in their order; one that is refused stops no other."""

    received: int
    refused: int
    rows: list[PushedRow]


class OrderStanding(BaseModel):
    """Where an order is."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    order_no: str
    state: str
    received_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    answer: str


class OrderStandings(BaseModel):
    """Those that were asked for and are there."""

    orders: list[OrderStanding]


def as_foreign(one: PushedOrder, source: str, first: str) -> ForeignTask:
    """What was pushed, as a walk would have found it."""
    state = one.state or first
    order = ForeignOrder(
        source=source,
        state=state,
        demand=one.kind,
        content=one.content,
        received_at=one.received_at,
        category=one.category or None,
        place=one.place or None,
        lng=one.lng,
        lat=one.lat,
        urgency=one.urgency,
        due_at=one.due_at,
        confidential=one.confidential,
        against_unit=one.against_unit or None,
        unit=one.unit or None,
        caller_name=one.caller_name or None,
        caller_phone=one.caller_phone or None,
    )
    return ForeignTask(
        foreign_id=one.number,
        kind=one.kind,
        title=one.title,
        region_code=one.region_code,
        state=TaskState.OPEN,
        changed_at=one.changed_at or clock.now(),
        result=one.result or None,
        order=order,
    )
