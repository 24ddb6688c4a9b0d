"""When a word about a fact stands against another one. Pure."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The word that counts of a fact."""

    value: str
    version: int
    form_id: UUID


def conflict(standing: Standing | None, base: int, form_id: UUID, value: str) -> str | None:
    """As entities do: built on the word that counts there is none; else softly or hardly.

    A form that speaks again, or one that has seen the latest word, settles what was open.
    """
    if standing is None or standing.version <= base or standing.form_id == form_id:
        return None
    return "soft" if standing.value == value else "hard"


def repeats(standing: Standing | None, base: int, form_id: UUID, value: str) -> bool:
    """Whether a word only carries over what counts already."""
    if standing is None or standing.value != value:
        return False
    return standing.version == base or standing.form_id == form_id
