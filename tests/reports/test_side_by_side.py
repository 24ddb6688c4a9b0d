"""Own, shared and regular templates beside one another tell no more than each of them alone."""

from itertools import combinations

from portal.functions.reports import sketch
from portal.functions.reports.sketch import Sketch
from portal.store.citypack import ReportTemplate
from portal.store.report_texts import Compare
from tests.functions.test_reports import LEADER, LOTUS, WILLOW, Town, peopled, town

__all__ = ["peopled", "town"]
MEASURES = ("residents", "households", "subsistence_persons", "subsistence_households")
REGIONS = ("9901", "990102", "990102001", WILLOW, LOTUS)
COMPARES: tuple[tuple[Compare, ...], ...] = ((), ("previous", "last_year"))
Shown = dict[tuple[str, str, str], set[str]]


def _gather(town: Town, made: ReportTemplate, region: str, shown: Shown) -> None:
    """By place and measure, what one report shows; a rest belongs to the place above it."""
    report = town.reports.of_template(LEADER, made, region, "2026-11")
    for place, column in enumerate(made.columns):
        if column.compare:
            continue
        for row in report.rows:
            key = (row.code, "") if row.code else (region, row.name)
            shown.setdefault((*key, column.measure), set()).add(row.cells[place].text)
        shown.setdefault((region, "", column.measure), set()).add(report.total.cells[place].text)


def test_no_choice_of_measures_shows_what_another_hides(peopled: Town) -> None:
    """Every template shows a place's number alike, as a row and as a total: nothing to subtract."""
    shown: Shown = {}
    for count in range(1, len(MEASURES) + 1):
        for measures in combinations(MEASURES, count):
            for compares in COMPARES:
                chosen = Sketch(name="拼", measures=measures, compares=compares)
                made = sketch.template(chosen, peopled.reports.catalogue)
                for region in REGIONS:
                    _gather(peopled, made, region, shown)
    assert {key: texts for key, texts in shown.items() if len(texts) != 1} == {}
    assert shown[WILLOW, "", "subsistence_persons"] == {"<5"}, "three persons"
    assert shown[LOTUS, "", "subsistence_persons"] == {"不公布"}, "thirty would tell the three"
    assert shown["990102001", "", "subsistence_persons"] == {"33"}
