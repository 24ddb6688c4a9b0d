"""The lists: imported with a preview, versioned, published from a day on, never changed after."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import create_engine, func, select, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

import portal.settings as settings_module
from auth.permissions import Denied
from portal.affairs.dispatch import desk, files, reads
from portal.affairs.dispatch.rules import classify
from portal.affairs.dispatch.tables import dispatch_entry, dispatch_version
from portal.affairs.dispatch.words import CATALOGUE, CLASSES, KINDS, DispatchError
from portal.commands import setup
from portal.store import citypack, clock
from portal.store.citypack import CityPack, pack
from portal.store.engine import driver_url
from portal.store.scope import NOTHING, Reach, scoped
from portal.store.sheets import SheetRefusedError
from tests.conftest import TestDatabase
from tests.dispatch.world import cells, district_manager, manager, sheet
from tests.orders import world

pytestmark = pytest.mark.usefixtures("hailing", "frozen")
MONDAY = date(2026, 11, 23)
GOOD = ("01.01", None, "区县级", "指挥调度", "城市管理", "属地街道", None, None, "《条例》")
NEW = ("09", None, "市级", "民政", None, None, None, "城市管理", None)
BAD = ("04.02", None, "乡镇（街道）级", "指挥调度", "火星局", "属地街道", None, None, None)


def _standing(code: str = "9901") -> reads.Version:
    with scoped(manager().reach) as connection:
        found = reads.counting(connection, CATALOGUE, code)
    return found[0]


def _drafted(rows: list[tuple[object, ...]], how: desk.How = "整体替换") -> UUID:
    data = sheet(CATALOGUE, rows)
    seen = desk.preview(manager(), CATALOGUE, data, "目录.xlsx", how)
    made, _ = desk.draft(
        manager(), CATALOGUE, data, "目录.xlsx", how=how, digest=seen.digest, label="新目录"
    )
    return made.id


def test_the_packs_lists_stand_from_the_first_day(hailing: CityPack) -> None:
    assert files.load_defaults(hailing) == 0  # they are there, and not laid over anybody's own
    found = {kind: reads.versions(manager(), kind) for kind in KINDS}
    assert all(len(those) == 1 for those in found.values())
    assert found[CATALOGUE][0].rows == 4
    assert "系统默认，可修改" in found[CATALOGUE][0].label


def test_a_preview_says_what_would_change_and_writes_nothing() -> None:
    plan = desk.preview(manager(), CATALOGUE, sheet(CATALOGUE, [GOOD, NEW, BAD]), "a", "整体替换")
    assert [one.words for one in plan.faults] == ["不认识的单位或条线“火星局”"]
    assert (plan.added, plan.changed, plan.same) == (1, 1, 0)
    assert [(one.number, one.column) for one in plan.faults] == [(4, "区县级承办")]
    # What is known of a class whose row is wrong does not vanish with the row.
    assert (plan.kept, plan.gone) == (2, 1)
    assert len(reads.versions(manager(), CATALOGUE)) == 1


def test_a_bad_row_stops_no_good_one_and_comes_back_in_a_file() -> None:
    data = sheet(CATALOGUE, [GOOD, BAD])
    seen = desk.preview(manager(), CATALOGUE, data, "目录.xlsx", "增量更新")
    made, plan = desk.draft(
        manager(), CATALOGUE, data, "目录.xlsx", how="增量更新", digest=seen.digest
    )
    assert (made.state, made.rows) == ("草稿", 4)
    head, row = cells(files.error_file(manager(), plan))
    assert head[-3:] == ("原行号", "有误的列", "原因")
    assert row[:5] == ("04.02", "", "乡镇（街道）级", "指挥调度", "火星局")
    assert row[-3:] == (3, "区县级承办", "不认识的单位或条线“火星局”")


def test_the_file_that_comes_back_can_be_mended_and_sent_again() -> None:
    plan = desk.preview(manager(), CATALOGUE, sheet(CATALOGUE, [GOOD, BAD]), "a", "增量更新")
    head, row = cells(files.error_file(manager(), plan))
    mended = ["城市管理" if cell == "火星局" else cell for cell in row]
    again = desk.preview(
        manager(),
        CATALOGUE,
        sheet(CATALOGUE, [mended], head=[str(h) for h in head]),
        "b",
        "增量更新",
    )
    assert (again.faults, again.changed) == ((), 1)


def test_what_is_sent_back_is_never_a_formula() -> None:
    rest = (None, "市级", "民政", None, None, None, None, None)
    data = sheet(CATALOGUE, [("'=1+1", *rest), ("@SUM", *rest)])
    plan = desk.preview(manager(), CATALOGUE, data, "a", "整体替换")
    rows = cells(files.error_file(manager(), plan))[1:]
    assert len(rows) == 2
    assert not any(str(cell).startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_another_file_than_the_one_looked_at_is_not_kept() -> None:
    seen = desk.preview(manager(), CATALOGUE, sheet(CATALOGUE, [GOOD]), "a", "整体替换")
    other = sheet(CATALOGUE, [GOOD, NEW])
    with pytest.raises(DispatchError, match="与预览时不同"):
        desk.draft(manager(), CATALOGUE, other, "a", how="整体替换", digest=seen.digest)


def test_a_file_with_another_head_is_refused_with_the_columns() -> None:
    data = sheet(CATALOGUE, [GOOD], head=["编码", *"bcdefghi"])
    with pytest.raises(SheetRefusedError, match="缺少列：事项编码"):
        desk.preview(manager(), CATALOGUE, data, "a", "整体替换")


def test_a_new_version_counts_from_its_day_and_the_old_one_stays_readable(
    frozen: clock.FrozenClock,
) -> None:
    old = _standing()
    made = desk.publish(manager(), _drafted([GOOD, NEW]), MONDAY + timedelta(days=2))
    assert (made.state, made.number) == ("已发布", 2)
    assert _standing().id == old.id
    frozen.advance(timedelta(days=2))
    assert _standing().id == made.id
    ended = reads.find(manager(), old.id)
    assert (ended.valid_to, ended.rows) == (MONDAY + timedelta(days=2), 4)
    assert reads.search(manager(), old.id, "09.01").total == 1


def test_a_version_cannot_count_from_yesterday_nor_twice_from_one_day() -> None:
    draft = _drafted([GOOD])
    with pytest.raises(DispatchError, match="不能早于今天"):
        desk.publish(manager(), draft, MONDAY - timedelta(days=1))
    desk.publish(manager(), draft, MONDAY + timedelta(days=1))
    with pytest.raises(DispatchError, match="现为“已发布”"):
        desk.publish(manager(), draft, MONDAY + timedelta(days=3))
    for day in (0, 1):
        with pytest.raises(DispatchError, match="同日或更晚已有生效的版本"):
            desk.publish(manager(), _drafted([GOOD]), MONDAY + timedelta(days=day))


def test_a_draft_that_is_discarded_never_counts() -> None:
    draft = _drafted([GOOD])
    desk.discard(manager(), draft)
    with pytest.raises(DispatchError, match="已作废"):
        desk.publish(manager(), draft, MONDAY + timedelta(days=1))


def test_each_level_keeps_its_own_list_and_the_nearest_counts_first() -> None:
    data = sheet(CATALOGUE, [GOOD])
    who = district_manager()
    seen = desk.preview(who, CATALOGUE, data, "区.xlsx", "整体替换")
    made, _ = desk.draft(who, CATALOGUE, data, "区.xlsx", how="整体替换", digest=seen.digest)
    with pytest.raises(DispatchError, match="其他单位的目录"):
        desk.publish(manager(), made.id, MONDAY)
    desk.publish(who, made.id, MONDAY)
    with scoped(who.reach) as connection:
        there = reads.counting(connection, CATALOGUE, world.PLACE)
        elsewhere = reads.counting(connection, CATALOGUE, "990103100001")
    assert [one.region_code for one in there] == ["990102", "9901"]
    assert [one.region_code for one in elsewhere] == ["9901"]


def test_the_export_reads_back_as_the_same_list() -> None:
    version = _standing()
    data = files.export(manager(), version.id)
    plan = desk.preview(manager(), CATALOGUE, data, "导出.xlsx", "整体替换")
    assert (plan.faults, plan.same, plan.gone) == ((), version.rows, 0)


def test_thousands_of_rows_are_taken_at_once() -> None:
    rows = [(f"{a:02}.{b:02}" if b else f"{a:02}", f"类{a}-{b}", None, 2)
            for a in range(1, 51) for b in range(60)]  # fmt: skip
    data = sheet(CLASSES, rows)
    plan = desk.preview(manager(), CLASSES, data, "分类.xlsx", "整体替换")
    assert (len(plan.entries), plan.faults) == (3000, ())
    made, _ = desk.draft(manager(), CLASSES, data, "分类.xlsx", how="整体替换", digest=plan.digest)
    assert made.rows == 3000
    assert reads.search(manager(), made.id, "类50-59").total == 1


def test_who_may_not_keep_the_lists_may_read_them() -> None:
    with pytest.raises(Denied):
        desk.preview(world.command(), CATALOGUE, sheet(CATALOGUE, [GOOD]), "a", "整体替换")
    assert reads.search(world.command(), _standing().id, "占道").total == 1


def test_the_database_itself_keeps_published_lists_unchanged(database: TestDatabase) -> None:
    version = _standing()
    with create_engine(driver_url(database.app_url), poolclass=NullPool).connect() as plain:
        assert plain.execute(text("SELECT count(*) FROM dispatch_version")).scalar_one() == 0
    with scoped(NOTHING) as connection:
        assert connection.execute(select(func.count()).select_from(dispatch_entry)).scalar() == 0
    with scoped(manager().reach) as connection, pytest.raises(ProgrammingError):
        connection.execute(
            dispatch_entry.insert().values(version_id=version.id, place=99, code="01", name="x",
                                           condition="", body={})
        )  # fmt: skip
    with scoped(manager().reach) as connection, pytest.raises(ProgrammingError):
        connection.execute(update(dispatch_entry).values(name="x"))
    stranger = Reach(prefixes=("990103",), unit_id="x", actor="somebody")
    with scoped(stranger) as connection:
        done = connection.execute(update(dispatch_version).values(label="x"))
    assert done.rowcount == 0


def test_the_default_lists_of_the_city_are_sound(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every class, unit and line that the pack's files name is there; the usual topics are in."""
    monkeypatch.delenv("PORTAL_CITY_PACK")
    settings_module.reload()
    citypack.forget()
    with create_engine(driver_url(database.owner_url), poolclass=NullPool).begin() as owner:
        owner.execute(text("TRUNCATE dispatch_version, dispatch_entry"))
    setup.load_city(pack())
    with scoped(reads.SERVICE) as connection:
        held = {
            kind: reads.entries(connection, reads.counting(connection, kind, "630102001")[0])
            for kind in KINDS
        }
    classes = [one.entry for one in held[CLASSES]]
    assert len({one.code for one in classes}) == len(classes) >= 300
    assert {one.code.count(".") for one in classes} == {0, 1, 2, 3, 4}
    assert len(held[CATALOGUE]) >= 200
    leaves = {one.code for one in classes if one.code.count(".") >= 2}
    assert leaves == {one.entry.code for one in held[CATALOGUE]}
    texts = ("暖气不热家里冷", "楼道堆放杂物", "路灯不亮", "拖欠农民工工资", "小区物业不作为")
    guessed = [classify(one, classes)[0].code for one in texts]
    assert guessed == ["03.01.01", "07.01.02", "01.04.03", "10.01.01", "02.01.01"]
