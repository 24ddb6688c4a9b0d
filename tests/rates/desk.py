"""Demands for tests: a list of plain orders, the measures they leave, and sums made another way."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from auth.principal import Principal
from portal.affairs.rates.figures import BY_PLACE, BY_UNIT, SYSTEM
from portal.store import clock, measures
from portal.store.measure_words import Change, Definition, Kind
from portal.store.scope import scoped
from tests import people

WILLOW, LOTUS = "990102001001", "990102001002"
STONE, VILLAGE = "990103100001", "990103100200"
PLACES = (WILLOW, LOTUS, STONE, VILLAGE)
KINDS = ("投诉", "求助", "咨询")
CLASSES = ("01.01", "01.02", "02.01")
SOURCES = ("12345", "电话登记")
# unit -> its place
UNITS = {
    "com-990102001001": WILLOW,
    "gov-990102001": "990102001",
    "gov-990103100": "990103100",
    "dept-civil": "9901",
    "dept-990102-urban": "990102",
}
_STOCKS = ("orders_open", "orders_overdue_open", "orders_overdue_urgent_open")


@dataclass(frozen=True, kw_only=True)
class Demand:
    """One order, as plainly as it can be told."""

    day: date
    place: str
    unit: str
    kind: str = "求助"
    topic: str = "01.01"
    source: str = "12345"
    returned: bool = False
    responded: bool = True
    closed: bool = True
    due: bool = True
    on_time: bool = True
    visited: bool = True
    resolved: bool = True
    content: str = "满意"
    urgent_late: bool = False


def some(many: int, days: Iterable[date], seed: int, **over: Any) -> list[Demand]:
    """Any demands."""
    chance, held = random.Random(seed), list(days)
    return [
        Demand(
            **{
                "day": chance.choice(held),
                "place": chance.choice(PLACES),
                "unit": chance.choice(list(UNITS)),
                "kind": chance.choice(KINDS),
                "topic": chance.choice(CLASSES),
                "source": chance.choice(SOURCES),
                "returned": chance.random() < 0.05,
                "responded": chance.random() < 0.95,
                "closed": chance.random() < 0.9,
                "due": chance.random() < 0.8,
                "on_time": chance.random() < 0.9,
                "visited": chance.random() < 0.6,
                "resolved": chance.random() < 0.9,
                "content": chance.choice(["满意", "满意", "满意", "基本满意", "不满意"]),
                **over,
            }
        )
        for _ in range(many)
    ]


def month(year: int, number: int) -> list[date]:
    """The days of a month."""
    day, found = date(year, number, 1), list[date]()
    while day.month == number:
        found.append(day)
        day += timedelta(days=1)
    return found


def _changes(one: Demand) -> Iterable[Change]:
    def at(name: str, region: str, part: str, top: int, below: int = 0) -> Change:
        return Change(
            measure=name, system_id=SYSTEM, region_code=region, slice=part, day=one.day,
            numerator=top, denominator=below,
        )  # fmt: skip

    yield at("orders_received", one.place, "", 1)
    yield at("orders_received_kind", one.place, one.kind, 1)
    yield at("orders_received_source", one.place, one.source, 1)
    for part in (one.topic.partition(".")[0], one.topic):
        yield at("orders_received_class", one.place, part, 1)
    for end, region, part in (("", one.place, ""), ("_unit", UNITS[one.unit], f"unit:{one.unit}")):
        yield at(f"orders_dispatched{end}", region, part, 1)
        yield at(
            f"orders_responded{end}", region, part, int(took_in_time(one)), int(not one.returned)
        )
        if one.returned:
            yield at(f"orders_returned{end}", region, part, 1)
            continue
        if one.closed:
            yield at(f"orders_closed{end}", region, part, 1)
        else:
            yield at(f"orders_open{end}", region, part, 1)
        if one.due:
            yield at(f"orders_due{end}", region, part, int(one.on_time), 1)
        if one.urgent_late:
            yield at(f"orders_overdue_urgent_open{end}", region, part, 1)
        if one.visited:
            yield at(f"orders_visited_resolved{end}", region, part, int(one.resolved), 1)
            yield at(f"orders_satisfied{end}", region, part, int(one.content == "满意"), 1)
            yield at(
                f"orders_basically_satisfied{end}", region, part, int(one.content == "基本满意"), 1
            )


def took_in_time(one: Demand) -> bool:
    """Whether it was answered in time by the unit it was sent to."""
    return one.responded and not one.returned


def file(demands: Iterable[Demand]) -> None:
    """Leave in the measures what these demands leave there."""
    flows = {*BY_PLACE, *BY_UNIT} | {
        f"orders_received_{one}" for one in ("kind", "class", "source")
    }
    with scoped(measures.WRITER) as connection:
        measures.define(
            connection,
            [Definition(id=one, kind=Kind.FLOW, name=one, unit="件") for one in sorted(flows)]
            + [
                Definition(id=f"{one}{end}", kind=Kind.STOCK, name=one, unit="件")
                for one in _STOCKS
                for end in ("", "_unit")
            ],
        )
        changes = [change for one in demands for change in _changes(one)]
        measures.add(connection, changes, datetime(2026, 11, 23, 1, 0, tzinfo=UTC))


def count(demands: Iterable[Demand], what: Callable[[Demand], bool]) -> int:
    """How many."""
    return sum(map(what, demands))


def officer(
    code: str = "9901", level: str = "city", roles: tuple[str, ...] = ("league_reader",)
) -> Principal:
    """Somebody of a government who reads leagues and makes bulletins."""
    return people.principal(
        roles=roles, prefixes=(code,), unit_id=f"gov-{code}", kind="government", level=level,
        region_code=code,
    )  # fmt: skip


def setter() -> Principal:
    """Somebody of the city who decides the scheme."""
    return officer(roles=("league_setter",))


def of_department(unit_id: str = "dept-civil", code: str = "9901") -> Principal:
    """Somebody of a department, whose post has no place."""
    return people.principal(
        roles=("league_reader",), prefixes=(), unit_id=unit_id, kind="department", level="city",
        region_code=code,
    )  # fmt: skip


def put_department() -> None:
    """The district's department beside the pack's own."""
    people.add_unit("dept-990102-urban", "990102", kind="department", level="district")


def at(frozen: clock.FrozenClock, day: date) -> None:
    """Let it be ten in the morning of a day."""
    frozen.advance(datetime(day.year, day.month, day.day, 2, tzinfo=UTC) - frozen.now())
