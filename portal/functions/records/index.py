"""Building the subject index from the rosters of the systems that have one.

The index is the same in a demonstration and in production: what a system's roster says about a
person replaces what that system said before. Records themselves are never copied.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from uuid import UUID, uuid4

from sqlalchemy import Connection

from portal.connectors.contract import RosterEntry
from portal.functions.records import places
from portal.functions.records.households import Families, household_key
from portal.functions.records.letters import letters
from portal.store import crypto, search, things
from portal.store.scope import scoped

_BATCH = 4000


@dataclass(frozen=True, kw_only=True)
class Indexed:
    """What one system's roster brought."""

    system_id: str
    people: int
    relations: int


def _subject_row(entry: RosterEntry, id_hash: str, simulated: str | None) -> dict[str, object]:
    pinyin, initials = letters(entry.name)
    return {
        "id": uuid4(),
        "kind": "person",
        "name": entry.name,
        "pinyin": pinyin,
        "initials": initials,
        "id_hash": id_hash,
        "id_cipher": crypto.encrypt(entry.id_number),
        "systems": [],
        "simulated": simulated,
    }


def _address_id(region_code: str, text: str) -> str:
    return crypto.keyed_hash(f"{region_code}|{text}")[:32]


def _addresses(batch: Iterable[RosterEntry]) -> list[dict[str, object]]:
    rows: dict[str, dict[str, object]] = {}
    for entry in batch:
        for one in entry.relations:
            if one.address:
                key = _address_id(one.region_code, one.address)
                place = places.key(one.region_code, one.address)
                rows[key] = {
                    "id": key,
                    "region_code": one.region_code,
                    "text": one.address,
                    "place_key": place,
                }
    return list(rows.values())


def _relation_rows(
    entry: RosterEntry, subject_id: UUID, system_id: str
) -> Iterator[dict[str, object]]:
    household = household_key(system_id, entry.household_no or "")
    for one in entry.relations:
        yield {
            "subject_id": subject_id,
            "kind": one.kind,
            "region_code": one.region_code,
            "address_id": _address_id(one.region_code, one.address) if one.address else None,
            "household_no": household if entry.household_no else None,
            "head": entry.head,
            "starts": one.since,
            "system_id": system_id,
        }


def _take(
    connection: Connection, batch: list[RosterEntry], system_id: str, simulated: str | None
) -> int:
    """Put one batch into the index; gives the number of relations."""
    search.put_addresses(connection, _addresses(batch))
    people = {crypto.keyed_hash(entry.id_number): entry for entry in batch}
    ids = search.ids_by_hash(connection, people)
    fresh = [
        _subject_row(entry, id_hash, simulated)
        for id_hash, entry in people.items()
        if id_hash not in ids
    ]
    ids |= search.add_subjects(connection, fresh)
    known = [
        {
            "person": ids[id_hash],
            "system": system_id,
            "phone": crypto.keyed_hash(entry.phone) if entry.phone else None,
        }
        for id_hash, entry in people.items()
    ]
    search.mark_known(connection, known)
    relations = [
        row
        for id_hash, entry in people.items()
        for row in _relation_rows(entry, ids[id_hash], system_id)
    ]
    search.add_relations(connection, relations)
    return len(relations)


def refresh(
    roster: Iterable[RosterEntry],
    system_id: str,
    *,
    simulated: str | None,
    households: bool = False,
) -> Indexed:
    """Walk one system's roster into the index, all of it or (on any failure) nothing.

    ``households``: its household numbers say who lives together.
    """
    families = Families(system_id, simulated=simulated, listed=households)
    people = relations = 0
    entries = iter(roster)
    with scoped(search.INDEXER) as connection:
        search.drop_relations(connection, system_id)
        families.begin(connection)
        while batch := list(islice(entries, _BATCH)):
            relations += _take(connection, batch, system_id, simulated)
            families.take(connection, batch)
            people += len(batch)
        families.end(connection)
    search.settle()
    things.settle()
    return Indexed(system_id=system_id, people=people, relations=relations)
