"""Group ``rosters``: 一键调取 of a long list, turn by turn as the page does it.

The list asks every column that the lists of the ten forms bind to a system. It is sent in the
running product; the simulated systems answer as from across a network.
"""

import logging
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
import structlog
from sqlalchemy import select, text

from auth.principal import Principal
from benchmarks import ground
from benchmarks.figures import Figure, emit, percentile
from benchmarks.house import House
from portal import wiring
from portal.affairs.forms import desk, fill, held, roster
from portal.affairs.forms.effects import today
from portal.affairs.forms.roster import Brought, Came, Lacking
from portal.affairs.forms.tables import form_answer
from portal.commands import actors
from portal.connectors.contract import State
from portal.functions.rosters import AT_ONCE, PURPOSE, Rosters, Wish
from portal.store import search
from portal.store.citypack import pack
from portal.store.form_texts import FieldText, FormText
from portal.store.scope import scoped
from portal.store.subjects import subject

PERSONS, FROM_AGE = 500, 18
_FAR_MS = 200  # every system's delay
_CALLS = text(
    "SELECT system_id, outcome FROM call_record WHERE purpose = :purpose AND case_id = :case_id"
)


def _made() -> FormText:
    """One list with the columns of all lists that a system answers, and whose row it is."""
    lists = [one for one in pack().forms.form if one.layout == "名册"]
    bound = {one.bind: one for form in lists for one in form.fields if one.source == "field"}
    columns = [
        one.model_copy(update={"name": f"c{at:02d}", "required": False})
        for at, one in enumerate(bound.values())
    ]
    name = FieldText(name="who", title="姓名", kind="text", source="person", bind="name")
    return lists[0].model_copy(
        update={"number": "测1", "approval": "测〔2026〕1号", "title": "调取测量名册", "system": "",
                "valid_until": today() + timedelta(days=400), "rows": "aged",
                "from_age": FROM_AGE, "fields": (name, *columns)}
    )  # fmt: skip


def _sent(district: str) -> UUID:
    department = actors.one_of(f"dept-{district}-bench", "测量", "department", "district", district,
                               ("department_officer",), ())  # fmt: skip
    officer = actors.one_of(f"gov-{district}", "测量", "government", "district", district,
                            ("district_officer",), (district,))  # fmt: skip
    form_id = desk.draft(department, _made())
    desk.act(department, form_id, "submit", {"words": "测量"})
    desk.act(officer, form_id, "approve")
    desk.act(department, form_id, "send")
    while fill.turn():
        pass
    return form_id


def _longest(form_id: UUID) -> tuple[UUID, str, str]:
    """The answer with the most persons: its id, its community and the number it is asked under."""
    column = form_answer.c
    query = select(column.id, column.region_code, column.paper_no).where(column.form_id == form_id)
    with scoped(held.SERVICE) as connection:
        one = connection.execute(query.order_by(column.rows.desc()).with_for_update()).first()
    if one is None:
        raise RuntimeError("the list was sent to nobody")
    return one.id, one.region_code, one.paper_no


def _share(answer: UUID) -> float:
    """How much of a list is filled by systems and the index, in per cent."""
    column = form_answer.c
    query = select(column.auto, column.asked).where(column.id == answer)
    with scoped(held.SERVICE) as connection:
        one = connection.execute(query).one()
    return round(100 * one.auto / max(one.asked, 1), 1)


@contextmanager
def _far(systems: set[str]) -> Iterator[None]:
    sandbox = os.environ["PORTAL_SANDBOX_URL"]
    try:
        for one in systems:
            mode = {"mode": "slow", "delay_ms": _FAR_MS}
            httpx.post(f"{sandbox}/_control/{one}", json=mode).raise_for_status()
        yield
    finally:
        for one in systems:
            httpx.post(f"{sandbox}/_control/{one}", json={"mode": "normal"})


def _turn(rosters: Rosters, who: Principal, answer: UUID, some: list[Lacking], number: str) -> int:
    """One turn, as the page makes it."""
    wishes = [Wish(subject=one.subject, wanted=one.wanted) for one in some]
    came = rosters.ask(who, number, wishes)
    brought = [
        Brought(row=one.row, subject=one.subject,
                came={bind: Came(value=v.value, source=v.source, as_of=v.as_of)
                      for bind, v in values.items()})
        for one, values in zip(some, came, strict=True)
    ]  # fmt: skip
    return roster.put(who, answer, brought)


def _of_known(some: list[Lacking]) -> int:
    """The cells whose system knows the person, as the index says; the others nobody can fill."""
    persons = [UUID(one.subject) for one in some]
    with scoped(search.INDEXER) as connection:
        query = select(subject.c.id, subject.c.systems).where(subject.c.id.in_(persons))
        known = {str(row.id): set(row.systems) for row in connection.execute(query)}
    return sum(
        len(names)
        for one in some
        for system, names in one.wanted.items()
        if system in known.get(one.subject, set())
    )


def _emit(name: str, value: float, unit: str, target: str | None = None) -> None:
    emit(Figure(figure=f"rosters.{name}", value=value, unit=unit, runs=1, target=target))


def _measure(rosters: Rosters, district: str) -> None:
    answer, place, number = _longest(_sent(district))
    who = replace(
        actors.one_of(f"com-{place}", "测量", "community", "community", place,
                      ("community_clerk",), (place,)),
        login="bench",
    )  # fmt: skip
    some = list(roster.wanted(who, answer).lacking[:PERSONS])
    wide = sum(len(names) for one in some for names in one.wanted.values())
    systems = {system for one in some for system in one.wanted}
    before = _share(answer)
    turns, filled, began = [], 0, time.perf_counter()
    with _far(systems):
        for at in range(0, len(some), AT_ONCE):
            started = time.perf_counter()
            filled += _turn(rosters, who, answer, some[at : at + AT_ONCE], number)
            turns.append(time.perf_counter() - started)
    whole = time.perf_counter() - began
    rosters.records.gateway.settle()
    with scoped(held.SERVICE) as connection:
        rows = connection.execute(_CALLS, {"purpose": PURPOSE, "case_id": number}).all()
        calls = Counter(row.system_id for row in rows)
        answered = Counter(row.system_id for row in rows if row.outcome == State.RETURNED.name)
    _emit("persons", len(some), "persons")
    _emit("cells_empty_before", wide, "cells")
    _emit("fetch", whole, "s")
    _emit("turn_p95", percentile(turns, 0.95), "s")
    _emit("filled_before", before, "%")
    _emit("filled_after", _share(answer), "%")
    _emit("filled_known", round(100 * filled / max(_of_known(some), 1), 1), "%")
    for system in sorted(systems):
        _emit(f"requests_{system}", calls[system], "requests")
        _emit(f"answered_{system}", answered[system], "requests")


def run(house: House) -> None:
    """Measure and print."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    demo = pack().demo
    district = demo.focus[0][:6] if demo and demo.focus else f"{pack().region_code}02"
    with ground.environment(DATABASE_URL=house.server_environment()["DATABASE_URL"]):
        app = wiring.build()
        app.gateway.start()
        try:
            _measure(app.rosters, district)
        finally:
            app.gateway.stop()
