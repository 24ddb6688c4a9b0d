"""The demonstration shows the same cases on every machine, of the persons most systems know."""

import pytest
from sqlalchemy import func, select, update

from portal.commands.seed import _people_in
from portal.store.scope import scoped
from portal.store.search import INDEXER
from portal.store.subjects import subject
from tests import people
from tests.functions.test_reach import _id_number

pytestmark = pytest.mark.usefixtures("hailing")
WILLOW = "990102001001"
NAMES = ("王一", "王二", "王三", "王四", "王五", "王六")
KNOWN = "王四"


def _chosen(count: int) -> list[str]:
    chosen = [person for person, _, _ in _people_in(WILLOW, count)]
    with scoped(INDEXER) as connection:
        rows = connection.execute(select(subject.c.id, subject.c.name)).all()
    names = {row.id: row.name for row in rows}
    return [names[one] for one in chosen]


def test_the_same_persons_come_first_whatever_the_keys_of_the_machine() -> None:
    for number, name in enumerate(NAMES):
        people.add_person(_id_number(number), name=name)
    with scoped(INDEXER) as connection:
        connection.execute(
            update(subject).where(subject.c.name == KNOWN).values(systems=["grid", "pension"])
        )
    orders = []
    for salt in ("one key", "another", "a third"):
        with scoped(INDEXER) as connection:
            hashed = func.md5(subject.c.name + salt)
            connection.execute(update(subject).values(id_hash=hashed))
        orders.append(_chosen(3))
    assert orders[0][0] == KNOWN
    assert orders[0] == orders[1] == orders[2]
