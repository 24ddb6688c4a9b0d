"""How matters look: the catalogue, one matter opened, what a check found, the printed slip."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from portal.look import states
from portal.look.markup import Html, join, tag, text
from portal.look.tables import Column, table
from portal.look.today import link
from portal.store import clock

_TONES = {"符合": "good", "不符合": "failed", "无法判断": "quiet"}
_SHAPES = {"符合": "●", "不符合": "×", "无法判断": "○"}
DONE_AT_ONCE = "当场办结"


class Condition(Protocol):
    """A condition, as far as it is drawn."""

    @property
    def words(self) -> str: ...


class Material(Protocol):
    """A material, as far as it is drawn."""

    @property
    def name(self) -> str: ...
    @property
    def form(self) -> str: ...
    @property
    def held_by(self) -> tuple[str, ...]: ...
    @property
    def confirmed(self) -> bool: ...


class Matter(Protocol):
    """A matter, as far as it is drawn."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def about(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def handler(self) -> str: ...
    @property
    def legal_days(self) -> int: ...
    @property
    def promised_days(self) -> int: ...
    @property
    def fee(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def basis(self) -> str: ...
    @property
    def conditions(self) -> Sequence[Condition]: ...


class Source(Protocol):
    """What a result rests on, as far as it is drawn."""

    @property
    def source(self) -> str: ...
    @property
    def as_of(self) -> datetime | None: ...


class Checked(Protocol):
    """A condition that was looked at, as far as it is drawn."""

    @property
    def words(self) -> str: ...
    @property
    def verdict(self) -> str: ...
    @property
    def used(self) -> Sequence[Source]: ...
    @property
    def missing(self) -> Sequence[str]: ...


class Result(Protocol):
    """A matter that was checked, as far as it is drawn."""

    @property
    def matter_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def verdict(self) -> str: ...
    @property
    def pending(self) -> bool: ...
    @property
    def conditions(self) -> Sequence[Checked]: ...


class Line(Protocol):
    """A line of an application, as far as it is drawn."""

    @property
    def label(self) -> str: ...
    @property
    def shown(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def as_of(self) -> datetime | None: ...
    @property
    def required(self) -> bool: ...
    @property
    def differs(self) -> Sequence[str]: ...


class Filed(Protocol):
    """An application that was filed, as far as it is drawn."""

    @property
    def number(self) -> str: ...
    @property
    def matter(self) -> str: ...
    @property
    def system_id(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def foreign_number(self) -> str: ...
    @property
    def progress(self) -> str: ...
    @property
    def progress_at(self) -> datetime | None: ...
    @property
    def error(self) -> str: ...


class Paper(Protocol):
    """A 一次性告知单, as far as it is drawn."""

    @property
    def number(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def unit(self) -> str: ...
    @property
    def matter(self) -> Matter: ...
    @property
    def materials(self) -> Sequence[Material]: ...
    @property
    def resident(self) -> str: ...
    @property
    def id_number(self) -> str: ...
    @property
    def simulated(self) -> bool: ...
    @property
    def note(self) -> str: ...


def days(count: int) -> str:
    """A limit in words."""
    return f"{count} 个工作日" if count else DONE_AT_ONCE


def catalogue(groups: Mapping[str, Sequence[Matter]]) -> Html:
    """All matters by group, each opened by a click."""
    return join(
        tag("div", text(name), class_="matter-group")
        + tag("ul", join(map(_entry, found)), class_="matters")
        for name, found in groups.items()
    )


def _entry(one: Matter) -> Html:
    about = f"{one.owner} · 承诺 {days(one.promised_days)}"
    return tag(
        "li",
        link(one.name, f"/entry?matter={one.id}") + tag("small", text(about), title=one.about),
    )


def facts(one: Matter) -> list[tuple[str, str]]:
    """Who handles it, how long it takes, what it costs."""
    rows = [
        ("责任单位", one.owner),
        ("办理单位", one.handler),
        ("法定时限", days(one.legal_days)),
        ("承诺时限", days(one.promised_days)),
        ("收费", one.fee),
        ("咨询电话", one.phone),
    ]
    return [*rows, ("依据", one.basis)] if one.basis else rows


def conditions(found: Sequence[Condition]) -> Html:
    """The conditions, plainly."""
    return tag("ol", join(tag("li", text(one.words)) for one in found))


def materials(found: Sequence[Material], *, paper: bool = False) -> Html:
    """What to bring, and what need not be brought."""
    return tag("ol", join(_material(one, paper=paper) for one in found))


def _material(one: Material, *, paper: bool) -> Html:
    form = tag("small", text(f"（{one.form}）")) if one.form else ""
    if one.confirmed:
        names = "、".join(one.held_by)
        held = tag("span", text(f"免提交：平台已取得（{names}）"), class_="free")
    elif one.held_by and not paper:
        held = tag("span", text(f"平台可调取：{'、'.join(one.held_by)}"), class_="free")
    elif one.held_by:
        held = tag("small", text("（经居民同意可由平台调取，取得后免提交）"))
    else:
        held = ""
    return tag("li", text(one.name) + form + held)


def chip(word: str) -> Html:
    """The result of a check: colour and word and shape."""
    shape = tag("i", text(_SHAPES.get(word, "○")), aria_hidden="true")
    return tag("span", shape + text(word), class_=f"chip {_TONES.get(word, 'quiet')}")


def _why(one: Checked) -> str:
    parts = [f"缺：{'；'.join(one.missing)}"] if one.missing else []
    # Two facts of one source are one ground.
    sources = dict.fromkeys(
        f"{used.source}（数据时间 {states.moment(used.as_of)}）" if used.as_of else used.source
        for used in one.used
    )
    return "。".join([f"依据：{'、'.join(sources)}", *parts] if sources else parts)


def checked(found: Iterable[Checked]) -> Html:
    """Conditions one by one, each with its reason and source."""
    return tag(
        "ul",
        join(
            tag("li", chip(one.verdict) + text(one.words) + tag("p", text(_why(one))))
            for one in found
        ),
        class_="verdicts",
    )


def results(found: Iterable[Result]) -> Html:
    """Matters with their results, each opened by a click."""
    return tag("ul", join(map(_result, found)), class_="verdicts")


def _result(one: Result) -> Html:
    lines = join(
        tag("p", text(f"{part.verdict}　{part.words}　{_why(part)}")) for part in one.conditions
    )
    return tag("li", chip(one.verdict) + link(one.name, f"/entry?matter={one.matter_id}") + lines)


def lines(found: Sequence[Line]) -> Html:
    """The application as it is filled in: value, source, time, what is missing."""
    columns = (
        Column(head="栏目"),
        Column(head="内容", kind="wrap"),
        Column(head="来源"),
        Column(head="数据时间"),
    )
    return table("预填申请", columns, [_line(one) for one in found])


def _line(one: Line) -> list[Html]:
    label = text(one.label) + ("" if one.required else tag("small", "（选填）"))
    if not one.shown:
        word = "缺，请填写" if one.required else "未填"
        return [label, tag("span", word, class_="due" if one.required else "none"), "—", "—"]
    note = f"与{'、'.join(one.differs)}不一致" if one.differs else ""
    value = text(one.shown) + (tag("small", text(f"▲ {note}"), class_="due") if note else "")
    when = states.moment(one.as_of) if one.as_of else "—"
    return [label, value, text(one.source), text(when)]


_STATES = {"已受理": "good", "已办结": "good", "被拒绝": "failed", "滞留": "failed"}


def filed(found: Sequence[Filed], names: Mapping[str, str]) -> Html:
    """Applications that were filed, with what their systems say of them."""
    columns = (
        Column(head="编号"),
        Column(head="事项"),
        Column(head="提交"),
        Column(head="责任系统"),
        Column(head="状态"),
        Column(head="受理编号"),
        Column(head="进度", kind="wrap"),
    )
    return table("已申请的事项", columns, [_filed(one, names) for one in found])


def _filed(one: Filed, names: Mapping[str, str]) -> list[Html]:
    state = tag("span", text(one.state), class_=f"chip {_STATES.get(one.state, 'waiting')}")
    said = one.error or one.progress or "—"
    when = f"（{states.moment(one.progress_at)}）" if one.progress_at and not one.error else ""
    return [
        text(one.number),
        text(one.matter),
        text(states.moment(one.created_at)),
        text(names.get(one.system_id, "尚未接入")),
        state,
        text(one.foreign_number or "—"),
        text(said + when),
    ]


def slip(paper: Paper) -> Html:
    """The 一次性告知单 for printing on A4 and signing."""
    matter = paper.matter
    for_whom = f"{paper.resident}（{paper.id_number}）" if paper.resident else ""
    rows: list[tuple[str, Html]] = [("事项", text(matter.name))]
    if for_whom:
        mock = " " + states.mock() if paper.simulated else ""
        rows.append(("申请人", text(for_whom) + mock))
    rows += [
        ("办理条件", conditions(matter.conditions)),
        ("所需材料", materials(paper.materials, paper=True)),
        *((name, text(value)) for name, value in facts(matter)),
    ]
    body = join(tag("tr", tag("th", text(name), scope="row") + tag("td", it)) for name, it in rows)
    when = f"{clock.local(paper.at):%Y 年 %m 月 %d 日}"
    signs = join(
        tag("span", text(one)) for one in ("告知单位（盖章）：", "告知人签字：", "申请人签字：")
    )
    note = tag("p", text(paper.note), class_="note") if paper.note else ""
    head = tag("h3", "一次性告知单")
    number = tag("p", text(f"编号：{paper.number}　{paper.unit}　{when}"), class_="number")
    whole = head + number + tag("table", body) + note + tag("p", signs, class_="signs")
    return tag("article", whole, class_="paper")
