"""Forms of the province from end to end, over real HTTP: they come filled and go back, once."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from auth.permissions import Denied
from auth.principal import Principal
from auth.tables import audit_entry
from portal.affairs.forms import desk, fill, held
from portal.affairs.forms import queries as form_queries
from portal.affairs.forms.desk import Change
from portal.affairs.forms.province import deciding, queries
from portal.affairs.forms.province.desk import Register
from portal.affairs.forms.province.outbox import Outbox
from portal.affairs.forms.province.tables import province_form, province_return
from portal.affairs.forms.tables import form, form_answer
from portal.affairs.forms.words import FormError, Held
from portal.connectors.contract import RetryLater
from portal.connectors.province.words import Sending
from portal.functions.province import drain, pull
from portal.functions.tasks import rules as sending
from portal.store import clock
from portal.store.engine import begin
from portal.store.scope import NOTHING, scoped
from sandbox.misbehaviour import Mode
from sandbox.province.issued import asked, edition
from tests.forms import world
from tests.forms.world import CITY, OTHER, PLACE, city, clerk, department, district, street
from tests.province.world import Joined, fixture, joined

pytestmark = pytest.mark.usefixtures("hailing")
PEOPLE, OLD, LIST, BARE, BROKEN = (
    "模拟青统〔2026〕1号", "模拟青民〔2026〕2号", "模拟青民〔2026〕3号", "模拟青卫〔2026〕4号",
    "模拟青人社〔2026〕5号",
)  # fmt: skip
KEY = f"{PEOPLE}|1|202611|{PLACE}|"


@pytest.fixture
def line(frozen: clock.FrozenClock, hailing: object) -> Iterator[Joined]:
    """Monday 23 November 2026."""
    world.use()
    with joined() as made:
        yield made
    held.comes_from(Held)


def fetch(line: Joined) -> int:
    found = pull(line.client, Register())
    while fill.turn():
        pass
    return found


def post(line: Joined) -> int:
    return drain(line.client, Outbox())


def editions() -> dict[tuple[str, int], Any]:
    with scoped(held.SERVICE) as connection:
        rows = connection.execute(select(province_form)).all()
    return {(one.number, one.edition): one for one in rows}


def answers(number: str, edition_: int = 1) -> dict[str, Any]:
    query = select(form_answer).where(form_answer.c.form_id == editions()[number, edition_].form_id)
    with scoped(held.SERVICE) as connection:
        return {one.region_code: one for one in connection.execute(query)}


def cell(answer: Any, name: str) -> tuple[str, str]:
    found = held.unseal(answer.payload)[f"0.{name}"]
    return found.value, found.state


def write(place: str, answer_id: UUID, **values: str) -> None:
    cells = form_queries.opened(clerk(place=place), answer_id).cells
    changes = [
        Change(row=0, field=name, value=value, base=cells[f"0.{name}"].version)
        for name, value in values.items()
    ]
    told = desk.save(clerk(place=place), answer_id, changes)
    assert told.stored == len(values) and not told.faults


def up(place: str, answer_id: UUID) -> None:
    """From the clerk to the lock of the district."""
    desk.move(clerk(place=place), answer_id, "hand_in")
    desk.move(street(place[:9]), answer_id, "pass")
    desk.move(district(place[:6]), answer_id, "lock")


def _returned(who: Principal) -> dict[str, int]:
    """How many of all forms are how far on the way back."""
    return dict(sum((Counter(one.returned) for one in queries.view(who).lines), Counter()))


def test_a_form_comes_filled_and_goes_back_once(line: Joined, frozen: clock.FrozenClock) -> None:
    line.turn(Mode.SHORT_TOKENS)  # a token ends in the middle of what is fetched
    assert fetch(line) == 5 and line.over_there.logins > 1
    line.turn(Mode.NORMAL)
    found = editions()
    assert {one.number: one.state for one in found.values()} == {
        PEOPLE: "已登记", OLD: "已登记", LIST: "已登记", BARE: "待处理", BROKEN: "待处理",
    }  # fmt: skip
    assert found[BROKEN, 1].faults == [
        "第 2 栏“现场照片”：类型代码“T”没有对应", "第 3 栏“备用”：字段编码、名称或类型无法识别",
    ]  # fmt: skip
    assert found[BARE, 1].faults == ["表头：缺少批准（备案）文号"]
    assert found[PEOPLE, 1].notes == ["“楼院议事点数”（QH077）：省级字段未对应，由基层填写"]
    assert (
        "对应的来源现不能取（没有可取的来源“measure:no_longer_counted”）" in found[OLD, 1].notes[0]
    )
    before = {place: one.id for place, one in answers(PEOPLE).items()}
    assert len(before) == 4 and fetch(line) == 2  # those that wait are looked at again
    assert {place: one.id for place, one in answers(PEOPLE).items()} == before

    row = answers(PEOPLE)[PLACE]
    assert (row.asked, row.auto, row.due_on) == (6, 5, date(2026, 12, 7))
    assert cell(row, "prk003") == ("40", "自动") and cell(row, "pqh077") == ("", "缺失")
    (listed,) = (one for one in form_queries.forms(clerk()) if one.number == PEOPLE)
    assert (listed.source, listed.state, listed.simulated) == ("省级一表通", "已下发", True)
    post(line)
    assert {number: told for (number, _), told in line.over_there.receipts.items()} == {
        PEOPLE: ("1", ""), OLD: ("1", ""), LIST: ("1", ""),
    }  # fmt: skip

    write(PLACE, row.id, pqh077="6")
    up(PLACE, row.id)
    assert _returned(district()) == {"待回传": 1}
    line.turn(Mode.DOWN)  # locked all the same; it goes when the province is there again
    assert post(line) == 1 and post(line) == 0
    line.turn(Mode.NORMAL)
    frozen.advance(timedelta(seconds=61))
    # A sender that died after sending: another sends again, and over there it is one.
    (entry,) = Outbox().claim(lease=sending.LEASE, most=9)
    assert isinstance(entry.body, Sending) and line.client.send(entry.body)
    frozen.advance(timedelta(minutes=3))
    assert post(line) == 1 and post(line) == 0
    assert (line.over_there.came[f"{KEY}1"], len(line.over_there.taken)) == (2, 1)
    assert line.over_there.taken[f"{KEY}1"][1] == fixture("answers.request")
    assert _returned(district()) == {"已回传": 1}
    assert form_queries.opened(district(), row.id).events[-1].words == (
        "已回传省级，回执 HC00000001（第 1 次）"
    )
    with begin() as connection:
        count = select(func.count()).where(audit_entry.c.action == "province.returned")
        assert connection.execute(count.select_from(audit_entry)).scalar() == 1
    with scoped(held.SERVICE) as connection:  # what has arrived lies here no second time
        left = select(province_return.c.payload).where(province_return.c.state == "已送达")
        assert set(connection.execute(left).scalars()) == {""}

    # A correction is a version of its own; one that did not leave yet is taken back.
    desk.move(district(), row.id, "reopen", {"reason": "小组数有误"})
    write(PLACE, row.id, pqh077="7")
    up(PLACE, row.id)
    desk.move(district(), row.id, "reopen", {"reason": "仍然有误"})
    write(PLACE, row.id, pqh077="8")
    line.over_there.objection = lambda given: "“楼院议事点数”与实地核查不符，请核实"
    up(PLACE, row.id)
    post(line)
    assert sorted(line.over_there.came)[-2:] == [f"{KEY}1", f"{KEY}3"]
    (trouble,) = queries.view(district()).troubles
    assert (trouble.state, trouble.turn, trouble.period) == ("被退回", 3, "2026年11月")
    assert trouble.error == "“楼院议事点数”与实地核查不符，请核实" and not trouble.may_resend
    assert "省级退回：“楼院议事点数”与实地核查不符" in (
        form_queries.opened(district(), row.id).events[-1].words
    )
    line.over_there.objection = None
    desk.move(district(), row.id, "reopen", {"reason": "省级退回"})
    up(PLACE, row.id)
    post(line)
    sent = {one["zdbm"]: one["z"] for one in line.over_there.taken[f"{KEY}4"][1]["mx"]}
    assert sent["QH077"] == "8" and _returned(district()) == {"已回传": 1}


def test_what_is_stuck_is_seen_and_sent_again_by_who_may(
    line: Joined, frozen: clock.FrozenClock
) -> None:
    fetch(line)
    post(line)
    row = answers(PEOPLE)[PLACE]
    write(PLACE, row.id, pqh077="6")
    up(PLACE, row.id)
    other = answers(PEOPLE)["990103100001"]
    write("990103100001", other.id, pqh077="3")
    up("990103100001", other.id)
    line.turn(Mode.DOWN)
    for _ in range(sending.MOST_ATTEMPTS):
        post(line)
        frozen.advance(timedelta(minutes=30))
    assert len(queries.view(city()).troubles) == 2
    (stuck,) = queries.view(district()).troubles
    assert (stuck.state, stuck.may_resend) == ("滞留", True)
    assert "柳岸社区" in stuck.place and stuck.error
    assert [one.id for one in queries.view(district("990103")).troubles] != [stuck.id]
    assert queries.view(street()).troubles[0].may_resend is False
    line.turn(Mode.NORMAL)
    for who, problem in ((street(), Denied), (district("990103"), FormError), (clerk(), Denied)):
        with pytest.raises(problem):
            deciding.resend(who, stuck.id)
    with pytest.raises(Denied):
        deciding.resend_all(street())
    assert post(line) == 0
    assert deciding.resend_all(district("990103")) == 1 and post(line) == 1
    line.over_there.taken.clear()
    deciding.resend(district(), stuck.id)
    with pytest.raises(FormError, match="现为“待发送”，不需要重新发送"):
        deciding.resend(district(), stuck.id)
    claimed = Outbox().claim(lease=sending.LEASE, most=9)
    assert len(claimed) == 1 and Outbox().claim(lease=sending.LEASE, most=9) == []
    frozen.advance(timedelta(minutes=3))  # that sender died: another takes it over
    assert post(line) == 1 and list(line.over_there.taken) == [f"{KEY}1"]
    Outbox().delivered(claimed[0], "HC9")  # and what the dead one says does not count any more
    with scoped(held.SERVICE) as connection:
        query = select(province_return.c.receipt).where(province_return.c.region_code == PLACE)
        assert connection.execute(query).scalars().all() == ["HC00000001"]
    # While the province rests nothing is taken, and no attempt is used up.
    line.turn(Mode.DOWN)
    for _ in range(5):
        with pytest.raises(RetryLater):
            list(line.client.issued(""))
    desk.move(district(), row.id, "reopen", {"reason": "更正点数"})
    up(PLACE, row.id)
    assert post(line) == 0
    line.turn(Mode.NORMAL)
    frozen.advance(timedelta(minutes=2))
    assert post(line) == 1
    for reach in (NOTHING, clerk(place=OTHER).reach):
        with scoped(reach) as connection:
            assert connection.execute(select(province_return)).all() == []


def test_the_city_answers_as_one_when_the_last_is_locked(line: Joined) -> None:
    fetch(line)
    post(line)
    those = answers(OLD)
    for place, row in those.items():
        assert _returned(city()) == {}
        write(place, row.id, pyl021="2", prk004="1" if place == PLACE else "0")
        up(place, row.id)
    assert _returned(city()) == {"待回传": 1}
    post(line)
    ((number, body),) = line.over_there.taken.values()
    assert (number, body["qh"], body["qb"]) == ("HC00000001", f"{CITY}00000000", "2026Q4")
    assert {one["qh"] for one in body["mx"]} == set(those)
    desk.move(district(), those[PLACE].id, "reopen", {"reason": "更正户数"})
    assert post(line) == 0
    up(PLACE, those[PLACE].id)
    post(line)
    assert [key.rpartition("|")[2] for key in line.over_there.taken] == ["1", "2"]


def test_a_new_edition_takes_over_what_is_open(line: Joined, frozen: clock.FrozenClock) -> None:
    fetch(line)
    old = answers(PEOPLE)
    write(PLACE, old[PLACE].id, pqh077="6")
    up(PLACE, old[PLACE].id)
    write(OTHER, old[OTHER].id, pqh077="9", prk002="26")
    desk.move(clerk(place=OTHER), old[OTHER].id, "hand_in")
    fields = [asked("GG001", "社区（村）名称", "W"), asked("RK001", "常住人口"),
              asked("RK002", "家庭户数"), asked("QH077", "议事点数"),
              asked("QH078", "议事次数", must=False)]  # fmt: skip
    second = edition(PEOPLE, "城乡社区人口情况月报", "省统计局", fields, bbh=2,
                     xfqh=[f"{CITY}00000000"])  # fmt: skip
    line.over_there.issue(second, "20261124090000")
    fetch(line)
    assert {key: one.state for key, one in editions().items() if key[0] == PEOPLE} == {
        (PEOPLE, 1): "已换版", (PEOPLE, 2): "已登记",
    }  # fmt: skip
    new = answers(PEOPLE, 2)
    assert set(answers(PEOPLE)) == {PLACE} and set(new) == set(old) - {PLACE}
    row = new[OTHER]
    assert (row.id, row.state, row.paper_no) == (old[OTHER].id, "待填报", old[OTHER].paper_no)
    assert cell(row, "pqh077") == ("9", "人工填写") and cell(row, "prk002") == ("26", "人工修改")
    assert cell(row, "prk001") == ("50", "自动")
    assert "沿用已填 2 格" in form_queries.opened(clerk(place=OTHER), row.id).events[-1].words
    assert desk.renew() == 0  # nobody is asked twice in November
    assert set(answers(PEOPLE, 2)) == set(new)
    frozen.advance(timedelta(days=10))
    desk.renew()
    december = select(form_answer.c.region_code).where(
        form_answer.c.form_id == editions()[PEOPLE, 2].form_id,
        form_answer.c.period_from == date(2026, 12, 1),
    )
    with scoped(held.SERVICE) as connection:
        assert set(connection.execute(december).scalars()) == set(old)
        states = select(form.c.state).where(form.c.number == PEOPLE).order_by(form.c.state)
        assert connection.execute(states).scalars().all() == ["已下发", "已停用"]

    line.over_there.issue({**second, "mc": "（模拟）改了名"}, "20261125090000")
    late = edition(PEOPLE, "旧版重发", "省统计局", fields, bbh=1, xfqh=[f"{CITY}00000000"])
    line.over_there.issue(late, "20261125090000")
    count = len(form_queries.forms(city()))
    fetch(line)
    assert len(form_queries.forms(city())) == count
    assert "省级未升版本而改动了内容" in editions()[PEOPLE, 2].notes[-1]


def test_a_form_that_may_not_come_is_sent_back_with_a_reason(line: Joined) -> None:
    line.turn(Mode.GARBAGE)
    assert fetch(line) == 0
    seen = queries.view(city())
    assert (seen.fetched_at, seen.lines) == (None, ()) and "无法识别的内容" in seen.problem
    line.turn(Mode.NORMAL)
    fetch(line)
    seen = queries.view(city())
    assert seen.problem == "" and seen.fetched_at == clock.now() and len(seen.lines) == 5
    spoilt = edition("", "没有表号", "省统计局", [asked("A1", "某项")], xfqh=[f"{CITY}00000000"])
    line.over_there.issue(spoilt, "20261122090000")
    fetch(line)
    assert queries.view(city()).problem == "省级清单中有 1 行无法识别，其余报表已取"
    line.over_there.issued.pop()
    fetch(line)
    assert queries.view(city()).problem == ""
    with pytest.raises(FormError, match="不能自行起草"):
        desk.draft(department(), world.written(source="省级一表通"))
    bare = next(one for one in seen.lines if one.number == BARE)
    assert bare.may_refuse and bare.faults == ("表头：缺少批准（备案）文号",)
    assert len(queries.view(district()).lines) == 3  # what was registered, and nothing half read
    with pytest.raises(FormError, match="没有找到"):
        deciding.resend(district(), bare.id)
    with pytest.raises(FormError, match="须由市级办理"):
        deciding.refuse(district(), bare.id, "没有文号")
    with pytest.raises(Denied):
        deciding.refuse(department(), bare.id, "没有文号")
    with pytest.raises(FormError, match="请填写退回原因"):
        deciding.refuse(city(), bare.id, " ")
    deciding.refuse(city(), bare.id, "没有批准文号，不予下发")
    with pytest.raises(FormError, match="现为“已退表”"):
        deciding.refuse(city(), bare.id, "再退一次")
    post(line)
    verdict, why = line.over_there.receipts[BARE, 1]
    assert verdict == "0" and why.endswith("：没有批准文号，不予下发")
    assert fetch(line) == 1  # only the one that cannot be read is looked at again
    mended = edition(BARE, "社区健康促进情况表", "省卫生健康委", [asked("WS001", "健康讲座场次")],
                     xfqh=["990102000000", "990103100000"])  # fmt: skip
    line.over_there.issue(mended, "20261126090000")
    fetch(line)
    assert set(answers(BARE)) == {PLACE, OTHER, "990103100001", "990103100200"}
