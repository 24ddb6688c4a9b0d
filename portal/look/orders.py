"""Work orders as they are drawn: deadlines, states, the map of tiles, the history, the paper."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.look import states, theme
from portal.look.markup import Html, join, tag, text
from portal.look.theme import Tone
from portal.store import clock

_DAY = 86400
_TONES = {"done": theme.GOOD, "side": theme.AGED, "open": theme.WAITING}


def chip(tone: Tone, words: str, title: str = "") -> Html:
    """Colour, shape and words."""
    shape = tag("i", text(tone.shape), aria_hidden="true")
    named = {"title": title} if title else {}
    return tag("span", shape + text(words), class_=f"chip {tone.name}", **named)


def state(word: str, group: str, *, supervised: bool = False) -> Html:
    """The chip of a state; which states there are belongs to the city, their groups to the flow."""
    return chip(theme.FAILED if supervised else _TONES.get(group, theme.QUIET), word)


def _ago(seconds: float) -> str:
    if seconds < 3600:
        return f"{max(1, int(seconds // 60))} 分钟"
    return f"{int(seconds // 3600)} 小时" if seconds < _DAY else f"{int(seconds // _DAY)} 天"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What a deadline is drawn from."""

    deadline: datetime | None
    overdue: bool
    near: bool
    closed: bool
    on_account: bool = False


def limit(one: Limit) -> Html:
    """A deadline in colour, word and shape, so that none of them is needed alone."""
    if one.deadline is None:
        return tag("span", "未计时", class_="quiet")
    whole = f"{clock.local(one.deadline):%Y-%m-%d %H:%M}"
    if one.closed:
        return tag("span", text(f"{clock.local(one.deadline):%m-%d}"), class_="num", title=whole)
    if one.overdue:
        late = (clock.now() - one.deadline).total_seconds()
        return chip(theme.FAILED, f"逾期 {_ago(late)}" if late > 0 else "逾期", whole)
    if one.near:
        return chip(theme.LATE, until(one.deadline), whole)
    if one.on_account:
        return chip(theme.QUIET, f"挂账至 {clock.local(one.deadline):%m-%d}", whole)
    return tag("span", text(until(one.deadline)), class_="num", title=whole)


def until(at: datetime) -> str:
    """By when, as one says it."""
    here, today = clock.local(at), states.today()
    days = (here.date() - today).days
    if days in (0, 1):
        return f"{('今天', '明天')[days]} {here:%H:%M}"
    return f"{here:%m-%d %H:%M}" if here.year == today.year else f"{here:%Y-%m-%d}"


# -- the map of tiles ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class TileOf:
    """A place on the map of tiles."""

    name: str
    open: int
    overdue: int
    href: str
    chosen: bool = False


def tiles(caption: str, given: Iterable[TileOf]) -> Html:
    """Places as tiles of one size, shaded by how many orders are open; a sketch, no map."""
    places = list(given)
    most = max((one.open for one in places), default=0)
    body = join(_tile(one, most) for one in places)
    note = tag("span", "示意图：不表示实际位置和界线", class_="default")
    return tag("ul", body, class_="spots", aria_label=caption) + note


def _tile(one: TileOf, most: int) -> Html:
    step = min(len(theme.STEPS) - 1, one.open * len(theme.STEPS) // (most + 1)) if most else 0
    late = tag("em", text(f"▲ 逾期 {one.overdue}")) if one.overdue else ""
    words = tag("span", text(one.name)) + tag("b", f"{one.open:,}") + late
    chosen = {"aria_current": "true"} if one.chosen else {}
    title = f"{one.name}：在办 {one.open} 件，逾期 {one.overdue} 件"
    link = tag("a", words, href=one.href, class_=f"go s{step}", title=title, **chosen)
    return tag("li", link)


# -- the history -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One line of what happened."""

    at: datetime
    unit: str
    person: str
    words: str
    change: str = ""  # from which state to which, where it changed


def timeline(given: Sequence[Happened]) -> Html:
    """What happened, the newest first."""
    return tag("ol", join(map(_happened, given)), class_="timeline", aria_label="办理经过")


def _happened(one: Happened) -> Html:
    who = " · ".join(word for word in (one.unit, one.person) if word)
    change = tag("span", text(one.change), class_="change") if one.change else ""
    when = tag("time", text(states.moment(one.at)), title=f"{clock.local(one.at):%Y-%m-%d %H:%M}")
    return tag("li", tag("div", when + tag("span", text(who)) + change) + tag("p", text(one.words)))


def facts(given: Iterable[tuple[str, Html]]) -> Html:
    """Names and values of an order, those that there are; values are safe HTML."""
    items = join(
        tag("div", tag("dt", text(name)) + tag("dd", value)) for name, value in given if value
    )
    return tag("dl", items, class_="person order")


def passage(title: str, words: str) -> Html:
    """A text of an order as it was written: what looks like a page stays text."""
    return tag("section", tag("h3", text(title)) + tag("p", text(words)), class_="passage")


# -- paper -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """An order on paper."""

    platform: str
    number: str
    facts: Sequence[tuple[str, str]]
    content: str
    reply: str
    history: Sequence[tuple[str, str, str]]  # when, who, what
    signs: Sequence[str]
    printed: str
    simulated: bool


def paper(one: Sheet) -> Html:
    """The sheet: number, what it is about, what was done, places to sign."""
    rows = join(_row(name, value) for name, value in (*one.facts, ("诉求内容", one.content)))
    rows += _row("答复", one.reply or "（未答复）")
    lines = join(
        tag("tr", join(tag("td", text(word)) for word in line), class_="line")
        for line in one.history
    )
    heads = join(tag("th", text(word), scope="col") for word in ("时间", "办理单位", "内容"))
    mark = states.mock() if one.simulated else ""
    signs = join(tag("span", text(f"{name}：")) for name in one.signs)
    whole = (
        tag("h3", text(f"{one.platform}　诉求工单"))
        + tag("p", mark + text(f" 编号：{one.number}"), class_="number")
        + tag("table", tag("tbody", rows))
        + tag("h4", "办理经过")
        + tag("table", tag("thead", tag("tr", heads)) + tag("tbody", lines), class_="history")
        + tag("div", signs, class_="signs")
        + tag("p", text(one.printed), class_="note")
    )
    return tag("article", whole, class_="paper order")


def _row(name: str, value: str) -> Html:
    return tag("tr", tag("th", text(name), scope="row") + tag("td", text(value)))
