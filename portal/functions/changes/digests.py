"""Telling two answers of one system apart by keyed digests: pure rules, no values kept.

Each value is digested under its case, system, record title and field, so that equal values of two
cases have nothing in common and a value cannot be guessed without the deployment's key.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from portal.connectors.contract import Answer, State
from portal.store import crypto

COUNT = "记录增减"
_LENGTH = 16

Digests = Mapping[str, str]  # field name -> digest
Seen = tuple[str, Digests]  # one record: its title and its fields


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What is different about the records of one title: names of fields, and words for them."""

    title: str
    fields: tuple[str, ...]
    counted: bool = False  # another number of records; ``fields`` says who may know


def comparable(answer: Answer) -> bool:
    """Only a fresh answer says anything: an old or failed one is no change."""
    return answer.state in (State.RETURNED, State.NOT_FOUND)


def digest(case_id: str, system_id: str, title: str, name: str, value: str | None) -> str:
    """The digest of one value in its place."""
    return crypto.keyed_hash("\n".join((case_id, system_id, title, name, value or "")))[:_LENGTH]


def fingerprint(case_id: str, answer: Answer) -> list[Seen]:
    """An answer as digests."""
    return [
        (
            record.title,
            {
                one.name: digest(case_id, answer.system_id, record.title, one.name, one.value)
                for one in record.fields
            },
        )
        for record in answer.records
    ]


def differences(before: Sequence[Seen], after: Sequence[Seen]) -> list[Difference]:
    """What changed, by title; the order of records says nothing."""
    was, is_now = _by_title(before), _by_title(after)
    found = []
    for title in sorted({*was, *is_now}):
        one = _of_one_title(title, was.get(title, []), is_now.get(title, []))
        if one is not None:
            found.append(one)
    return found


def _by_title(seen: Iterable[Seen]) -> dict[str, list[Digests]]:
    grouped: defaultdict[str, list[Digests]] = defaultdict(list)
    for title, fields in seen:
        grouped[title].append(fields)
    return grouped


def _of_one_title(title: str, was: list[Digests], is_now: list[Digests]) -> Difference | None:
    left, new = list(was), []
    for one in is_now:
        if one in left:
            left.remove(one)
        else:
            new.append(one)
    if len(was) != len(is_now):
        names = {name for one in (*was, *is_now) for name in one}
        return Difference(title=title, fields=tuple(sorted(names)), counted=True)
    fields = {
        name
        for old, fresh in zip(left, new, strict=True)
        for name in {*old, *fresh}
        if old.get(name) != fresh.get(name)
    }
    return Difference(title=title, fields=tuple(sorted(fields))) if fields else None
