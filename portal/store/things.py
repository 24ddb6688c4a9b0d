"""Reads and writes of households, houses and enterprises, in a scoped transaction of the caller.

What one system says of them is dropped and said anew, like the relations of persons; a thing that
no system knows any longer is gone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Connection,
    Row,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert

from portal.store import divisions
from portal.store.engine import begin
from portal.store.search import literal, running
from portal.store.subjects import address, subject, subject_relation, thing, thing_known

SEARCHED = ("household", "house", "enterprise")
LIVING = ("居住", "户籍", "产权")


@dataclass(frozen=True, kw_only=True)
class Thing:
    """A household, a house or an enterprise as the index knows it."""

    id: UUID
    kind: str
    key_hash: str
    region_code: str
    name: str
    address: str
    place_key: str | None
    code_cipher: str | None
    simulated: bool


@dataclass(frozen=True, kw_only=True)
class Dweller:
    """A person with the relations that tie them to a thing, as far as in scope."""

    id: UUID
    name: str
    id_cipher: str
    kinds: tuple[str, ...]
    head: bool


def _as_thing(row: Row[Any]) -> Thing:
    held = {name: getattr(row, name) for name in Thing.__dataclass_fields__ if name != "simulated"}
    return Thing(**held, simulated=row.simulated is not None)


# -- reading --------------------------------------------------------------------------------------


def named(words: str) -> Any:
    """Enterprises of a name, and households of a head's name."""
    return and_(
        thing.c.kind.in_(("household", "enterprise")), thing.c.name.like(f"%{literal(words)}%")
    )


def spelt(letters: str) -> Any:
    """The same by pinyin or by its initials."""
    begins = thing.c.pinyin.like(f"{literal(letters)}%")
    return and_(
        thing.c.kind.in_(("household", "enterprise")), or_(begins, thing.c.initials == letters)
    )


def placed(words: str) -> Any:
    """Things at an address that holds every given word."""
    return and_(*(thing.c.address.like(f"%{literal(word)}%") for word in words.split()))


def keyed(kind: str, key_hash: str) -> Any:
    """The one thing of a key."""
    return and_(thing.c.kind == kind, thing.c.key_hash == key_hash)


def find(connection: Connection, condition: Any, limit: int) -> list[Thing]:
    """At most ``limit`` things of a condition for each kind, in an order that walks nothing."""
    found: list[Thing] = []
    for kind in SEARCHED:
        query = (
            select(thing)
            .where(thing.c.kind == kind, condition)
            .order_by(func.length(thing.c.name), thing.c.address, thing.c.id)
            .limit(limit)
        )
        found += [_as_thing(row) for row in connection.execute(query)]
    return found


def one(connection: Connection, thing_id: UUID) -> Thing | None:
    """A thing by id, if the scope of the transaction shows it."""
    query = select(thing).where(thing.c.id == thing_id, thing.c.kind.in_(SEARCHED))
    row = connection.execute(query).first()
    return _as_thing(row) if row else None


def at(connection: Connection, place_key: str | None) -> list[Thing]:
    """The things of one dwelling."""
    if place_key is None:
        return []
    query = (
        select(thing)
        .where(thing.c.place_key == place_key, thing.c.kind.in_(SEARCHED))
        .order_by(thing.c.kind, thing.c.name, thing.c.id)
    )
    return [_as_thing(row) for row in connection.execute(query)]


def of_person(connection: Connection, person: UUID) -> list[Thing]:
    """The household a person belongs to, and the houses they live in, are registered at or own."""
    mine = and_(subject_relation.c.subject_id == person, running())
    households = select(subject_relation.c.household_no).where(mine)
    places = (
        select(address.c.place_key)
        .join(subject_relation, subject_relation.c.address_id == address.c.id)
        .where(mine, subject_relation.c.kind.in_(LIVING))
    )
    query = (
        select(thing)
        .where(
            or_(
                and_(thing.c.kind == "household", thing.c.key_hash.in_(households)),
                and_(thing.c.kind == "house", thing.c.place_key.in_(places)),
            )
        )
        .order_by(thing.c.kind.desc(), thing.c.address, thing.c.id)
    )
    return [_as_thing(row) for row in connection.execute(query)]


def _dwellers(connection: Connection, condition: Any) -> list[Dweller]:
    kinds = func.array_agg(subject_relation.c.kind.distinct(), type_=ARRAY(Text))
    query = (
        select(
            subject.c.id,
            subject.c.name,
            subject.c.id_cipher,
            kinds.label("kinds"),
            func.bool_or(subject_relation.c.head).label("head"),
        )
        .join(subject_relation, subject_relation.c.subject_id == subject.c.id)
        .where(condition, running())
        .group_by(subject.c.id)
        .order_by(func.bool_or(subject_relation.c.head).desc(), subject.c.name, subject.c.id)
    )
    return [
        Dweller(
            id=row.id,
            name=row.name,
            id_cipher=row.id_cipher,
            kinds=tuple(row.kinds),
            head=row.head,
        )
        for row in connection.execute(query)
    ]


