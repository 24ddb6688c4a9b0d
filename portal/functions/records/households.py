"""Households of the index: one for each number by which a system says who lives together."""

from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import Connection

from portal.connectors.contract import RosterEntry, RosterRelation
from portal.functions.records import places
from portal.functions.records.letters import letters
from portal.store import crypto, things

_KINDS = ("household", "family")


def household_key(system_id: str, number: str) -> str:
    """The key of a household: a number means something within its own system only."""
    return crypto.keyed_hash(f"{system_id}|{number}")


def _home(entry: RosterEntry) -> RosterRelation | None:
    living = (one for one in entry.relations if one.kind == "居住")
    return next(living, None) or next(iter(entry.relations), None)


class Families:
    """The households on one system's roster, while it is walked.

    ``listed``: they are households of their own; the numbers of any other system serve only to ask
    it about the families of a household's members.
    """

    def __init__(self, system_id: str, *, simulated: str | None, listed: bool) -> None:
        self._system_id = system_id
        self._simulated = simulated
        self._kind = "household" if listed else "family"
        self._seen: set[str] = set()

    def begin(self, connection: Connection) -> None:
        """Forget what the system said before."""
        things.drop_known(connection, self._system_id, _KINDS)

    def take(self, connection: Connection, batch: Sequence[RosterEntry]) -> None:
        """Put the households of a batch in; where the head lives is where the household is."""
        rows: dict[str, dict[str, object]] = {}
        numbers: dict[str, str] = {}
        for entry in batch:
            home = _home(entry)
            if not entry.household_no or home is None:
                continue
            key = household_key(self._system_id, entry.household_no)
            if key in self._seen and not entry.head:
                continue
            self._seen.add(key)
            rows[key] = self._row(key, entry, home)
            numbers[key] = entry.household_no
        ids = things.put(connection, list(rows.values()))
        things.put_known(
            connection,
            [
                {
                    "thing": ids[key],
                    "system": self._system_id,
                    "hash": key,
                    "cipher": crypto.encrypt(number),
                    "region": rows[key]["region_code"],
                }
                for key, number in numbers.items()
            ],
        )

    def _row(self, key: str, entry: RosterEntry, home: RosterRelation) -> dict[str, object]:
        name = entry.name if entry.head and self._kind == "household" else ""
        pinyin, initials = letters(name)
        return {
            "id": uuid4(),
            "kind": self._kind,
            "key_hash": key,
            "region_code": home.region_code,
            "name": name,
            "pinyin": pinyin,
            "initials": initials,
            "address": home.address or "",
            "place_key": places.key(home.region_code, home.address or ""),
            "code_cipher": None,
            "simulated": self._simulated,
        }

    def end(self, connection: Connection) -> None:
        """Forget households that no system knows any longer."""
        things.drop_unknown(connection)
