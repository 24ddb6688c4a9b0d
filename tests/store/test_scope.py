"""Row-level security: exactly the rows in scope, and nothing at all without one."""

from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import ProgrammingError

from portal.affairs.matters.tables import matter_case
from portal.store import clock
from portal.store.engine import begin, engine
from portal.store.scope import Reach, acting_as, in_scope_sql, scoped, together
from portal.store.subjects import subject, subject_relation
from tests.conftest import TestDatabase

INDEX = Reach(prefixes=(), unit_id=None, actor="service:index")
PLACES = (
    "990102001001",
    "990102001002",
    "990102002001",
    "990103001001",
    "990103100200",
    "9901020",
    "99010",
)


def _person(connection: Connection, *places: str) -> UUID:
    made = uuid4()
    connection.execute(
        insert(subject).values(
            id=made,
            kind="person",
            name="张三",
            pinyin="zhangsan",
            initials="zs",
            id_hash=made.hex,
            id_cipher="k1:",
            systems=[],
        )
    )
    for place in places:
        connection.execute(
            insert(subject_relation).values(
                subject_id=made, kind="居住", region_code=place, system_id="t"
            )
        )
    return made


def _seen(reach: Reach) -> set[UUID]:
    with scoped(reach) as connection:
        return set(connection.execute(select(subject.c.id)).scalars())


def _reach(*prefixes: str, unit: str | None = None) -> Reach:
    return Reach(prefixes=prefixes, unit_id=unit, actor="someone")


def test_the_application_role_owns_nothing_and_cannot_bypass_the_policies(
    database: TestDatabase,
) -> None:
    with begin() as connection:
        role = connection.execute(
            text(
                "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
            )
        ).one()
        owned = connection.execute(
            text("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        ).scalar_one()
    assert tuple(role) == ("portal_app", False, False)
    assert owned == 0


def test_an_empty_scope_shows_nothing_even_after_a_scoped_transaction(
    database: TestDatabase,
) -> None:
    with scoped(INDEX) as connection:
        _person(connection, PLACES[0])
    engine().dispose()
    with engine().connect() as connection:  # one pooled connection, used again and again
        with connection.begin():
            assert connection.execute(select(subject.c.id)).all() == []
        with connection.begin():
            connection.execute(text("SELECT set_config('app.scope', '9901', true)"))
            assert len(connection.execute(select(subject.c.id)).all()) == 1
        with connection.begin():
            value = connection.execute(text("SELECT current_setting('app.scope', true)")).scalar()
            assert value == "", "a reused connection holds an empty text, not NULL"
            assert connection.execute(select(subject.c.id)).all() == []
        with connection.begin():
            connection.execute(text("SELECT set_config('app.scope', '', true)"))
            assert connection.execute(select(subject.c.id)).all() == []
        with connection.begin():
            connection.execute(text("SELECT set_config('app.scope', ',,,', true)"))
            assert connection.execute(select(subject.c.id)).all() == []


@pytest.mark.parametrize(
    ("prefixes", "expected"),
    [
        (("990102",), {"990102001001", "990102001002", "990102002001", "9901020"}),
        (("990102001001",), {"990102001001"}),
        (("990102001001", "990103"), {"990102001001", "990103001001", "990103100200"}),
        (("99",), set(PLACES)),
        (("88",), set()),
        ((), set()),
    ],
)
def test_a_scope_is_a_set_of_prefixes(
    database: TestDatabase, prefixes: tuple[str, ...], expected: set[str]
) -> None:
    with scoped(INDEX) as connection:
        people = {place: _person(connection, place) for place in PLACES}
    assert _seen(_reach(*prefixes)) == {people[place] for place in expected}


def test_one_relation_inside_the_scope_is_enough_and_an_ended_one_is_not(
    database: TestDatabase,
) -> None:
    with scoped(INDEX) as connection:
        here = _person(connection, "990103001001", "990102001001")
        gone = _person(connection, "990103001001")
        connection.execute(
            insert(subject_relation).values(
                subject_id=gone,
                kind="居住",
                region_code="990102001001",
                system_id="t",
                ends=text("current_date - 1"),
            )
        )
    assert _seen(_reach("990102")) == {here}
    assert _seen(_reach("990103")) == {here, gone}


def test_a_unit_sees_the_person_of_its_open_case_until_the_case_is_closed(
    database: TestDatabase,
) -> None:
    with scoped(INDEX) as connection:
        person = _person(connection, "990103001001")
    with scoped(_reach("990103")) as connection:
        connection.execute(
            insert(matter_case).values(
                id=uuid4(),
                number="A1",
                matter="高龄津贴申请",
                source="t",
                subject_id=person,
                region_code="990103001001",
                unit_id="dept-a",
                state="办理中",
                opened_at=clock.now(),
            )
        )
    assert _seen(_reach(unit="dept-a")) == {person}
    assert _seen(_reach(unit="dept-b")) == set()
    with scoped(_reach(unit="dept-a")) as connection:
        connection.execute(matter_case.update().values(state="已办结"))
    assert _seen(_reach(unit="dept-a")) == set()


def test_only_the_indexing_service_writes_the_index(database: TestDatabase) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), scoped(_reach("99")) as one:
        _person(one, "990102001001")


@pytest.mark.parametrize("prefix", ["", "9", "99%", "99' OR '1'='1", "9901,9902", "1" * 16, "九九"])
def test_a_scope_that_is_no_region_code_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="region prefix"):
        Reach(prefixes=(prefix,), unit_id=None, actor="a")


