"""What becomes of a file: landed, known already, not whole, refused, late. Never half of it."""

import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from portal.functions.reports import collect
from portal.store import citypack, claims, clock, landing, measure_reads
from portal.store.clock import FrozenClock
from portal.store.landing import State
from portal.store.measure_words import Period
from portal.store.scope import NOTHING, Reach, scoped
from tests.dropping import (
    COMMITTEE,
    COMMITTEE_HEAD,
    PARTY,
    PARTY_HEAD,
    A,
    B,
    Box,
    at,
    committee_file,
    committee_row,
    party_file,
    party_row,
)

EVERYTHING = Reach(prefixes=("99",), unit_id=None, actor="t")
NOVEMBER = Period(grain="month", starts=date(2026, 11, 1))
NAME = "DYTJ_20261031_01.csv"
THREE = [party_row(1), party_row(2, members='"1,026"'), party_row(1, region=B, members=5)]


@pytest.fixture
def box(hailing: citypack.CityPack, frozen: FrozenClock, tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path / "files")
    yield made
    made.close()


def number(measure: str, region: str) -> int:
    with scoped(EVERYTHING) as connection:
        values = measure_reads.values(connection, [measure], region, [len(region)], NOVEMBER)
    return sum(one.numerator for one in values)


# -- the good file --------------------------------------------------------------------------------


def test_a_whole_file_is_landed_counted_and_dated(box: Box) -> None:
    box.deliver(THREE)
    done = box.one()
    assert (done.state, done.rows, done.current) == (State.LANDED, 3, True)
    assert done.simulated == "sandbox"
    assert [place for place, _ in box.landed()] == [A, A, B]
    assert number("party_organisations", "9901") == 3
    assert number("party_members", A) == 1036
    with scoped(EVERYTHING) as connection:
        said = measure_reads.latest(connection, [("party_members", PARTY)], NOVEMBER.ends)
    picture = said["party_members", PARTY]
    assert picture.day == date(2026, 10, 31)
    assert picture.as_of == at("2026-10-31 23:59:59")


def test_what_is_known_is_not_fetched_again(box: Box) -> None:
    box.deliver(THREE)
    box.one()
    assert box.fetch().arrivals == ()


def test_a_newer_delivery_takes_the_place_of_the_former(box: Box) -> None:
    box.deliver(THREE)
    box.one()
    box.deliver([party_row(7, members=9)], number=2)
    assert box.one().state is State.LANDED
    assert [row["code"] for _, row in box.landed()] == [f"{A}007"]
    assert number("party_members", "9901") == 9
    assert number("party_organisations", B) == 0


def test_several_at_once_are_taken_in_the_order_of_their_periods(box: Box) -> None:
    box.deliver([party_row(3)], day="20261031", number=2)
    box.deliver([party_row(2)], day="20261031", number=1)
    box.deliver([party_row(1)], day="20260930", number=5)
    done = box.fetch().arrivals
    assert [one.state for one in done] == [State.LANDED] * 3
    assert [row["code"] for _, row in box.landed()] == [f"{A}003"]


def test_a_retired_code_is_landed_where_it_lies_today(box: Box) -> None:
    box.deliver([party_row(1, region="990122001001")])
    box.one()
    assert [place for place, _ in box.landed()] == ["990103001001"]


def test_files_that_are_not_of_the_drop_are_left_alone(box: Box) -> None:
    box.put("readme.txt", b"x")
    box.put(f"{NAME}.tmp", party_file(THREE))
    box.put("DYTJ_20261399_01.csv", party_file(THREE))
    (box.root / PARTY / "out" / "DYTJ_20261031_03.csv").symlink_to("/etc/passwd")
    assert box.fetch().arrivals == ()


# -- late, duplicated, reordered ------------------------------------------------------------------


def test_the_same_content_under_another_name_is_told_and_not_landed_twice(box: Box) -> None:
    box.deliver(THREE)
    box.one()
    box.deliver(THREE, number=2)
    done = box.one()
    assert (done.state, done.current) == (State.DUPLICATE, False)
    assert NAME in done.message
    assert len(box.landed()) == 3
    assert box.fetch().arrivals == ()


@pytest.mark.parametrize(("day", "sequence"), [("20260930", 1), ("20260930", 9), ("20261031", 1)])
def test_an_older_one_that_comes_later_never_overwrites(box: Box, day: str, sequence: int) -> None:
    box.deliver(THREE, number=2)
    box.one()
    box.deliver([party_row(9)], day=day, number=sequence)
    done = box.one()
    assert done.state is State.LATE
    assert "_02.csv" in done.message
    assert len(box.landed()) == 3


