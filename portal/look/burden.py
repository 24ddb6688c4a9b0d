"""How the burden meter looks: how the cells were filled, and the hours before and after."""

from dataclasses import dataclass
from decimal import Decimal

from portal.look.markup import Html, join, tag, text


@dataclass(frozen=True, kw_only=True)
class Share:
    """One way in which cells were filled; ``look`` names its ground, its words say the same."""

    name: str
    cells: int
    look: str


def stack(given: list[Share], asked: int) -> Html:
    """One bar of all cells by how they were filled, with a line of words for each."""
    shown = [one for one in given if one.cells]
    bars = join(
        tag("i", "", class_=one.look, style=f"width:{100 * one.cells / asked:.2f}%")
        for one in shown
    )
    words = join(
        tag("li", tag("i", "", class_=one.look, aria_hidden="true") + text(f"{one.name} ")
            + tag("b", f"{one.cells:,}") + text(" 栏"))
        for one in given
    )  # fmt: skip
    said = "，".join(f"{one.name}{one.cells}栏" for one in given)
    return tag("div", bars, class_="cells", role="img", aria_label=said) + tag(
        "ul", words, class_="cells-said"
    )


def hours(before: Decimal, after: Decimal) -> Html:
    """What filling in takes: every cell by hand, and as it is now."""
    lines = (("逐栏手工填写需", before), ("现在需", after))
    return tag(
        "ol", join(_line(name, number, before) for name, number in lines), class_="links hours"
    )


def _line(name: str, number: Decimal, most: Decimal) -> Html:
    width = round(100 * number / most) if most else 0
    bar = tag("i", "", style=f"width:{width}%", aria_hidden="true")
    return tag(
        "li",
        tag("b", text(name))
        + tag("span", bar, class_="rail")
        + tag("span", text(f"{number:,} 小时"), class_="num"),
    )
