"""The grid workers' monthly numbers per community: ``v_tj``, in the order of its columns."""

from __future__ import annotations

from sandbox.kit.statistics import Place, Statistics, lives

STALE = 0.3
VIEW = "v_tj"


def _cells(place: Place) -> int:
    """The grids that its households are registered in."""
    return max((one.grid for one in place.households), default=1)


def _special(place: Place) -> int:
    return place.dice("special", lasting=True).choice((0, 0, 1, 2))


def _vacant(place: Place) -> int:
    return min(_cells(place), place.dice("vacant", lasting=True).choice((0, 0, 0, 1)))


def _reported(place: Place) -> int:
    return place.happened("reported", 1 + len(place.households) * 0.1)


def _own(place: Place) -> int:
    """What the grid workers settled themselves, of what they reported."""
    return round(_reported(place) * place.dice("own").uniform(0.5, 0.9))


def _passed(place: Place) -> int:
    return _reported(place) - _own(place)


def _found(place: Place) -> int:
    return place.happened("disputes", 0.5 + len(place.households) * 0.01)


NUMBERS = Statistics(
    system="grid",
    where=lives(STALE),
    number="TJBH",
    region="QHDM",
    day="TJRQ",
    newest="ZXBZ",
    retired=True,
    stocks={
        "WGS": lambda it: _cells(it) + _special(it),
        "ZHWGS": _cells,
        "ZSWGS": _special,
        "ZZWGY": lambda it: _cells(it) - _vacant(it),
        "JZWGY": lambda it: it.dice("part time", lasting=True).randint(1, 1 + _cells(it)),
        "WGYQE": _vacant,
    },
    flows={
        "ZFHS": lambda it: it.happened("visits", len(it.households) * 0.6),
        "SBSJ": _reported,
        "ZXCZ": _own,
        "ZBSJ": _passed,
        "BJSJ": lambda it: _own(it) + _passed(it) * 4 // 5,
        "JFPC": _found,
        "TJCG": lambda it: round(_found(it) * it.dice("settled").uniform(0.6, 1.0)),
        "QRRS": lambda it: it.happened("moved in", len(it.people) * 0.006),
        "QCRS": lambda it: it.happened("moved out", len(it.people) * 0.005),
    },
    more=lambda today: {"SJLY": "模拟数据", "SJSJ": f"{today:%Y-%m-%d} 03:00:00"},
)
