"""今日提要: one line of what is due and new, each number with the page behind it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from portal.look.markup import Html, join, tag, text

Weight = Literal["plain", "urgent", "news"]


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A number, what it counts, and where it leads; nought leads nowhere."""

    name: str
    value: int
    href: str = ""
    unit: str = "件"
    weight: Weight = "plain"
    said: str = ""  # instead of the number, where a number alone would mislead


def link(words: str, href: str, *, title: str = "", look: str = "") -> Html:
    """A link to a page of the portal, which ``static/desk.js`` opens without loading anew."""
    named = {"title": title} if title else {}
    return tag("a", text(words), href=href, class_=f"go {look}".strip(), **named)


def _tile(one: Tile) -> Html:
    number = text(one.said) if one.said else f"{one.value:,}" + tag("small", text(one.unit))
    body = tag("span", text(one.name)) + tag("b", number)
    if one.href and (one.value or one.said):
        body = tag("a", body, href=one.href, class_="go")
    quiet = "" if one.value or one.said else " nought"
    return tag("li", body, class_=f"{one.weight}{quiet}")


def bar(tiles: Iterable[Tile], name: str = "今日提要", title: str = "") -> Html:
    """The line; a second one on a page begins with what it is about."""
    head = tag("li", tag("em", text(title)), class_="title") if title else ""
    return tag("ul", head + join(map(_tile, tiles)), class_="today", aria_label=name)


@dataclass(frozen=True, kw_only=True)
class News:
    """One thing that is new: what, about what, when, and where to go on."""

    what: str
    about: str
    when: str
    label: str
    href: str


def news(given: Sequence[News], most: int) -> Html:
    """The newest things, and how many more there are."""
    lines = join(
        tag(
            "li",
            tag("div", text(one.what))
            + tag("div", text(f"{one.about} · {one.when} ") + link(one.label, one.href)),
        )
        for one in given[:most]
    )
    more = len(given) - most
    rest = tag("li", text(f"另有 {more} 项，打开上面的之后会依次显示。")) if more > 0 else ""
    return tag("ul", lines + rest, class_="news")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing to do: a link, where it comes from, and until when."""

    label: str
    href: str
    about: str
    due: str
    late: bool


def _line(one: Line) -> Html:
    until = tag("span", text(f"▲ 逾期 {one.due}"), class_="due") if one.late else text(one.due)
    second = text(one.about) + (f" · {until}" if one.due else "")
    return tag("li", tag("div", link(one.label, one.href)) + tag("div", second))


def lines(given: Iterable[Line]) -> Html:
    """Things to do, one below the other."""
    return tag("ul", join(map(_line, given)), class_="news")
