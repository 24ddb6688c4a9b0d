"""The numbers of the panels: from the measures, and from the orders only what no measure keeps.

Every number has the address of the orders behind it. Flows by the hour and the seven links at this
moment are counted from the open orders themselves; nothing here is about one person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders import tally, units
from portal.affairs.orders.book import flow
from portal.affairs.orders.filters import due_today
from portal.affairs.orders.queries import VIEW
from portal.affairs.orders.tables import work_order
from portal.store import clock, measure_reads, region_codes
from portal.store.measure_tables import measure_change
from portal.store.measure_words import Period
from portal.store.scope import scoped

LINKS = ("接", "派", "办", "督", "评", "报", "宣")
WEEKS, HOURS, TREND_DAYS, MOST_TOPICS = 4, 24, 30, 10
_RECEIVED, _OPEN, _LATE = "orders_received", "orders_open", "orders_overdue_open"
_CLOSED, _WAY, _DUE = "orders_closed", "orders_closed_way", "orders_due"
_CLASS = "orders_received_class"


@dataclass(frozen=True, kw_only=True)
class Place:
    """The numbers of one place; the month's flows beside the stocks of this moment."""

    received: int = 0
    open: int = 0
    overdue: int = 0
    closed: int = 0
    on_time: int = 0
    due: int = 0  # how many the share on time is of
    found: int = 0  # of 未诉先办
    solved: int = 0
    today: int = 0
    due_today: int = 0

    @property
    def missed(self) -> int:
        """How many of those that were due this month were not on time."""
        return max(0, self.due - self.on_time)

    @property
    def share(self) -> int | None:
        """How many of a hundred open orders are late; nothing open is no share."""
        return round(100 * self.overdue / self.open) if self.open else None


@dataclass(frozen=True, kw_only=True)
class Link:
    """One of the seven links: what is in it now, and what ended in it this month."""

    name: str
    states: tuple[str, ...]
    now: int
    ended: int
    over: tuple[str, ...] = ()  # its states that are an end


@dataclass(frozen=True, kw_only=True)
class Branch:
    """A unit's late orders within a place."""

    region: str
    unit_id: str
    unit_name: str
    overdue: int


@dataclass(frozen=True, kw_only=True)
class Panel:
    """All of it, read at once."""

    region: str
    month: date
    total: Place
    places: Mapping[str, Place]
    streets: Mapping[str, Place]
    links: tuple[Link, ...]
    branches: tuple[Branch, ...]
    hours: tuple[int, ...]
    usual: tuple[float, ...]
    trend: tuple[tuple[date, int], ...]
    before: tuple[tuple[date, int], ...]  # the same length before that, on the days of the trend
    last_year: tuple[tuple[date, int], ...]  # a year ago; nothing where nothing was counted then
    topics: tuple[tuple[str, int], ...]
    read_at: datetime


def month_of(day: date) -> Period:
    """The month of a day, as the measures name it."""
    return Period(grain="month", starts=day.replace(day=1))


def read(principal: Principal, region: str) -> Panel:
    """The panel of a region in one's scope."""
    permissions.check(principal, VIEW, region)
    now = clock.now()
    today = clock.local(now).date()
    month = month_of(today)
    with scoped(principal.reach) as connection:
        below = region_codes.level_below(region)
        levels = [level for level in (len(region), 6, 9) if level >= len(region)]
        places = _all_places(connection, region, levels, now)
        sums = _sums(connection, region, month)
        ways = {key[1]: number for key, number in sums.items() if key[0] == _WAY}
        topics = {key[1]: number for key, number in sums.items() if key[0] == _CLASS}
        return Panel(
            region=region,
            month=month.starts,
            total=places.get(region, Place()),
            places={code: one for code, one in places.items() if len(code) == below},
            streets={code: one for code, one in places.items() if len(code) == region_codes.STREET},
            links=_links(connection, region, ways),
            branches=_branches(connection, region),
            hours=_by_hour(connection, region, [today]),
            usual=_usual(connection, region, today),
            trend=_trend(connection, region, today, timedelta(0)),
            before=_trend(connection, region, today, timedelta(days=TREND_DAYS)),
            last_year=_last_year(connection, region, today),
            topics=_topics(topics),
            read_at=now,
        )


# -- from the measures -----------------------------------------------------------------------------


# Which number of a place is which measure: those of the orders, those of what was found before.
_NUMBERS = {_RECEIVED: "received", _OPEN: "open", _LATE: "overdue", _CLOSED: "closed"}
_FOUND = {"findings_found": "found", "findings_solved": "solved"}


def _all_places(
    connection: Connection, region: str, levels: list[int], now: datetime
) -> dict[str, Place]:
    """The numbers of a region and of the places below it."""
    today = clock.local(now).date()
    below = region_codes.level_below(region)
    found = _of_month(connection, region, {*levels, below}, month_of(today))
    near = {len(region), below}
    day = Period(grain="day", starts=today)
    for one in measure_reads.values(connection, [_RECEIVED], region, near, day):
        if one.system_id == tally.SYSTEM and one.slice == "":
            found.setdefault(one.region_code, {})["today"] = one.numerator
    for code, number in _due_today(connection, region, now).items():
        found.setdefault(code, {})["due_today"] = number
    return {code: Place(**numbers) for code, numbers in found.items()}


