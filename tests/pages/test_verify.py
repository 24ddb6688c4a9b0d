"""查询核验 on the page: problems before anything starts, progress, the file, a second person."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from portal import wiring
from portal.functions.verify import Runner, Verify
from tests.connectors.support import FakeTransport
from tests.pages.clockwork import looking, tick
from tests.pages.conftest import Office, shown, without
from tests.verify import world


@pytest.fixture
def verify(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Verify]:
    records = world.records(tmp_path / "verify", {"a": FakeTransport(world.knows)})
    records.gateway.start()
    made = Verify(records=records)
    wired = SimpleNamespace(**{**vars(wiring.app()), "verify": made})
    monkeypatch.setattr(wiring, "app", lambda: wired)
    office.who = world.clerk("wang")
    yield made
    records.gateway.stop()


def _upload(tab: AppTest, rows: list[tuple[str, str]]) -> AppTest:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    tab.file_uploader[0].upload("名单.xlsx", world.book(rows), kind)
    return tab.run()


def test_an_empty_page_says_what_comes_next(verify: Verify, office: Office) -> None:
    text = shown(office.open("verify"))
    assert "下载核验模板" in text and "还没有核验" in text and "系统默认，可修改" in text


def test_bad_rows_are_named_and_there_is_nothing_to_press(verify: Verify, office: Office) -> None:
    tab = _upload(office.open("verify"), [("张三", "123"), ("", world.id_number(1))])
    text = shown(tab)
    assert "有 2 处需要改正，没有开始核验" in text and "B 列（证件号）" in text
    assert not [one for one in tab.button if one.key == "verify_send"]


def test_a_batch_is_sent_off_seen_through_and_fetched(verify: Verify, office: Office) -> None:
    tab = _upload(office.open("verify"), world.persons(3))
    assert "已读取 3 人" in shown(tab)
    tab.button(key="verify_send").click().run()
    assert "没有提交" in shown(tab)
    tab.pills(key="verify_a").set_value(["grade"])
    tab.text_input(key="verify_reason").input("高龄津贴年度复核")
    tab.button(key="verify_send").click().run()
    text = shown(tab)
    assert "HY-" in text and "核验中" in text
    runner = Runner(records=verify.records)
    while runner.turn():
        pass
    text = shown(office.open("verify"))
    assert "已完成" in text and "下载结果" in text and "/api/v1/verify/" in text


def test_a_second_person_releases_on_the_page(verify: Verify, office: Office) -> None:
    first = office.who
    assert first is not None
    verify.submit(first, world.book(world.persons(6)), "名单.xlsx",
                  wanted={"a": ["grade"]}, reason="年度复核")  # fmt: skip
    tab = office.open("verify")
    assert "等待本单位另一人或上级放行" in shown(tab)
    assert not [one for one in tab.button if one.label == "放行"]
    office.who = world.clerk("li")
    tab = office.open("verify")
    next(one for one in tab.button if one.label == "放行").click().run()
    assert not tab.exception
    assert verify.jobs(first)[0].state == "核验中"


def test_without_the_permission_the_page_refuses(verify: Verify, office: Office) -> None:
    office.who = without(office.who, "community_clerk")
    assert "当前岗位不能" in shown(office.open("verify"))
    office.who = replace(office.who, roles=("city_officer",), prefixes=("9901",))
    text = shown(office.open("verify"))
    assert "核验进度与结果" in text and "下载核验模板" not in text


def test_a_reason_being_typed_stays_where_it_is_whatever_becomes_of_the_list(
    verify: Verify, office: Office
) -> None:
    """The check of this folder compares where every field stands; here the rows are watched too."""

    def submit(login: str) -> str:
        who = world.clerk(login)
        verify.submit(who, book, "名单.xlsx", wanted={"a": ["grade"]}, reason="年度复核")
        return next(one.id for one in verify.jobs(who) if one.mine)

    book = world.book(world.persons(6))
    first, second = submit("zhao"), submit("sun")
    quick = world.clerk("wu")
    office.who = world.clerk("li")
    tab = office.open("verify")
    assert _rows(tab) == [second, first], "the newest first"
    tab.text_input(key=f"verify_why_{first}").input("人数与事由不符").run()
    third = submit("zhou")  # a batch comes, and one goes: another person releases it
    verify.release(quick, second)
    tab.run()
    assert _rows(tab) == [second, first, third], "nothing above it came or went"
    assert tab.text_input(key=f"verify_why_{first}").value == "人数与事由不符"
    assert "不再等待放行" in shown(tab)
    verify.release(quick, first)
    tab.run()
    left = tab.text_input(key=f"verify_why_{first}")
    assert (left.value, left.disabled) == ("人数与事由不符", True)
    assert not [one for one in tab.button if one.key == f"verify-no-{first}"]
    tab.text_input(key=f"verify_why_{third}").input("事由不清").run()
    tab.button(key=f"verify-no-{third}").click().run()
    assert not [one for one in tab.text_input if one.key == f"verify_why_{third}"]
    assert _rows(office.open("verify")) == [], "the next visit shows the list as it is"


def test_what_is_under_way_changes_below_the_hand_that_writes(
    verify: Verify, office: Office
) -> None:
    rows = world.persons(6)
    office.who = world.clerk("li")
    verify.submit(
        office.who, world.book(rows[:3]), "名单.xlsx", wanted={"a": ["grade"]}, reason="年度复核"
    )
    tab = office.open("verify")
    own = verify.jobs(office.who)[0].id
    stop = f"verify-stop-{own}"
    assert "核验中" in shown(tab) and tab.button(key=stop)
    verify.submit(world.clerk("zhao"), world.book(rows), "名单.xlsx",
                  wanted={"a": ["grade"]}, reason="年度复核")  # fmt: skip
    tick(tab)
    runner = Runner(records=verify.records)
    while runner.turn():
        pass
    tick(tab)
    assert looking(tab) == []
    assert _rows(tab)[0] == own and "已完成" in shown(tab)
    assert not [one for one in tab.button if one.key == stop]


def _rows(tab: AppTest) -> list[str]:
    """The batches in the order of their places."""
    found = (one.proto.id for one in _blocks(tab._tree) if one.proto is not None)
    return [one.rpartition("verifyjob-")[2] for one in found if "verifyjob-" in one]


def _blocks(block: Block) -> Iterator[Block]:
    for one in block.children.values():
        if isinstance(one, Block):
            yield one
            yield from _blocks(one)
