"""A system's life: switched over, off and on again; stored once, obeyed by every process."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import ProgrammingError

from auth.permissions import Denied
from auth.tables import audit_entry
from portal.connectors.contract import Capability, NotConnected, TimedOut
from portal.functions.entry import Entry
from portal.functions.records import Purpose, Records
from portal.functions.systems import rules
from portal.functions.systems.rules import ITEMS, Lacking, Step, checklist, ways
from portal.functions.systems.switching import SwitchError
from portal.functions.trailwords import ACTIONS
from portal.store import switches
from portal.store.citypack import CityPack
from portal.store.clock import FrozenClock
from portal.store.engine import begin
from portal.store.scope import NOTHING, Reach, scoped
from tests import people
from tests.connectors.support import GOOD, ID_NUMBER, NOON, FakeTransport, always
from tests.functions.operating import Process, operator, process

TODAY = date(2026, 11, 23)
WHY = "对方系统升级，约定暂停"


@pytest.fixture
def transports() -> dict[str, FakeTransport]:
    return {"a": FakeTransport(always(GOOD)), "b": FakeTransport(always(GOOD))}


@pytest.fixture
def here(
    hailing: CityPack, tmp_path: Path, transports: dict[str, FakeTransport]
) -> Iterator[Process]:
    with process(tmp_path, transports) as made:
        yield made


@pytest.fixture
def there(here: Process, tmp_path: Path, transports: dict[str, FakeTransport]) -> Iterator[Process]:
    with process(tmp_path, transports) as made:
        yield made


# --- the rules ---------------------------------------------------------------------------------


def done(item: str, **changes: object) -> Step:
    values = {"item": item, "evidence": "见附件", "until": date(2027, 12, 31),
              "manifest_version": 1, "actor_name": "何某", "at": NOON}  # fmt: skip
    return Step(**{**values, **changes})  # type: ignore[arg-type]


ALL_DONE = {item: done(item) for item in ITEMS}


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, set()),
        ({"approval": done("approval", until=TODAY)}, set()),
        ({"approval": done("approval", until=TODAY - timedelta(days=1))}, {"approval"}),
        ({"approval": done("approval", until=None)}, {"approval"}),
        ({"samples": done("samples", manifest_version=2)}, {"samples"}),
        ({"probe": done("probe", manifest_version=2)}, {"probe"}),
        ({"sign_off": done("sign_off", manifest_version=2)}, set()),
        ({"sign_off": done("sign_off", evidence="")}, {"sign_off"}),
    ],
)
def test_an_item_counts_while_its_evidence_holds(
    changes: dict[str, Step], missing: set[str]
) -> None:
    items = checklist({**ALL_DONE, **changes}, 1, TODAY)
    assert {one.item for one in items if not one.done} == missing
    (on, *_) = ways("试运行", "联调", items)
    assert (on.mode, on.open) == ("正式", not missing)


@pytest.mark.parametrize(
    ("mode", "before", "to"),
    [
        ("未接入", "", ["联调"]),
        ("联调", "", ["试运行", "未接入", "停用"]),
        ("试运行", "", ["正式", "联调", "停用"]),
        ("正式", "", ["试运行", "停用"]),
        ("停用", "正式", ["正式"]),
        ("停用", "试运行", ["试运行"]),
        ("停用", "未接入", ["联调"]),
    ],
)
def test_one_step_on_one_step_back_off_and_on_again(mode: str, before: str, to: list[str]) -> None:
    items = checklist(ALL_DONE, 1, TODAY)
    assert [one.mode for one in ways(mode, before, items)] == to


def test_what_may_not_be_regular_any_more_may_be_tried_out_again() -> None:
    found = ways("停用", "正式", checklist({}, 1, TODAY))
    assert [(one.mode, one.open) for one in found] == [("正式", False), ("试运行", True)]


def test_without_a_legal_basis_a_system_is_tested_and_no_more() -> None:
    lacking = Lacking(to_share=("没有写明共享依据",))
    items = checklist(ALL_DONE, 1, TODAY)
    assert ways("未接入", "", items, lacking)[0].open
    assert ways("联调", "", items, lacking)[0].missing == ("没有写明共享依据",)


# --- off and on --------------------------------------------------------------------------------


def test_off_is_off_in_every_process_and_on_again(here: Process, there: Process) -> None:
    here.desk.switch(operator(), "a", "停用", WHY)
    there.gateway.registry.refresh()  # what each process does every second
    for one in (here, there):
        assert [s.id for s in one.gateway.registry.serving(Capability.RECORDS)] == ["b"]
        with pytest.raises(NotConnected):
            one.gateway.roster("a")
        assert one.gateway.probe("a").message == "该系统尚未接入或已停用。"
    there.desk.switch(operator(), "a", "试运行", "对方已恢复，探测正常")
    here.gateway.registry.refresh()
    assert [s.id for s in here.gateway.registry.serving(Capability.RECORDS)] == ["a", "b"]
    assert here.gateway.probe("a").state.name == "RETURNED"


def test_a_dossier_names_what_is_off_and_counts_it_not(
    here: Process, transports: dict[str, FakeTransport]
) -> None:
    person = people.add_person(ID_NUMBER)
    records, counter = Records(gateway=here.gateway), Purpose(id="counter", name="本人到场")
    here.desk.switch(operator(), "a", "停用", WHY)
    dossier = records.open_dossier(people.principal(), str(person), counter)
    assert [one.system_id for one in dossier.planned] == ["b"]
    assert dossier.switched_off == (f"系统a（{WHY}）",)
    answers = list(records.stream(people.principal(), str(person), counter))
    assert [one.system_id for one in answers] == ["b"]
    assert transports["a"].calls == []


def test_a_door_says_that_it_is_off_and_why(here: Process) -> None:
    here.desk.switch(operator(), "a", "停用", WHY)
    doors = {one.system_id: one for one in Entry(gateway=here.gateway).wall(people.principal())}
    assert doors["a"].mode == "停用" and not doors["a"].open
    assert doors["a"].closed_why == f"停用（{WHY}），暂不能进入"
    assert doors["b"].mode == "试运行"


def test_the_database_decides_and_is_shown_to_have_decided(here: Process) -> None:
    assert here.desk.standing(operator(), "a").decision is None
    here.desk.switch(operator(), "a", "停用", WHY)
    found = here.desk.standing(operator(), "a")
    assert (found.mode, found.said_by_pack) == ("停用", "试运行")
    assert found.decision is not None
    assert (found.decision.reason, found.decision.actor_name) == (WHY, "王小梅")


def test_a_step_is_checked_against_what_holds_not_against_what_was_drawn(
    here: Process, there: Process
) -> None:
    here.desk.switch(operator(), "a", "停用", WHY)
    with pytest.raises(SwitchError, match="现为停用，不能直接转为停用"):
        there.desk.switch(operator(), "a", "停用", WHY)
    with pytest.raises(SwitchError, match="不能直接转为正式"):
        there.desk.switch(operator(), "a", "正式", WHY)


@pytest.mark.parametrize("reason", ["", "   ", "坏", "长" * 201])
def test_without_a_reason_nothing_is_switched(here: Process, reason: str) -> None:
    with pytest.raises(SwitchError, match="请写明原因"):
        here.desk.switch(operator(), "a", "停用", reason)
    assert here.desk.standing(operator(), "a").decision is None


def test_while_the_database_is_away_what_was_read_last_holds(
    here: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.desk.switch(operator(), "a", "停用", WHY)

    def away(_connection: object) -> None:
        raise ProgrammingError("select", {}, Exception("gone"))

    monkeypatch.setattr(switches, "current", away)
    here.gateway.registry.refresh()
    assert here.gateway.registry.system("a").mode == "停用"


# --- the checklist -----------------------------------------------------------------------------


def complete(desk_of: Process, today: date) -> None:
    desk, who = desk_of.desk, operator()
    desk.approve(who, "a", "青数函〔2026〕1号", today + timedelta(days=30))
    desk.probe(who, "a")
    desk.state(who, "a", "samples", "比对30人，30人一致")
    desk.state(who, "a", "sign_off", "民政局 李某 2026-11-20 签字")


def test_regular_only_when_everything_is_done_and_back_again(
    here: Process, frozen: FrozenClock
) -> None:
    with pytest.raises(SwitchError, match="责任单位签字确认：尚未完成"):
        here.desk.switch(operator(), "a", "正式", "转入正式使用")
    complete(here, TODAY)
    standing = here.desk.standing(operator(), "a")
    assert standing.complete
    probe = next(one.step for one in standing.items if one.item == "probe")
    assert probe is not None and probe.actor_name == "王小梅" and "应答正常" in probe.evidence
    here.desk.switch(operator(), "a", "正式", "转入正式使用")
    assert here.gateway.registry.system("a").mode == "正式"
    here.desk.switch(operator(), "a", "试运行", "发现数据不全，退回")
    assert here.gateway.registry.system("a").mode == "试运行"


def test_an_approval_that_ends_in_between_closes_the_way(
    here: Process, frozen: FrozenClock
) -> None:
    complete(here, TODAY)
    frozen.advance(timedelta(days=31))
    with pytest.raises(SwitchError, match="批准文号及有效期：已于 2026-12-23 到期"):
        here.desk.switch(operator(), "a", "正式", "转入正式使用")


def test_an_item_taken_back_counts_no_more_and_stays_on_file(
    here: Process, frozen: FrozenClock
) -> None:
    complete(here, TODAY)
    here.desk.take_back(operator(), "a", "samples")
    assert not here.desk.standing(operator(), "a").complete


@pytest.mark.parametrize(
    "act",
    [
        lambda desk: desk.state(operator(), "a", "probe", "我看过了，是好的"),
        lambda desk: desk.state(operator(), "a", "samples", " "),
        lambda desk: desk.approve(operator(), "a", "文号", TODAY - timedelta(days=1)),
        lambda desk: desk.take_back(operator(), "a", "nonsense"),
        lambda desk: desk.state(operator(), "nobody", "samples", "比对30人"),
    ],
)
def test_what_is_no_evidence_is_not_written(
    here: Process, frozen: FrozenClock, act: Callable[[object], None]
) -> None:
    with pytest.raises(SwitchError):
        act(here.desk)
    assert all(one.step is None for one in here.desk.standing(operator(), "a").items)


def test_a_probe_that_fails_is_no_evidence(
    here: Process, transports: dict[str, FakeTransport]
) -> None:
    transports["a"].behave = always(TimedOut())
    with pytest.raises(SwitchError, match="没有通过"):
        here.desk.probe(operator(), "a")
    assert here.desk.standing(operator(), "a").items[1].step is None


# --- who may -----------------------------------------------------------------------------------


def test_only_the_operator_and_every_act_is_in_the_audit(here: Process) -> None:
    clerk = people.principal()
    for act in (
        lambda: here.desk.switch(clerk, "a", "停用", WHY),
        lambda: here.desk.standing(clerk, "a"),
        lambda: here.desk.probe(clerk, "a"),
        lambda: here.desk.state(clerk, "a", "samples", "比对30人"),
        lambda: here.desk.take_back(clerk, "a", "samples"),
    ):
        with pytest.raises(Denied):
            act()
    here.desk.switch(operator(), "a", "停用", WHY)
    with begin() as connection:
        rows = connection.execute(select(audit_entry).order_by(audit_entry.c.seq)).all()
    assert (rows[-1].action, rows[-1].detail) == (
        "systems.switch",
        {"system": "a", "from": "试运行", "to": "停用", "reason": WHY},
    )
    assert {row.action for row in rows} <= ACTIONS.keys()


def test_decisions_are_seen_and_made_by_the_whole_city_only(here: Process) -> None:
    here.desk.switch(operator(), "a", "停用", WHY)
    seen = {}
    for name, reach in {
        "city": operator().reach,
        "service": switches.SERVICE,
        "street": Reach(prefixes=("990102001",), unit_id="x", actor="y"),
        "nobody": NOTHING,
    }.items():
        with scoped(reach) as connection:
            seen[name] = len(switches.current(connection))
    assert seen == {"city": 1, "service": 1, "street": 0, "nobody": 0}
    values = {"system_id": "a", "region_code": "9901", "before": "停用", "mode": "正式",
              "reason": WHY, "actor": "y", "actor_name": "某人"}  # fmt: skip
    for reach in (Reach(prefixes=("990102001",), unit_id="x", actor="y"), switches.SERVICE):
        with pytest.raises(ProgrammingError, match="row-level security"), scoped(reach) as c:
            switches.decide(c, **values)
    assert here.gateway.registry.system("a").mode == rules.OFF
