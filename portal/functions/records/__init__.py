"""统一数据: find a person within one's scope and pull every system's record with one click."""

from portal.functions.records.dossier import Records
from portal.functions.records.people import find_people
from portal.functions.records.words import (
    BadQueryError,
    CaseRef,
    Dossier,
    Hit,
    MaskedAnswer,
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
    "Hit",
    "MaskedAnswer",
    "Purpose",
    "PurposeChoice",
    "Records",
    "SearchResult",
    "ShownField",
    "ShownRecord",
    "Unmasked",
    "find_people",
]
