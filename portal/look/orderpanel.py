"""The panels of demands: the seven links, the tree of what is late, the day by the hour."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import plotly.graph_objects as go

from portal.look import charts, theme
from portal.look.markup import Html, join, tag, text
from portal.look.today import link


@dataclass(frozen=True, kw_only=True)
class Step:
    """One of the seven links."""

    name: str
    about: str
    now: int
    ended: int
    href: str
    ended_href: str = ""


def funnel(given: Sequence[Step]) -> Html:
    """The seven links, each with what is in it now; the length of a bar says how much."""
    most = max((one.now for one in given), default=0)
    return tag("ol", join(_step(one, most) for one in given), class_="links", aria_label="七个环节")


def _step(one: Step, most: int) -> Html:
    width = round(100 * one.now / most) if most else 0
    number = link(f"{one.now:,}", one.href) if one.now else "0"
    bar = tag("i", "", style=f"width:{width}%", aria_hidden="true")
    ended = (
        tag("small", text("本月结 ") + link(f"{one.ended:,}", one.ended_href)) if one.ended else ""
    )
    return tag(
        "li",
        tag("b", text(one.name), title=one.about)
        + tag("span", bar, class_="rail")
        + tag("span", number, class_="num")
        + ended,
    )


@dataclass(frozen=True, kw_only=True)
class Knot:
    """A place in the tree of what is late, with what lies below it."""

    name: str
    overdue: int
    href: str
    below: tuple["Knot", ...] = ()


def tree(given: Iterable[Knot], *, deep: bool = True) -> Html:
    """Places that unfold to narrower ones and to units."""
    return tag("ul", join(tag("li", _knot(one)) for one in given),
               class_="tree" if deep else "twigs")  # fmt: skip


def _knot(one: Knot) -> Html:
    """The number's link stands beside what unfolds, not in it: each is reached by its own key."""
    words = f"▲ {one.overdue:,} 件"
    number = link(words, one.href, look="due") if one.href else tag("span", words, class_="due")
    name = tag("span", text(one.name))
    if not one.below:
        return tag("div", name) + number
    return tag("details", tag("summary", name) + tree(one.below, deep=False)) + number


def hours(today: Sequence[int], usual: Sequence[float], until: int) -> go.Figure:
    """What came in by the hour, beside what is usual on this weekday; hours to come stay empty."""
    names = [f"{hour} 时" for hour in range(len(today))]
    figure = go.Figure()
    figure.add_trace(
        go.Bar(x=names[: until + 1], y=list(today[: until + 1]), name="今天",
               marker={"color": theme.STEPS[-1]}, hovertemplate="%{x} 今天 %{y} 件<extra></extra>")
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(x=names, y=list(usual), name="前四周同日平均", mode="lines",
                   line={"color": theme.LATE.ink, "width": 2, "dash": "dot"},
                   hovertemplate="%{x} 平均 %{y:.1f} 件<extra></extra>")
    )  # fmt: skip
    charts.calm(figure, height=190)
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        margin={"l": 28, "r": 4, "t": 24, "b": 22},
        bargap=0.3,
    )
    figure.update_xaxes(fixedrange=True, nticks=8, categoryorder="array", categoryarray=names)
    figure.update_yaxes(fixedrange=True, gridcolor=theme.LINE, rangemode="tozero")
    return figure


_FEW = 5  # so few that the axis would be cut into parts of one


def trend(
    given: Sequence[tuple[date, int]],
    *,
    height: int,
    beside: Sequence[tuple[str, Sequence[tuple[date, int]]]] = (),
) -> go.Figure:
    """What came in day by day; beside it, thinner, what came in on the days of another time."""
    figure = go.Figure()
    for (name, those), dash in zip(beside, ("dot", "dash"), strict=False):
        figure.add_trace(
            go.Scatter(x=[day for day, _ in those], y=[number for _, number in those],
                       mode="lines", name=name, line={"color": theme.LATE.ink, "width": 1.5,
                                                      "dash": dash},
                       hovertemplate=f"%{{x|%m月%d日}} {name} %{{y}} 件<extra></extra>")
        )  # fmt: skip
    figure.add_trace(
        go.Scatter(x=[day for day, _ in given], y=[number for _, number in given], mode="lines",
                   name="本期", fill="tozeroy", line={"color": theme.PRIMARY, "width": 2},
                   fillcolor=theme.STEPS[0], hovertemplate="%{x|%m月%d日} %{y} 件<extra></extra>")
    )  # fmt: skip
    charts.calm(figure, height=height)
    figure.update_layout(
        margin={"l": 40, "r": 8, "t": 8, "b": 28},
        font={"size": 15},
        showlegend=bool(beside),
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
    )
    figure.update_xaxes(fixedrange=True, tickformat="%m月%d日", nticks=8)
    figure.update_yaxes(fixedrange=True, gridcolor=theme.LINE, rangemode="tozero")
    most = max((number for those in (given, *(one for _, one in beside)) for _, number in those),
               default=0)  # fmt: skip
    if most <= _FEW:  # no line at half an order
        figure.update_yaxes(dtick=1)
    return figure


def topics(given: Sequence[tuple[str, int, str]]) -> Html:
    """What people speak of most: name, number, address."""
    most = max((number for _, number, _ in given), default=0)
    return tag("ol", join(_topic(*one, most) for one in given), class_="links topics")


def _topic(name: str, number: int, href: str, most: int) -> Html:
    bar = tag("i", "", style=f"width:{round(100 * number / most)}%", aria_hidden="true")
    return tag(
        "li",
        tag("b", text(name))
        + tag("span", bar, class_="rail")
        + tag("span", link(f"{number:,}", href), class_="num"),
    )


def figures(given: Sequence[tuple[str, str]]) -> Html:
    """Few large numbers, to be read from across a room."""
    items = join(
        tag("div", tag("dt", text(name)) + tag("dd", text(value))) for name, value in given
    )
    return tag("dl", items, class_="wall-figures")
