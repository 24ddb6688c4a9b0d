"""从一件到一类: like demands put together by place, class and words, with their trend. Pure.

The same demands give the same clusters in whatever order they come. Nothing is known here of who
called: a cluster is about a place and a matter.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from portal.store.dispatch_texts import ClusterTexts

Trend = Literal["新出现", "上升", "持平", "下降"]
_MOST_COMPARED = 400  # of one place and class; more are alike enough by that alone


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What a cluster is made of: an order by place, class, words and day."""

    id: UUID
    order_no: str
    region_code: str
    code: str
    title: str
    day: date
    open: bool


@dataclass(frozen=True, kw_only=True)
class Group:
    """Alike demands of one place and class."""

    region_code: str
    code: str
    title: str  # the most typical of its titles
    words: tuple[str, ...]  # what their titles share
    orders: tuple[Demand, ...]
    before: int  # how many of the class were there in the days before
    trend: Trend
    reason: str


def grams(text: str) -> frozenset[str]:
    """The pairs of characters of a text; digits say where, not what, and are left out."""
    plain = "".join(char for char in text if char.isalnum() and not char.isdigit())
    if len(plain) < 2:
        return frozenset(plain)
    return frozenset(plain[at : at + 2] for at in range(len(plain) - 1))


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """How much two texts share of all they have: 0 to 1."""
    both = len(one | other)
    return len(one & other) / both if both else 0.0


def groups(
    demands: Iterable[Demand],
    before: dict[tuple[str, str], int],
    texts: ClusterTexts,
) -> tuple[Group, ...]:
    """The clusters, the largest first; ``before`` counts class and place in the days before."""
    by_place: dict[tuple[str, str], list[Demand]] = defaultdict(list)
    for one in demands:
        by_place[(one.region_code, one.code)].append(one)
    found = [
        _group(key, part, before.get(key, 0), texts)
        for key, held in by_place.items()
        if len(held) >= texts.least
        for part in _parts(held, texts)
        if len(part) >= texts.least
    ]
    found.sort(
        key=lambda one: (-len(one.orders), one.region_code, one.code, one.orders[0].order_no)
    )
    return tuple(found[: texts.most])


def _parts(held: Sequence[Demand], texts: ClusterTexts) -> list[list[Demand]]:
    """Demands joined where their words are alike, directly or through another (single link)."""
    ordered = sorted(held, key=lambda one: (one.day, one.order_no), reverse=True)
    compared, rest = ordered[:_MOST_COMPARED], ordered[_MOST_COMPARED:]
    words = [grams(one.title) for one in compared]
    root = list(range(len(compared)))

    def top(at: int) -> int:
        while root[at] != at:
            root[at] = root[root[at]]
            at = root[at]
        return at

    for one in range(len(compared)):
        for other in range(one):
            if top(one) != top(other) and alike(words[one], words[other]) >= texts.likeness:
                high, low = sorted((top(one), top(other)))
                root[low] = high
    parts: dict[int, list[Demand]] = defaultdict(list)
    for at, demand in enumerate(compared):
        parts[top(at)].append(demand)
    made = sorted(parts.values(), key=lambda part: (-len(part), part[0].order_no))
    if rest and made:
        made[0].extend(rest)  # so many of one place and class: they are one matter
    return made


def _group(key: tuple[str, str], part: Sequence[Demand], before: int, texts: ClusterTexts) -> Group:
    trend, words = _trend(len(part), before, texts)
    shared = _shared(part)
    open_ = sum(one.open for one in part)
    said = f"近 {texts.days} 天同一地方同类诉求 {len(part)} 件（未办结 {open_} 件），{words}"
    if shared:
        said += f"；说法共有“{'、'.join(shared)}”"
    return Group(
        region_code=key[0],
        code=key[1],
        title=_typical(part),
        words=shared,
        orders=tuple(part),
        before=before,
        trend=trend,
        reason=said,
    )


def _trend(now: int, before: int, texts: ClusterTexts) -> tuple[Trend, str]:
    """Compared day by day, since the two spans need not be equally long."""
    then = before * texts.days / texts.before
    told = f"此前 {texts.before} 天同类 {before} 件"
    if before == 0:
        return "新出现", told
    if now >= then * texts.grown:
        return "上升", told
    if now * texts.grown <= then:
        return "下降", told
    return "持平", told


def _shared(part: Sequence[Demand]) -> tuple[str, ...]:
    """Pairs of characters that at least two thirds of the titles have."""
    counts: dict[str, int] = defaultdict(int)
    for one in part:
        for gram in grams(one.title):
            counts[gram] += 1
    common = [gram for gram, count in counts.items() if count * 3 >= len(part) * 2]
    return tuple(sorted(common, key=lambda gram: (-counts[gram], gram))[:5])


def _typical(part: Sequence[Demand]) -> str:
    """The title that is most like the others."""
    some = sorted(part, key=lambda one: one.order_no)[:60]
    words = {one.id: grams(one.title) for one in some}
    best = max(
        some,
        key=lambda one: (
            sum(alike(words[one.id], words[other.id]) for other in some),
            one.order_no,
        ),
    )
    return best.title
