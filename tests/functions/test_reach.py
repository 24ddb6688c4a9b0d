"""No post reaches a person outside its scope: through the functions, and straight through SQL."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from auth.permissions import Denied
from auth.principal import Principal
from portal.affairs.matters.tables import matter_case
from portal.connectors.gateway import Gateway
from portal.connectors.registry import Registry
from portal.functions.records import Purpose, Records, find_people
from portal.store import clock
from portal.store.citypack import CityPack
from portal.store.engine import begin
from portal.store.scope import NOTHING, Reach, scoped
from portal.store.subjects import subject
from portal.wiring import _case_of_matters
from tests import people

COUNTER = Purpose(id="counter", name="本人到场")
PLACES = ("990102001001", "990102001002", "990103100001", "990103100200", "880101001001")
SCOPES = ("9901", "990102", "990102001", "990102001001", "990103", "990103100200")
UNITS = ("com-990102001001", "dept-civil", "gov-990103100")


@pytest.fixture
def records(hailing: CityPack) -> Iterator[Records]:
    gateway = Gateway(Registry([]))
    gateway.start()
    yield Records(gateway=gateway, case_sources=[_case_of_matters])
    gateway.stop()


def _case(person: UUID, unit: str, region: str, state: str) -> str:
    case_id = uuid4()
    reach = Reach(prefixes=(region[:4],), unit_id=unit, actor="service:test")
    with scoped(reach) as connection:
        connection.execute(
            insert(matter_case).values(
                id=case_id,
                number=case_id.hex,
                matter="高龄津贴申请",
                source="t",
                subject_id=person,
                region_code=region,
                unit_id=unit,
                state=state,
                opened_at=clock.now(),
            )
        )
    return str(case_id)


def _id_number(sequence: int) -> str:
    body = f"11010119{50 + sequence % 50}0307{sequence % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


def _opens(records: Records, who: Principal, person: UUID, purpose: Purpose) -> bool:
    try:
        records.open_dossier(who, str(person), purpose)
    except Denied:
        return False
    return True


_serial = iter(range(1, 1_000_000))


@given(
    places=st.lists(st.sampled_from(PLACES), max_size=3, unique=True),
    prefixes=st.lists(st.sampled_from(SCOPES), max_size=2, unique=True),
    unit=st.sampled_from(UNITS),
    case_unit=st.sampled_from(UNITS),
    case_open=st.booleans(),
    role=st.sampled_from(("community_clerk", "city_officer", "reader")),
)
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_person_is_reached_exactly_by_scope_or_by_the_units_open_case(
    records: Records,
    places: list[str],
    prefixes: list[str],
    unit: str,
    case_unit: str,
    case_open: bool,
    role: str,
) -> None:
    number = _id_number(next(_serial))
    person = people.add_person(number, places=[("居住", place) for place in places])
    region = places[0] if places else "990102001001"
    case_id = _case(person, case_unit, region, "办理中" if case_open else "已办结")
    who = people.principal(roles=(role,), prefixes=prefixes, unit_id=unit)
    by_case = Purpose(id="case", name="办理事项", case_id=case_id)

    in_scope = any(place.startswith(prefix) for place in places for prefix in prefixes)
    case_seen = case_open and (case_unit == unit or any(region.startswith(p) for p in prefixes))
    is_clerk = role == "community_clerk"
    may_open = role in ("community_clerk", "city_officer")

    with scoped(who.reach) as connection:
        seen = (
            connection.execute(select(subject.c.id).where(subject.c.id == person)).first()
            is not None
        )
    assert seen is (in_scope or case_seen), "straight through SQL"
    assert _opens(records, who, person, COUNTER) is (is_clerk and in_scope)
    assert _opens(records, who, person, by_case) is (may_open and case_open and case_unit == unit)
    if is_clerk:
        hits = find_people(who, number, COUNTER).hits
        assert [one.subject_id for one in hits] == ([str(person)] if in_scope or case_seen else [])
    else:
        with pytest.raises(Denied):
            find_people(who, number, COUNTER)


def test_a_case_opens_its_own_person_and_no_other(records: Records) -> None:
    theirs = people.add_person(_id_number(next(_serial)))
    other = people.add_person(_id_number(next(_serial)))
    case_id = _case(theirs, "dept-civil", "990102001001", "办理中")
    officer = people.principal(roles=("city_officer",), prefixes=(), unit_id="dept-civil")
    purpose = Purpose(id="case", name="办理事项", case_id=case_id)
    assert _opens(records, officer, theirs, purpose)
    assert not _opens(records, officer, other, purpose)


@pytest.mark.parametrize("case_id", [None, "", "x", "'; DROP TABLE subject; --", "0" * 32])
def test_a_made_up_case_opens_nobody(records: Records, case_id: str | None) -> None:
    person = people.add_person(_id_number(next(_serial)))
    purpose = Purpose(id="case", name="办理事项", case_id=case_id)
    assert not _opens(records, people.principal(), person, purpose)


def test_a_made_up_purpose_opens_nobody(records: Records) -> None:
    person = people.add_person(_id_number(next(_serial)))
    assert not _opens(records, people.principal(), person, Purpose(id="curious", name="看看"))


@pytest.mark.parametrize("subject_id", ["", "x", "0" * 32, "' OR 1=1 --"])
def test_a_made_up_person_is_refused(records: Records, subject_id: str) -> None:
    with pytest.raises(Denied):
        records.open_dossier(people.principal(), subject_id, COUNTER)


@pytest.mark.parametrize("table", ["subject", "subject_relation", "address", "matter_case"])
def test_without_a_scope_sql_sees_no_row(hailing: CityPack, table: str) -> None:
    person = people.add_person(_id_number(next(_serial)))
    _case(person, "dept-civil", "990102001001", "办理中")
    with begin() as connection:
        assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
    with scoped(NOTHING) as connection:
        assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
