"""From counts to standings under a scheme: scores, places and zones. Pure; units only.

A unit of which a scoring rate has no sample has no score and no place: neither a perfect one nor a
bad one. Units that show the same score share a place, and no tie is ever split by a limit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from portal.affairs.rates.counts import NO_SAMPLE, SMALL_SAMPLE, Counts, Share, rounded, shares
from portal.store.scheme_texts import Scheme, ZoneRules

Zone = Literal["蓝区", "黄区", "红区"]
BLUE: Zone = "蓝区"
YELLOW: Zone = "黄区"
RED: Zone = "红区"
_WORSE = {BLUE: 0, YELLOW: 1, RED: 2}


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """A unit of a league with what was counted, and its last scores, the newest first."""

    id: str
    name: str
    region_code: str
    counts: Counts
    before: tuple[Decimal | None, ...] = ()
    population: int | None = None
    received_before: int | None = None
    received_last_year: int | None = None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a unit stands and why."""

    entrant: Entrant
    rates: Mapping[str, Share]
    score: Decimal | None
    flag: str  # 无样本, 样本不足, or nothing
    place: int | None
    zone: Zone | None
    reasons: tuple[str, ...]

    @property
    def ranked(self) -> bool:
        """Whether the unit takes part."""
        return self.place is not None


def score(rates: Mapping[str, Share], scheme: Scheme) -> Decimal | None:
    """综合得分; a rate above 100 % counts as 100, one without a sample leaves no score."""
    total = Fraction(0)
    for one in scheme.scoring:
        value = rates[one.id].value
        if value is None:
            return None
        total += Fraction(one.weight) * min(value, Fraction(1))
    return rounded(total)


def parts(rates: Mapping[str, Share], scheme: Scheme) -> tuple[tuple[str, Decimal | None], ...]:
    """What each scoring rate brings to the score."""
    found: list[tuple[str, Decimal | None]] = []
    for one in scheme.scoring:
        value = rates[one.id].value
        brought = None if value is None else rounded(Fraction(one.weight) * min(value, Fraction(1)))
        found.append((one.name, brought))
    return tuple(found)


def places(scores: Mapping[str, Decimal]) -> dict[str, int]:
    """The place of each: as many are better, plus one."""
    return {name: 1 + sum(other > own for other in scores.values()) for name, own in scores.items()}


def bottom(scores: Mapping[str, Decimal], percent: int) -> frozenset[str]:
    """The lowest so many per cent, rounded down; who ties with a better one is not among them."""
    most = len(scores) * percent // 100
    return frozenset(
        name
        for name, own in scores.items()
        if sum(other <= own for other in scores.values()) <= most
    )


def falling(now: Decimal, before: Sequence[Decimal | None]) -> int:
    """How many periods running the score fell up to now."""
    later, count = now, 0
    for earlier in before:
        if earlier is None or later >= earlier:
            break
        later, count = earlier, count + 1
    return count


def _grounds(
    own: Decimal, entrant: Entrant, rules: ZoneRules, *, lowest: bool
) -> list[tuple[Zone, str]]:
    counts, found = entrant.counts, list[tuple[Zone, str]]()
    if own < rules.yellow_from:
        found.append((RED, f"综合得分{own}，低于{rules.yellow_from}"))
    elif own < rules.blue_from:
        found.append((YELLOW, f"综合得分{own}，在{rules.yellow_from}至{rules.blue_from}之间"))
    if lowest:
        found.append((RED, f"得分在同类单位的后{rules.bottom_percent}%"))
    if rules.urgent_overdue_is_red and counts.urgent_late:
        found.append((RED, f"紧急工单逾期未办结{counts.urgent_late}件"))
    if rules.blue_without_overdue and counts.overdue:
        found.append((YELLOW, f"超期{counts.overdue}件"))
    fell = falling(own, entrant.before)
    if rules.falls_to_yellow and fell >= rules.falls_to_yellow:
        found.append((YELLOW, f"得分连续{fell}期下降"))
    return found


