"""Houses and enterprises of the index, from the lists of the systems that have such."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from uuid import uuid4

from sqlalchemy import Connection

from portal.connectors.contract import RegisterEntry, SubjectKind
from portal.functions.records import places
from portal.functions.records.letters import letters
from portal.store import crypto, things
from portal.store.scope import scoped
from portal.store.search import INDEXER

_BATCH = 4000
_KINDS = (SubjectKind.HOUSE.value, SubjectKind.ENTERPRISE.value)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """What one system's lists brought."""

    system_id: str
    houses: int
    enterprises: int


def enterprise_key(credit_code: str) -> str:
    """The key of an enterprise: its code is the same in every system."""
    return crypto.keyed_hash(f"enterprise|{credit_code}")


def refresh(entries: Iterable[RegisterEntry], system_id: str, *, simulated: str | None) -> Listed:
    """Walk one system's lists into the index, all of them or (on any failure) nothing."""
    counted = dict.fromkeys(SubjectKind, 0)
    walked = iter(entries)
    with scoped(INDEXER) as connection:
        things.drop_known(connection, system_id, _KINDS)
        while batch := list(islice(walked, _BATCH)):
            _take(connection, batch, system_id, simulated)
            for one in batch:
                counted[one.kind] += 1
        things.drop_unknown(connection)
    things.settle()
    return Listed(
        system_id=system_id,
        houses=counted[SubjectKind.HOUSE],
        enterprises=counted[SubjectKind.ENTERPRISE],
    )


def _take(
    connection: Connection, batch: list[RegisterEntry], system_id: str, simulated: str | None
) -> None:
    keyed = [(_key(one), one) for one in batch]
    ids: dict[str, object] = {}
    for kind in _KINDS:
        rows = {key: _row(key, one, simulated) for key, one in keyed if one.kind.value == kind}
        ids |= things.put(connection, list(rows.values()))
    things.put_known(
        connection,
        [
            {
                "thing": ids[key],
                "system": system_id,
                "hash": crypto.keyed_hash(f"{system_id}|{one.kind.value}|{one.foreign_id}"),
                "cipher": crypto.encrypt(one.foreign_id),
                "region": one.region_code,
            }
            for key, one in keyed
        ],
    )


def _key(one: RegisterEntry) -> str:
    if one.kind is SubjectKind.ENTERPRISE:
        return enterprise_key(one.credit_code)
    return places.key(one.region_code, one.address) or ""


def _row(key: str, one: RegisterEntry, simulated: str | None) -> dict[str, object]:
    name = one.name if one.kind is SubjectKind.ENTERPRISE else ""
    pinyin, initials = letters(name)
    return {
        "id": uuid4(),
        "kind": one.kind.value,
        "key_hash": key,
        "region_code": one.region_code,
        "name": name,
        "pinyin": pinyin,
        "initials": initials,
        "address": one.address,
        "place_key": places.key(one.region_code, one.address),
        "code_cipher": crypto.encrypt(one.credit_code) if one.credit_code else None,
        "simulated": simulated,
    }
