"""Filing: the case and the application in one act; sent once, retried, refused, followed."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.permissions import Denied
from portal.affairs.matters import desk, queries
from portal.connectors.contract import RetryLater, TheirFault, TimedOut
from portal.connectors.gateway import Gateway
from portal.connectors.registry import load_registry
from portal.functions.matters import Filing, MatterError, Matters, post, rules
from portal.functions.matters.tables import matter_application
from portal.functions.records import Records
from portal.store import clock
from portal.store.citypack import CityPack
from portal.store.clock import FrozenClock
from portal.store.scope import NOTHING, Reach, scoped
from tests import people
from tests.connectors import support
from tests.connectors.support import GOOD, ID_NUMBER, NOBODY, FakeTransport, always
from tests.doorway import audit
from tests.matters.world import COUNTER, everything

MORE = """
[calls.apply]
method = "POST"
path = "/apply"
[calls.apply.json]
key = "{key}"
matter = "{matter}"
ours = "{number}"
id = "{form_id_number}"
why = "{form_reason}"
[calls.progress]
path = "/progress"
query = { no = "{number}" }
items = "rows"
[calls.tasks]
path = "/tasks"
query = { since = "{since}" }
[calls.task]
path = "/task"
query = { id = "{task_id}" }
[calls.act]
path = "/act"
query = { key = "{key}", id = "{task_id}", action = "{action}" }
[tasks]
since = "iso"
refused = "code == '7'"
finished = "code == '8'"
reason = "words"
actions = [{ id = "END", label = "办结" }]
[tasks.map]
foreign_id = "id"
kind = "kind"
title = "t"
region_code = "p"
state = "s"
changed_at = "at"
[applications]
matters = { grade_allowance = "G1" }
lines = ["id_number", "reason"]
number = "no"
state = "state"
words = "words"
finished = ["办结"]
[entry]
front = "/portal"
[entry.links.household]
name = "办理"
path = "/household/{number}"
[calls.probe]
"""


def _manifest(text: str) -> str:
    able = text.replace('"entry", "records", "roster"]', '"entry", "records", "roster", "tasks"]')
    return able.replace("[calls.probe]\n", MORE) if 'id = "a"' in text else text


class Desk:
    """The system that takes applications: what it was sent, and what it will say."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.taken: dict[str, str] = {}
        self.says: Any = None
        self.state: Any = {"code": "0", "rows": [{"state": "审核中", "words": "入户调查"}]}

    async def behave(self, call: Any, values: Any) -> Any:
        if call.path == "/progress":
            return await always(self.state)(call, values)
        if call.path != "/apply":
            return GOOD
        self.sent.append(dict(values))
        if isinstance(self.says, Exception | dict):
            return await always(self.says)(call, values)
        key = str(values["key"])
        self.taken.setdefault(key, f"SL{len(self.taken) + 1}")
        return {"code": "0", "no": self.taken[key]}


