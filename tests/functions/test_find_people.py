"""A search shows twenty at most, masked, within the scope, recorded, and cannot be walked."""

import pytest
from sqlalchemy import select

import portal.settings as settings_module
from auth.permissions import Denied
from auth.tables import audit_entry
from portal.functions.records import Purpose, find_people
from portal.store.citypack import CityPack
from portal.store.engine import begin
from portal.store.scope import scoped
from portal.store.search import INDEXER, put_addresses
from portal.store.subjects import subject_relation
from tests import people
from tests.functions.test_reach import COUNTER, _id_number

pytestmark = pytest.mark.usefixtures("hailing")


def _people(*names: tuple[str, str]) -> None:
    for place, (name, pinyin) in enumerate(names):
        people.add_person(_id_number(place + 1), name=name, pinyin=pinyin)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("张三", ["张*", "张*丰"]),
        ("三丰", ["张*丰"]),
        ("zhangsan", ["张*", "张*丰"]),
        ("阿卜杜拉•马木提", ["阿******提"]),
        ("李四", []),
        ("zhangsanx", []),
    ],
)
def test_names_are_found_in_characters_and_in_pinyin(typed: str, found: list[str]) -> None:
    _people(
        ("张三", "zhangsan"),
        ("张三丰", "zhangsanfeng"),
        ("阿卜杜拉·马木提", "abudulamamuti"),
    )
    result = find_people(people.principal(), typed, COUNTER)
    assert [one.name for one in result.hits] == found
    assert bool(result.note) is not bool(found)


def test_an_address_finds_who_lives_there_by_any_of_its_words(hailing: CityPack) -> None:
    person = people.add_person(_id_number(1))
    with scoped(INDEXER) as connection:
        put_addresses(
            connection,
            [{"id": "a", "region_code": "990102001001", "text": "柳岸小区3号楼2单元501室"}],
        )
        connection.execute(subject_relation.update().values(address_id="a"))
    for typed in ("柳岸小区", "3号楼 柳岸", "柳岸小区3号楼2单元"):
        hits = find_people(people.principal(), typed, COUNTER).hits
        assert [one.subject_id for one in hits] == [str(person)], typed
        assert hits[0].address == "柳岸小区3号楼***"
    assert find_people(people.principal(), "柳岸小区4号楼", COUNTER).hits == ()


def test_twenty_at_most_and_the_clerk_is_asked_for_more_words() -> None:
    _people(*[("张三", "zhangsan")] * 23)
    result = find_people(people.principal(), "张三", COUNTER)
    assert len(result.hits) == 20
    assert result.more
    assert "超过 20 人" in result.note


def test_exactly_twenty_are_all() -> None:
    _people(*[("张三", "zhangsan")] * 20)
    result = find_people(people.principal(), "张三", COUNTER)
    assert (len(result.hits), result.more, result.note) == (20, False, "")


def test_a_hit_shows_no_number_and_no_full_address() -> None:
    number = _id_number(7)
    people.add_person(number)
    hit = find_people(people.principal(), number, COUNTER).hits[0]
    assert number[1:-1] not in repr(hit)
    assert hit.about == "男，1957 年生"


def test_a_walk_through_the_register_is_stopped_and_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PORTAL_SEARCH_PER_WINDOW", "3")
    settings_module.reload()
    who = people.principal()
    for _ in range(3):
        find_people(who, "张三", COUNTER)
    with pytest.raises(Denied, match="暂停查找"):
        find_people(who, "张三", COUNTER)
    with begin() as connection:
        outcomes = connection.execute(
            select(audit_entry.c.outcome).order_by(audit_entry.c.seq)
        ).scalars()
        assert list(outcomes) == ["ok", "ok", "ok", "refused", "refused"]


def test_every_search_is_recorded_without_what_was_typed() -> None:
    find_people(people.principal(), "张三", COUNTER)
    with begin() as connection:
        row = connection.execute(select(audit_entry)).one()
    assert (row.action, row.purpose, row.outcome) == ("records.search", "counter", "ok")
    assert "张三" not in str(row.detail)


@pytest.mark.parametrize(
    "purpose", [Purpose(id="case", name="x", case_id="y"), Purpose(id="visit", name="x")]
)
def test_a_search_needs_a_purpose_of_ones_own(purpose: Purpose) -> None:
    with pytest.raises(Denied, match="目的"):
        find_people(people.principal(), "张三", purpose)


@pytest.mark.parametrize("role", ["city_officer", "reader"])
def test_posts_without_free_search_are_refused(role: str) -> None:
    with pytest.raises(Denied):
        find_people(people.principal(roles=(role,), prefixes=("9901",)), "张三", COUNTER)
