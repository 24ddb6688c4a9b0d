"""What somebody writes down about a demand, and what may be wrong with it. Pure.

The same rules hold for the phone desk, for a row of a file and for a program; each fault says
which item it is about.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from dataclasses import field as hidden
from datetime import datetime, timedelta

from portal.store import clock

MOST_TITLE, MOST_CONTENT, MOST_PLACE, MOST_NAME = 100, 4000, 200, 40
LEAST_CONTENT = 4
OLDEST = timedelta(days=400)
AHEAD = timedelta(minutes=5)  # clocks differ
LABELS = {
    "kind": "诉求类型",
    "title": "标题",
    "content": "诉求内容",
    "place": "地址",
    "region_code": "区划代码",
    "category": "事项分类",
    "urgency": "紧急程度",
    "confidential": "是否保密",
    "against_unit": "被诉单位",
    "caller_name": "来电人",
    "caller_phone": "联系电话",
    "received_at": "受理时间",
    "source": "来源",
    "source_no": "来源编号",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_PHONE = re.compile(r"\+?\d{5,20}")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A demand as it was written down; texts are plain and stay what they are."""

    kind: str
    title: str
    content: str = hidden(repr=False)
    region_code: str
    place: str = hidden(default="", repr=False)
    category: str = ""
    urgency: int = 2
    confidential: bool = False
    against_unit: str | None = None
    caller_name: str = hidden(default="", repr=False)
    caller_phone: str = hidden(default="", repr=False)
    received_at: datetime | None = None
    source: str = "电话登记"
    source_no: str = ""
    lng: float | None = None
    lat: float | None = None


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One item that cannot be taken, and why."""

    field: str
    words: str

    @property
    def label(self) -> str:
        """The item as people know it."""
        return LABELS.get(self.field, self.field)

    def __str__(self) -> str:
        return f"“{self.label}”{self.words}"


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the rules look things up in."""

    now: datetime
    kinds: Collection[str]
    sources: Collection[str]
    levels: Collection[int]
    place: Callable[[str], bool]  # whether there is such a place
    unit: Callable[[str], bool]  # whether there is such a unit
    category: Callable[[str], bool] = lambda _code: True


def tidy(text: str) -> str:
    """A text without what no keyboard writes, and without its margins."""
    return _CONTROL.sub("", text.replace("\r\n", "\n")).strip()


def phone(text: str) -> str:
    """A number as it is dialled."""
    return re.sub(r"[\s()（）-]", "", text)


def faults(draft: Draft, known: Known) -> tuple[Fault, ...]:
    """Everything that is wrong with a demand, in the order in which it is filled in."""
    return tuple(
        Fault(field=name, words=words)
        for name, check in _CHECKS
        if (words := check(draft, known)) is not None
    )


Check = Callable[[Draft, Known], str | None]


def _length(name: str, most: int, least: int = 0) -> Check:
    def check(draft: Draft, _known: Known) -> str | None:
        size = len(tidy(getattr(draft, name)))
        if size < least:
            return "没有填写" if not size else f"至少 {least} 个字"
        return f"最多 {most} 个字，现为 {size} 个字" if size > most else None

    return check


def _kind(draft: Draft, known: Known) -> str | None:
    return None if draft.kind in known.kinds else f"只能是{'、'.join(known.kinds)}"


def _source(draft: Draft, known: Known) -> str | None:
    return None if draft.source in known.sources else f"没有名为“{draft.source[:20]}”的来源"


def _urgency(draft: Draft, known: Known) -> str | None:
    levels = sorted(known.levels)
    return None if draft.urgency in levels else f"只能是 {levels[0]} 至 {levels[-1]}"


def _region(draft: Draft, known: Known) -> str | None:
    code = draft.region_code
    if not re.fullmatch(r"\d{4}|\d{6}|\d{9}|\d{12}|\d{15}", code):
        return "应为 4、6、9、12 或 15 位数字"
    return None if known.place(code) else f"“{code}”不在本市区划之内"


def _category(draft: Draft, known: Known) -> str | None:
    bad = bool(draft.category) and not known.category(draft.category)
    return f"没有编号为“{draft.category[:20]}”的事项" if bad else None


def _against(draft: Draft, known: Known) -> str | None:
    bad = bool(draft.against_unit) and not known.unit(draft.against_unit or "")
    return f"没有名为“{(draft.against_unit or '')[:30]}”的单位" if bad else None


def _phone(draft: Draft, _known: Known) -> str | None:
    given = phone(draft.caller_phone)
    return "应为 5 至 20 位数字" if given and not _PHONE.fullmatch(given) else None


def _received(draft: Draft, known: Known) -> str | None:
    at = draft.received_at
    if at is None:
        return None
    if at > known.now + AHEAD:
        return f"在将来（{clock.local(at):%Y-%m-%d %H:%M}）"
    return "早于 400 天前" if at < known.now - OLDEST else None


def _number(draft: Draft, _known: Known) -> str | None:
    good = re.fullmatch(r"[\w./:-]{0,64}", draft.source_no)
    return None if good else "只能是 64 位以内的字母、数字和连接符"


_CHECKS: tuple[tuple[str, Check], ...] = (
    ("source", _source),
    ("source_no", _number),
    ("kind", _kind),
    ("title", _length("title", MOST_TITLE, 2)),
    ("content", _length("content", MOST_CONTENT, LEAST_CONTENT)),
    ("place", _length("place", MOST_PLACE)),
    ("region_code", _region),
    ("category", _category),
    ("urgency", _urgency),
    ("against_unit", _against),
    ("caller_name", _length("caller_name", MOST_NAME)),
    ("caller_phone", _phone),
    ("received_at", _received),
)
