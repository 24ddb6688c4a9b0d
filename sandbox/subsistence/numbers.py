"""The subsistence system's monthly numbers per community, in its pinyin initials."""

from __future__ import annotations

from sandbox.kit.statistics import Place, Statistics, lives

STALE = 0.15


def _on_allowance(place: Place) -> int:
    return sum(one.allowance in ("1", "2") for one in place.households)


def _edge(place: Place) -> int:
    """Households just above the line, each assessed once."""
    return sum(one.allowance is None and one.no % 37 == 11 for one in place.households)


def _visited(place: Place) -> int:
    return place.happened("visited", (_on_allowance(place) + _edge(place)) * 0.5)


def _decides(place: Place) -> bool:
    """This office decides together at a quarter's end, on what a quarter's visits have found.

    In a small demonstration monthly decisions would be one or two a district: numbers that are
    shown to nobody without record rights, and that keep all others about hardship from being shown.
    """
    return place.day.month % 3 == 0


def _unfit(place: Place) -> int:
    dice = place.dice("unfit")
    return sum(dice.random() < 0.36 for _ in range(_visited(place))) if _decides(place) else 0


def _decided(place: Place, about: str, a_month: float) -> int:
    usual = 3 * a_month * _on_allowance(place)
    return place.happened(about, usual) if _decides(place) else 0


NUMBERS = Statistics(
    system="subsistence",
    where=lives(STALE),
    number="tjbh",
    region="jzqh",
    day="tjrq",
    newest="zxbz",
    style="%Y%m%d",
    stocks={"byjths": _edge},
    flows={
        "xzhs": lambda it: _decided(it, "joined", 0.05),
        "tchs": lambda it: _decided(it, "left", 0.04),
        "rhhchs": _visited,
        "bfhhs": _unfit,
    },
)