def test_another_content_under_the_same_name_is_refused(box: Box) -> None:
    box.deliver(THREE)
    box.one()
    box.deliver([party_row(9)])
    done = box.one()
    assert done.state is State.REFUSED
    assert "新序号" in done.message
    assert len(box.landed()) == 3


def test_a_period_that_is_still_to_come_is_refused(box: Box) -> None:
    box.deliver(THREE, day="20271031")
    assert box.one().state is State.REFUSED


# -- partial --------------------------------------------------------------------------------------


def test_a_file_waits_for_its_marker(box: Box) -> None:
    data = party_file(THREE)
    box.put(NAME, data)
    assert box.one().state is State.INCOMPLETE
    assert box.fetch().arrivals == (), "it waits for the same thing: nothing new to tell"
    box.mark(NAME, data)
    assert box.one().state is State.LANDED
    with scoped(landing.WRITER) as connection:
        assert len(landing.arrivals(connection, PARTY)) == 1, "what it waited for is over"


@pytest.mark.parametrize(
    ("cut", "said", "words"),
    [
        (None, {"SIZE": 9}, "9 字节"),
        (None, {"ROWS": 4}, "4 行"),
        (None, {"SHA256": "0" * 64}, "校验值"),
        (-10, {}, "结束行"),
        (-25, {}, "列"),
        (130, {}, "传完"),
    ],
)
def test_a_file_that_did_not_come_whole_is_said_to_be_and_changes_nothing(
    box: Box, cut: int | None, said: dict[str, object], words: str
) -> None:
    box.deliver([party_row(1)], day="20260930")
    box.one()
    data = party_file(THREE)[:cut]
    box.put(NAME, data)
    box.mark(NAME, data, **said)
    done = box.one()
    assert done.state is State.INCOMPLETE
    assert words in done.message
    assert len(box.landed()) == 1


def test_a_row_count_that_does_not_agree_is_not_whole(box: Box) -> None:
    data = party_file(THREE).replace(b"#END,3", b"#END,5")
    box.put(NAME, data)
    box.mark(NAME, data)
    done = box.one()
    assert done.state is State.INCOMPLETE
    assert "写明 5 行，实有 3 行" in done.message


def test_what_was_not_whole_is_taken_when_it_is(box: Box) -> None:
    data = party_file(THREE)
    box.put(NAME, data[:100])
    box.mark(NAME, data)
    assert box.one().state is State.INCOMPLETE
    box.put(NAME, data)
    assert box.one().state is State.LANDED


# -- refused, with row and column -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (party_file(THREE, encoding="utf-8"), ["UTF-8", "GBK"]),
        (party_file(THREE).replace("支部".encode("gbk"), b"\xff\xff", 1), ["第 2 行", "GBK"]),
        (
            party_file(THREE, PARTY_HEAD.replace("党员总数", "党员数")),
            ["党员总数", "第 5 列“党员数”"],
        ),
        (party_file(THREE, PARTY_HEAD.replace("党员总数", "组织名称")), ["重复的列：组织名称"]),
        (party_file([*THREE, "1,2,3"]), ["第 5 行有 3 列，应有 7 列"]),
        (party_file([*THREE, party_row(8, members="许多")]), ["第 5 行", "党员总数", "数字"]),
        (party_file([*THREE, party_row(8, members="")]), ["第 5 行", "党员总数", "没有填写"]),
        (party_file([*THREE, party_row(8, members=-1)]), ["第 5 行", "党员总数", "小于零"]),
        (party_file([*THREE, party_row(8, region="12")]), ["第 5 行", "所在区划"]),
        (party_file([*THREE, party_row(8).replace(f"{A}008", "")]), ["第 5 行", "组织代码"]),
        (party_file([*THREE, party_row(1)]), ["第 5 行与第 2 行的编号相同"]),
        (party_file([*THREE, f"{'长' * 2001},,,,,,"]), ["第 5 行", "2000"]),
        (party_file(THREE) + party_row(8).encode("gbk") + b"\r\n", ["第 6 行", "结束行之后"]),
        (party_file([*THREE, '"a"b,,,,,,']), ["第 5 行", "引号"]),
    ],
)
def test_a_file_that_is_not_as_agreed_is_refused_with_its_row(
    box: Box, data: bytes, words: list[str]
) -> None:
    box.deliver([party_row(1)], day="20260930")
    box.one()
    box.put(NAME, data)
    box.mark(NAME, data)
    done = box.one()
    assert done.state is State.REFUSED, done.message
    assert all(one in done.message for one in words), done.message
    assert len(box.landed()) == 1
    assert number("party_organisations", "9901") == 1
    assert box.fetch().arrivals == (), "the same bytes are not read again"


