"""快报、周报、月报: what came in, of what kind, how it was answered, and how units did.

Built from the measures alone, for a place of one's scope, in the shape that cities publish. A
community's place in anything is nobody's to read: a street's bulletin lists its communities by
their codes, with what came in and no rate.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import Connection, func, select

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.orders import tally
from portal.affairs.orders.tables import order_tally
from portal.affairs.rates import bulletin_findings, bulletin_units, figures, showcases
from portal.affairs.rates.counts import Counts, change, change_words, points, rounded, shares
from portal.affairs.rates.entrants import today
from portal.affairs.rates.paperwork import Bulletin, Grid, Part
from portal.affairs.rates.schemes import RatesError, Version, holding
from portal.affairs.rates.spans import Days, Span
from portal.store import clock, divisions, switches
from portal.store.citypack import pack
from portal.store.scope import scoped

BULLETIN = "orders.bulletin"
ClassNames = Callable[[Iterable[str]], Mapping[str, str]]
_ALIVE = ("试运行", "正式")
_WAITS_SECONDS = 60


def _no_names(codes: Iterable[str]) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What every part of a bulletin is about: a place, its days, and the days to compare with."""

    code: str
    span: Span
    now: Days
    before: Days
    last_year: Days | None
    version: Version

    @property
    def heads(self) -> tuple[str, str]:
        """环比 and 同比 under the names that fit."""
        return ("环比", "同比")


def build(
    principal: Principal, region: str, span: Span, class_names: ClassNames = _no_names
) -> Bulletin:
    """The bulletin of a place for a day, a week or a month, from whoever may make it there."""
    permissions.check(principal, BULLETIN, region)
    place = divisions.find(region)
    if place is None or place.code != region:
        raise RatesError("没有这个区划，请重新选择。")
    if span.starts > today():
        raise RatesError("统计期还没有开始，请选择今天以前的日期。")
    with scoped(principal.reach) as connection:
        frame = _frame(connection, region, span)
        parts = [
            *_overview(connection, frame, place.name),
            _by_part(connection, frame, "二、诉求类型", "orders_received_kind", "类型"),
            _by_part(connection, frame, "三、诉求来源", "orders_received_source", "来源"),
            _topics(connection, frame, class_names),
            *bulletin_units.parts(connection, frame, place),
            *bulletin_findings.parts(connection, region, frame.now),
            showcases.part(connection, region, span),
        ]
        as_of = figures.as_of(connection, frame.now)
    numbered = [_numbered(one, number) for number, one in enumerate(parts)]
    return Bulletin(
        title=f"{place.name}群众诉求办理{span.title}",
        region_code=region,
        region_name=place.name,
        span=span,
        parts=tuple(numbered),
        sources=_sources(),
        missing=tuple(_missing(frame)),
        as_of=as_of,
        made_at=clock.now(),
        made_by=f"{principal.unit.name} {principal.name}",
        simulated=pack().demo is not None,
    )


_NUMBERS = "一二三四五六七八九十"


def _numbered(part: Part, place: int) -> Part:
    bare = part.heading.partition("、")[2] or part.heading
    return Part(
        heading=f"{_NUMBERS[place]}、{bare}", lines=part.lines, grid=part.grid, notes=part.notes
    )


def export(principal: Principal, made: Bulletin, form: str) -> None:
    """Record a download before it is handed over."""
    audit.append(
        action="rates.bulletin",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=made.region_code,
        detail={"period": made.span.text, "form": form},
    )


def _frame(connection: Connection, code: str, span: Span) -> Frame:
    day, year = today(), span.last_year
    return Frame(
        code=code,
        span=span,
        now=span.so_far(day) if not span.finished(day) else span.days,
        before=span.alongside(span.before, day),
        last_year=span.alongside(year, day) if year else None,
        version=holding(connection, span.starts.replace(day=1)),
    )


# -- the whole ------------------------------------------------------------------------------------

_TOTALS = {"received": "受理量", "dispatched": "派单量", "closed": "办结量", "returned": "退单量"}


def _counts(connection: Connection, code: str, days: Days | None) -> Counts | None:
    if days is None:
        return None
    found = figures.of_places(connection, [code], days).get(code)
    return None if found is None or not _any(found) else found


def _any(counts: Counts) -> bool:
    return any(getattr(counts, one.name) for one in fields(counts))


def _overview(connection: Connection, frame: Frame, name: str) -> list[Part]:
    now = _counts(connection, frame.code, frame.now) or Counts()
    before = _counts(connection, frame.code, frame.before)
    last = _counts(connection, frame.code, frame.last_year)
    held = figures.standing_at(
        connection, [figures.OPEN, figures.OVERDUE], [frame.code], frame.now.ends
    )
    open_, late = (held.get((one, frame.code), 0) for one in (figures.OPEN, figures.OVERDUE))
    moved = [
        f"{words}{change_words(change(now.received, other.received if other else None))}"
        for words, other in (("环比", before), ("同比", last))
    ]
    said = "、".join(moved).replace("无可比", "无可比数据")
    line = (
        f"{frame.span.name}，{name}共受理群众诉求{now.received:,}件，{said}；"
        f"办结{now.closed:,}件，期末在办{open_:,}件，其中逾期未办结{late:,}件。"
    )
    totals = tuple(
        (shown, getattr(now, key), *_moves(getattr(now, key), key, before, last))
        for key, shown in _TOTALS.items()
    )
    rows = (*totals, ("期末在办", open_, "—", "—"), ("期末逾期未办结", late, "—", "—"))
    notes = () if frame.span.finished(today()) else ("统计期未结束，环比、同比按相同天数计算",)
    first = Part(
        heading="一、总体情况",
        lines=(line,),
        grid=Grid(heads=("指标", "件数", *frame.heads), rows=rows),
        notes=notes,
    )
    return [first, _rates(frame, now, before, last)]


