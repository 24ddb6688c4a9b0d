"""The two sweeps over many orders at once come to what the rules say of each order alone.

Any stages a city could write, any limits (by level, working or calendar days, holidays and days
worked instead), any state, two rounds at any hours: the statement is held against the pure rules.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, update

from portal.affairs.orders import sweep as orders_sweep
from portal.affairs.orders import tally, units
from portal.affairs.orders.book import flow
from portal.affairs.orders.rules import due_at
from portal.affairs.orders.tables import order_event, order_tally, work_order
from portal.affairs.orders.tally import SERVICE
from portal.affairs.supervision import reminding, rules
from portal.affairs.supervision import sweep as supervision_sweep
from portal.affairs.supervision.tables import order_warning, supervision_sheet
from portal.store import clock
from portal.store.citypack import CityPack, pack
from portal.store.dispatch_texts import Colour, Rung, Stage, SupervisionTexts
from portal.store.order_texts import DayRule
from portal.store.scope import scoped
from portal.store.work_texts import HolidayYear
from tests.orders import world

FIRST = date(2026, 9, 21)
DAYS = st.dates(FIRST, FIRST + timedelta(days=20))
STREET = f"gov-{world.STREET}"
DEPARTMENT, DESK, CENTRE = "dept-civil", "dept-990102-command", "dept-command"
UNITS = (STREET, DEPARTMENT, DESK, CENTRE)
Warning_ = tuple[UUID, str, str, bool]  # order, stage, unit, told
Order = Mapping[str, Any]


@st.composite
def _stages(draw: st.DrawFn) -> tuple[Stage, ...]:
    hours = st.integers(-60, 120)
    return tuple(
        Stage(
            id=f"stage_{'abcd'[place]}",
            name=f"阶段{place}",
            colour=draw(st.sampled_from(get_args(Colour))),
            hours=draw(hours),
            by_urgency=draw(st.dictionaries(st.sampled_from(["1", "2", "3", "4"]), hours)),
            day=draw(st.booleans()),
            to=tuple(draw(st.sets(st.sampled_from(get_args(Rung)), min_size=1, max_size=3))),
            sheet=draw(st.booleans()),
        )
        for place in range(draw(st.integers(1, 4)))
    )


@st.composite
def _orders(draw: st.DrawFn) -> list[dict[str, Any]]:
    states = sorted(flow().states)
    clocked = sorted(flow().clocked)  # half of them run, whatever the number of states
    years = (HolidayYear(year=2026, off=draw(st.frozensets(DAYS)), work=draw(st.frozensets(DAYS))),)
    texts = pack().orders
    made = []
    for _ in range(draw(st.integers(1, 8))):
        urgency = draw(st.integers(1, 4))
        rule: DayRule = draw(st.sampled_from(get_args(DayRule)))
        begun = datetime.combine(draw(DAYS), time(), UTC)
        begun += timedelta(minutes=draw(st.integers(0, 1439)))
        state = draw(st.sampled_from(clocked) | st.sampled_from(states))
        ends = due_at(begun, urgency, rule, texts, years)
        due = draw(st.sampled_from([ends, ends, ends, None]))
        made.append(_row(draw, state=state, urgency=urgency, rule=rule, begun=begun, due=due))
    return made


def _row(
    draw: st.DrawFn, *, state: str, urgency: int, rule: str, begun: datetime, due: datetime | None
) -> dict[str, Any]:
    unit = draw(st.sampled_from(UNITS))
    done = flow().states[state].group == "done"
    more = timedelta(hours=draw(st.integers(1, 200)))
    return {
        "source": "12345", "master": "本平台为主", "kind": "投诉", "category": "",
        "title": "楼道堆放杂物", "content": "三单元楼道长期堆放杂物。", "place": "三单元",
        "region_code": world.PLACE,
        "urgency": urgency, "unit_id": unit, "lead_unit": unit,
        "dispatch_unit": draw(st.sampled_from([CENTRE, DESK])), "seat_units": [unit],
        "against_unit": draw(st.sampled_from([None, None, *UNITS])), "state": state,
        "state_since": begun, "received_at": begun, "limit_from": begun, "due_at": due,
        "extended_due_at": due + more if due and draw(st.booleans()) else None,
        "day_rule": rule, "closed_at": begun if done else None, "simulated": "test",
    }  # fmt: skip


# -- each order alone, by the pure rules ----------------------------------------------------------


def _deadline(one: Order) -> datetime | None:
    return one["extended_due_at"] or one["due_at"]


def _runs(one: Order) -> bool:
    return one["closed_at"] is None and flow().states[one["state"]].clock


def _to(one: Order, rung: Rung) -> str:
    own = {"承办单位": "unit_id", "派单单位": "dispatch_unit"}.get(rung)
    if own:
        return str(one[own])
    return units.desk_of(one["region_code"], rules.rung_level(rung) or "")


def _warned(
    one: Order, stages: Sequence[Stage], now: datetime, known: set[tuple[UUID, str, str]]
) -> Iterator[Warning_]:
    deadline = _deadline(one)
    if deadline is None or not _runs(one):
        return
    come = rules.come(stages, deadline, one["urgency"], now)
    for stage in come:
        for unit in {_to(one, rung) for rung in stage.to} - {one["against_unit"]}:
            if (one["id"], stage.id, unit) not in known:
                yield one["id"], stage.id, unit, stage == come[-1]


def _late(one: Order, now: datetime) -> bool:
    deadline = _deadline(one)
    return deadline is not None and _runs(one) and deadline < now


def _noted(one: Order, now: datetime) -> list[tally.Note]:
    """What the measures learn of one order that has become late."""
    deadline, place, unit = _deadline(one), one["region_code"], one["unit_id"]
    assert deadline is not None
    with scoped(SERVICE) as connection:
        holder = units.find(connection, unit)
    assert holder is not None
    before = {**one, "overdue_at": None}
    after = {**one, "overdue_at": deadline}
    return [
        *tally.stocks(after, holder, now),
        *tally.stocks(before, holder, now, sign=-1),
        tally.note("orders_due", place, "", deadline, 0, 1),
        tally.of_unit("orders_due", holder, deadline, 0, 1),
    ]


# -- all at once ----------------------------------------------------------------------------------


def _last_tally() -> int:
    with scoped(SERVICE) as connection:
        return int(connection.execute(select(func.max(order_tally.c.id))).scalar() or 0)


def _notes_since(last: int) -> list[tally.Note]:
    with scoped(SERVICE) as connection:
        rows = connection.execute(select(order_tally.c.changes).where(order_tally.c.id > last))
        return [one for row in rows for one in row.changes]


def _read(ids: Sequence[UUID]) -> tuple[set[Warning_], set[tuple[UUID, str]], set[UUID], int]:
    """The warnings, the proposed sheets, the late ones and how often that stands in a history."""
    w, s, o, e = order_warning.c, supervision_sheet.c, work_order.c, order_event.c
    with scoped(SERVICE) as connection:
        found = connection.execute(
            select(w.order_id, w.stage, w.unit_id, w.told).where(w.order_id.in_(ids))
        ).all()
        sheets = connection.execute(select(s.order_id, s.from_unit).where(s.order_id.in_(ids)))
        late = connection.execute(select(o.id).where(o.id.in_(ids), o.overdue_at == o.deadline_at))
        told = connection.execute(
            select(func.count()).where(e.order_id.in_(ids), e.move == "overdue")
        )
        warned = {(row.order_id, row.stage, row.unit_id, row.told) for row in found}
        assert len(warned) == len(found)
        return (
            warned,
            {(row.order_id, row.from_unit) for row in sheets},
            set(late.scalars()),
            int(told.scalar_one()),
        )


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.reuse, Phase.generate],  # making a failure smaller would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    stages=_stages(),
    made=_orders(),
    urgent=st.integers(0, 4),
    hours=st.tuples(st.integers(-80, 0), st.integers(0, 150)),
)
def test_many_at_once_are_each_alone(
    hailing: CityPack,
    monkeypatch: pytest.MonkeyPatch,
    stages: tuple[Stage, ...],
    made: list[dict[str, Any]],
    urgent: int,
    hours: tuple[int, int],
) -> None:
    for one in made:  # an example is tried again and again while it is made smaller
        one["id"] = uuid4()
        one["order_no"] = one["source_no"] = str(one["id"])
    ids = [one["id"] for one in made]
    texts = SupervisionTexts(stages=stages, urgent_up_to=urgent)
    city = SimpleNamespace(
        dispatch=SimpleNamespace(supervision=texts), region_code=hailing.region_code
    )
    limits = sorted(limit for one in made if (limit := _deadline(one)))
    around = limits[len(limits) // 2] if limits else datetime.combine(FIRST, time(12), UTC)
    with scoped(SERVICE) as connection:
        connection.execute(update(work_order).values(closed_at=around))  # of the example before
        connection.execute(insert(work_order), made)
    expected: set[Warning_] = set()
    with monkeypatch.context() as patched:
        for module in (supervision_sweep, reminding):
            patched.setattr(module, "pack", lambda: city)
        for hour in hours:
            now = around + timedelta(hours=hour)
            last, already = _last_tally(), _read(ids)[2]
            known = {one[:3] for one in expected}
            new = {each for one in made for each in _warned(one, stages, now, known)}
            expected |= new
            late = [one for one in made if _late(one, now)]
            fresh = [one for one in late if one["id"] not in already]
            with clock.use(clock.FrozenClock(now)):
                swept, marked = supervision_sweep.sweep(), orders_sweep.sweep(batch=3)
                assert (swept.warned, swept.told) == (len(new), sum(one[3] for one in new))
                assert marked == len(fresh)
                notes = sorted(tally.together(each for one in fresh for each in _noted(one, now)))
            warned, sheets, overdue, told = _read(ids)
            assert warned == expected
            assert overdue == {one["id"] for one in late}
            assert told == len(late)
            assert sorted(tally.together(_notes_since(last))) == notes
    proposing = {one.id for one in stages if one.sheet}
    holders = {one["id"]: one["unit_id"] for one in made}
    assert sheets == {
        (order, unit)
        for order, stage, unit, is_told in expected
        if is_told and stage in proposing and unit != holders[order]
    }