def test_a_file_that_is_too_big_is_refused_unread_and_the_next_one_is_taken(box: Box) -> None:
    with box.put(NAME, b"").open("r+b") as file:
        file.truncate(40 * 1024 * 1024)
    box.put(f"{NAME}.ok", b"ROWS=1\r\n")
    box.deliver(THREE, number=2)
    big, good = box.fetch().arrivals
    assert (big.state, good.state) == (State.REFUSED, State.LANDED)
    assert "超过 32 MB" in big.message


# -- workbooks ------------------------------------------------------------------------------------


def test_a_workbook_is_landed_and_counted(box: Box) -> None:
    rows = [committee_row(A), committee_row(B, posts=9, vacant=0)]
    box.put("LWHZ_202610.xlsx", committee_file(rows), system=COMMITTEE)
    done = box.one(COMMITTEE)
    assert (done.state, done.rows, done.period) == (State.LANDED, 2, date(2026, 10, 31))
    assert number("committee_members", "9901") == 15
    assert number("committee_vacancies", A) == 1


def test_a_workbook_that_was_just_written_waits(box: Box, frozen: FrozenClock) -> None:
    box.put("LWHZ_202610.xlsx", committee_file([committee_row()]), system=COMMITTEE, age=30)
    assert box.one(COMMITTEE).state is State.INCOMPLETE
    frozen.advance(timedelta(minutes=5))
    assert box.one(COMMITTEE).state is State.LANDED


def test_sums_that_do_not_agree_are_refused(box: Box) -> None:
    rows = [COMMITTEE_HEAD, committee_row(), ["合计", "", "", "", 7, 5, 1, 0]]
    from sandbox.files.publish import workbook

    box.put("LWHZ_202610.xlsx", workbook("两委班子汇总", rows), system=COMMITTEE)
    done = box.one(COMMITTEE)
    assert done.state is State.REFUSED
    assert "第 3 行（合计）“两委成员数”列为 5，各行相加为 6" in done.message


# -- rights and rest ------------------------------------------------------------------------------


def test_rows_are_seen_by_scope_and_by_nobody_without_one(box: Box) -> None:
    box.deliver(THREE)
    box.one()

    def seen(*prefixes: str) -> int:
        with scoped(Reach(prefixes=prefixes, unit_id=None, actor="t")) as connection:
            return len(list(landing.read(connection, PARTY)))

    assert (seen("99"), seen(A), seen(B), seen("98"), seen()) == (3, 2, 1, 0, 0)
    with scoped(NOTHING) as connection:
        assert landing.latest(connection) == {}
    with scoped(Reach(prefixes=(A,), unit_id=None, actor="t")) as connection:
        assert landing.latest(connection)[PARTY][0].name == NAME


def test_nothing_readable_is_at_rest(box: Box) -> None:
    from sqlalchemy import select

    from portal.store.landing_tables import drop_row

    box.deliver(THREE)
    box.one()
    with scoped(landing.WRITER) as connection:
        text = str(connection.execute(select(drop_row)).all())
    assert "支部" not in text
    assert "1026" not in text and f"{A}001" not in text


def test_the_numbers_can_be_counted_again_from_what_was_landed(box: Box) -> None:
    box.deliver(THREE)
    box.one()
    done = collect.refresh(box.gateway, box.gateway.registry.system(PARTY))
    assert (done.measures, done.moved, done.problem) == (3, 0, "")


def test_two_processes_do_not_take_in_the_same_folder_at_once(box: Box) -> None:
    box.deliver(THREE)
    with claims.alone(f"drops|{PARTY}") as alone:
        assert alone
        assert "另一个进程" in box.fetch().problem
    assert box.one().state is State.LANDED


