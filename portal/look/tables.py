"""Tables and facts as dense HTML: cheap to send, read by screen readers, printed as they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from portal.look.markup import Html, join, tag, text

NO_DATA = "无数据"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its head and how its values stand."""

    head: str
    kind: Literal["text", "num", "wrap"] = "text"


def number(value: int | None) -> Html:
    """A count with separators, or that it is not known."""
    return tag("span", NO_DATA, class_="none") if value is None else f"{value:,}"


def _cell(column: Column, value: Html, *, first: bool) -> Html:
    kind = {} if column.kind == "text" else {"class_": column.kind}
    return tag("th", value, scope="row", **kind) if first else tag("td", value, **kind)


def table(caption: str, columns: Sequence[Column], rows: Iterable[Sequence[Html]]) -> Html:
    """A table; the first column heads its row. Cells are safe HTML."""
    head = join(
        tag("th", text(one.head), scope="col", **({"class_": "num"} if one.kind == "num" else {}))
        for one in columns
    )
    body = join(
        tag(
            "tr",
            join(
                _cell(column, value, first=place == 0)
                for place, (column, value) in enumerate(zip(columns, row, strict=True))
            ),
        )
        for row in rows
    )
    whole = tag("caption", text(caption)) + tag("thead", tag("tr", head)) + tag("tbody", body)
    return tag(
        "div",
        tag("table", whole, class_="t"),
        class_="sheet",
        role="region",
        aria_label=caption,
        tabindex="0",
    )


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A number with its name; ``None`` is shown as not known, never as nought."""

    name: str
    value: int | None
    unit: str = ""


def facts(given: Iterable[Fact]) -> Html:
    """Numbers side by side."""
    return tag("dl", join(map(_fact, given)), class_="facts")


def pairs(given: Iterable[tuple[str, str]]) -> Html:
    """Names with their values, one below the other."""
    rows = join(tag("div", tag("dt", text(name)) + tag("dd", text(it))) for name, it in given)
    return tag("dl", rows, class_="pairs")


def _fact(one: Fact) -> Html:
    if one.value is None:
        value = tag("dd", NO_DATA, class_="none")
    else:
        unit = tag("small", text(one.unit)) if one.unit else ""
        value = tag("dd", f"{one.value:,}{unit}")
    return tag("div", tag("dt", text(one.name)) + value)


def head(title: str, aside: Html = "") -> Html:
    """The head of a card."""
    right = tag("span", aside, class_="aside") if aside else ""
    return tag("div", tag("h2", text(title)) + right, class_="head")


def rows(kind: str, caption: str, given: Sequence[Sequence[tuple[str, Html]]]) -> Html:
    """A table whose rows each have a button beside them, drawn next to it at the same height.

    One element however many rows there are: what is sent on a click, and what the server has to
    do for it, goes with the number of elements. Each value carries its name for narrow screens.
    """
    names = [name for name, _ in given[0]]
    columns = join(tag("col", "", class_=f"c{place}") for place, _ in enumerate(names))
    head = join(tag("th", text(name), scope="col") for name in names)
    body = join(tag("tr", join(map(_row_cell, row, range(len(row))))) for row in given)
    whole = (
        tag("caption", text(caption))
        + tag("colgroup", columns)
        + tag("thead", tag("tr", head))
        + tag("tbody", body)
    )
    return tag("table", whole, class_=f"rows {kind}")


def _row_cell(cell: tuple[str, Html], place: int) -> Html:
    name, value = cell
    if place == 0:
        return tag("th", value, scope="row")
    return tag("td", value, data_name=name)
