"""The numbers of a scope: from the measures there are, and the open cases by place."""

from dataclasses import dataclass

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal import wiring
from portal.affairs.matters.queries import Counts, counts_below
from portal.functions.reports import NoSuchReport, Report
from portal.look import states

PERMISSION = "reports.view"
_BELOW = {"city": 6, "district": 9, "street": 12}


@dataclass(frozen=True, kw_only=True)
class Number:
    """One number of a place as it may be shown."""

    head: str
    unit: str
    text: str
    known: bool


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """The numbers of the own place and of those below it, and what must be said beside them."""

    own: tuple[Number, ...]
    first: dict[str, str]  # by place below: the first number
    first_head: str
    said: str


def _may(who: Principal) -> bool:
    """Whether the own region lies in the post's scope and its numbers may be seen."""
    return permissions.allowed(who, PERMISSION, who.unit.region_code)


@st.cache_data(max_entries=2000, ttl=60, show_spinner=False)
def _counts(
    region: str, digits: int, prefixes: tuple[str, ...], _who: Principal
) -> dict[str, Counts]:
    """At most a minute old, and the same for everybody of that scope."""
    return counts_below(_who, region, digits)


def counts(who: Principal) -> dict[str, Counts]:
    """The open cases by place below; empty for who may not see the numbers of the place."""
    digits = _BELOW.get(who.unit.level)
    if digits is None or who.unit.kind == "department" or not _may(who):
        return {}
    return _counts(region=who.unit.region_code, digits=digits, prefixes=who.prefixes, _who=who)


def total(who: Principal) -> Counts | None:
    """All open cases of the scope; ``None`` where that is not this post's to see."""
    found = counts(who)
    if not found:
        return None
    return Counts(
        open=sum(one.open for one in found.values()),
        overdue=sum(one.overdue for one in found.values()),
    )


def _said(report: Report) -> str:
    missing = f" · 缺 {len(report.missing)} 家系统" if report.missing else ""
    when = states.moment(report.as_of) if report.as_of else "尚未取数"
    mark = " · 模拟数据" if report.simulated else ""
    return f"数据时间 {when}{missing}{mark}"


def _as_numbers(report: Report) -> Numbers:
    marked = [place for place, one in enumerate(report.columns) if one.home]
    own = tuple(
        Number(
            head=report.columns[place].head,
            unit=report.columns[place].unit,
            text=report.total.cells[place].text,
            known=report.total.cells[place].value is not None,
        )
        for place in marked
    )
    first = {row.code: row.cells[marked[0]].text for row in report.rows if row.code and marked}
    head = own[0].head if own else ""
    return Numbers(own=own, first=first, first_head=head, said=_said(report))


@st.cache_data(max_entries=2000, ttl=300, show_spinner=False)
def _numbers(
    region: str, prefixes: tuple[str, ...], records: bool, _who: Principal
) -> Numbers | None:
    """Of the city's first report, the columns it wants on the homes; five minutes old at most."""
    function = wiring.app().reports
    for template in function.templates(_who)[:1]:
        try:
            return _as_numbers(function.build(_who, template.id, region, function.periods(_who)[0]))
        except NoSuchReport:
            return None
    return None


def numbers(who: Principal) -> Numbers | None:
    """The numbers of the own place; ``None`` for who may not see them."""
    if who.unit.kind == "department" or not _may(who):
        return None
    region = who.unit.region_code
    records = permissions.allowed(who, "records.open", region)
    return _numbers(region, who.prefixes, records, who)