def test_readers_see_the_former_drop_until_the_new_one_is_whole(box: Box) -> None:
    from uuid import uuid4

    box.deliver(THREE)
    former = box.one()
    with scoped(landing.WRITER) as connection:
        new = landing.Arrival(**{**vars(former), "id": uuid4(), "current": False})
        landing.note(connection, new)
        row = landing.Landed(number=1, key="k", region_code=A, values={"code": "k"})
        landing.copy_rows(connection, PARTY, new.id, [row])
        landing.promote(connection, landing.Arrival(**{**vars(new), "current": True}))
        assert len(box.landed()) == 3, "not committed yet"
    assert len(box.landed()) == 1


def test_where_rows_are_copied_to_nobody_reads_and_only_the_service_writes(box: Box) -> None:
    box.deliver(THREE)
    file_id = box.one().id
    row = landing.Landed(number=9, key="k", region_code=A, values={"code": "k"})
    with pytest.raises(InsufficientPrivilege, match="service:drops"), scoped(EVERYTHING) as other:
        landing.copy_rows(other, PARTY, file_id, [row])
    for reach in (EVERYTHING, landing.WRITER):
        with pytest.raises(ProgrammingError, match="permission denied"), scoped(reach) as one:
            one.execute(text("SELECT count(*) FROM landing.drop_row_all"))
    assert len(box.landed()) == 3


def test_every_look_is_in_the_call_record(box: Box) -> None:
    box.deliver(THREE)
    box.one()
    (row,) = box.rows
    assert (row["system_id"], row["outcome"], row["actor"]) == (PARTY, "RETURNED", "platform")
    assert row["size_bytes"] > 100


# -- the host key and the account -----------------------------------------------------------------


def test_a_changed_host_key_is_refused_before_the_password_is_sent(box: Box) -> None:
    box.deliver(THREE)
    box.one()
    box.server.listen(own_key=False)
    done = box.fetch()
    assert "主机密钥与登记的不一致" in done.problem
    assert "口令未发出" in done.problem
    assert len(box.landed()) == 3
    health = box.gateway.probe(PARTY)
    assert "主机密钥" in health.message
    box.server.listen(own_key=True)
    assert box.fetch().problem == ""


def test_a_pinned_key_that_is_no_key_is_our_mistake(box: Box) -> None:
    box.secrets["key"] = "not a key"
    assert "登记的主机密钥无法识别" in box.fetch().problem


def test_a_wrong_password_is_a_refusal(box: Box) -> None:
    box.secrets["password"] = "wrong"
    assert "凭据" in box.fetch().problem


def test_a_server_that_is_away_is_said_to_be(box: Box) -> None:
    box.server.listen(up=False)
    assert "连接不上" in box.fetch().problem


def test_a_folder_that_is_missing_is_named_as_such(box: Box) -> None:
    (box.root / PARTY / "out").rmdir()
    assert "目录" in box.fetch().problem


def test_the_clock_is_ours(frozen: FrozenClock) -> None:
    assert collect.end_of(date(2026, 10, 31)) == at("2026-10-31 23:59:59")
    assert collect.end_of(date(2026, 11, 23)) == clock.now()


def _with_part(name: str, content: bytes) -> bytes:
    """A good workbook with one more part in its archive."""
    made = BytesIO(committee_file([committee_row()]))
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return made.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (committee_file([committee_row()])[:3000], "损坏"),
        (b"not a workbook", "不是 .xlsx"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "密码"),
        (_with_part("xl/vbaProject.bin", b"x"), "宏"),
        (_with_part("xl/media/x.bin", b"\0" * 30_000_000), "解压后的内容过大"),
        (b"PK\x03\x04" + b"\0" * (5 * 1024 * 1024), "超过 4 MB"),
        (committee_file([committee_row()], COMMITTEE_HEAD[::-1]), "第 2 行"),
        (committee_file([committee_row()], ("代码", *COMMITTEE_HEAD[1:])), "A 列“代码”"),
        (committee_file([committee_row(), committee_row()]), "第 3 行与第 2 行的编号相同"),
    ],
)
def test_a_bad_workbook_is_refused_and_the_one_in_use_stays(
    box: Box, data: bytes, words: str
) -> None:
    box.put("LWHZ_202609.xlsx", committee_file([committee_row(B)]), system=COMMITTEE)
    box.one(COMMITTEE)
    box.put("LWHZ_202610.xlsx", data, system=COMMITTEE)
    done = box.one(COMMITTEE)
    assert done.state is State.REFUSED
    assert words in done.message, done.message
    assert [place for place, _ in box.landed(COMMITTEE)] == [B]