class House:
    """Filing over two systems, with a resident of the own community."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk()
        transports = {"a": FakeTransport(self.desk.behave), "b": FakeTransport(always(NOBODY))}
        sites = [support.site(one, entry=f"http://{one}.test", credentials={"ticket": "t"})
                 if one == "a" else support.site(one) for one in transports]  # fmt: skip
        registry = load_registry(
            sites,
            folder=support.write_manifests(folder, list(transports), _manifest),
            secret=lambda _: "x",
        )
        self.gateway = Gateway(registry, transports=lambda system: transports[system.id])
        matters = Matters(records=Records(gateway=self.gateway), registry=registry)
        self.filing = Filing(matters=matters, open_case=desk.open_case, numbers=queries.numbers)
        self.system = registry.system("a")
        self.who = people.principal()
        self.resident = people.add_person(ID_NUMBER, name="才让卓玛")

    def file(self, matter: str = "grade_allowance", **typed: str) -> Any:
        given = {"reason": "年老"} | typed if matter == "grade_allowance" else typed
        return self.filing.file(self.who, matter, str(self.resident), COUNTER, given)

    def send(self) -> None:
        post.deliver(self.gateway, self.system)

    def follow(self) -> None:
        post.follow(self.gateway, self.system, desk.finish_case)

    @property
    def last(self) -> Any:
        return self.filing.filed(self.who)[0]


@pytest.fixture
def house(hailing: CityPack, frozen: FrozenClock, tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.gateway.start()
    yield made
    made.gateway.stop()


def test_one_act_opens_the_case_and_puts_the_application_on_its_way(house: House) -> None:
    filed = house.file()
    assert (filed.state, filed.number) == ("待发送", "SX-20261123-0001")
    case = queries.open_cases(house.who)[0]
    assert (case.id, case.matter, case.due_on) == (filed.case_id, "等级津贴", date(2026, 12, 7))
    last = audit()[-1]
    assert (last.action, last.case_id) == ("matters.apply", filed.case_id)
    assert last.detail == {"matter": "grade_allowance", "number": filed.number, "system": "a"}


def test_it_arrives_once_with_the_values_in_full_and_the_form_is_kept_no_longer(
    house: House,
) -> None:
    filed = house.file()
    house.send()
    house.send()
    (sent,) = house.desk.sent
    assert (sent["matter"], sent["form_id_number"], sent["form_reason"]) == (
        "G1",
        ID_NUMBER,
        "年老",
    )
    assert (sent["key"], sent["number"]) == (filed.case_id, filed.number)
    assert (house.last.state, house.last.foreign_number) == ("已受理", "SL1")
    with scoped(house.who.reach) as connection:
        assert connection.execute(matter_application.select()).one().form is None


def test_a_lost_answer_is_asked_for_again_under_the_same_key(
    house: House, frozen: FrozenClock
) -> None:
    house.file()
    house.desk.says = TimedOut()
    house.send()
    assert (house.last.state, house.last.error) == ("待发送", "对方系统未在规定时间内应答")
    house.send()
    assert len(house.desk.sent) == 1  # not before its time
    house.desk.says = None
    frozen.advance(timedelta(seconds=6))
    house.send()
    assert {one["key"] for one in house.desk.sent} == {house.last.case_id}
    assert house.last.state == "已受理"


def test_a_sender_that_died_is_followed_by_another(house: House, frozen: FrozenClock) -> None:
    house.file()
    due = matter_application.c.state == "待发送"
    post._claim(house.system, due, state="发送中", now=clock.now())
    house.send()
    assert house.desk.sent == []
    frozen.advance(timedelta(seconds=121))
    house.send()
    assert house.last.state == "已受理"


def test_a_refusal_is_told_with_the_system_s_words_and_may_be_filed_anew(house: House) -> None:
    house.file()
    house.desk.says = {"code": "7", "words": "联系电话不能为空"}
    house.send()
    assert (house.last.state, house.last.error) == ("被拒绝", "联系电话不能为空")
    house.desk.says = None
    assert house.file().state == "待发送"


def test_what_is_stuck_can_be_resent_and_nothing_else(house: House, frozen: FrozenClock) -> None:
    filed = house.file()
    house.desk.says = TheirFault()
    for _ in range(8):
        house.send()
        frozen.advance(timedelta(minutes=31))
    assert house.last.state == "滞留"
    house.desk.says = None
    house.filing.resend(house.who, filed.case_id)
    house.send()
    assert house.last.state == "已受理"
    with pytest.raises(MatterError, match="不在滞留"):
        house.filing.resend(house.who, filed.case_id)


def test_progress_is_followed_to_the_end_and_closes_the_case(
    house: House, frozen: FrozenClock
) -> None:
    house.file()
    house.send()
    frozen.advance(timedelta(minutes=31))
    house.follow()
    assert (house.last.state, house.last.progress) == ("已受理", "审核中：入户调查")
    house.desk.state = RetryLater()
    frozen.advance(timedelta(minutes=31))
    house.follow()
    assert house.last.progress == "审核中：入户调查"
    assert "进度没有取到" in house.last.error
    house.desk.state = {"code": "0", "rows": [{"state": "办结", "words": "予以批准"}]}
    frozen.advance(timedelta(minutes=31))
    house.follow()
    assert (house.last.state, house.last.progress) == ("已办结", "办结：予以批准")
    assert queries.open_cases(house.who) == ()


def test_a_second_click_is_no_second_application(house: House) -> None:
    house.file()
    with pytest.raises(MatterError, match="没有重复提交"):
        house.file()
    assert len(house.filing.filed(house.who)) == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"reason": " "}, "请填写“申请理由”"),
        ({"reason": "长" * 21}, "最多 20 个字，现为 21 个字"),
        ({"id_number": "630102195304129822"}, "表单与事项不符"),
        ({"made_up": "x"}, "表单与事项不符"),
    ],
)
def test_a_form_that_cannot_be_sent_changes_nothing(
    house: House, database: Any, typed: dict[str, str], said: str
) -> None:
    before = everything(database)
    with pytest.raises(MatterError, match=said):
        house.file(**typed)
    after = everything(database)
    changed = {name for name in after if after[name] != before[name]}
    assert changed <= {
        "public.audit_entry",
        "public.audit_head",
        "public.call_record",
        "public.lookup_use",
    }


def test_a_system_that_is_not_there_takes_nothing(house: House) -> None:
    with pytest.raises(MatterError, match="尚未接入"):
        house.file("far_away")


def test_only_the_own_unit_and_the_sender_see_an_application(house: House) -> None:
    house.file()
    seen = {}
    for name, reach in {
        "nobody": NOTHING,
        "another": Reach(prefixes=("990103",), unit_id="x", actor="y"),
        "sender": post.SENDER,
        "own": house.who.reach,
    }.items():
        with scoped(reach) as connection:
            seen[name] = len(connection.execute(matter_application.select()).all())
    assert seen == {"nobody": 0, "another": 0, "sender": 1, "own": 1}


def test_filing_needs_the_permission(house: House) -> None:
    house.who = people.principal(roles=("city_officer",), prefixes=("9901",))
    with pytest.raises(Denied):
        house.file()


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 60))
def test_a_limit_falls_on_a_working_day_and_counts_each_once(begun: date, days: int) -> None:
    due = rules.due_on(begun, days)
    passed = [begun + timedelta(n) for n in range(1, (due - begun).days + 1)]
    assert sum(one.weekday() < 5 for one in passed) == days
    assert days == 0 or due.weekday() < 5
