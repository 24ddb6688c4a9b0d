"""What the subject index can say for a form: how many persons, and who stands in a list."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal_column, or_, select

from portal.affairs.forms import rules
from portal.affairs.forms.words import Held
from portal.store import clock, crypto, region_codes
from portal.store.citypack import pack
from portal.store.form_texts import FormText
from portal.store.search import running
from portal.store.subjects import address, subject, subject_relation

LIVING, REGISTERED = "居住", "户籍"
SOURCE = "居民索引"
_DIGITS: ColumnElement[int] = literal_column("12")  # not bound: GROUP BY has to see the same text


def named(bind: str, known: Held) -> str:
    """Where a count is from, in words."""
    if bind.startswith("system:"):
        system = bind.removeprefix("system:")
        return f"{SOURCE}·{known.systems.get(system, system)}有记录的现居住人口"
    return f"{SOURCE}·{rules.INDEX[bind]}"


def _place(relation: Any) -> ColumnElement[str]:
    return func.left(relation.region_code, _DIGITS)


def _ongoing(relation: Any) -> ColumnElement[bool]:
    return or_(relation.ends.is_(None), relation.ends > func.current_date())


def counted(connection: Connection, bind: str, prefix: str) -> Iterable[tuple[str, int]]:
    """By community, how many persons; each once."""
    one, other = subject_relation.alias("one"), subject_relation.alias("other")
    mine, theirs = one.c, other.c
    kind = REGISTERED if bind in ("registered", "outflow") else LIVING
    query = (
        select(_place(mine).label("code"), func.count(mine.subject_id.distinct()).label("number"))
        .where(mine.kind == kind, _ongoing(mine), region_codes.within(mine.region_code, prefix))
        .group_by("code")
    )
    if bind.startswith("system:"):
        system = bind.removeprefix("system:")
        query = query.join(subject, subject.c.id == mine.subject_id).where(
            subject.c.systems.contains([system])
        )
    elif bind in ("inflow", "outflow"):
        elsewhere = LIVING if kind == REGISTERED else REGISTERED
        query = query.join(other, theirs.subject_id == mine.subject_id).where(
            theirs.kind == elsewhere, _ongoing(theirs), _place(theirs) != _place(mine)
        )
    return [(row.code, row.number) for row in connection.execute(query)]


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A person of a list, as the index knows them."""

    subject: str
    values: dict[str, str]
    source: str


def _born(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except (ValueError, IndexError):
        return None


def _age(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def listed(connection: Connection, made: FormText, code: str) -> list[Listed]:
    """Who stands in a unit's list: by age, or the heads of the households that a system knows."""
    place = subject_relation
    query = (
        select(subject.c.id, subject.c.name, subject.c.id_cipher, place.c.household_no,
               address.c.text)
        .join(place, place.c.subject_id == subject.c.id)
        .outerjoin(address, address.c.id == place.c.address_id)
        .where(place.c.kind == LIVING, running(), region_codes.within(place.c.region_code, code))
        .where(subject.c.kind == "person")
        .order_by(subject.c.pinyin, subject.c.id)
    )  # fmt: skip
    if made.system:
        query = query.where(subject.c.systems.contains([made.system]))
    if made.rows == "households":
        query = query.where(place.c.head)
    day = clock.local(clock.now()).date()
    seen: dict[str, Listed] = {}
    for row in connection.execute(query):
        number = crypto.decrypt(row.id_cipher)
        born = _born(number)
        if str(row.id) in seen or born is None or _age(born, day) < made.from_age:
            continue
        values = {
            "name": row.name, "id_number": number, "birth_date": born.isoformat(),
            "age": f"{_age(born, day)}", "current_address": row.text or "",
            "sex": "男" if int(number[16]) % 2 else "女", "household": row.household_no or "",
        }  # fmt: skip
        seen[str(row.id)] = Listed(subject=str(row.id), values=values, source=SOURCE)
        if len(seen) >= pack().forms.most_rows:
            break
    _homes(connection, seen)
    _sizes(connection, seen)
    return list(seen.values())


def _homes(connection: Connection, seen: dict[str, Listed]) -> None:
    """Where they are registered."""
    place = subject_relation.c
    query = (
        select(place.subject_id, address.c.text)
        .join(address, address.c.id == place.address_id)
        .where(place.subject_id.in_(list(seen)), place.kind == REGISTERED, running())
    )
    for row in connection.execute(query):
        seen[str(row.subject_id)].values["registered_address"] = row.text


def _sizes(connection: Connection, seen: dict[str, Listed]) -> None:
    """How many belong to each household."""
    numbers = {one.values["household"] for one in seen.values()} - {""}
    place = subject_relation.c
    query = (
        select(place.household_no, func.count(place.subject_id.distinct()).label("size"))
        .where(place.household_no.in_(sorted(numbers)), place.kind == LIVING, running())
        .group_by(place.household_no)
    )
    sizes = {row.household_no: row.size for row in connection.execute(query)}
    for one in seen.values():
        size = sizes.get(one.values["household"])
        one.values["household_size"] = f"{size}" if size else ""
