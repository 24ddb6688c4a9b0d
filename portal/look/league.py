"""How a league looks: the table with zones, why a unit stands there, the rules beside it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from portal.look import theme
from portal.look.markup import Html, join, tag, text

_TONES = {"蓝区": theme.GOOD, "黄区": theme.AGED, "红区": theme.FAILED}


def tone(word: str | None) -> theme.Tone:
    """How a zone looks; what has none is quiet."""
    return _TONES.get(word or "", theme.QUIET)


def said(word: str | None, flag: str = "") -> str:
    """A zone in words; without one, why there is none."""
    return word or flag or "未分区"


def zone(word: str | None, flag: str = "") -> Html:
    """A zone with its colour, its word and its shape; without one, why there is none."""
    shape = tag("i", text(tone(word).shape), aria_hidden="true")
    return tag("span", shape + text(said(word, flag)), class_=f"chip {tone(word).name}")


@dataclass(frozen=True, kw_only=True)
class Zoned:
    """A place with its zone, and where it leads."""

    name: str
    zone: str | None
    flag: str
    href: str


def tiles(caption: str, given: Iterable[Zoned]) -> Html:
    """Places as tiles of one size, each with its zone; a sketch, no map."""
    note = tag("span", "示意图：不表示实际位置和界线", class_="default")
    return tag("ul", join(map(_tile, given)), class_="spots zoned", aria_label=caption) + note


def _tile(one: Zoned) -> Html:
    words = tag("span", text(one.name)) + zone(one.zone, one.flag)
    title = f"{one.name}：{said(one.zone, one.flag)}"
    look = f"go {tone(one.zone).name}"
    return tag("li", tag("a", words, href=one.href, class_=look, title=title))


def value(number: Decimal | int | None, missing: str = "—") -> Html:
    """A number, or that there is none."""
    if number is None:
        return tag("span", text(missing), class_="none")
    return text(f"{number:,.2f}" if isinstance(number, Decimal) else f"{number:,}")


class _Line(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def words(self) -> str: ...
    @property
    def behind(self) -> str: ...
    @property
    def weight(self) -> Decimal: ...
    @property
    def brought(self) -> Decimal | None: ...


def lines(given: Iterable[_Line]) -> Html:
    """The rates of one unit with what is behind each and what each brings."""
    heads = ("指标", "数值", "分子/分母", "权重", "计分", "口径")
    head = tag("tr", join(tag("th", text(one), scope="col") for one in heads))
    body = join(
        tag(
            "tr",
            tag("th", text(one.name), scope="row")
            + tag("td", text(one.words), class_="num")
            + tag("td", text(one.behind), class_="num")
            + tag("td", text(f"{one.weight:g}" if one.weight else "不计分"), class_="num")
            + tag("td", value(one.brought), class_="num")
            + tag("td", text(one.rule), class_="wrap"),
        )
        for one in given
    )
    table = tag("caption", "各项指标") + tag("thead", head) + tag("tbody", body)
    return tag("div", tag("table", table, class_="t"), class_="sheet", tabindex="0",
               role="region", aria_label="各项指标")  # fmt: skip


def listed(given: Iterable[str], kind: str = "notes") -> Html:
    """Sentences one below the other."""
    return tag("ul", join(tag("li", text(one)) for one in given), class_=kind)


def counts(zones: Sequence[str | None]) -> Html:
    """How many units in each zone, the good one first."""
    return join(
        zone(word) + tag("b", text(f" {zones.count(word)} "), class_="zones") for word in _TONES
    )


def quoted(rows: Iterable[Mapping[str, str]]) -> Html:
    """Figures of publications beside ours: each with its source, as it was printed."""
    heads = {
        "period": "时期",
        "received": "受理",
        "responded": "响应率",
        "closed": "办结率",
        "resolved": "解决率",
        "satisfied": "满意率",
        "source": "出处",
        "note": "说明",
    }
    head = tag("tr", join(tag("th", text(one), scope="col") for one in heads.values()))
    body = join(
        tag(
            "tr",
            join(
                tag("th", text(row[name]), scope="row")
                if place == 0
                else tag(
                    "td", text(row.get(name) or "—"), class_="wrap" if name == "note" else "num"
                )
                for place, name in enumerate(heads)
            ),
        )
        for row in rows
    )
    table = tag("caption", "公开报道的数字") + tag("thead", head) + tag("tbody", body)
    return tag("div", tag("table", table, class_="t"), class_="sheet", tabindex="0",
               role="region", aria_label="公开报道的数字")  # fmt: skip
