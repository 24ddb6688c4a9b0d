"""统一数据: find a person within one's scope and pull every system's record with one click."""

from portal.connectors.contract import Planned, State
from portal.functions.records.compare import Disagreement, Said, disagreements
from portal.functions.records.consent import Paper, Signed
from portal.functions.records.disputes import Dispute, Disputes, Filed, Standing
from portal.functions.records.dossier import Records
from portal.functions.records.people import find_all, find_people
from portal.functions.records.thing_dossier import Things
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
    ThingDossier,
    ThingRef,
    Tied,
    Unmasked,
)

__all__ = [
    "BadQueryError",
    "CaseRef",
    "Disagreement",
    "Dispute",
    "Disputes",
    "Dossier",
    "Filed",
    "Gathered",
    "Hit",
    "MaskedAnswer",
    "Paper",
    "Person",
    "Planned",
    "Purpose",
    "PurposeChoice",
    "Records",
    "Said",
    "SearchResult",
    "ShownField",
    "ShownRecord",
    "Signed",
    "Standing",
    "State",
    "ThingDossier",
    "ThingRef",
    "Things",
    "Tied",
    "Unmasked",
    "disagreements",
    "find_all",
    "find_people",
]
