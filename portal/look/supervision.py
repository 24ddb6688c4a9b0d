"""督办评价 as it is drawn: tabs and boxes as links, colours of warnings, the 督办单 on paper."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portal.look import orders, states, theme
from portal.look.markup import Html, join, tag, text
from portal.look.theme import Tone

# Of each colour the tone: another shape and always its word, so that the hue is never needed alone.
_COLOURS: dict[str, Tone] = {"红": theme.FAILED, "黄": theme.AGED, "蓝": theme.GOOD}
_TRENDS: dict[str, Tone] = {
    "新出现": theme.AGED,
    "上升": theme.FAILED,
    "持平": theme.QUIET,
    "下降": theme.GOOD,
}
_ARROWS = {"新出现": "✦", "上升": "↑", "持平": "→", "下降": "↓"}
_WAITING = {"拟发", "已签发", "已反馈", "待审核", "待复核", "会商中"}
_GOOD = {"已销号", "成立", "已认定", "已定", "转兜底"}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A link among several, one of which is shown now."""

    name: str
    href: str
    count: int | None = None
    chosen: bool = False


def choices(kind: str, caption: str, given: Iterable[Choice]) -> Html:
    """Links side by side: ``tabs`` or ``boxes``; the one that is shown says so."""
    return tag("nav", join(map(_choice, given)), class_=f"choose {kind}", aria_label=caption)


def _choice(one: Choice) -> Html:
    here = {"aria_current": "true"} if one.chosen else {}
    count = "" if one.count is None else tag("b", f"{one.count:,}")
    return tag("a", text(one.name) + count, href=one.href, class_="go", **here)


def colour(word: str, stage: str) -> Html:
    """A warning: colour, shape and words."""
    return orders.chip(_COLOURS.get(word, theme.QUIET), f"{word} · {stage}")


def trend(word: str) -> Html:
    """Where a kind of demand is going; the arrow says it as well."""
    tone = _TRENDS.get(word, theme.QUIET)
    shape = tag("i", _ARROWS.get(word, ""), aria_hidden="true")
    return tag("span", shape + text(word), class_=f"chip {tone.name}")


def state(word: str) -> Html:
    """How far a sheet, an appeal, a mark or a consultation is."""
    tone = theme.WAITING if word in _WAITING else theme.GOOD if word in _GOOD else theme.QUIET
    return orders.chip(tone, word)


def asks(given: Sequence[str]) -> Html:
    """What a sheet asks, numbered."""
    return tag("ol", join(tag("li", text(one)) for one in given), class_="asks")


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A 督办单 on A4."""

    title: str
    number: str
    lines: Sequence[tuple[str, str]]
    demands: Sequence[str]
    signs: Sequence[str]
    issued: str
    printed: str
    simulated: bool


def paper(one: Paper) -> Html:
    """The sheet; the pages are numbered by the style sheet, whatever browser prints it."""
    rows = join(_row(name, text(value)) for name, value in one.lines)
    rows += _row("督办要求", asks(one.demands))
    mark = states.mock() if one.simulated else ""
    signs = join(tag("span", text(f"{name}：")) for name in one.signs)
    whole = (
        tag("h3", text(one.title))
        + tag("p", mark + text(f" 编号：{one.number}"), class_="number")
        + tag("table", tag("tbody", rows))
        + tag("div", signs, class_="signs")
        + tag("p", text(f"签发时间：{one.issued}"), class_="issued")
        + tag("p", text(one.printed), class_="note")
    )
    return tag("article", whole, class_="paper order")


def _row(name: str, value: Html) -> Html:
    return tag("tr", tag("th", text(name), scope="row") + tag("td", value))
