"""A report that somebody puts together without code: measures, rows, what they are compared with.

It is kept under a name by who made it, in their post, like a named filter; it is built, protected
and audited as any other.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from auth import permissions
from auth.principal import Principal
from portal.functions import keepsakes
from portal.functions.keepsakes import NotKeptError
from portal.functions.reports import library
from portal.functions.reports.build import VIEW, Reports
from portal.functions.reports.known import Catalogue, Known
from portal.store.citypack import ReportColumn, ReportTemplate
from portal.store.report_texts import MOST_LINES, Compare, ReportLine, Rows

_PLACE, _NOW = "reports.own", "本期"
MOST_MEASURES = 12
ROWS: Mapping[Rows, str] = {"places": "按下级地区", "months": "按月份", "lines": "按分类"}
COMPARES: Mapping[Compare, str] = {"previous": "上期", "last_year": "上年同期"}


class BadSketch(ValueError):
    """Nothing was made; the message is for the person."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """What was chosen."""

    name: str
    measures: tuple[str, ...]
    rows: Rows = "places"
    compares: tuple[Compare, ...] = ()


def choices(reports: Reports, principal: Principal) -> dict[str, str]:
    """The measures that may be chosen, each with its name and unit."""
    permissions.check(principal, VIEW)
    return {
        one.definition.id: f"{one.definition.name}（{one.definition.unit}）"
        for one in reports.catalogue.measures.values()
        if one.divides
    }


def template(sketch: Sketch, catalogue: Catalogue) -> ReportTemplate:
    """The template of a sketch; refused with the reason where it is none."""
    if not 1 <= len(sketch.measures) <= MOST_MEASURES:
        raise BadSketch(f"请选 1 至 {MOST_MEASURES} 个指标。")
    if sketch.rows not in ROWS or not set(sketch.compares) <= set(COMPARES):
        raise BadSketch("行或比较的选择无效，请重新选择。")
    name = " ".join(sketch.name.split())
    if not 1 <= len(name) <= keepsakes.MOST_NAME:
        raise BadSketch(f"请填写报表名称，1 至 {keepsakes.MOST_NAME} 个字。")
    known = _known(sketch, catalogue)
    lines = _lines(known) if sketch.rows == "lines" else ()
    columns = _of_lines(sketch) if lines else tuple(_of_measures(sketch, known))
    made = ReportTemplate(
        id="own",
        name=name,
        rows=sketch.rows,
        about="自己组合的报表",
        columns=columns,
        lines=lines,
    )
    if problems := list(library.problems_of(made, catalogue)):
        raise BadSketch("；".join(problems))
    return made


def _known(sketch: Sketch, catalogue: Catalogue) -> list[Known]:
    found = []
    for measure in dict.fromkeys(sketch.measures):
        known = catalogue.find(measure)
        if known is None:
            raise BadSketch(f"没有名为“{measure}”的指标，请重新选择。")
        found.append(known)
    return found


def _of_measures(sketch: Sketch, known: Sequence[Known]) -> Iterator[ReportColumn]:
    """A column for each measure, and beside it the same for what it is compared with."""
    for one in known:
        measure, name = one.definition.id, one.definition.name
        group = name if sketch.compares else ""
        yield ReportColumn(head=_NOW if group else name, group=group, measure=measure)
        for before in sketch.compares:
            yield ReportColumn(head=COMPARES[before], group=group, measure=measure, compare=before)


def _of_lines(sketch: Sketch) -> tuple[ReportColumn, ...]:
    before = (ReportColumn(head=COMPARES[one], compare=one) for one in sketch.compares)
    return (ReportColumn(head=_NOW), *before)


def _lines(known: Sequence[Known]) -> tuple[ReportLine, ...]:
    """A row for each part of each measure, the whole of it first."""
    plain = [one.definition.name for one in known if not one.slices]
    if plain:
        raise BadSketch(f"“{'、'.join(plain)}”没有分类，请改选指标或改为按下级地区。")
    found = []
    for one in known:
        named = one.definition
        found.append(ReportLine(head="合计", group=named.name, unit=named.unit, measure=named.id))
        found += [
            ReportLine(head=part, group=named.name, unit=named.unit, measure=named.id, slice=part)
            for part in one.slices or ()
        ]
    if len(found) > MOST_LINES:
        raise BadSketch(f"所选指标共 {len(found)} 行，一张表最多 {MOST_LINES} 行，请减少指标。")
    return tuple(found)


def written(sketch: Sketch) -> str:
    """What was chosen, as it is kept."""
    said = {"m": sketch.measures, "r": sketch.rows, "c": sketch.compares}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def read(name: str, words: str) -> Sketch | None:
    """What was kept; nothing where it can no longer be read."""
    try:
        said = json.loads(words)
        return Sketch(
            name=name,
            measures=tuple(map(str, said["m"])),
            rows=said["r"],
            compares=tuple(said["c"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


def kept(principal: Principal) -> dict[str, Sketch]:
    """One's own reports by name; one that can no longer be read is left out of the choice."""
    permissions.check(principal, VIEW)
    found = {name: read(name, words) for name, words in keepsakes.kept(principal, _PLACE).items()}
    return {name: one for name, one in found.items() if one is not None}


def keep(reports: Reports, principal: Principal, sketch: Sketch) -> None:
    """Keep it under its name; the same name replaces what it named."""
    permissions.check(principal, VIEW)
    made = template(sketch, reports.catalogue)
    try:
        keepsakes.keep(principal, _PLACE, made.name, written(sketch))
    except NotKeptError as refusal:
        raise BadSketch(refusal.message) from refusal


def drop(principal: Principal, name: str) -> None:
    """Forget it."""
    permissions.check(principal, VIEW)
    keepsakes.drop(principal, _PLACE, name)
