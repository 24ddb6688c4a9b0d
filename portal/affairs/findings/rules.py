"""The rules of 未诉先办: where it is run, which way a finding is solved, who is who. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, Protocol

from portal.affairs.workflow.flow import KEPT, FlowError, Vocabulary
from portal.store import clock
from portal.store.finding_texts import OFF, FindingTexts, Stage

Way = Literal["自办", "协办", "联办"]
WAYS: tuple[Way, ...] = ("自办", "协办", "联办")
OWN, HELPED, JOINT = WAYS
FIRST, SOLVED, UNFOUNDED = "待核实", "已解决", "不成立"

FINDER, STREET, DISTRICT, CITY = "发现单位", "街道", "区县", "市级"
LEAD, HELPER, PLATFORM = "主办单位", "协同单位", "平台"
KINDS = frozenset({FINDER, STREET, DISTRICT, CITY, LEAD, HELPER, PLATFORM})
EFFECTS = frozenset(
    {"自办", "上报", "自办办结", "牵头", "报区县", "退回街道", "派出", "提请会议", "议定",
     "提请市级", "转工单", "反馈", "确认", "退回重办", "收照片"}
)  # fmt: skip
VOCABULARY = Vocabulary(who=KINDS, effects=EFFECTS)

SOURCES = ("社区发现", "网格员递交", "居民反映", "同类诉求")
LEAST_TITLE, MOST_TITLE, LEAST_CONTENT, MOST_CONTENT, MOST_PLACE = 4, 60, 4, 2000, 120


class FindingError(FlowError):
    """Nothing was done; the message says why and what was kept."""


# -- where --------------------------------------------------------------------------------------


def stage_at(region_code: str, day: date, texts: FindingTexts) -> Stage:
    """How far a place is on a day: the narrowest word about it counts, of those the latest."""
    said = [one for one in texts.stage if region_code.startswith(one.region) and one.since <= day]
    last = max(said, key=lambda one: (len(one.region), one.since), default=None)
    return last.stage if last else OFF


def reached(region_code: str, day: date, texts: FindingTexts) -> bool:
    """Whether 未诉先办 is run in a place or somewhere below it on that day."""
    if stage_at(region_code, day, texts) != OFF:
        return True
    inside = (one.region for one in texts.stage if one.region.startswith(region_code))
    return any(stage_at(one, day, texts) != OFF for one in inside)


# -- which way ----------------------------------------------------------------------------------


def way(departments: Collection[str], *, own: bool, met: bool, joint: int) -> Way:
    """自办 within the community, 联办 by several departments or a meeting, 协办 between them."""
    if met or len(set(departments)) >= joint:
        return JOINT
    return OWN if own and not departments else HELPED


def state_of(one: Way) -> str:
    """The state in which it is handled that way."""
    return f"{one}中"


# -- who is who ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who acts, as far as these rules need it."""

    unit_id: str
    level: str
    prefixes: tuple[str, ...]
    rights: frozenset[str]  # of findings.*, without the prefix

    def covers(self, region_code: str) -> bool:
        """Whether a place lies in the scope."""
        return any(region_code.startswith(one) for one in self.prefixes)


class Finding(Protocol):
    """A row of ``finding``, as far as these rules need it."""

    @property
    def region_code(self) -> str: ...
    @property
    def finder_unit(self) -> str: ...
    @property
    def lead_unit(self) -> str | None: ...
    @property
    def help_units(self) -> list[str]: ...


def kinds(asker: Asker, one: Finding) -> frozenset[str]:
    """Which kinds of actor somebody is towards a finding."""
    me, rights, here = asker.unit_id, asker.rights, asker.covers(one.region_code)
    found = {
        FINDER: "report" in rights and one.finder_unit == me,
        STREET: "judge" in rights and asker.level == "street" and here,
        DISTRICT: "dispatch" in rights and asker.level == "district" and here,
        CITY: "dispatch" in rights and asker.level == "city" and here,
        LEAD: "handle" in rights and one.lead_unit == me,
        HELPER: "handle" in rights and me in one.help_units,
    }
    return frozenset(kind for kind, is_one in found.items() if is_one)


# -- what is written down -----------------------------------------------------------------------


def _length(label: str, words: str, least: int, most: int) -> Iterable[str]:
    if not least <= len(words) <= most:
        yield f"“{label}”须为 {least} 至 {most} 个字，现为 {len(words)} 个字"


def check_words(title: str, content: str, place: str, class_: str, texts: FindingTexts) -> None:
    """Whether a finding is written down well enough."""
    told = [
        *_length("标题", title, LEAST_TITLE, MOST_TITLE),
        *_length("情况", content, LEAST_CONTENT, MOST_CONTENT),
        *_length("地点", place, 2, MOST_PLACE),
    ]
    if class_ not in texts.classes:
        told.append(f"“类别”须为{'、'.join(texts.classes)}之一")
    if told:
        raise FindingError(f"{'；'.join(told)}。没有保存，{KEPT}")


# -- the day's report ---------------------------------------------------------------------------


def window(day: date, texts: FindingTexts) -> tuple[datetime, datetime]:
    """From the hour of the day before to the hour of that day."""
    end = datetime.combine(day, texts.report_at, clock.LOCAL)
    return end - timedelta(days=1), end


def days_due(now: datetime, texts: FindingTexts) -> Sequence[date]:
    """The days whose hour has come, as far back as is made up for."""
    today = clock.local(now).date()
    days = (today - timedelta(days=n) for n in range(texts.report_days))
    return tuple(one for one in days if window(one, texts)[1] <= now)
