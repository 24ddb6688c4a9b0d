"""What a demand may have to be sent elsewhere for: found by words, decided by the desk.

Pure. Every advice shows the words it was given for, so that the desk can see when it is mistaken.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from portal.store.intake_texts import Referral

BLANK = "\u3000"


@dataclass(frozen=True, kw_only=True)
class Advice:
    """That a demand seems to belong elsewhere, why, and what the caller may be told."""

    id: str
    name: str
    move: str  # of the orders' flow
    to: str
    basis: str
    say: str
    words: tuple[str, ...]  # found in the text

    @property
    def reason(self) -> str:
        """The ground as it is written into the history when the desk follows it."""
        return f"{self.name}：{self.basis}；转{self.to}"


def plain(text: str) -> str:
    """A text as words are looked for in it: one width of letters, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).replace(BLANK, "").lower().split())


def advise(rules: Iterable[Referral], *texts: str) -> tuple[Advice, ...]:
    """Where a demand may belong, the ground with the most words first; nothing when it may stay."""
    given = plain("。".join(texts))
    found = [(rule, _found(rule, given)) for rule in rules]
    hits = sorted((one for one in found if one[1]), key=lambda one: -len(one[1]))
    return tuple(_advice(rule, words) for rule, words in hits)


def _found(rule: Referral, text: str) -> tuple[str, ...]:
    """The words of a rule in a text, where they do not stand inside something harmless."""
    for harmless in rule.unless:
        text = text.replace(plain(harmless), "。")
    return tuple(word for word in rule.words if plain(word) in text)


def _advice(rule: Referral, words: tuple[str, ...]) -> Advice:
    return Advice(
        id=rule.id,
        name=rule.name,
        move=rule.move,
        to=rule.to,
        basis=rule.basis,
        say=rule.say,
        words=words,
    )
