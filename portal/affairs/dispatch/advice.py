"""一派到位: which unit a demand should go to, why, and whether the suggestion was followed.

The past is asked place by place, the nearest first, and never more than some hundred orders of the
same class: the time it takes does not grow with the number of orders.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, or_, select, text

from auth import permissions
from auth.principal import Principal
from auth.tables import unit
from portal.affairs.dispatch import reads, rules
from portal.affairs.dispatch.rules import Guess, Line, Lists, Past, Question
from portal.affairs.dispatch.tables import order_advice
from portal.affairs.dispatch.words import CATALOGUE, CLASSES, DUTIES, TOWNSHIP, DispatchError
from portal.affairs.orders import desk as orders
from portal.affairs.orders import tally, units
from portal.affairs.orders.tables import work_order
from portal.store import clock, divisions
from portal.store.citypack import pack
from portal.store.scope import acting_as, scoped, together

DISPATCH = "orders.dispatch"
_WIDTH = {"市级": 4, "区县级": 6, "乡镇（街道）级": 9, "社区（村）级": 12}
_LEVEL_OF = {4: "city", 6: "district", 9: "street", 12: "community"}
_ENOUGH = 20  # so many alike orders nearby, and nobody looks further away
_STAGES = ((12, 60), (9, 10), (6, 3))  # digits shared with the place, orders taken of each place


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A unit as it is offered."""

    unit_id: str
    unit_name: str
    points: int
    reasons: tuple[str, ...]
    helpers: tuple[tuple[str, str], ...]  # id and name
    entry_id: int | None


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What is suggested for a demand, and by which versions of the lists."""

    code: str
    class_name: str
    guesses: tuple[Guess, ...]  # where the demand has no class yet
    offered: tuple[Offered, ...]
    versions: tuple[UUID, ...]
    version_words: tuple[str, ...]
    notes: tuple[str, ...]


def suggest(principal: Principal, order_id: UUID) -> Advice:
    """The suggestion for an order that one may dispatch."""
    permissions.check(principal, DISPATCH)
    with scoped(principal.reach) as connection:
        row = connection.execute(select(work_order).where(work_order.c.id == order_id)).first()
        if row is None:
            raise DispatchError("没有找到这件工单，可能不在本岗位的管辖范围。")
        return _advise(
            connection,
            code=row.category or "",
            region_code=row.region_code,
            title=row.title,
            content=row.content,
            against=row.against_unit,
        )


def suggest_for(
    principal: Principal, *, code: str, region_code: str, title: str, content: str = ""
) -> Advice:
    """The suggestion while a demand is still being written down."""
    permissions.check(principal, DISPATCH)
    with scoped(principal.reach) as connection:
        return _advise(connection, code=code, region_code=region_code, title=title,
                       content=content, against=None)  # fmt: skip


def _advise(
    connection: Connection,
    *,
    code: str,
    region_code: str,
    title: str,
    content: str,
    against: str | None,
) -> Advice:
    texts, words = pack().dispatch.advice, f"{title}\n{content}"
    classes = reads.classes(connection, region_code)
    names = {one.entry.code: one.entry.name for one in classes}
    guesses = () if code in names else rules.classify(words, [one.entry for one in classes])
    code = code if code in names else (guesses[0].code if guesses else "")
    versions, held = lists(connection, region_code)
    question = Question(code=code, region_code=region_code, text=words,
                        never=_never(connection, against))  # fmt: skip
    places = Places(connection, region_code)
    past = _past(connection, code, region_code, title) if code else []
    ranked = rules.rank(question, held, past, places.resolve, texts)
    called = _names(connection, [u for one in ranked for u in (one.unit_id, *one.helpers)])
    return Advice(
        code=code,
        class_name=names.get(code, ""),
        guesses=guesses,
        offered=tuple(
            Offered(
                unit_id=one.unit_id,
                unit_name=called.get(one.unit_id, one.unit_id),
                points=one.points,
                reasons=one.reasons,
                helpers=tuple((h, called.get(h, h)) for h in one.helpers),
                entry_id=one.entry_id,
            )
            for one in ranked
        ),
        versions=tuple(one.id for one in versions),
        version_words=tuple(f"{one.label} 第 {one.number} 版" for one in versions),
        notes=_notes(question, held, ranked),
    )


def _notes(question: Question, lists: Lists, ranked: Sequence[Any]) -> tuple[str, ...]:
    notes = []
    if not question.code:
        notes.append("没有事项分类，也不能从内容判断，请先选择分类。")
    elif not ranked:
        notes.append("派单目录和以往办理中都没有可建议的单位，请提请会商或兜底派单。")
    if entry := rules.helped(question, lists):
        notes.append(f"乡镇（街道）职责清单：{entry.name}为配合履职，应由牵头部门承办。")
    return tuple(notes)


def _never(connection: Connection, against: str | None) -> frozenset[str]:
    """The unit that is complained about, and what stands below it, are not suggested."""
    about = units.find(connection, against)
    if about is None:
        return frozenset()
    narrower = select(unit.c.id).where(
        or_(unit.c.id == about.id, unit.c.region_code.startswith(about.region_code + "0"))
    )
    below = set(connection.execute(narrower).scalars()) if about.kind == "government" else set()
    return frozenset({about.id, *below})


def lists(connection: Connection, region_code: str) -> tuple[tuple[reads.Version, ...], Lists]:
    """The versions that count at the place today, and their entries."""
    found = {kind: reads.counting(connection, kind, region_code)
             for kind in (CATALOGUE, DUTIES, TOWNSHIP)}  # fmt: skip
    lines = {
        kind: [
            Line(id=held.id, region_code=held.region_code, entry=held.entry)
            for version in those
            for held in reads.entries(connection, version)
        ]
        for kind, those in found.items()
    }
    classes = reads.counting(connection, CLASSES, region_code)[:1]
    asked = (*classes, *(one for those in found.values() for one in those))
    return asked, Lists(catalogue=lines[CATALOGUE], duties=lines[DUTIES], township=lines[TOWNSHIP])


class Places:
    """The units of one place: who is meant by a line of work or by 属地 here."""

    def __init__(self, connection: Connection, region_code: str) -> None:
        self._code = region_code
        regions = [region_code[:width] for width in (4, 6, 9, 12) if len(region_code) >= width]
        query = select(unit.c.id, unit.c.kind, unit.c.line, unit.c.region_code).where(
            unit.c.region_code.in_(regions), unit.c.status == "active"
        )
        self._rows = connection.execute(query.order_by(unit.c.id)).all()
        self._connection = connection

    def resolve(self, target: str, level: str) -> str | None:
        """The unit that a target means here at a level."""
        kind, _, what = target.partition(":")
        width = _WIDTH.get(level, 4)
        if kind == "unit":
            return what if units.find(self._connection, what) else None
        if kind == "place":
            width = {"district": 6, "street": 9, "community": 12}[what]
            ours = {"community"} if what == "community" else {"government"}
            return self._first(lambda row: row.kind in ours, width)
        return self._first(lambda row: row.line == what and bool(what), width)

    def _first(self, wanted: Any, width: int) -> str | None:
        if len(self._code) < width:
            return None
        at = self._code[:width]
        return next((row.id for row in self._rows if row.region_code == at and wanted(row)), None)


def _names(connection: Connection, ids: Sequence[str]) -> Mapping[str, str]:
    return {one.id: one.name for one in units.known(connection, ids).values()}


# -- the past -------------------------------------------------------------------------------------

# The newest of each place by the index on (category, region_code, closed_at); never a whole class.
_LIKE = text(
    """
    SELECT o.order_no, o.title, o.unit_id, o.region_code,
           similarity(o.title, :title) AS likeness
      FROM unnest(cast(:places AS text[])) AS place (code)
     CROSS JOIN LATERAL (
           SELECT order_no, title, unit_id, region_code
             FROM work_order w
            WHERE w.category = :category AND w.region_code = place.code COLLATE "C"
              AND w.closed_at IS NOT NULL AND w.closed_at >= :since
              AND w.dispatched_at IS NOT NULL AND w.merged_into IS NULL
            ORDER BY w.closed_at DESC
            LIMIT :each) AS o
    """
)


def _places(region_code: str, width: int) -> list[str]:
    """The places whose past is asked: the community, its street's, its district's."""
    at = region_code[:width]
    if width == 12 or len(region_code) < width:
        return [region_code] if len(region_code) <= 12 else [region_code[:12]]
    return [at, *(one.code for one in divisions.below(at, "street") if len(at) < 9),
            *(one.code for one in divisions.below(at, "community"))]  # fmt: skip


def _past(connection: Connection, code: str, region_code: str, title: str) -> list[Past]:
    texts = pack().dispatch.advice
    since = clock.now() - timedelta(days=texts.months * 30)
    found: dict[str, Past] = {}
    for width, each in _STAGES:
        given = {"title": title[:200], "places": _places(region_code, width),
                 "category": code, "since": since, "each": each}  # fmt: skip
        for row in connection.execute(_LIKE, given):
            past = Past(
                order_no=row.order_no,
                title=row.title,
                unit_id=row.unit_id,
                likeness=float(row.likeness),
                shared=_shared(row.region_code, region_code),
            )
            found.setdefault(past.order_no, past)
        if sum(one.likeness >= texts.likeness for one in found.values()) >= _ENOUGH:
            break
    return list(found.values())


def _shared(one: str, other: str) -> int:
    return next((w for w in (12, 9, 6, 4) if len(one) >= w and one[:w] == other[:w]), 0)


# -- dispatching by it ----------------------------------------------------------------------------


def dispatch(
    principal: Principal,
    order_id: UUID,
    advice: Advice,
    *,
    unit_id: str,
    helpers: Sequence[str] = (),
    words: str = "",
    version: int | None,
) -> None:
    """Give the order to a unit and keep what had been suggested; both or neither.

    The order takes over the class that the suggestion was made for.
    """
    form: dict[str, Any] = {"unit": unit_id, "words": words}
    if helpers:
        form["units"] = list(helpers)
    if advice.code:
        form["category"] = advice.code
    with together(principal.reach):
        orders.act(principal, order_id, "dispatch", form, version)
        with scoped(principal.reach) as connection:
            _keep(connection, principal, order_id, advice, unit_id)


def _keep(
    connection: Connection, principal: Principal, order_id: UUID, advice: Advice, unit_id: str
) -> None:
    ids = [one.unit_id for one in advice.offered]
    rank = ids.index(unit_id) + 1 if unit_id in ids else None
    at = clock.now()
    shown = replace(advice, guesses=())
    connection.execute(
        insert(order_advice).values(
            order_id=order_id,
            at=at,
            by_unit=principal.unit.id,
            actor=principal.login,
            version_ids=list(advice.versions),
            suggested=ids[0] if ids else None,
            chosen=unit_id,
            rank=rank,
            shown={"code": shown.code, "offered": [asdict(one) for one in shown.offered]},
            catalogue_entry=advice.offered[rank - 1].entry_id if rank else None,
        )
    )
    if not ids:
        return
    with acting_as(connection, tally.SERVICE.actor):
        own = units.find(connection, principal.unit.id)
        region = connection.execute(
            select(work_order.c.region_code).where(work_order.c.id == order_id)
        ).scalar_one()
        taken = int(rank == 1)
        changes = [tally.note("orders_advised", region, "", at, taken, 1)]
        if own is not None:
            changes.append(tally.of_unit("orders_advised", own, at, taken, 1))
        tally.keep(connection, changes, at, order_id)