def _moves(now: int, key: str, *others: Counts | None) -> tuple[str, ...]:
    return tuple(
        change_words(change(now, getattr(other, key) if other else None)) for other in others
    )


def _rates(frame: Frame, now: Counts, before: Counts | None, last: Counts | None) -> Part:
    scheme = frame.version.scheme
    sides = [shares(one or Counts(), scheme.basically_satisfied) for one in (now, before, last)]
    rows: list[tuple[str, ...]] = []
    notes: list[str] = []
    for rate_id, name in _shown_rates(frame).items():
        own = sides[0][rate_id]
        moved = [points(own.percent, other[rate_id].percent) for other in sides[1:]]
        rows.append((name, own.words, own.behind, *moved))
    if 0 < now.sample < scheme.small_sample:
        notes.append(f"有效回访{now.sample}件，样本不足，解决率、满意率仅供参考")
    return Part(
        heading="一比三率",
        grid=Grid(heads=("指标", "本期", "分子/分母", *frame.heads), rows=tuple(rows)),
        notes=(*notes, f"“基本满意”按{scheme.basically_satisfied}折算；方案：{scheme.name}"
               f"（{frame.version.named}）"),
    )  # fmt: skip


def _shown_rates(frame: Frame) -> dict[str, str]:
    return {one.id: one.name for one in frame.version.scheme.rates} | {"returned": "退单率"}


# -- by part --------------------------------------------------------------------------------------


def share(number: int, whole: int) -> Decimal | None:
    """How many per cent of the whole."""
    return rounded(Fraction(number * 100, whole)) if whole else None


def _compared(
    connection: Connection, frame: Frame, measure: str
) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    now, before, last = (
        figures.parts(connection, measure, frame.code, days) if days else dict[str, int]()
        for days in (frame.now, frame.before, frame.last_year)
    )
    return now, before, last


def _by_part(connection: Connection, frame: Frame, heading: str, measure: str, head: str) -> Part:
    now, before, last = _compared(connection, frame, measure)
    whole = sum(now.values())
    order = sorted(now, key=lambda one: (-now[one], one))
    rows = tuple(
        (
            one,
            now[one],
            share(now[one], whole),
            change_words(change(now[one], before.get(one))),
            change_words(change(now[one], last.get(one))),
        )
        for one in order
        if now[one]
    )
    total = ("合计", whole, share(whole, whole), *_sums(whole, before, last))
    return Part(
        heading=heading,
        grid=Grid(heads=(head, "件数", "占比（%）", *frame.heads), rows=(*rows, total)),
    )


def _sums(whole: int, *others: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(change_words(change(whole, sum(one.values()))) for one in others)


def _topics(connection: Connection, frame: Frame, class_names: ClassNames) -> Part:
    """The classes most asked about, each with its share of all demands."""
    now, before, last = _compared(connection, frame, "orders_received_class")
    whole = figures.received(connection, [frame.code], frame.now).get(frame.code, 0)
    second = {code: number for code, number in now.items() if "." in code and number > 0}
    most = pack().evaluation.bulletin.hot_topics
    hot = sorted(second, key=lambda one: (-second[one], one))[:most]
    names = class_names(hot)
    rows = tuple(
        (
            names.get(code, code),
            second[code],
            share(second[code], whole),
            change_words(change(second[code], before.get(code))),
            change_words(change(second[code], last.get(code))),
        )
        for code in hot
    )
    unclassed = whole - sum(second.values())
    notes = (f"另有{unclassed:,}件尚未归入二级分类",) if unclassed > 0 else ()
    return Part(
        heading="热点问题",
        grid=Grid(heads=("事项（二级分类）", "件数", "占比（%）", *frame.heads), rows=rows),
        notes=notes,
    )


# -- where it comes from --------------------------------------------------------------------------


def _sources() -> tuple[str, ...]:
    names = "、".join(one.name for one in pack().evaluation.sources) or "本平台工单"
    return (f"{names}的诉求工单，经本平台逐日汇总（本系统测得）",)


def _missing(frame: Frame) -> list[str]:
    """What is not in these numbers: systems that are not joined, changes not yet counted."""
    found = []
    sites = {one.id: one for one in pack().systems}
    with scoped(switches.SERVICE) as connection:
        decided = switches.current(connection)
    for one in pack().evaluation.sources:
        if not one.system:
            continue
        site = sites.get(one.system)
        mode = (
            decided[one.system].mode if one.system in decided else site.mode if site else "未接入"
        )
        if mode not in _ALIVE:
            found.append(f"{one.name}的业务系统{mode}，经它转来的诉求可能不全")
    with scoped(tally.SERVICE) as connection:
        waits = connection.execute(
            select(func.count(), func.min(order_tally.c.at)).select_from(order_tally)
        ).one()
    if waits[0] and (clock.now() - waits[1]).total_seconds() > _WAITS_SECONDS:
        found.append(f"有{waits[0]:,}批工单变动尚未计入")
    return found