def zone(
    own: Decimal, entrant: Entrant, rules: ZoneRules, *, lowest: bool
) -> tuple[Zone, tuple[str, ...]]:
    """The zone, and every ground for it, the weightiest first; the worst ground decides."""
    found = _grounds(own, entrant, rules, lowest=lowest)
    if not found:
        return BLUE, (f"综合得分{own}，不低于{rules.blue_from}，没有其他情形",)
    found.sort(key=lambda one: -_WORSE[one[0]])
    return found[0][0], tuple(f"{word}（{to}）" for to, word in found)


def rule_words(scheme: Scheme) -> tuple[str, ...]:
    """The zone rules as they stand, to be read beside the zones."""
    rules = scheme.zones
    blue, clean = f"综合得分{rules.blue_from}以上", "且没有超期工单"
    yellow = [f"得分{rules.yellow_from}至{rules.blue_from}"]
    red = [f"得分低于{rules.yellow_from}"]
    if rules.blue_without_overdue:
        blue += clean
        yellow.append("有超期工单")
    if rules.falls_to_yellow:
        yellow.append(f"得分连续{rules.falls_to_yellow}期下降")
    if rules.bottom_percent:
        red.append(f"同类单位后{rules.bottom_percent}%（舍去零头，并列的不拆开）")
    if rules.urgent_overdue_is_red:
        red.append("期末有紧急工单逾期未办结（期内逾期后已办结的，计入超期和按时办结率）")
    apart = "照常参加" if scheme.small_sample_ranked else "不参加排位、不分区"
    return (
        f"蓝区（好）：{blue}",
        f"黄区：{'，或'.join(yellow)}",
        f"红区：{'，或'.join(red)}",
        f"有效回访少于{scheme.small_sample}件为样本不足，{apart}；没有案件的指标为“无样本”，不计100%",
    )


def _flag(entrant: Entrant, own: Decimal | None, scheme: Scheme) -> str:
    if own is None:
        return NO_SAMPLE
    asked = any(one.id in ("resolved", "satisfied") for one in scheme.scoring)
    return SMALL_SAMPLE if asked and entrant.counts.sample < scheme.small_sample else ""


def _apart(flag: str, rates: Mapping[str, Share], entrant: Entrant, scheme: Scheme) -> str:
    """Why a unit has no place."""
    if flag == SMALL_SAMPLE:
        return f"有效回访{entrant.counts.sample}件，少于{scheme.small_sample}件，不参加排位"
    missing = [one.name for one in scheme.scoring if rates[one.id].value is None]
    return f"{'、'.join(missing)}没有样本，不计得分"


def stand(entrants: Iterable[Entrant], scheme: Scheme, *, zones: bool = True) -> list[Standing]:
    """The league: who takes part by place, then who does not, by region."""
    held = list(entrants)
    rates = {one.id: shares(one.counts, scheme.basically_satisfied) for one in held}
    scores = {one.id: score(rates[one.id], scheme) for one in held}
    flags = {one.id: _flag(one, scores[one.id], scheme) for one in held}
    taking_part = {
        name: own
        for name, own in scores.items()
        if own is not None and (not flags[name] or scheme.small_sample_ranked)
    }
    place, lowest = places(taking_part), bottom(taking_part, scheme.zones.bottom_percent)
    made = []
    for one in held:
        own = taking_part.get(one.id)
        where: Zone | None = None
        if own is None:
            reasons: tuple[str, ...] = (_apart(flags[one.id], rates[one.id], one, scheme),)
        elif zones:
            where, reasons = zone(own, one, scheme.zones, lowest=one.id in lowest)
        else:
            reasons = ()
        made.append(
            Standing(
                entrant=one,
                rates=rates[one.id],
                score=scores[one.id],
                flag=flags[one.id],
                place=place.get(one.id),
                zone=where,
                reasons=reasons,
            )
        )
    return sorted(
        made,
        key=lambda one: (
            one.place is None,
            one.place or 0,
            one.entrant.region_code,
            one.entrant.id,
        ),
    )
