"""统一数据: find a person within one's scope and pull every system's record with one click."""

from portal.connectors.contract import Planned, State
from portal.functions.records.dossier import Records
from portal.functions.records.people import find_people
from portal.functions.records.words import (
    BadQueryError,
    CaseRef,
    Dossier,
    Gathered,
    Hit,
    MaskedAnswer,
    Person,
    Purpose,
    PurposeChoice,
    SearchResult,
    ShownField,
    ShownRecord,
    Unmasked,
)

__all__ = [
    "BadQueryError",
    "CaseRef",
    "Dossier",
    "Gathered",
    "Hit",
    "MaskedAnswer",
    "Person",
    "Planned",
    "Purpose",
    "PurposeChoice",
    "Records",
    "SearchResult",
    "ShownField",
    "ShownRecord",
    "State",
    "Unmasked",
    "find_people",
]
