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


def _unfit(place: Place) -> int:
    dice = place.dice("unfit")
    return sum(dice.random() < 0.12 for _ in range(_visited(place)))


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
        "xzhs": lambda it: it.happened("joined", _on_allowance(it) * 0.05),
        "tchs": lambda it: it.happened("left", _on_allowance(it) * 0.04),
        "rhhchs": _visited,
        "bfhhs": _unfit,
    },
)
