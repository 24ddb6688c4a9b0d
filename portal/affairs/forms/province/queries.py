"""What a city or a district sees of the exchange with the province. Always scoped."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from auth import permissions
from auth.principal import Principal
from portal.affairs.forms import desk as forms_desk
from portal.affairs.forms.province import deciding, desk, returning, rules
from portal.affairs.forms.province.tables import province_fetch, province_form, province_return
from portal.affairs.forms.tables import form
from portal.store import divisions
from portal.store.citypack import pack
from portal.store.scope import scoped

MOST = 200
WAITS, ARRIVED, REFUSED, STUCK = "待回传", "已回传", "被退回", "滞留"
_SHOWN: Mapping[str, str] = {
    returning.WAITING: WAITS,
    returning.SENDING: WAITS,
    returning.DELIVERED: ARRIVED,
    returning.REFUSED: REFUSED,
    returning.STUCK: STUCK,
}
_KINDS: Mapping[str, str] = {
    returning.TAKEN: "收表回执",
    returning.SENT_BACK: "退表",
    returning.ANSWERS: "填报回传",
}


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something that did not get through, with the province's words."""

    id: UUID
    what: str
    place: str
    period: str
    turn: int
    state: str
    error: str
    answer_id: UUID | None
    may_resend: bool


@dataclass(frozen=True, kw_only=True)
class Line:
    """One edition of a form of the province."""

    id: UUID
    number: str
    edition: int
    title: str
    state: str
    back: str
    form_id: UUID | None
    faults: tuple[str, ...]
    notes: tuple[str, ...]
    returned: Mapping[str, int]
    may_refuse: bool
    simulated: bool


@dataclass(frozen=True, kw_only=True)
class View:
    """The exchange as it stands."""

    name: str
    simulated: bool
    fetched_at: datetime | None = None
    tried_at: datetime | None = None
    problem: str = ""
    lines: tuple[Line, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    more: int = 0  # troubles that are not listed


def view(principal: Principal) -> View:
    """Forms of the province, how far their answers are on the way back, and what is stuck."""
    permissions.check(principal, forms_desk.VIEW)
    texts = pack().province
    newest = select(province_return).order_by(
        province_return.c.province_form_id, province_return.c.kind, province_return.c.region_code,
        province_return.c.period_from, province_return.c.turn.desc(),
    ).where(province_return.c.state != returning.WITHDRAWN).ext(
        distinct_on(
            province_return.c.province_form_id, province_return.c.kind,
            province_return.c.region_code, province_return.c.period_from,
        )
    ).subquery()  # fmt: skip
    query = select(province_form, form.c.simulated).outerjoin(
        form, form.c.id == province_form.c.form_id
    )
    counting = select(
        newest.c.province_form_id, newest.c.kind, newest.c.state, func.count().label("number")
    ).group_by(newest.c.province_form_id, newest.c.kind, newest.c.state)
    stuck = (
        select(newest, province_form.c.title, form.c.content)
        .join(province_form, province_form.c.id == newest.c.province_form_id)
        .outerjoin(form, form.c.id == province_form.c.form_id)
        .where(newest.c.state.in_((returning.STUCK, returning.REFUSED)))
        .order_by(newest.c.since.desc(), newest.c.region_code)
    )
    with scoped(principal.reach) as connection:
        fetch = connection.execute(select(province_fetch)).first()
        rows = connection.execute(query.order_by(province_form.c.fetched_at.desc())).all()
        numbers = connection.execute(counting).all()
        troubles = connection.execute(stuck).all()
    by_form: dict[UUID, Counter[str]] = {}
    for one in numbers:
        if one.kind == returning.ANSWERS:
            by_form.setdefault(one.province_form_id, Counter())[_SHOWN[one.state]] += one.number
    resend = permissions.allowed(principal, deciding.LOCK)
    return View(
        name=texts.name, simulated=texts.simulated,
        fetched_at=fetch.fetched_at if fetch else None, tried_at=fetch.tried_at if fetch else None,
        problem=(fetch.problem or "") if fetch else "",
        lines=tuple(_line(principal, one, by_form.get(one.id, Counter())) for one in rows),
        troubles=tuple(_trouble(one, resend) for one in troubles[:MOST]),
        more=max(0, len(troubles) - MOST),
    )  # fmt: skip


def _line(principal: Principal, row: Row[Any], returned: Mapping[str, int]) -> Line:
    may = (
        row.state == desk.HELD
        and principal.unit.level == "city"
        and permissions.allowed(principal, deciding.APPROVE)
    )
    return Line(
        id=row.id, number=row.number, edition=row.edition, title=row.title, state=row.state,
        back=row.back, form_id=row.form_id, faults=tuple(row.faults), notes=tuple(row.notes),
        returned=dict(returned), may_refuse=may, simulated=pack().province.simulated,
    )  # fmt: skip


def _trouble(row: Row[Any], resend: bool) -> Trouble:
    cycle = row.content["cycle"] if row.content else ""
    period = rules.period_shown(cycle, row.period_from) if row.period_from else ""
    return Trouble(
        id=row.id, what=f"{_KINDS[row.kind]}《{row.title}》",
        place=divisions.full_name(row.region_code), period=period, turn=row.turn,
        state=_SHOWN[row.state], error=row.error or "", answer_id=row.answer_id,
        may_resend=resend and row.state == returning.STUCK,
    )  # fmt: skip
