"""What a bulletin says of units: what came in where, their rates, who did well and who did not."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from portal.affairs.rates import figures, league
from portal.affairs.rates.counts import Counts, change, change_words, per_10k, rounded
from portal.affairs.rates.entrants import LEAGUES, OF_DEPARTMENTS, departments, members
from portal.affairs.rates.paperwork import Grid, Part
from portal.affairs.rates.spans import Days
from portal.affairs.rates.standings import Entrant, Standing, stand
from portal.affairs.rates.standings import parts as parts_of_score
from portal.store import divisions
from portal.store.citypack import pack
from portal.store.divisions import Division
from portal.store.scheme_texts import League

if TYPE_CHECKING:
    from portal.affairs.rates.bulletin import Frame

# level of the place -> the leagues of its units: those of places, those of departments
_BELOW: dict[str, tuple[League, League]] = {
    "city": ("district", "city_department"),
    "district": ("street", "district_department"),
}
_RATES = ("responded", "resolved", "satisfied", "on_time", "returned")


def parts(connection: Connection, frame: "Frame", place: Division) -> list[Part]:
    """The units below a place; of a street only what came in where; of a community nothing."""
    if place.level == "street":
        return [_communities(connection, frame, place)]
    if place.level not in _BELOW:
        return []
    of_places, of_departments = _BELOW[place.level]
    places = _stood(connection, frame, of_places, place.code)
    departments = _stood(connection, frame, of_departments, place.code)
    return [
        _places(connection, frame, places, place),
        _departments(frame, departments, LEAGUES[of_departments]),
        _ends(connection, frame, {of_places: places, of_departments: departments}),
    ]


def _stood(connection: Connection, frame: "Frame", name: League, code: str) -> list[Standing]:
    """The units of a kind inside a place, beside each other for the days of the bulletin.

    A whole closed month is read as it was closed, with places among all units of the kind.
    """
    if _closed(connection, frame):
        table = league.written(connection, name, frame.span)
        return [one for one in table.standings if one.entrant.region_code.startswith(code)]
    entrants = _filled(connection, name, frame.now, members(connection, name, [code]))
    return stand(entrants, frame.version.scheme, zones=False)


def _closed(connection: Connection, frame: "Frame") -> bool:
    return frame.span.kind == "月" and league.closed(connection, frame.span.starts)


def _filled(
    connection: Connection, name: League, days: Days, found: list[Entrant]
) -> list[Entrant]:
    if name in OF_DEPARTMENTS:
        return departments(connection, days, found)
    codes = [one.region_code for one in found]
    counts = figures.of_handlers(connection, codes, days)
    return [replace(one, counts=counts.get(one.region_code, Counts())) for one in found]


def _percents(one: Standing) -> tuple[Decimal | str, ...]:
    return tuple(
        one.rates[rate].words
        if one.rates[rate].percent is None
        else one.rates[rate].percent or Decimal(0)
        for rate in _RATES
    )


def _names(frame: "Frame") -> tuple[str, ...]:
    scheme = frame.version.scheme
    known = {one.id: one.name for one in scheme.rates} | {"returned": "退单率"}
    fallback = {"responded": "响应率", "resolved": "解决率", "satisfied": "满意率",
                "on_time": "按时办结率"}  # fmt: skip
    return tuple(f"{known.get(one, fallback.get(one, one))}（%）" for one in _RATES)


def _places(
    connection: Connection, frame: "Frame", found: Sequence[Standing], place: Division
) -> Part:
    """What came in by place and how its units did, in the order of the divisions."""
    codes = [one.entrant.region_code for one in found]
    now = figures.received(connection, codes, frame.now)
    before = figures.received(connection, codes, frame.before)
    whole = figures.received(connection, [place.code], frame.now).get(place.code, 0)
    rows = []
    for one in sorted(found, key=lambda one: one.entrant.region_code):
        code = one.entrant.region_code
        number = now.get(code, 0)
        rows.append(
            (
                one.entrant.name,
                number,
                rounded(Fraction(number * 100, whole)) if whole else None,
                change_words(change(number, before.get(code))),
                per_10k(number, one.entrant.population),
                *_percents(one),
                one.score if one.score is not None else one.flag,
            )
        )
    heads = ("单位", "受理量", "占比（%）", "环比", "万人诉求比", *_names(frame), "综合得分")
    notes = ["受理量按诉求发生地计；各率按辖区内全部承办单位计，含所属部门和社区（村）"]
    elsewhere = whole - sum(now.values())
    if elsewhere > 0:
        notes.append(f"另有{elsewhere:,}件发生地不在上列单位（含仅统计区域和只记到本级的）")
    return Part(
        heading=f"{_kind(place)}办理情况",
        grid=Grid(heads=heads, rows=tuple(rows)),
        notes=tuple(notes),
    )


def _kind(place: Division) -> str:
    return LEAGUES[_BELOW[place.level][0]]


def _departments(frame: "Frame", found: Sequence[Standing], kind: str) -> Part:
    rows = tuple(
        (
            one.entrant.name,
            one.entrant.counts.dispatched,
            *_percents(one),
            one.score if one.score is not None else one.flag,
        )
        for one in sorted(found, key=lambda one: (one.entrant.region_code, one.entrant.id))
    )
    return Part(
        heading=f"{kind}办理情况",
        lines=() if rows else ("本期没有派给这类单位的工单。",),
        grid=Grid(heads=("单位", "派单量", *_names(frame), "综合得分"), rows=rows)
        if rows
        else None,
    )


def _communities(connection: Connection, frame: "Frame", place: Division) -> Part:
    """By their codes, with what came in: no rate, no order by number."""
    below = [one for one in divisions.children(place.code) if not one.statistics_only]
    codes = [one.code for one in below]
    now = figures.received(connection, codes, frame.now)
    whole = figures.received(connection, [place.code], frame.now).get(place.code, 0)
    rows = tuple(
        (one.name, now.get(one.code, 0)) for one in sorted(below, key=lambda one: one.code)
    )
    notes = ["按区划代码排列，不作排名"]
    if (elsewhere := whole - sum(now.values())) > 0:
        notes.append(f"另有{elsewhere:,}件只记到本乡镇（街道）")
    return Part(
        heading="社区（村）受理量",
        grid=Grid(heads=("社区（村）", "受理量"), rows=rows),
        notes=tuple(notes),
    )


def _ends(connection: Connection, frame: "Frame", found: dict[League, list[Standing]]) -> Part:
    """Who is in front and who has to catch up, and why; small samples are not named."""
    lines: list[str] = []
    most = pack().evaluation.bulletin.ends_of_league
    for name, standings in found.items():
        ranked = [one for one in standings if one.ranked]
        many = min(most, len(ranked) // 2)
        if not many:
            continue
        kind = LEAGUES[name]
        lines.append(f"{kind}靠前：" + "；".join(_said(one, frame) for one in ranked[:many]) + "。")
        lines.append(
            f"{kind}靠后："
            + "；".join(_said(one, frame) for one in reversed(ranked[-many:]))
            + "。"
        )
        apart = len(standings) - len(ranked)
        if apart:
            lines.append(f"{kind}另有{apart}个单位样本不足或无样本，不参加排位。")
    closed = _closed(connection, frame)
    note = "按结账时的方案和数字" if closed else "统计期未结账，按现有数据测算，不作考评依据"
    return Part(
        heading="点评",
        lines=tuple(lines) or ("本期参加排位的单位不足，不作点评。",),
        notes=(note, "只比单位，不比个人和社区（村）"),
    )


def _said(one: Standing, frame: "Frame") -> str:
    brought = "、".join(
        f"{name}{value}分" for name, value in parts_of_score(one.rates, frame.version.scheme)
    )
    zone = f"，{one.zone}" if one.zone else ""
    return f"{one.entrant.name}{one.score}分（{brought}{zone}）"
