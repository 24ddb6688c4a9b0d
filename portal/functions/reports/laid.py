"""How the numbers of a report are laid out: by which divisions, and as which version had them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection

from portal.functions.reports.model import VIEWS, View
from portal.store import divisions, measure_reads, measure_signed, measure_views
from portal.store.divisions import Division
from portal.store.measure_words import Period, Value

_COMPARED = timedelta(days=366)  # as far back as a column compares a period with another

# Gives the values of measures for the places of some levels inside a prefix.
Reading = Callable[[Iterable[str], str, Sequence[int]], Sequence[Value]]


@dataclass(frozen=True, kw_only=True)
class Laid:
    """The layout of one report; the rows are those of its own period in every comparison."""

    region: str
    span: Period
    view: View = "then"
    version: int | None = None  # one that is over: what stands is what the store holds

    def reading(self, connection: Connection, span: Period) -> Reading:
        """Where the numbers of a period come from."""
        if self.version is not None and span == self.span:
            return lambda measures, prefix, levels: measure_signed.values(
                connection, self.region, span, self.version or 0,
                measures=measures, prefix=prefix, levels=levels,
            )  # fmt: skip
        values = measure_views.values if self.view == "now" else measure_reads.values
        return lambda measures, prefix, levels: values(connection, measures, prefix, levels, span)

    def below(self, code: str) -> tuple[Division, ...]:
        """The places that are the rows of a place's table, the way to the own place included."""
        if not divisions.passings() and all(
            one.until is None for one in divisions.ever_below(code)
        ):
            return divisions.children(code)
        found = self._now(code) if self.view == "now" else self._then(code)
        way = [one for one in divisions.path(self.region) if one.parent_code == code]
        known = {one.code for one in found}
        return (*found, *(one for one in way if one.code not in known))

    def _then(self, code: str) -> tuple[Division, ...]:
        """By their names of the time; one that ended within it says what became of it."""
        found = divisions.children_during(code, self.span.starts, self.span.ends)
        return tuple(
            replace(one, name=f"{one.name}（{divisions.end_of(one.code)}）")
            if one.until is not None and one.until < self.span.ends
            else one
            for one in found
        )

    def _now(self, code: str) -> tuple[Division, ...]:
        """Those of today, and those that are gone without an heir and still had numbers."""
        passed = {one.old for one in divisions.passings()}
        gone = tuple(
            replace(one, name=f"{one.name}（{divisions.end_of(one.code)}，未分摊）")
            for one in divisions.ever_below(code)
            if one.until is not None
            and one.code not in passed
            and one.until > self.span.starts - _COMPARED
        )
        return (*divisions.children(code), *gone)

    @property
    def changed(self) -> bool:
        """Whether the two views of the period may differ: a division changed after its start."""
        return any(
            one.day > self.span.starts
            and any(code.startswith(self.region) for code in (one.old, *dict(one.heirs)))
            for one in divisions.passings()
        )

    def words(self, *, distinct: bool) -> tuple[str, ...]:
        """By which divisions the table is laid out; nothing where it makes no difference."""
        if not self.changed:
            return ()
        if self.view == "then":
            return (f"本表{VIEWS['then']}统计，此后区划有变更；可改为{VIEWS['now']}查看。",)
        said = (f"本表{VIEWS['now']}统计：变更前各期的数并入现在的区划，未写明分摊份额的仍单列。",)
        more = "去重统计的列不能相加，变更前各期仍为当时区划的数。"
        return (*said, more) if distinct else said
