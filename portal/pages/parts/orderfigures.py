"""The figures of 诉求态势: each counted for a place, with the address of the orders behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from portal.affairs.orders import addresses
from portal.affairs.orders.panel import Panel, Place
from portal.functions import city
from portal.look import states
from portal.look.markup import Html, tag, text
from portal.look.tables import Column, table
from portal.look.today import Tile, link
from portal.store.divisions import Division

PAGE = "/panel"
NO_SAMPLE = "无样本"


@dataclass(frozen=True, kw_only=True)
class Days:
    """The days that the figures of a panel begin at."""

    month: date
    today: date


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure: how many orders, which ones, and what is said where a number alone misleads."""

    name: str
    count: Callable[[Place], int]
    narrow: Callable[[Days], Mapping[str, Any]]
    said: Callable[[Place], str] = field(default=lambda _: "")
    late: bool = False

    def address(self, place: str, days: Days) -> str:
        """The orders behind it."""
        return addresses.of(region=place, **self.narrow(days))


def rate(one: Place) -> str:
    """The share on time; nothing due is no share."""
    return f"{100 * one.on_time / one.due:.1f}%" if one.due else NO_SAMPLE


FIGURES = (
    Figure(name="今日受理", count=lambda one: one.today,
           narrow=lambda days: {"since": days.today, "whole": True}),
    Figure(name="本月受理", count=lambda one: one.received,
           narrow=lambda days: {"since": days.month, "whole": True}),
    Figure(name="在办", count=lambda one: one.open, narrow=lambda _: {"open": True}),
    Figure(name="今天到期", count=lambda one: one.due_today,
           narrow=lambda _: {"due": "今天到期", "open": True}),
    Figure(name="逾期", count=lambda one: one.overdue, late=True,
           narrow=lambda _: {"due": "逾期", "open": True}),
    Figure(name="本月办结", count=lambda one: one.closed,
           narrow=lambda days: {"closed_since": days.month, "whole": True, "open": False}),
    # The orders behind a share are those that it falls short by.
    Figure(name="本月按时办结率", count=lambda one: one.missed, said=rate,
           narrow=lambda days: {"late_since": days.month}),
)  # fmt: skip


# Communities are laid beside each other in their own order and by numbers, never by a share.
OF_COMMUNITIES = (*FIGURES[:-1], replace(FIGURES[-1], name="本月未按时办结", said=lambda _: ""))


def days_of(found: Panel) -> Days:
    """Where the figures of a panel begin."""
    return Days(month=found.month, today=states.today())


def tiles(found: Panel) -> list[Tile]:
    """The line of figures of a place."""
    days, here = days_of(found), found.total
    lines = [
        Tile(
            name=one.name,
            value=one.count(here),
            said=one.said(here),
            href="" if one.said(here) == NO_SAMPLE else one.address(found.region, days),
            weight="urgent" if one.late else "plain",
        )
        for one in FIGURES
    ]
    if here.found:
        lines.append(Tile(name="未诉先办 解决/发现", value=here.found,
                          said=f"{here.solved}/{here.found}", href="/findings"))  # fmt: skip
    return lines


def at(place: str) -> str:
    """The panel of a place."""
    return f"{PAGE}?region={place}"


def _cell(one: Figure, here: Place, href: str) -> Html:
    number = one.count(here)
    words = one.said(here) or (f"▲ {number:,}" if one.late and number else f"{number:,}")
    if not number:
        return text(words)
    linked = link(words, href, title=f"{number} 件" if one.said(here) else "")
    return tag("span", linked, class_="due") if one.late else linked


def _share(one: Place) -> Html:
    return NO_SAMPLE if one.share is None else f"{one.share}%"


def _row(name: Html, code: str, here: Place, days: Days, *, communities: bool) -> tuple[Html, ...]:
    cells = [
        _cell(one, here, one.address(code, days)) if code else text(one.said(here) or
              f"{one.count(here):,}") for one in (OF_COMMUNITIES if communities else FIGURES)
    ]  # fmt: skip
    share = () if communities else (_share(here),)
    return (name, *cells, *share, f"{here.solved}/{here.found}" if here.found else "0")


def rest(found: Panel, below: Mapping[str, Place]) -> Place:
    """What was registered to no narrower place."""
    return Place(
        **{
            name: value - sum(getattr(one, name) for one in below.values())
            for name, value in vars(found.total).items()
        }
    )


def places(found: Panel) -> Html:
    """Every figure one level down, each with its orders; a place's name opens its own panel."""
    below = city.places_below(found.region)
    communities = any(one.level == "community" for one in below)
    heads = [
        *(one.name for one in (OF_COMMUNITIES if communities else FIGURES)),
        *(() if communities else ("逾期占比",)),
        "未诉先办 解决/发现",
    ]
    columns = [Column(head="地方"), *(Column(head=one, kind="num") for one in heads)]
    days, rows = days_of(found), []
    for one in below:
        here = found.places.get(one.code, Place())
        if not one.statistics_only or here != Place():
            rows.append(_row(_name(one), one.code, here, days, communities=communities))
    if (over := rest(found, found.places)) != Place():
        rows.append(_row(text("未登记到下级"), "", over, days, communities=communities))
    return table("各地诉求", columns, rows)


def _name(one: Division) -> Html:
    return link(city.everyday(one.name), at(one.code), title=f"查看{one.name}的态势")
