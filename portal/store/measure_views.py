"""The numbers of any period by today's divisions: a place's are those of all that became it.

By the divisions of the time (按当时区划) the store gives them as they were counted. By those of
today (按现区划) what a place had that is gone is taken from where it lay and added where its heirs
lie. Both views have the same total, for what is taken away somewhere is added elsewhere.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from sqlalchemy import Connection

from portal.store import divisions, measure_reads
from portal.store.division_rules import allot, heirs
from portal.store.measure_words import Period, Value

Key = tuple[str, str, str]  # measure, system, slice


def passed_on(prefix: str) -> dict[str, dict[str, Fraction]]:
    """The places that are gone and concern a prefix, each with its heirs of today by share."""
    passed = divisions.passings()
    found = {one.old: heirs(one.old, passed) for one in passed}
    return {
        old: shares
        for old, shares in found.items()
        if any(code.startswith(prefix) for code in (old, *shares))
    }


def values(
    connection: Connection,
    measures: Iterable[str],
    prefix: str,
    levels: Sequence[int],
    period: Period,
) -> list[Value]:
    """As :func:`measure_reads.values`, by the divisions of today."""
    chosen = list(measures)
    base = measure_reads.values(connection, chosen, prefix, levels, period)
    gone = passed_on(prefix)
    if not gone:
        return base
    found = {(one.region_code, (one.measure, one.system_id, one.slice)): one for one in base}
    for old, own in _own(connection, chosen, list(gone), period).items():
        for key, (top, bottom) in own.items():
            tops, bottoms = allot(top, gone[old]), allot(bottom, gone[old])
            moves = [(old, -top, -bottom), *((one, tops[one], bottoms[one]) for one in gone[old])]
            for code, more, below in moves:
                for level in levels:
                    if len(code) >= level and code.startswith(prefix):
                        _add(found, (code[:level], key), more, below)
    return [one for one in found.values() if one.numerator or one.denominator]


def _own(
    connection: Connection, measures: Sequence[str], gone: Sequence[str], period: Period
) -> dict[str, dict[Key, tuple[int, int]]]:
    """What each place had itself: all of it but what lay in the places below that were known."""
    below = {code: [one.code for one in divisions.ever_below(code)] for code in gone}
    codes = {*gone, *(one for those in below.values() for one in those)}
    by_place: dict[str, dict[Key, tuple[int, int]]] = {}
    for one in measure_reads.values_of(connection, measures, sorted(codes), period):
        key = one.measure, one.system_id, one.slice
        by_place.setdefault(one.region_code, {})[key] = one.numerator, one.denominator
    own: dict[str, dict[Key, tuple[int, int]]] = {}
    for code in gone:
        rest = dict(by_place.get(code, {}))
        for inner in below[code]:
            for key, (top, bottom) in by_place.get(inner, {}).items():
                whole = rest.get(key, (0, 0))
                rest[key] = whole[0] - top, whole[1] - bottom
        own[code] = rest
    return own


def _add(found: dict[tuple[str, Key], Value], at: tuple[str, Key], top: int, bottom: int) -> None:
    code, (measure, system_id, part) = at
    was = found.get(at)
    found[at] = Value(
        measure=measure,
        system_id=system_id,
        slice=part,
        region_code=code,
        numerator=(was.numerator if was else 0) + top,
        denominator=(was.denominator if was else 0) + bottom,
    )
