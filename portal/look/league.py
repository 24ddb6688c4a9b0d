"""How a league looks: the table with zones, why a unit stands there, the rules beside it."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from portal.look import theme
from portal.look.markup import Html, join, tag, text

_TONES = {"蓝区": theme.GOOD, "黄区": theme.AGED, "红区": theme.FAILED}


def zone(word: str | None, flag: str = "") -> Html:
    """A zone with its colour, its word and its shape; without one, why there is none."""
    tone = _TONES.get(word or "", theme.QUIET)
    shape = tag("i", text(tone.shape), aria_hidden="true")
    return tag("span", shape + text(word or flag or "未分区"), class_=f"chip {tone.name}")


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
