"""Building the subject index from the rosters of the systems that have one.

The index is the same in a demonstration and in production: what a system's roster says about a
person replaces what that system said before. Records themselves are never copied.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from uuid import UUID, uuid4

from pypinyin import Style, lazy_pinyin
from sqlalchemy import Connection

from portal.connectors.contract import RosterEntry
from portal.connectors.gateway import Gateway
from portal.store import crypto, search
from portal.store.scope import scoped

_BATCH = 4000
_NOT_LETTERS = re.compile(r"[^a-z]")


@dataclass(frozen=True, kw_only=True)
class Indexed:
    """What one system's roster brought."""

    system_id: str
    people: int
    relations: int


def _letters(name: str) -> tuple[str, str]:
    syllables = lazy_pinyin(name.replace("·", ""), style=Style.NORMAL)
    full = [_NOT_LETTERS.sub("", one.lower()) for one in syllables]
    return "".join(full), "".join(one[:1] for one in full)


def _subject_row(entry: RosterEntry, system_id: str, simulated: str | None) -> dict[str, object]:
    pinyin, initials = _letters(entry.name)
    return {
        "id": uuid4(),
        "kind": "person",
        "name": entry.name,
        "pinyin": pinyin,
        "initials": initials,
        "id_hash": crypto.keyed_hash(entry.id_number),
        "id_cipher": crypto.encrypt(entry.id_number),
        "phone_hash": crypto.keyed_hash(entry.phone) if entry.phone else None,
        "systems": [system_id],
        "simulated": simulated,
    }


def _address_id(region_code: str, text: str) -> str:
    return crypto.keyed_hash(f"{region_code}|{text}")[:32]


def _addresses(batch: Iterable[RosterEntry]) -> list[dict[str, object]]:
    rows: dict[str, dict[str, object]] = {
        _address_id(one.region_code, one.address): {
            "id": _address_id(one.region_code, one.address),
            "region_code": one.region_code,
            "text": one.address,
        }
        for entry in batch
        for one in entry.relations
        if one.address
    }
    return list(rows.values())


def _relation_rows(
    batch: Iterable[RosterEntry], ids: dict[str, UUID], system_id: str
) -> Iterator[dict[str, object]]:
    for entry in batch:
        household = entry.household_no
        for one in entry.relations:
            yield {
                "subject_id": ids[crypto.keyed_hash(entry.id_number)],
                "kind": one.kind,
                "region_code": one.region_code,
                "address_id": _address_id(one.region_code, one.address) if one.address else None,
                "household_no": crypto.keyed_hash(f"{system_id}|{household}")
                if household
                else None,
                "starts": one.since,
                "system_id": system_id,
            }


def _take(
    connection: Connection, batch: list[RosterEntry], system_id: str, simulated: str | None
) -> int:
    """Put one batch into the index; gives the number of relations."""
    search.put_addresses(connection, _addresses(batch))
    by_hash = {
        str(row["id_hash"]): row
        for row in (_subject_row(entry, system_id, simulated) for entry in batch)
    }
    search.put_subjects(connection, list(by_hash.values()))
    ids = search.ids_by_hash(connection, by_hash)
    relations = list(_relation_rows(batch, ids, system_id))
    search.add_relations(connection, relations)
    return len(relations)


def refresh(gateway: Gateway, system_id: str, *, simulated: str | None) -> Indexed:
    """Walk one system's roster into the index, all of it or (on any failure) nothing."""
    people = relations = 0
    entries = iter(gateway.roster(system_id))
    with scoped(search.INDEXER) as connection:
        search.drop_relations(connection, system_id)
        while batch := list(islice(entries, _BATCH)):
            relations += _take(connection, batch, system_id, simulated)
            people += len(batch)
    return Indexed(system_id=system_id, people=people, relations=relations)
