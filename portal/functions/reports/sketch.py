"""A report that somebody puts together without code: measures, rows, what they are compared with.

It is kept under a name by who made it, in their post, like a named filter; it is built, protected
and audited as any other.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from auth import permissions
from auth.principal import Principal
from portal.functions import keepsakes
from portal.functions.keepsakes import NotKeptError
from portal.functions.reports import library
from portal.functions.reports.build import VIEW, Reports
from portal.functions.reports.known import Catalogue
from portal.store.citypack import ReportColumn, ReportTemplate
from portal.store.report_texts import Compare, Rows

_PLACE = "reports.own"
MOST_MEASURES = 12
ROWS: Mapping[Rows, str] = {"places": "按下级地区", "months": "按月份"}
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
    made = ReportTemplate(
        id="own",
        name=name,
        rows=sketch.rows,
        about="自己组合的报表",
        columns=tuple(chain.from_iterable(_columns(sketch, catalogue))),
    )
    if problems := list(library.problems_of(made, catalogue)):
        raise BadSketch("；".join(problems))
    return made


def _columns(sketch: Sketch, catalogue: Catalogue) -> list[list[ReportColumn]]:
    found = []
    for measure in dict.fromkeys(sketch.measures):
        known = catalogue.find(measure)
        if known is None:
            raise BadSketch(f"没有名为“{measure}”的指标，请重新选择。")
        name = known.definition.name
        group = name if sketch.compares else ""
        now = ReportColumn(head="本期" if group else name, group=group, measure=measure)
        before = [
            ReportColumn(head=COMPARES[one], group=group, measure=measure, compare=one)
            for one in sketch.compares
        ]
        found.append([now, *before])
    return found


def kept(principal: Principal) -> dict[str, Sketch]:
    """One's own reports by name; one that can no longer be read is left out of the choice."""
    permissions.check(principal, VIEW)
    found = {}
    for name, words in keepsakes.kept(principal, _PLACE).items():
        try:
            said = json.loads(words)
            found[name] = Sketch(
                name=name,
                measures=tuple(map(str, said["m"])),
                rows=said["r"],
                compares=tuple(said["c"]),
            )
        except (ValueError, KeyError, TypeError):
            continue
    return found


def keep(reports: Reports, principal: Principal, sketch: Sketch) -> None:
    """Keep it under its name; the same name replaces what it named."""
    permissions.check(principal, VIEW)
    made = template(sketch, reports.catalogue)
    said = {"m": sketch.measures, "r": sketch.rows, "c": sketch.compares}
    words = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    try:
        keepsakes.keep(principal, _PLACE, made.name, words)
    except NotKeptError as refusal:
        raise BadSketch(refusal.message) from refusal


def drop(principal: Principal, name: str) -> None:
    """Forget it."""
    permissions.check(principal, VIEW)
    keepsakes.drop(principal, _PLACE, name)