def members(connection: Connection, household: Thing) -> list[Dweller]:
    """Who belongs to a household, the head first."""
    return _dwellers(connection, subject_relation.c.household_no == household.key_hash)


def residents(connection: Connection, house: Thing) -> list[Dweller]:
    """Who lives in a house, is registered there or owns it."""
    if house.place_key is None:
        return []
    here = select(address.c.id).where(address.c.place_key == house.place_key)
    tied = subject_relation.c.kind.in_(LIVING)
    return _dwellers(connection, and_(subject_relation.c.address_id.in_(here), tied))


def numbers(connection: Connection, one: Thing) -> list[tuple[str, str]]:
    """Each system's own numbers for a thing, encrypted: (system, number).

    Of a household also the numbers that other systems have for the families of its members.
    """
    wanted: Any = thing_known.c.thing_id == one.id
    if one.kind == "household":
        belonging = select(subject_relation.c.subject_id).where(
            subject_relation.c.household_no == one.key_hash, running()
        )
        theirs = select(subject_relation.c.household_no).where(
            subject_relation.c.subject_id.in_(belonging), running()
        )
        families = select(thing.c.id).where(thing.c.kind == "family", thing.c.key_hash.in_(theirs))
        wanted = or_(wanted, thing_known.c.thing_id.in_(families))
    query = (
        select(thing_known.c.system_id, thing_known.c.number_cipher)
        .where(wanted)
        .order_by(thing_known.c.system_id, thing_known.c.number_hash)
    )
    return [(row.system_id, row.number_cipher) for row in connection.execute(query)]


# -- writing --------------------------------------------------------------------------------------


def drop_known(connection: Connection, system_id: str, kinds: Sequence[str]) -> None:
    """Forget what one system said about things of these kinds, before it says it anew."""
    its = select(thing.c.id).where(thing.c.kind.in_(kinds))
    connection.execute(
        delete(thing_known).where(
            thing_known.c.system_id == system_id, thing_known.c.thing_id.in_(its)
        )
    )


def put(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[str, UUID]:
    """Add things of one kind or bring them up to date; gives their ids by key."""
    if not rows:
        return {}
    add = insert(thing)
    told: dict[str, Any] = {
        name: add.excluded[name]
        for name in ("region_code", "name", "pinyin", "initials", "place_key", "code_cipher")
    }
    # Spellings of one dwelling begin at the city or at the yard: the shortest says it best.
    shorter = func.length(thing.c.address) <= func.length(add.excluded.address)
    told["address"] = case(
        (and_(thing.c.kind == "house", shorter), thing.c.address), else_=add.excluded.address
    )
    moved = [{**row, "region_code": divisions.current(row["region_code"])} for row in rows]
    made = add.on_conflict_do_update(index_elements=["kind", "key_hash"], set_=told).returning(
        thing.c.key_hash, thing.c.id
    )
    return {row.key_hash: row.id for row in connection.execute(made, moved)}


_KNOWN = text(
    "INSERT INTO thing_known (thing_id, system_id, number_hash, number_cipher, region_code)"
    " SELECT * FROM unnest(:thing, :system, :hash, :cipher, :region)"
    " ON CONFLICT DO NOTHING"
).bindparams(
    bindparam("thing", type_=ARRAY(Uuid)),
    bindparam("system", type_=ARRAY(Text)),
    bindparam("hash", type_=ARRAY(Text)),
    bindparam("cipher", type_=ARRAY(Text)),
    bindparam("region", type_=ARRAY(Text)),
)


def put_known(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Note which system knows which thing under which number."""
    if rows:
        names = ("thing", "system", "hash", "cipher", "region")
        given = {name: [row[name] for row in rows] for name in names}
        given["region"] = [divisions.current(one) for one in given["region"]]
        connection.execute(_KNOWN, given)


def drop_unknown(connection: Connection) -> int:
    """Forget the things that no system knows any longer; gives how many."""
    known = exists().where(thing_known.c.thing_id == thing.c.id)
    return connection.execute(delete(thing).where(~known)).rowcount


def settle(tables: Iterable[Any] = (thing, thing_known)) -> None:
    """Let the planner know what a bulk load has changed (the migration grants the right)."""
    with begin() as connection:
        for table in tables:
            connection.execute(text(f"ANALYZE {table.name}"))
