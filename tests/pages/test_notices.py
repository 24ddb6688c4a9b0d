"""通知 on the pages: written, arrived, read, followed, reminded of, withdrawn."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from portal import wiring
from portal.affairs.notices import desk, queries
from portal.affairs.notices.desk import Draft
from portal.affairs.notices.offer import NoticeTasks
from portal.connectors.registry import Registry
from portal.functions.tasks import Tasks
from portal.store import clock
from tests import people
from tests.pages.conftest import Office, shown

WILLOW, LOTUS = "990102001001", "990102001002"
CITY = {"roles": ("city_officer",), "prefixes": ("9901",), "unit_id": "gov-9901",
        "kind": "government", "level": "city", "region_code": "9901"}  # fmt: skip


@pytest.fixture(autouse=True)
def _inbox(
    office: Office, monkeypatch: pytest.MonkeyPatch, frozen: clock.FrozenClock
) -> Iterator[None]:
    ours = NoticeTasks()
    made = Tasks(registry=Registry({}), platform={ours.id: ours})
    wired = SimpleNamespace(**{**vars(wiring.app()), "tasks": made})
    monkeypatch.setattr(wiring, "app", lambda: wired)
    yield


def sits_down(office: Office) -> None:
    """The person has a post in the database, as drafts need one."""
    assert office.who is not None
    account = people.add_account("zonghe", "何雪梅")
    post = people.add_post(account, "gov-9901", roles=["city_officer"], prefixes=["9901"])
    office.who = replace(office.who, account_id=account, login="zonghe", post_id=post)


def write(office: Office, **over: object) -> str:
    """A notice from the city to two communities; gives its id."""
    assert office.who is not None
    units = [f"com-{WILLOW}", f"com-{LOTUS}"]
    values = {"title": "值守安排", "body": "请值守。", "units": units, "receipt": True,
              "due_on": clock.local(clock.now()).date() + timedelta(days=2)}  # fmt: skip
    desk.send(office.who, Draft(**{**values, **over}))  # type: ignore[arg-type]
    return queries.listed(office.who, "本单位发出").rows[0].id


def test_a_notice_is_written_to_a_group_and_followed(
    office: Office, become: Callable[..., None]
) -> None:
    become(**CITY)
    sits_down(office)
    assert "还没有发出通知" in shown(office.open("notices"))
    tab = office.open("notices", write="1")
    tab.button(key="notice_send").click().run()
    assert "请选择收文单位" in shown(tab)
    groups = tab.get("button_group")[0]
    assert any(one.startswith("社区（村） 4") for one in groups.options)
    groups.set_value(["community"]).run()
    tab.text_input(key="draft-notices-send-1-title").set_value("值守安排").run()
    tab.checkbox(key="notice_receipt").set_value(True).run()
    tab.text_area(key="draft-notices-send-1-body").set_value("请按附件值守。").run()
    assert "已自动保存" in shown(tab)
    tab.button(key="notice_send").click().run()
    assert "请选择回执截止日期" in shown(tab)
    assert tab.text_area(key="draft-notices-send-1-body").value == "请按附件值守。"
    tab.date_input(key="notice_due").set_value(clock.local(clock.now()).date()).run()
    tab.button(key="notice_send").click().run()
    assert office.went[-1] == ("notices", {})
    text = shown(office.open("notices"))
    assert "值守安排" in text and "0 / 4 个单位" in text and "TZ-20261123-0001" in text


def test_who_was_sent_it_reads_it_in_the_inbox_or_on_the_page(
    office: Office, become: Callable[..., None]
) -> None:
    become(**CITY)
    notice_id = write(office, body="各社区：\n请按附件值守。")
    become()
    assert "待阅" in shown(office.open("community"))
    tab = office.open("tasks", box="unread")
    assert "值守安排" in shown(tab) and "通知（须回执）" in shown(tab)
    assert office.who is not None
    task_id = wiring.app().tasks.inbox(office.who, "待阅").rows[0].id
    opened = office.open("tasks", task=task_id)
    assert '<div class="letter">各社区：\n请按附件值守。</div>' in shown(opened)
    page = office.open("notices", id=notice_id)
    assert "各单位阅知情况" not in shown(page)
    page.button(key="notice_read").click().run()
    assert not page.exception
    assert "目前没有待阅事项" in shown(office.open("tasks", box="unread"))
    assert "已阅" in shown(office.open("notices"))


def test_the_sender_reminds_and_withdraws_with_a_reason(
    office: Office, become: Callable[..., None]
) -> None:
    become(**CITY)
    notice_id = write(office)
    tab = office.open("notices", id=notice_id)
    assert "已阅 0 个，未阅 2 个" in shown(tab)
    tab.button(key="notice_remind").click().run()
    assert "提醒 2 个单位" in shown(tab)
    assert not [one for one in tab.button if one.key == "notice_remind"]
    tab.button(key="notice_withdraw").click().run()
    assert "请写明撤回原因" in shown(tab)
    tab.text_input(key="notice_why").set_value("日期写错，另行通知").run()
    tab.button(key="notice_withdraw").click().run()
    assert "撤回：日期写错，另行通知" in shown(tab)
    become()
    text = shown(office.open("notices", id=notice_id))
    assert "日期写错，另行通知" in text and "请值守" not in text


def test_a_community_has_nobody_below_and_cannot_write(office: Office) -> None:
    assert "没有发给本单位的通知" in shown(office.open("notices"))
    assert "没有权限" in shown(office.open("notices", write="1"))


@pytest.mark.parametrize("notice_id", ["00000000-0000-0000-0000-000000000000", "<b>x</b>"])
def test_an_address_of_no_notice_says_so(office: Office, notice_id: str) -> None:
    tab = office.open("notices", id=notice_id)
    assert "没有找到这份通知" in shown(tab) and "<b>x" not in shown(tab)
