"""The table of a form as it grows: place by place of the level below, down to each answer.

A city has more than a thousand units: it reads a line for each district, with how many have handed
in and what they said together, and goes down from there.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.forms import held, queries, rules
from portal.affairs.forms.desk import VIEW
from portal.affairs.forms.effects import content
from portal.affairs.forms.queries import HANDED, AnswerRow
from portal.affairs.forms.tables import form, form_answer
from portal.affairs.forms.words import Cell, Cells, FormError, key
from portal.store import divisions, region_codes
from portal.store.form_texts import FieldText, FormText
from portal.store.measure_words import Topic
from portal.store.scope import scoped

LOCKABLE = "已审核"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A place: how much of it has handed in, and what that comes to; or one unit's answer."""

    code: str
    name: str
    sent: int
    handed: int
    late: int
    values: tuple[str, ...]
    answer: AnswerRow | None = None  # of a unit

    @property
    def percent(self) -> str:
        """The reporting rate."""
        return _rate(self.handed, self.sent)


@dataclass(frozen=True, kw_only=True)
class Table:
    """The answers of one form and period within a place, what is handed in added up."""

    code: str
    path: tuple[tuple[str, str], ...]  # from the top of the own scope to the place: code, name
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    totals: tuple[str, ...]
    sent: int
    handed: int
    late: int
    lockable: int  # checked by their streets, not locked yet
    withheld: tuple[str, ...]  # columns that this post may not see
    empty: tuple[tuple[str, int], ...]  # columns that answers left empty: the sums are without them

    @property
    def percent(self) -> str:
        """The reporting rate."""
        return _rate(self.handed, self.sent)


def _rate(handed: int, sent: int) -> str:
    return f"{100 * handed / sent:.1f}%" if sent else "无样本"


def periods(principal: Principal, form_id: UUID) -> tuple[date, ...]:
    """The periods of a form that this post sees answers of, the newest first."""
    permissions.check(principal, VIEW)
    column = form_answer.c.period_from
    query = select(column).where(form_answer.c.form_id == form_id).distinct()
    with scoped(principal.reach) as connection:
        return tuple(connection.execute(query.order_by(column.desc())).scalars())


def _within(form_id: UUID, period: date, code: str) -> Select[Any]:
    place = form_answer.c.region_code
    return (
        select(form_answer, form.c.title, form.c.number, form.c.content, form.c.simulated)
        .join(form, form.c.id == form_answer.c.form_id)
        .where(
            form_answer.c.form_id == form_id,
            form_answer.c.period_from == period,
            region_codes.within(place, code),
        )
        .order_by(place)
    )


def tops(principal: Principal) -> tuple[str, ...]:
    """Where one begins: the own scope; a department's is where its form went."""
    return principal.prefixes or (principal.unit.region_code,)


def table(principal: Principal, form_id: UUID, period: date, code: str | None = None) -> Table:
    """The aggregated table of a place as far as it was handed in; who has not is counted as such.

    Without record rights, columns about disability, hardship or children are left out as a whole,
    so that no difference of numbers tells a small one.
    """
    permissions.check(principal, VIEW)
    top = next((one for one in tops(principal) if (code or "").startswith(one)), None)
    place = code if code and top else tops(principal)[0]
    with scoped(principal.reach) as connection:
        found = connection.execute(_within(form_id, period, place)).all()
    if not found:
        raise FormError("本岗位范围内没有这一期的填报。")
    made = content(found[0])
    columns = _Columns(made, records=permissions.allowed(principal, queries.RECORDS))
    given = [_Given(row, held.unseal(row.payload) if row.state in HANDED else None)
             for row in found]  # fmt: skip
    groups: dict[str, list[_Given]] = {}
    for one in given:
        groups.setdefault(region_codes.step_towards(place, one.row.region_code), []).append(one)
    rows = [one.listed for one in given]
    return Table(
        code=place,
        path=_path(top or tops(principal)[0], place),
        heads=tuple(columns.heads),
        lines=tuple(_line(columns, there, those) for there, those in groups.items()),
        totals=columns.totals(given),
        empty=columns.empty(given),
        withheld=tuple(columns.withheld),
        lockable=sum(one.state == LOCKABLE for one in rows),
        **_counted(rows),
    )


class _Given:
    """A unit's answer, and its cells once it was handed in."""

    def __init__(self, row: Row[Any], cells: Cells | None) -> None:
        self.row, self.cells, self.listed = row, cells, queries.answer_row(row)


def _counted(rows: Sequence[AnswerRow]) -> dict[str, int]:
    return {
        "sent": sum(one.state != "已拒收" for one in rows),
        "handed": sum(one.state in HANDED for one in rows),
        "late": sum(one.late for one in rows),
    }


def _path(top: str, place: str) -> tuple[tuple[str, str], ...]:
    steps = region_codes.upwards(place)
    return tuple((one, _name(one)) for one in steps if len(top) <= len(one))


def _name(code: str) -> str:
    found = divisions.find(code)
    return found.name if found else code


def _line(columns: "_Columns", code: str, given: Sequence[_Given]) -> Line:
    rows = [one.listed for one in given]
    return Line(
        code=code,
        name=_name(code),
        values=columns.totals(given),
        answer=rows[0] if len(code) == region_codes.COMMUNITY and len(rows) == 1 else None,
        **_counted(rows),
    )


class _Columns:
    """Which columns a post sees of a form, and what the answers come to in them."""

    def __init__(self, made: FormText, *, records: bool) -> None:
        summary = made.layout == "汇总表"
        numbers = [one for one in made.fields if one.kind == "number" and summary]
        self.made = made
        self.shown = [one for one in numbers if records or one.topic is Topic.NONE]
        self.withheld = [one.title for one in numbers if one not in self.shown]
        self.persons = records and not summary  # of a list: how many stand in it
        self.heads = ["人数"] if self.persons else [one.title for one in self.shown]

    def totals(self, given: Iterable[_Given]) -> tuple[str, ...]:
        """Sums of what adds up; a formula is formed anew from the sums, never added."""
        handed = [one for one in given if one.cells is not None]
        if self.persons:
            return (f"{sum(one.row.rows for one in handed)}",) if handed else ("",)
        if len(handed) == 1:
            return self._said(handed[0].cells or {})
        sums: dict[str, Decimal] = {}
        for there in handed:
            for name, value in self._values(there):
                if value:
                    sums[name] = sums.get(name, Decimal(0)) + Decimal(value)
        return self._said(self._summed(sums))

    def empty(self, given: Iterable[_Given]) -> tuple[tuple[str, int], ...]:
        """In how many answers a column was left empty, which no sum may hide."""
        left = Counter(
            name
            for there in given
            if there.cells is not None and not self.persons
            for name, value in self._values(there)
            if not value
        )
        return tuple((one.title, left[one.name]) for one in self.shown if left[one.name])

    def _values(self, there: _Given) -> Iterator[tuple[str, str]]:
        for one in self.shown:
            yield one.name, (there.cells or {}).get(key(0, one.name), Cell()).value

    def _summed(self, sums: Mapping[str, Decimal]) -> Cells:
        def value(one: FieldText) -> str:
            said = sums.get(one.name)
            return "" if one.source == "formula" or said is None else f"{said:f}"

        cells: Cells = {key(0, one.name): Cell(value=value(one)) for one in self.shown}
        rules.compute(self.made, cells, [0])
        return cells

    def _said(self, cells: Cells) -> tuple[str, ...]:
        return tuple(cells.get(key(0, one.name), Cell()).value for one in self.shown)
