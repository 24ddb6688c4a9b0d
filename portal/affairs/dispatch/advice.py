"""一派到位: which unit a demand should go to, why, and whether the suggestion was followed.

The past is asked place by place, the nearest first, and never more than some hundred orders of the
same class: the time it takes does not grow with the number of orders.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, or_, select

from auth import permissions
from auth.principal import Principal
from auth.tables import unit
from portal.affairs.dispatch import reads, rules
from portal.affairs.dispatch.places import Places, past_of
from portal.affairs.dispatch.rules import Guess, Line, Lists, Question
from portal.affairs.dispatch.tables import order_advice
from portal.affairs.dispatch.words import CATALOGUE, CLASSES, DUTIES, TOWNSHIP, DispatchError, Kind
from portal.affairs.orders import desk as orders
from portal.affairs.orders import tally, units
from portal.affairs.orders.tables import work_order
from portal.store import clock
from portal.store.citypack import pack
from portal.store.scope import acting_as, scoped, together

DISPATCH = "orders.dispatch"


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
    counting = reads.all_counting(connection, region_code)
    classes = [
        one for version in counting[CLASSES][:1] for one in reads.entries(connection, version)
    ]
    names = {one.entry.code: one.entry.name for one in classes}
    guesses = () if code in names else rules.classify(words, [one.entry for one in classes])
    code = code if code in names else (guesses[0].code if guesses else "")
    versions, held = lists(connection, counting)
    question = Question(code=code, region_code=region_code, text=words,
                        never=_never(connection, against))  # fmt: skip
    places = Places(connection, region_code)
    past = past_of(connection, code, region_code, title) if code else []
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


def lists(
    connection: Connection, counting: Mapping[Kind, Sequence[reads.Version]]
) -> tuple[tuple[reads.Version, ...], Lists]:
    """The versions that are asked, and their entries."""
    lines = {kind: _lines(connection, counting[kind]) for kind in (CATALOGUE, DUTIES, TOWNSHIP)}
    asked = (
        *counting[CLASSES][:1],
        *(one for kind in (CATALOGUE, DUTIES, TOWNSHIP) for one in counting[kind]),
    )
    return asked, Lists(catalogue=lines[CATALOGUE], duties=lines[DUTIES], township=lines[TOWNSHIP])


def _lines(connection: Connection, versions: Sequence[reads.Version]) -> list[Line]:
    return [
        Line(id=held.id, region_code=held.region_code, entry=held.entry)
        for version in versions
        for held in reads.entries(connection, version)
    ]


def _names(connection: Connection, ids: Sequence[str]) -> Mapping[str, str]:
    return {one.id: one.name for one in units.known(connection, ids).values()}


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