def test_more_prefixes_than_the_policies_read_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 4"):
        Reach(prefixes=("99", "98", "97", "96", "95"), unit_id=None, actor="a")


@given(
    codes=st.lists(st.text("0123", min_size=4, max_size=12), min_size=1, max_size=12),
    prefixes=st.lists(st.text("0123", min_size=2, max_size=6), max_size=4),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_database_and_the_function_agree_on_every_scope(
    database: TestDatabase, codes: list[str], prefixes: list[str]
) -> None:
    reach = _reach(*prefixes)
    condition = in_scope_sql('code COLLATE "C"')
    with scoped(reach) as connection:
        rows = connection.execute(
            text(f"SELECT code FROM unnest(cast(:codes AS text[])) AS code WHERE {condition}"),
            {"codes": codes},
        ).scalars()
        assert sorted(rows) == sorted(code for code in codes if reach.covers(code))


def test_the_policy_answers_from_the_index(database: TestDatabase) -> None:
    with scoped(INDEX) as connection:
        person = _person(connection, "990101001001")
        connection.execute(
            insert(subject_relation),
            [
                {
                    "subject_id": person,
                    "kind": "居住",
                    "region_code": f"9901{number:08d}",
                    "system_id": "t",
                }
                for number in range(4000)
            ],
        )
    with scoped(_reach("990100000001")) as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(
            connection.execute(text("EXPLAIN SELECT subject_id FROM subject_relation")).scalars()
        )
    assert "ix_subject_relation_region_code" in plan, plan


def test_what_is_read_together_shares_a_transaction_and_another_reach_gets_its_own(
    database: TestDatabase,
) -> None:
    with scoped(INDEX) as connection:
        here = _person(connection, "990102001001")
        there = _person(connection, "990103001001")
    with together(_reach("990102")):
        with scoped(_reach("990102")) as one, scoped(_reach("990102")) as two:
            assert one is two
        assert _seen(_reach("990102")) == {here}
        assert _seen(_reach("990103")) == {there}
        assert _seen(_reach("990102")) == {here}
    with scoped(_reach("990103")) as connection:
        assert set(connection.execute(select(subject.c.id)).scalars()) == {there}


def test_a_few_statements_under_a_service_s_name_leave_the_reach_as_it_was(
    database: TestDatabase,
) -> None:
    with scoped(_reach("990102", unit="u")) as connection:
        with acting_as(connection, "service:index"):
            _person(connection, "990103001001")
        actor = connection.execute(text("SELECT current_setting('app.actor')")).scalar_one()
        assert actor == "someone"
        assert connection.execute(select(subject.c.id)).all() == []
