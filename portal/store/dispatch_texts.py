"""What a city pack says of 派、督、评 (``dispatch.toml``): who is asked, urged and counted when.

All of it is data that a city may decide; a city without the file gets the same defaults as written
here for what can have a default, and no departments' lines.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Colour = Literal["蓝", "黄", "红"]
Rung = Literal["承办单位", "派单单位", "乡镇（街道）", "区县", "市"]
Words = Annotated[str, Field(min_length=1, max_length=200)]
Share = Annotated[int, Field(ge=0, le=100)]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AdviceTexts(_Data):
    """How a unit is suggested: what each ground weighs, and how much of the past is looked at."""

    catalogue: int = Field(default=50, ge=0, le=100)  # the catalogue names it
    condition: int = Field(default=20, ge=0, le=100)  # the entry's own condition fits the text
    nearer: int = Field(default=5, ge=0, le=50)  # per level: the street's own catalogue before all
    history: int = Field(default=40, ge=0, le=100)  # all alike orders here ended with it
    duty: int = Field(default=5, ge=0, le=50)  # 谁许可谁监管 says the same
    months: int = Field(default=24, ge=1, le=120)
    likeness: float = Field(default=0.12, ge=0, le=1)  # texts less alike say nothing
    most: int = Field(default=5, ge=1, le=20)


class Fallback(_Data):
    """Who takes what nobody claims; the longest class decides."""

    category: str = ""
    target: Words


class DisputeTexts(_Data):
    """快速会商 and the department that takes what it leaves open."""

    hours: int = Field(default=4, ge=1, le=72)
    most_units: int = Field(default=6, ge=2, le=20)
    fallback: tuple[Fallback, ...] = ()


class Stage(_Data):
    """One warning: when it falls due, its colour, and who is told.

    ``hours`` counts from the limit (before it: negative); ``by_urgency`` overrides it for a level
    of urgency. With ``day`` the warning falls due as the local day of the limit begins instead.
    """

    id: Annotated[str, Field(pattern=r"^[a-z_]{2,20}$")]
    name: Words
    colour: Colour
    hours: int = Field(default=0, ge=-24 * 30, le=24 * 90)
    by_urgency: dict[Literal["1", "2", "3", "4"], int] = {}
    day: bool = False
    to: tuple[Rung, ...] = Field(min_length=1)
    sheet: bool = False  # a 督办单 is proposed with it

    def offset(self, urgency: int) -> int:
        """Hours from the limit for an order of that urgency."""
        return next(
            (h for level, h in self.by_urgency.items() if level == str(urgency)), self.hours
        )


class SupervisionTexts(_Data):
    """督: the stages in the order in which they fall due, and what a 督办单 asks."""

    stages: tuple[Stage, ...] = ()
    urgent_up_to: int = Field(default=1, ge=0, le=4)  # up to that level: told at once, no digest
    answer_hours: int = Field(default=24, ge=1, le=240)
    demands: tuple[Words, ...] = ("请于规定时限内办结，并书面反馈办理情况。",)

    @model_validator(mode="after")
    def _once(self) -> "SupervisionTexts":
        ids = [one.id for one in self.stages]
        if len(ids) != len(set(ids)):
            raise ValueError("督办预警的阶段编号重复")
        return self


class Sample(_Data):
    """Whom a return visit asks: so many in a hundred of a kind or an urgency; the first fits."""

    kind: str = ""
    urgency: int | None = Field(default=None, ge=1, le=4)
    share: Share


class EvaluationTexts(_Data):
    """评: whom to ask, how long one has for it, what may be appealed and what is unreasonable."""

    samples: tuple[Sample, ...] = (Sample(share=100),)
    hours: int = Field(default=48, ge=1, le=240)
    tries: int = Field(default=3, ge=1, le=10)
    appeal_days: int = Field(default=3, ge=1, le=30)  # working days
    appeal_grounds: tuple[Words, ...] = ("回访对象答非所问",)
    appeal_rates: tuple[Words, ...] = ("响应率", "按时办结率", "解决率", "满意率")
    demand_grounds: tuple[Words, ...] = ("诉求无法律政策依据",)
    demand_days: int = Field(default=180, ge=1, le=730)


class ClusterTexts(_Data):
    """从一件到一类: from how many on alike orders are spoken of, over which days."""

    days: int = Field(default=14, ge=1, le=90)
    before: int = Field(default=28, ge=1, le=365)  # the days before, to compare with
    least: int = Field(default=5, ge=2, le=1000)
    likeness: float = Field(default=0.18, ge=0, le=1)
    most: int = Field(default=20, ge=1, le=200)
    grown: float = Field(default=1.5, ge=1)  # how many times as many make a rise


class DispatchTexts(_Data):
    """Everything of the file."""

    lines: tuple[Words, ...] = ()  # the fields of work (条线) that a catalogue may name
    advice: AdviceTexts = AdviceTexts()
    dispute: DisputeTexts = DisputeTexts()
    supervision: SupervisionTexts = SupervisionTexts()
    evaluation: EvaluationTexts = EvaluationTexts()
    cluster: ClusterTexts = ClusterTexts()


def read(folder: Path) -> dict[str, Any]:
    """The file as it stands; a city without one has the defaults."""
    file = folder / "dispatch.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
