"""Reads and writes of the subject index, always inside a scoped transaction of the caller."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, and_, case, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert

from portal.store import divisions
from portal.store.engine import begin
from portal.store.scope import Reach
from portal.store.subjects import address, subject, subject_relation

# The one service that writes the index, and sees all of it.
INDEXER = Reach(prefixes=(), unit_id=None, actor="service:index")
_PREFERRED = ("居住", "户籍", "产权", "就业")


@dataclass(frozen=True, kw_only=True)
class Found:
    """A person as the index knows them, with the relation that put them in view."""

    id: UUID
    name: str
    id_cipher: str
    id_hash: str
    systems: tuple[str, ...]
    simulated: bool
    relation: str | None
    region_code: str | None
    address: str | None


_rank = case(
    {kind: place for place, kind in enumerate(_PREFERRED)},
    value=subject_relation.c.kind,
    else_=len(_PREFERRED),
)


def running() -> Any:
    """Relations that have not ended."""
    return or_(subject_relation.c.ends.is_(None), subject_relation.c.ends > func.current_date())


def _with_place(condition: Any) -> Select[Any]:
    """Persons of a condition, each with the first of their visible running relations."""
    place = (
        select(subject_relation.c.kind, subject_relation.c.region_code, address.c.text)
        .outerjoin(address, address.c.id == subject_relation.c.address_id)
        .where(subject_relation.c.subject_id == subject.c.id, running())
        .order_by(_rank, address.c.text.is_(None), subject_relation.c.region_code)
        .limit(1)
        .lateral("place")
    )
    return (
        select(
            subject.c.id,
            subject.c.name,
            subject.c.id_cipher,
            subject.c.id_hash,
            subject.c.systems,
            subject.c.simulated.is_not(None).label("simulated"),
            place.c.kind,
            place.c.region_code,
            place.c.text,
        )
        .outerjoin(place, text("true"))
        .where(subject.c.kind == "person", condition)
    )


def _as_found(row: Row[Any]) -> Found:
    return Found(
        id=row.id,
        name=row.name,
        id_cipher=row.id_cipher,
        id_hash=row.id_hash,
        systems=tuple(row.systems),
        simulated=row.simulated,
        relation=row.kind,
        region_code=row.region_code,
        address=row.text,
    )


def _in_view() -> Any:
    """Start from the scope's range of relations: it is small, and its index may be used."""
    return subject.c.id.in_(select(subject_relation.c.subject_id).where(running()))


def literal(value: str) -> str:
    """``value`` as itself inside a LIKE pattern: no wildcard of the person's survives."""
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def by_name(name: str) -> Any:
    """Persons whose name holds the given characters."""
    return and_(_in_view(), subject.c.name.like(f"%{literal(name)}%"))


def by_pinyin(letters: str) -> Any:
    """Persons whose pinyin begins with the letters, or whose initials are the letters."""
    begins = subject.c.pinyin.like(f"{literal(letters)}%")
    return and_(_in_view(), or_(begins, subject.c.initials == letters))


def by_id_hash(id_hash: str) -> Any:
    """The one person of an identity number's keyed hash."""
    return subject.c.id_hash == id_hash


def by_phone_hash(phone_hash: str) -> Any:
    """Persons of a telephone number's keyed hash."""
    return subject.c.phone_hash == phone_hash


def by_address(words: str) -> Any:
    """Persons with a visible running relation to an address that holds every given word."""
    parts = [address.c.text.like(f"%{literal(word)}%") for word in words.split()]
    inside = (
        select(subject_relation.c.subject_id)
        .join(address, address.c.id == subject_relation.c.address_id)
        .where(and_(*parts), running())
    )
    return subject.c.id.in_(inside)


def find(connection: Connection, condition: Any, limit: int) -> list[Found]:
    """At most ``limit`` persons of a condition, in an order that does not walk the index."""
    query = _with_place(condition).order_by(func.length(subject.c.name), subject.c.id).limit(limit)
    return [_as_found(row) for row in connection.execute(query)]


def one(connection: Connection, subject_id: UUID) -> Found | None:
    """A person by id, if the scope of the transaction shows them."""
    row = connection.execute(_with_place(subject.c.id == subject_id)).first()
    return _as_found(row) if row else None


# -- building the index -------------------------------------------------------------------------


def put_addresses(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add addresses that are not there yet; all get the key of their dwelling."""
    if rows:
        add = insert(address)
        same = {"place_key": add.excluded.place_key}
        connection.execute(add.on_conflict_do_update(index_elements=["id"], set_=same), rows)


def add_subjects(connection: Connection, rows: Sequence[dict[str, Any]]) -> dict[str, UUID]:
    """Add new persons; gives their ids by the keyed hash of their identity number."""
    if rows:
        connection.execute(insert(subject), rows)
    return {row["id_hash"]: row["id"] for row in rows}


# One statement for a whole batch: a statement per person is most of the cost of building the index.
_MARK = text(
    "UPDATE subject SET phone_hash = coalesce(subject.phone_hash, known.phone),"
    " systems = CASE WHEN known.system = ANY (subject.systems) THEN subject.systems"
    " ELSE subject.systems || known.system END"
    " FROM unnest(cast(:person AS uuid[]), cast(:system AS text[]), cast(:phone AS text[]))"
    " AS known (person, system, phone) WHERE subject.id = known.person"
)


def mark_known(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Note which system knows which person, and the first phone anybody knew."""
    columns = {name: [row[name] for row in rows] for name in ("person", "system", "phone")}
    connection.execute(_MARK, columns)


def settle() -> None:
    """Let the planner know what a bulk load has changed (the migration grants the right)."""
    with begin() as connection:
        for table in (address, subject, subject_relation):
            connection.execute(text(f"ANALYZE {table.name}"))


def ids_by_hash(connection: Connection, hashes: Iterable[str]) -> dict[str, UUID]:
    """The ids of persons by the keyed hash of their identity number."""
    query = select(subject.c.id_hash, subject.c.id).where(subject.c.id_hash.in_(list(hashes)))
    return {row.id_hash: row.id for row in connection.execute(query)}


def drop_relations(connection: Connection, system_id: str) -> None:
    """Forget what one system said about places, before it says it anew."""
    connection.execute(delete(subject_relation).where(subject_relation.c.system_id == system_id))


def add_relations(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add what a system says about places."""
    if rows:
        now = divisions.current
        moved = [{**row, "region_code": now(row["region_code"])} for row in rows]
        connection.execute(insert(subject_relation), moved)
