"""Matters: what residents come for, who may have it, and the application that fills itself in."""

from portal.functions.matters.filing import Filed, Filing
from portal.functions.matters.rules import Verdict
from portal.functions.matters.service import Matters, load
from portal.functions.matters.words import (
    ConditionResult,
    Line,
    MaterialState,
    MatterError,
    MatterResult,
    Prefilled,
    Slip,
    Way,
)
from portal.store.matter_texts import Matter

__all__ = [
    "ConditionResult",
    "Filed",
    "Filing",
    "Line",
    "MaterialState",
    "Matter",
    "MatterError",
    "MatterResult",
    "Matters",
    "Prefilled",
    "Slip",
    "Verdict",
    "Way",
    "load",
]
