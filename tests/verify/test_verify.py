"""查询核验: read, checked, released, worked off within the scope, fetched, forgotten."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import create_engine, func, select, text, update

from auth.permissions import Denied
from auth.principal import Principal
from auth.tables import audit_entry, post
from portal.connectors.contract import TimedOut
from portal.functions.verify import Runner, Verify, VerifyError
from portal.store import clock, crypto, verify
from portal.store.citypack import CityPack
from portal.store.engine import begin, driver_url
from portal.store.scope import NOTHING, Reach, scoped
from portal.store.sheets import SheetRefusedError
from portal.store.verify_tables import verify_job, verify_row
from tests import people
from tests.conftest import TestDatabase
from tests.connectors.support import FakeTransport, always
from tests.verify import world
from tests.verify.world import LOTUS, WILLOW, book

WANTED = {"a": ["grade"]}


@pytest.fixture
def transports() -> dict[str, FakeTransport]:
    return {"a": FakeTransport(world.knows), "b": FakeTransport(always(TimedOut()))}


@pytest.fixture
def function(
    hailing: CityPack,
    tmp_path: Path,
    transports: dict[str, FakeTransport],
    frozen: clock.FrozenClock,
) -> Iterator[Verify]:
    records = world.records(tmp_path / "systems", transports)
    records.gateway.start()
    yield Verify(records=records)
    records.gateway.stop()


@pytest.fixture
def who(hailing: CityPack) -> Principal:
    return world.clerk("wang")


def _submit(function: Verify, who: Principal, rows: list[Any], **over: Any) -> str:
    values: dict[str, Any] = {"wanted": WANTED, "reason": "高龄津贴年度复核", **over}
    return function.submit(who, book(rows), "名单.xlsx", **values)


def _run(function: Verify) -> Runner:
    runner = Runner(records=function.records)
    while runner.turn():
        pass
    return runner


def _result(function: Verify, who: Principal, job: str) -> list[tuple[Any, ...]]:
    name, content = function.result(who, job)
    assert name.endswith(".xlsx")
    return list(load_workbook(BytesIO(content)).worksheets[0].iter_rows(values_only=True))


def _audit(action: str) -> list[Any]:
    with begin() as connection:
        query = select(audit_entry).where(audit_entry.c.action == action)
        return list(connection.execute(query).all())


def test_only_what_concludes_is_offered(function: Verify, who: Principal) -> None:
    assert [(one.system_id, one.fields) for one in function.choices(who)] == [
        ("a", (("grade", "等级"),)),
        ("b", (("grade", "等级"),)),
    ]
    with pytest.raises(Denied, match="核验内容"):
        _submit(function, who, world.persons(1), wanted={"a": ["name"]})


def test_every_row_comes_back_in_its_order_with_outcome_source_and_time(
    function: Verify, who: Principal
) -> None:
    (mine,) = world.persons(1)
    other = ("张三", world.id_number(500))
    people.add_person(other[1], places=[("居住", LOTUS)])
    unknown = ("赵六", world.id_number(600))
    misnamed = ("李四", world.id_number(700))
    people.add_person(misnamed[1], name="张三", places=[("居住", WILLOW)])
    job = _submit(function, who, [mine, other, unknown, misnamed])
    _run(function)
    head, *rows = _result(function, who, job)
    assert head[:6] == ("原表行号", "姓名", "证件号", "核验结果", "系统a·等级", "系统a·返回情况")
    assert [row[0] for row in rows] == [2, 3, 4, 5]
    assert rows[0][3:6] == ("已核验", "符合", "已返回") and rows[0][6].startswith("2026-11-23")
    assert [row[3] for row in rows[1:]] == [
        "不在您的管辖范围",
        "不在您的管辖范围",  # who does not exist looks like who lives elsewhere
        "姓名与证件号不符",
    ]
    assert {row[5] for row in rows[1:]} == {"未查询"}
    assert mine[1] not in str(rows) and rows[0][1] == "张*"


def test_who_is_not_in_the_scope_is_never_asked_about(
    function: Verify, who: Principal, transports: dict[str, FakeTransport]
) -> None:
    number = world.id_number(500)
    people.add_person(number, places=[("居住", LOTUS)])
    _submit(function, who, [("张三", number)])
    _run(function)
    assert transports["a"].calls == []
    assert _audit("verify.person") == []


def test_a_system_that_fails_leaves_the_others_answer(function: Verify, who: Principal) -> None:
    job = _submit(function, who, world.persons(1), wanted={"a": ["grade"], "b": ["grade"]})
    _run(function)
    (_, row) = _result(function, who, job)
    assert row[3] == "部分系统未返回"
    assert (row[4], row[5], row[7], row[8]) == ("符合", "已返回", "", "超时")


def test_each_person_stands_in_the_audit_with_the_batch(function: Verify, who: Principal) -> None:
    rows = world.persons(3)
    job = _submit(function, who, rows)
    _run(function)
    found = _audit("verify.person")
    assert {row.subject_hash for row in found} == {crypto.keyed_hash(number) for _, number in rows}
    assert {(row.actor, row.purpose, row.case_id) for row in found} == {
        ("wang", "verify", "HY-20261123-0001")
    }
    _result(function, who, job)
    (download,) = _audit("verify.download")
    assert download.detail == {"number": "HY-20261123-0001", "rows": 3}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "不是 .xlsx"),
        (b"PK\x03\x04 broken", "已损坏"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "密码"),
        (b"PK\x03\x04" + b"0" * (10 * 1024 * 1024), "MB"),
        (book([("张三", "x")], head=("姓名", "身份证")), "缺少列：证件号"),
        (book([("张三", "x", "y")], head=("姓名", "证件号", "电话")), "C 列“电话”"),
        (book([]), "没有人员"),
        (book([("张三", world.id_number(n)) for n in range(31)]), "超过 30 行"),
    ],
)
def test_a_bad_file_is_refused_in_words_and_nothing_begins(
    function: Verify, who: Principal, data: bytes, words: str
) -> None:
    with pytest.raises(SheetRefusedError, match=words):
        function.submit(who, data, "名单.xlsx", wanted=WANTED, reason="高龄津贴年度复核")
    assert function.jobs(who) == ()


def test_a_bad_row_is_named_before_anything_starts(function: Verify, who: Principal) -> None:
    good = world.persons(1)
    rows = [*good, ("", world.id_number(3)), ("张三", "123"), *good]
    batch = function.check(who, book(rows), "名单.xlsx")
    assert [(one.row, one.column) for one in batch.problems] == [
        (3, "A 列（姓名）"),
        (4, "B 列（证件号）"),
        (5, "B 列（证件号）"),
    ]
    with pytest.raises(VerifyError, match="3 处"):
        _submit(function, who, rows)
    assert function.jobs(who) == ()


@pytest.mark.parametrize(
    ("over", "words"), [({"reason": " 查 "}, "事由"), ({"wanted": {}}, "至少选择")]
)
def test_without_a_reason_or_a_choice_nothing_begins(
    function: Verify, who: Principal, over: dict[str, Any], words: str
) -> None:
    with pytest.raises(VerifyError, match=words):
        _submit(function, who, world.persons(1), **over)


# -- four eyes ------------------------------------------------------------------------------------


def test_many_persons_wait_for_a_second_pair_of_eyes(function: Verify, who: Principal) -> None:
    job = _submit(function, who, world.persons(6))  # the test city releases above five
    _run(function)
    (mine,) = function.jobs(who)
    assert (mine.state, mine.done, mine.may_release) == ("待放行", 0, False)
    with pytest.raises(Denied, match="不能放行同一批"):
        function.release(who, job)
    deputy = replace(world.clerk("deputy"), holder_id=who.account_id)
    with pytest.raises(Denied, match="不能放行同一批"):
        function.release(deputy, job)
    elsewhere = world.clerk("zhao", LOTUS)
    assert function.jobs(elsewhere) == ()
    with pytest.raises(VerifyError, match="没有找到"):
        function.release(elsewhere, job)
    second = world.clerk("li")
    (waits,) = function.jobs(second)
    assert waits.may_release and not waits.mine
    function.release(second, job)
    _run(function)
    (mine,) = function.jobs(who)
    assert (mine.state, mine.done, mine.released_by) == ("已完成", 6, "王小梅")
    with pytest.raises(VerifyError, match="现为“已完成”"):
        function.release(second, job)
    assert function.jobs(second) == ()  # the result is not the second person's
    with pytest.raises(VerifyError, match="没有找到"):
        function.result(second, job)


def test_the_level_above_may_release_and_turn_down(function: Verify, who: Principal) -> None:
    job = _submit(function, who, world.persons(6))
    account = people.add_account("above")
    above = people.principal(roles=("city_officer",), prefixes=("9901",), unit_id="gov-9901",
                             kind="government", level="city", region_code="9901")  # fmt: skip
    with pytest.raises(VerifyError, match="事由"):
        function.turn_down(above, job, "不")
    function.turn_down(replace(above, account_id=account), job, "名单与事由不符")
    (mine,) = function.jobs(who)
    assert (mine.state, mine.note) == ("未放行", "名单与事由不符")
    assert _count(verify_row) == 0


def _count(table: Any) -> int:
    with scoped(verify.SERVICE) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


# -- cancelled, left, forgotten -------------------------------------------------------------------


def test_a_cancelled_batch_is_forgotten_and_late_answers_are_thrown_away(
    function: Verify, who: Principal
) -> None:
    job = _submit(function, who, world.persons(3))
    with scoped(verify.SERVICE) as connection:
        rows = verify.claim(connection, state="核验中", now=clock.now(),
                            lease=timedelta(seconds=120), most=2)  # fmt: skip
    function.cancel(who, job)
    with scoped(verify.SERVICE) as connection:
        assert not verify.settle(connection, rows[0], "核验中", outcome="已核验")
    assert _count(verify_row) == 0
    assert function.jobs(who)[0].state == "已取消"
    with pytest.raises(VerifyError, match="没有结果"):
        function.result(who, job)


def test_a_worker_whose_lease_ran_out_settles_nothing(
    function: Verify, who: Principal, frozen: clock.FrozenClock
) -> None:
    _submit(function, who, world.persons(1))
    lease = timedelta(seconds=120)
    with scoped(verify.SERVICE) as connection:
        (old,) = verify.claim(connection, state="核验中", now=clock.now(), lease=lease, most=9)
    with scoped(verify.SERVICE) as connection:
        assert verify.claim(connection, state="核验中", now=clock.now(), lease=lease, most=9) == []
    frozen.advance(timedelta(minutes=3))
    with scoped(verify.SERVICE) as connection:
        (new,) = verify.claim(connection, state="核验中", now=clock.now(), lease=lease, most=9)
    with scoped(verify.SERVICE) as connection:
        assert not verify.settle(connection, old, "核验中", outcome="旧")
        assert verify.settle(connection, new, "核验中", outcome="新")
        assert not verify.settle(connection, new, "核验中", outcome="再")


def test_who_has_left_the_post_is_not_asked_for(function: Verify, who: Principal) -> None:
    job = _submit(function, who, world.persons(2))
    with begin() as connection:
        connection.execute(
            update(post).where(post.c.id == who.post_id).values(ended_at=clock.now())
        )
    _run(function)
    (mine,) = function.jobs(who)
    assert mine.state == "已中止" and "岗位" in mine.note
    assert _count(verify_row) == 0
    with pytest.raises(VerifyError):
        function.result(who, job)


def test_a_row_that_cannot_be_read_is_given_up_after_some_attempts(
    function: Verify, who: Principal, frozen: clock.FrozenClock, database: TestDatabase
) -> None:
    job = _submit(function, who, world.persons(2))
    engine = create_engine(driver_url(database.owner_url))
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE verify_row SET person = :junk WHERE number = 2"),
            {"junk": crypto.encrypt(json.dumps("?"))},
        )
    engine.dispose()
    runner = Runner(records=function.records)
    for _ in range(5):
        runner.turn()
        frozen.advance(timedelta(minutes=3))
    (mine,) = function.jobs(who)
    assert (mine.state, mine.done) == ("已完成", 2)
    with scoped(verify.SERVICE) as connection:
        outcomes = connection.execute(
            select(verify_row.c.outcome).order_by(verify_row.c.number)
        ).scalars()
        assert list(outcomes) == ["核验出错", "已核验"]
    rows = _result(function, who, job)
    assert rows[1][1:4] == ("—", "—", "核验出错")


def test_a_result_goes_when_its_days_are_over(
    function: Verify, who: Principal, frozen: clock.FrozenClock
) -> None:
    job = _submit(function, who, world.persons(1))
    runner = _run(function)
    frozen.advance(timedelta(days=6))
    assert runner.expire() == 0
    frozen.advance(timedelta(days=1))
    with pytest.raises(VerifyError, match="保留期"):
        function.result(who, job)
    assert runner.expire() == 1
    assert _count(verify_row) == 0
    assert function.jobs(who)[0].state == "已过期"


# -- at rest --------------------------------------------------------------------------------------


def test_nothing_personal_lies_in_the_open(
    function: Verify, who: Principal, database: TestDatabase
) -> None:
    ((name, number),) = world.persons(1)
    _submit(function, who, [(name, number)])
    _run(function)
    engine = create_engine(driver_url(database.owner_url))
    with engine.begin() as connection:
        rows = str(connection.execute(text("SELECT * FROM verify_row")).all())
        rows += str(connection.execute(text("SELECT * FROM verify_job")).all())
    engine.dispose()
    for value in (name, number, "符合"):
        assert value not in rows


@pytest.mark.parametrize(
    "reach",
    [
        NOTHING,
        Reach(prefixes=(), unit_id="", actor=""),
        Reach(prefixes=("9901",), unit_id="gov-9901", actor="chief"),
        Reach(prefixes=(WILLOW,), unit_id=f"com-{WILLOW}", actor="li"),
    ],
)
def test_rows_are_seen_by_who_asked_and_by_nobody_else(
    function: Verify, who: Principal, reach: Reach
) -> None:
    _submit(function, who, world.persons(2))
    for _ in range(2):
        with scoped(reach) as connection:
            assert connection.execute(select(verify_row)).all() == []
    with scoped(NOTHING) as connection:
        assert connection.execute(select(verify_job)).all() == []


def test_who_may_not_is_told_so(function: Verify) -> None:
    reader = people.principal(roles=("reader",))
    for act in (
        lambda: function.choices(reader),
        lambda: function.jobs(reader),
        lambda: function.template(reader),
        lambda: function.release(reader, "x"),
    ):
        with pytest.raises(Denied):
            act()


def test_the_template_is_a_file_that_comes_back_clean(function: Verify, who: Principal) -> None:
    sheet = load_workbook(BytesIO(function.template(who)))["人员"]
    (row,) = world.persons(1)
    for place, value in enumerate(row, start=1):
        sheet.cell(2, place, value)
    held = BytesIO()
    assert sheet.parent is not None
    sheet.parent.save(held)
    assert function.check(who, held.getvalue(), "名单.xlsx").problems == ()
