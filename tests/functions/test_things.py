"""Households, houses and enterprises: indexed, found, opened and linked, within the scope."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from stdnum.cn import ric, uscc

from auth.permissions import Denied
from auth.tables import audit_entry
from portal.connectors.contract import (
    RegisterEntry,
    RosterEntry,
    RosterRelation,
    State,
    SubjectKind,
)
from portal.connectors.gateway import Gateway
from portal.functions.records import (
    BadQueryError,
    CaseRef,
    Purpose,
    Records,
    Things,
    find_all,
    find_people,
    index,
    places,
    registers,
)
from portal.functions.records.people import _shares
from portal.store import crypto, things
from portal.store.citypack import CityPack
from portal.store.engine import begin
from portal.store.scope import Reach, scoped
from portal.store.search import INDEXER
from portal.store.subjects import thing, thing_known
from tests import people
from tests.connectors import support
from tests.connectors.support import FakeTransport
from tests.functions.test_reach import COUNTER, _id_number

pytestmark = pytest.mark.usefixtures("hailing")

HERE = "990102001001"
ELSEWHERE = "990102001002"
FLAT = "柳岸小区3号楼2单元501室"
CODE = "91990102MA0000001" + uscc.calc_check_digit("91990102MA00000010")
HEAD, WIFE, CHILD, STRANGER = (_id_number(n) for n in (1, 2, 3, 4))


def member(
    number: str, name: str, *, household: str = "H1", head: bool = False, place: str = HERE,
    address: str = FLAT,
) -> RosterEntry:  # fmt: skip
    return RosterEntry(
        foreign_id=number,
        id_number=number,
        name=name,
        household_no=household,
        head=head,
        relations=(
            RosterRelation(kind="居住", region_code=place, address=address, since=date(2020, 1, 1)),
        ),
    )


FAMILY = [member(WIFE, "李四"), member(HEAD, "张三丰", head=True)]


def house(number: str, address: str = FLAT, place: str = HERE) -> RegisterEntry:
    return RegisterEntry(
        kind=SubjectKind.HOUSE, foreign_id=number, region_code=place, address=address
    )


def enterprise(number: str = "D1", place: str = HERE, code: str = CODE) -> RegisterEntry:
    return RegisterEntry(
        kind=SubjectKind.ENTERPRISE,
        foreign_id=number,
        region_code=place,
        name="柳岸昆达商贸有限公司",
        address=FLAT,
        credit_code=code,
    )


def settle_here() -> None:
    """A household, its flat on the lists of two systems, an enterprise at the same address."""
    index.refresh(FAMILY, "a", simulated="sandbox", households=True)
    index.refresh(
        [member(WIFE, "李四", household="DB-7"), member(STRANGER, "王五", household="DB-9")],
        "b",
        simulated="sandbox",
    )
    registers.refresh([house("F-1"), enterprise()], "a", simulated="sandbox")
    registers.refresh([house("K-1", f"海陵市柳岸社区{FLAT}")], "b", simulated="sandbox")


def rows(kind: str) -> list[Any]:
    with scoped(INDEXER) as connection:
        return list(connection.execute(select(thing).where(thing.c.kind == kind)))


# -- the index ------------------------------------------------------------------------------------


def test_a_household_lies_where_its_head_lives_whoever_comes_first() -> None:
    index.refresh(
        [member(WIFE, "李四", address="别处1号"), member(HEAD, "张三丰", head=True)],
        "a",
        simulated=None,
        households=True,
    )
    (one,) = rows("household")
    assert (one.name, one.pinyin, one.initials, one.address) == (
        "张三丰", "zhangsanfeng", "zsf", FLAT,
    )  # fmt: skip


def test_one_flat_on_two_lists_is_one_house_with_two_numbers() -> None:
    settle_here()
    (one,) = rows("house")
    with scoped(INDEXER) as connection:
        found = things.one(connection, one.id)
        assert found is not None
        known = {
            system: crypto.decrypt(cipher) for system, cipher in things.numbers(connection, found)
        }
    assert known == {"a": "F-1", "b": "K-1"}


def test_numbers_and_codes_are_not_readable_in_the_database() -> None:
    settle_here()
    with scoped(INDEXER) as connection:
        dump = str(list(connection.execute(select(thing)))) + str(
            list(connection.execute(select(thing_known)))
        )
    assert CODE not in dump and "F-1" not in dump and "DB-7" not in dump


def test_what_a_system_lists_no_more_is_gone_and_what_stays_keeps_its_id() -> None:
    settle_here()
    (before,) = rows("house")
    registers.refresh([house("F-1")], "a", simulated="sandbox")
    assert rows("enterprise") == []
    assert rows("house")[0].id == before.id
    registers.refresh([house("K2", "河岸路2号")], "b", simulated="sandbox")
    registers.refresh([], "a", simulated="sandbox")
    assert [one.address for one in rows("house")] == ["河岸路2号"]
    index.refresh([member(HEAD, "张三丰", household="H2", head=True)], "a", simulated=None,
                  households=True)  # fmt: skip
    assert len(rows("household")) == 1


def test_a_walk_that_breaks_leaves_what_was_there() -> None:
    settle_here()

    def broken() -> Iterator[RegisterEntry]:
        yield house("F9", "新址9号")
        raise OSError

    with pytest.raises(OSError):
        registers.refresh(broken(), "a", simulated="sandbox")
    assert [one.address for one in rows("house")] == [FLAT]


@pytest.mark.parametrize(
    "written",
    [
        FLAT,
        f" {FLAT}",
        f"海陵市{FLAT}",
        "柳岸小区\uff13号楼2单元501室",
        "海陵市 柳岸小区3号楼2单元501室",
    ],
)
def test_every_spelling_of_a_dwelling_has_one_key(written: str) -> None:
    assert places.key(HERE, written) == places.key(HERE, FLAT)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.text(max_size=30), st.sampled_from((HERE, ELSEWHERE)))
def test_a_key_depends_on_place_and_address_and_never_breaks(written: str, place: str) -> None:
    found = places.key(place, written)
    assert places.plain(place, places.plain(place, written)) == places.plain(place, written)
    other = ELSEWHERE if place == HERE else HERE
    assert found is None or found != places.key(other, written)


# -- finding --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kinds"),
    [
        ("张三丰", ["household"]),
        ("zhangsanfeng", ["household"]),
        ("zsf", ["household"]),
        ("昆达商贸", ["enterprise"]),
        ("liuankundashangmao", ["enterprise"]),
        (CODE, ["enterprise"]),
        (CODE.lower(), ["enterprise"]),
        ("3号楼 柳岸", ["household", "house", "enterprise"]),
        ("柳岸小区", ["household", "house", "enterprise"]),
        ("河岸路88号", []),
    ],
)
def test_one_box_finds_households_houses_and_enterprises(typed: str, kinds: list[str]) -> None:
    settle_here()
    result = find_all(people.principal(), typed, COUNTER)
    assert [one.kind for one in result.things] == kinds
    assert bool(result.note) is not bool(result.things or result.hits)
    for one in result.things:
        assert "501" not in one.address or one.kind == "enterprise", "a dwelling is masked"
    assert find_people(people.principal(), typed, COUNTER).things == ()


def test_nothing_outside_the_scope_is_found() -> None:
    settle_here()
    away = people.principal(prefixes=(ELSEWHERE,), region_code=ELSEWHERE)
    for typed in ("张三丰", CODE, "柳岸小区"):
        assert find_all(away, typed, COUNTER).things == ()


def test_without_a_scope_the_database_shows_no_thing() -> None:
    settle_here()
    for prefixes in ((), (ELSEWHERE,)):
        with scoped(Reach(prefixes=prefixes, unit_id="com-1", actor="someone")) as connection:
            for table in ("thing", "thing_known"):
                counted = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
                assert counted == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(["person", "household", "house", "enterprise"]), st.integers(0, 25)
    ),
    st.integers(1, 20),
)
def test_no_kind_crowds_another_out(found: dict[str, int], limit: int) -> None:
    shares = _shares(found, limit)
    assert sum(shares.values()) == min(limit, sum(found.values()))
    for kind, there in found.items():
        assert shares[kind] <= there
        assert shares[kind] >= min(there, limit // max(len(found), 1))


def test_twenty_hits_in_all() -> None:
    for number in range(15):
        people.add_person(_id_number(50 + number), name=f"柳岸{number}")
    registers.refresh(
        [house(f"F{n}", f"柳岸小区{n + 1}号楼1单元101室") for n in range(15)], "a", simulated=None
    )
    result = find_all(people.principal(), "柳岸", COUNTER)
    assert result.more and len(result.hits) + len(result.things) == 20
    assert len(result.hits) == len(result.things) == 10


# -- the dossier ----------------------------------------------------------------------------------

ABOUT_THINGS = """
[calls.household]
path = "/household"
query = {{ no = "{{household_no}}" }}
items = "rows"
[calls.house]
path = "/house"
query = {{ no = "{{house_no}}" }}
items = "rows"
[calls.houses]
path = "/houses"
items = "rows"
[calls.enterprise]
path = "/enterprise"
query = {{ no = "{{credit_code}}" }}
items = "rows"
[registers.house]
foreign_id = "no"
region_code = "place"
address = "address"
[[records]]
title = "一户"
of = "household"
[records.map]
household_no = "no"
member = "member"
member_number = {{ from = "number", convert = ["id_number"] }}
tie = "tie"
[[records]]
title = "一房"
of = "house"
[records.map]
house_no = "no"
[[records]]
title = "一企"
of = "enterprise"
[records.map]
credit_code = "no"
unit_kind = "kind"
[fields.household_no]
label = "户号"
sensitivity = "open"
[fields.house_no]
label = "房屋编号"
sensitivity = "open"
[fields.credit_code]
label = "信用代码"
sensitivity = "open"
[fields.unit_kind]
label = "类型"
sensitivity = "open"
[fields.member]
label = "成员"
sensitivity = "personal"
mask = "name"
[fields.member_number]
label = "成员证件号"
sensitivity = "sensitive"
mask = "id_number"
[fields.tie]
label = "与户主关系"
sensitivity = "personal"
"""


def with_things(manifest: str) -> str:
    able = '"roster", "households", "houses", "enterprises"]'
    told = ABOUT_THINGS.replace("{{", "{").replace("}}", "}")
    roster = 'foreign_id = "no"\nhousehold_no = "household"\nhouseholds = true\n'
    changed = manifest.replace('"roster"]', able).replace(
        '[roster]\nforeign_id = "no"\n', f"[roster]\n{roster}"
    )
    return changed + told


@pytest.fixture
def transports() -> dict[str, FakeTransport]:
    """Each answers about whatever number it is asked for, once it may."""

    async def echo(_call: Any, values: Any) -> Any:
        own = values.get("household_no") or values.get("house_no") or values.get("credit_code")
        if "household_no" not in values:
            return {"code": "0", "rows": [{"no": own, "kind": "企业"}]}
        family = [
            {"no": own, "member": "张三丰", "number": HEAD, "tie": "户主"},
            {"no": own, "member": "张小丰", "number": young(), "tie": "子"},
        ]
        return {"code": "0", "rows": family}

    return {"a": FakeTransport(echo), "b": FakeTransport(echo)}


def young() -> str:
    """The number of somebody of five."""
    body = f"990102{date.today().year - 5}0101001"
    return body + str(ric.calc_check_digit(body + "0"))


CASE_ID = uuid4()


@pytest.fixture
def dossiers(
    hailing: CityPack, tmp_path: Path, transports: dict[str, FakeTransport]
) -> Iterator[Things]:
    registry = support.load(tmp_path, list(transports), with_things)
    gateway = Gateway(registry, transports=lambda system: transports[system.id])
    gateway.start()
    settle_here()

    def case(_who: Any, case_id: str) -> CaseRef | None:
        with scoped(INDEXER) as connection:
            query = text("SELECT id FROM subject WHERE id_hash = :hash")
            head = connection.execute(query, {"hash": crypto.keyed_hash(HEAD)}).scalar_one()
        if case_id != str(CASE_ID):
            return None
        return CaseRef(id=case_id, number="1", matter="低保", subject_id=head, region_code=HERE)

    yield Things(records=Records(gateway=gateway, case_sources=[case]))
    gateway.stop()


def the(kind: str) -> str:
    return str(rows(kind)[0].id)


def test_a_household_shows_its_members_masked_and_what_lies_at_the_same_flat(
    dossiers: Things,
) -> None:
    head = dossiers.open(people.principal(), the("household"), COUNTER)
    assert (head.kind_name, head.title) == ("一户一档", "张*丰户")
    assert [(one.name, one.head, one.opens) for one in head.people] == [
        ("张*丰", True, True),
        ("李*", False, True),
    ]
    assert {one.kind for one in head.linked} == {"house", "enterprise"}
    assert "501" not in head.address
    assert any("辖区" in one for one in head.notes) and any("授权书" in one for one in head.notes)


def test_a_house_shows_who_is_tied_to_it_and_leads_back(dossiers: Things) -> None:
    head = dossiers.open(people.principal(), the("house"), COUNTER)
    assert {one.name for one in head.people} == {"张*丰", "李*", "王*"}
    assert {one.relation for one in head.people} == {"居住"}
    assert "household" in {one.kind for one in head.linked}


def test_each_system_is_asked_with_its_own_number(
    dossiers: Things, transports: dict[str, FakeTransport]
) -> None:
    answers = list(dossiers.stream(people.principal(), the("household"), COUNTER))
    assert {one.state for one in answers} == {State.RETURNED}
    asked = {name: [call["household_no"] for call in one.calls] for name, one in transports.items()}
    assert asked == {"a": ["H1"], "b": ["DB-7"]}, "the number that the system has for a member"


def test_of_a_child_in_the_household_only_who_is_told(dossiers: Things) -> None:
    (answer,) = [
        one
        for one in dossiers.stream(people.principal(), the("household"), COUNTER)
        if one.system_id == "a"
    ]
    grown, child = answer.records
    assert {one.name for one in grown.fields} == {"household_no", "member", "member_number", "tie"}
    assert {one.name for one in child.fields} == {"household_no", "member", "member_number"}
    assert all(HEAD not in one.text and young() not in one.text for one in grown.fields)


def test_an_enterprise_is_asked_for_by_its_code(
    dossiers: Things, transports: dict[str, FakeTransport]
) -> None:
    head = dossiers.open(people.principal(), the("enterprise"), COUNTER)
    assert (head.title, head.code, head.people) == ("柳岸昆达商贸有限公司", CODE, ())
    list(dossiers.stream(people.principal(), the("enterprise"), COUNTER))
    assert transports["b"].calls[-1]["credit_code"] == CODE


def test_an_answer_about_another_thing_is_never_shown(
    dossiers: Things, transports: dict[str, FakeTransport]
) -> None:
    transports["a"].behave = support.always({"code": "0", "rows": [{"no": "别的", "kind": "企业"}]})
    answers = {
        one.system_id: one
        for one in dossiers.stream(people.principal(), the("enterprise"), COUNTER)
    }
    assert (answers["a"].state, answers["a"].records) == (State.FAULT, ())
    assert answers["b"].state is State.RETURNED


def test_the_scope_the_purpose_and_the_case_decide(dossiers: Things) -> None:
    away = people.principal(prefixes=(ELSEWHERE,), region_code=ELSEWHERE)
    for kind in ("household", "house", "enterprise"):
        with pytest.raises(Denied):
            dossiers.open(away, the(kind), COUNTER)
    with pytest.raises(Denied, match="目的"):
        dossiers.open(people.principal(), the("house"), Purpose(id="visit", name="x"))
    with pytest.raises(Denied):
        dossiers.open(people.principal(), str(uuid4()), COUNTER)
    with pytest.raises(Denied):
        dossiers.open(people.principal(), "no-id", COUNTER)
    case = Purpose(id="case", name="在办", case_id=str(CASE_ID))
    officer = people.principal(roles=("city_officer",), prefixes=("9901",), unit_id="gov-9901")
    head = dossiers.open(officer, the("household"), case)
    assert [one.opens for one in head.people] == [True, False], "only the case's own resident"
    assert dossiers.open(officer, the("house"), case).kind == "house"
    with pytest.raises(Denied):
        dossiers.open(officer, the("enterprise"), case)
    with pytest.raises(Denied):
        dossiers.open(officer, the("household"), replace(case, case_id=str(uuid4())))


def test_from_a_person_to_household_and_house(dossiers: Things) -> None:
    who = people.principal()
    hit = find_people(who, "张三丰", COUNTER).hits[0]
    dossier = dossiers.records.open_dossier(who, hit.subject_id, COUNTER)
    assert [one.kind for one in dossier.belongs] == ["household", "house"]
    assert dossiers.open(who, dossier.belongs[0].thing_id, dossier.purpose).kind == "household"


def test_every_step_is_recorded_and_a_value_in_full_needs_a_reason(dossiers: Things) -> None:
    who, household = people.principal(), the("household")
    dossiers.open(who, household, COUNTER)
    list(dossiers.stream(who, household, COUNTER))
    asked = {"system_id": "a", "record_no": 0, "field_name": "member_number"}
    with pytest.raises(BadQueryError, match="理由"):
        dossiers.unmask(who, household, COUNTER, **asked, reason="看")  # type: ignore[arg-type]
    shown = dossiers.unmask(who, household, COUNTER, **asked, reason="与本人核对")  # type: ignore[arg-type]
    assert shown.value == HEAD
    with begin() as connection:
        told = [
            (row.action, row.detail["subject"])
            for row in connection.execute(select(audit_entry).order_by(audit_entry.c.seq))
        ]
    assert told == [(f"records.{one}", "household") for one in ("open", "view", "unmask")]
    with pytest.raises(BadQueryError):
        dossiers.unmask(who, household, COUNTER, **{**asked, "record_no": 9}, reason="与本人核对")  # type: ignore[arg-type]
