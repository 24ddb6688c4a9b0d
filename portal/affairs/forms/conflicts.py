"""When a word about a fact stands against another one. Pure."""

from collections.abc import Iterable
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
    return standing.version == base or (standing.form_id == form_id and base < standing.version)


@dataclass(frozen=True, kw_only=True)
class Word:
    """One word that was said about a fact, without what it said."""

    version: int
    base: int  # the latest version that whoever said it had seen
    conflict: str | None
    form_id: UUID


def unsettled(words: Iterable[Word]) -> tuple[int, ...]:
    """The versions of hard conflicts that nobody has settled yet, the oldest first.

    A later word settles what it had seen; of a form that speaks again only the last word counts.
    A soft word has seen nothing of it: it agrees with what counts and settles nothing.
    """
    said = sorted(words, key=lambda one: one.version)
    seen = max((one.base for one in said if one.conflict != "hard"), default=0)
    last = {one.form_id: one for one in said}
    return tuple(
        one.version
        for one in said
        if one.conflict == "hard" and one.version > seen and last[one.form_id] is one
    )