def _of_month(
    connection: Connection, region: str, levels: set[int], month: Period
) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    wanted = (*_NUMBERS, *_FOUND, _DUE)
    for one in measure_reads.values(connection, wanted, region, levels, month):
        here = found.setdefault(one.region_code, {})
        if name := _FOUND.get(one.measure):
            here[name] = here.get(name, 0) + one.numerator
        elif one.system_id != tally.SYSTEM or one.slice:
            continue
        elif one.measure == _DUE:
            here |= {"on_time": one.numerator, "due": one.denominator}
        else:
            here[_NUMBERS[one.measure]] = one.numerator
    return found


def _sums(connection: Connection, region: str, month: Period) -> dict[tuple[str, str], int]:
    wanted = (_WAY, _CLASS)
    values = measure_reads.values(connection, wanted, region, [len(region)], month)
    return {
        (one.measure, one.slice): one.numerator for one in values if one.system_id == tally.SYSTEM
    }


def _on_days(connection: Connection, region: str, first: date, last: date) -> dict[date, int]:
    change = measure_change.c
    query = (
        select(change.day, func.sum(change.numerator).label("number"))
        .where(
            change.measure == _RECEIVED,
            change.system_id == tally.SYSTEM,
            region_codes.within(change.region_code, region),
            change.day.between(first, last),
        )
        .group_by(change.day)
    )
    return {row.day: int(row.number) for row in connection.execute(query)}


def _trend(
    connection: Connection, region: str, today: date, ago: timedelta
) -> tuple[tuple[date, int], ...]:
    """The days up to today, each with what came in so long before it."""
    first = today - timedelta(days=TREND_DAYS - 1)
    found = _on_days(connection, region, first - ago, today - ago)
    days = (first + timedelta(days=n) for n in range(TREND_DAYS))
    return tuple((day, found.get(day - ago, 0)) for day in days)


def _last_year(connection: Connection, region: str, today: date) -> tuple[tuple[date, int], ...]:
    """The same weekdays a year ago; before anything was counted there is nothing to compare."""
    ago = timedelta(weeks=52)
    known = measure_reads.first_change(connection, _RECEIVED, tally.SYSTEM)
    if known is None or known > today - timedelta(days=TREND_DAYS - 1) - ago:
        return ()
    return _trend(connection, region, today, ago)


def _topics(found: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """The classes of the narrower of the two levels that are counted, the most first."""
    narrow = [(code, number) for code, number in found.items() if "." in code and number > 0]
    return tuple(sorted(narrow, key=lambda one: (-one[1], one[0]))[:MOST_TOPICS])


# -- from the orders -------------------------------------------------------------------------------


def _here(region: str) -> Any:
    return region_codes.within(work_order.c.region_code, region)


def _due_today(connection: Connection, region: str, now: datetime) -> dict[str, int]:
    """How many open orders are due today: of the region, and of each place directly below."""
    order, steps = work_order.c, region_codes.level_below(region)
    place = func.left(order.region_code, steps).label("place")
    query = (
        select(place, func.count().label("number"))
        .where(_here(region), order.closed_at.is_(None), *due_today(now))
        .group_by(place)
    )
    rows = connection.execute(query).all()
    found = {row.place: int(row.number) for row in rows if len(row.place) == steps}
    return {**found, region: sum(int(row.number) for row in rows)}


def _links(connection: Connection, region: str, ways: Mapping[str, int]) -> tuple[Link, ...]:
    order, known = work_order.c, flow()
    query = (
        select(order.state, func.count().label("number"))
        .where(_here(region), order.closed_at.is_(None))
        .group_by(order.state)
    )
    now = {row.state: int(row.number) for row in connection.execute(query)}
    found = []
    for name in LINKS:
        states = [one for one in known.text.state if one.link == name]
        open_ = tuple(one.id for one in states if one.group != "done")
        over = tuple(one.id for one in states if one.group == "done")
        found.append(
            Link(
                name=name,
                states=open_,
                now=sum(now.get(one, 0) for one in open_),
                ended=sum(ways.get(one, 0) for one in over),
                over=over,
            )
        )
    return tuple(found)


def _branches(connection: Connection, region: str) -> tuple[Branch, ...]:
    order = work_order.c
    place = func.left(order.region_code, 9).label("place")
    query = (
        select(place, order.unit_id, func.count().label("number"))
        .where(_here(region), order.closed_at.is_(None), order.overdue_at.is_not(None))
        .group_by(place, order.unit_id)
        .order_by(place, order.unit_id)
    )
    rows = connection.execute(query).all()
    names = units.known(connection, {row.unit_id for row in rows})
    return tuple(
        Branch(
            region=row.place,
            unit_id=row.unit_id,
            unit_name=names[row.unit_id].name if row.unit_id in names else row.unit_id,
            overdue=row.number,
        )
        for row in rows
    )


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), clock.LOCAL)


def _by_hour(connection: Connection, region: str, days: list[date]) -> tuple[int, ...]:
    order = work_order.c
    hour = func.extract("hour", func.timezone(str(clock.LOCAL), order.received_at)).label("hour")
    hours = [0] * HOURS
    for day in days:
        query = (
            select(hour, func.count().label("number"))
            .where(
                _here(region),
                order.parent_id.is_(None),
                order.received_at >= _start(day),
                order.received_at < _start(day + timedelta(days=1)),
            )
            .group_by(hour)
        )
        for row in connection.execute(query):
            hours[int(row.hour)] += int(row.number)
    return tuple(hours)


def _usual(connection: Connection, region: str, today: date) -> tuple[float, ...]:
    """The same weekday of the weeks before, on average."""
    days = [today - timedelta(weeks=n) for n in range(1, WEEKS + 1)]
    return tuple(number / WEEKS for number in _by_hour(connection, region, days))
