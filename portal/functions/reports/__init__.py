"""统一报表: statistics in one click."""

from portal.functions.reports.build import Choice, NoSuchReport, Reports, Version, export
from portal.functions.reports.model import Cell, Column, Report, Row, Shown, Source

__all__ = [
    "Cell",
    "Choice",
    "Column",
    "NoSuchReport",
    "Report",
    "Reports",
    "Row",
    "Shown",
    "Source",
    "Version",
    "export",
]
