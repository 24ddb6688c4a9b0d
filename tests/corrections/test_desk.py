"""A correction request: asked once, answered by the owner, told to who asked; seen by no other."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine, select, text

from auth.permissions import Denied
from auth.principal import Principal
from auth.tables import audit_entry
from portal.affairs.corrections import desk, queries, rules
from portal.affairs.corrections.offer import CorrectionTasks
from portal.affairs.corrections.rules import Asking, CorrectionError
from portal.affairs.corrections.tables import correction
from portal.connectors.registry import Registry
from portal.functions.tasks import Filters, TaskError, Tasks
from portal.store import clock
from portal.store.citypack import CityPack
from portal.store.engine import begin, driver_url
from portal.store.scope import NOTHING, Reach, scoped
from tests import people
from tests.conftest import TestDatabase

OWNER = "海陵市民政局"
OLD, NEW = "13800138000", "13900139000"
SUBJECT = UUID(int=7)

pytestmark = pytest.mark.usefixtures("hailing")


@pytest.fixture(autouse=True)
def _clock(frozen: clock.FrozenClock) -> None:
    """Monday 23 November 2026."""


@pytest.fixture
def officer(hailing: CityPack) -> Principal:
    """Somebody at the owner's department, who holds a post there."""
    account = people.add_account("minzheng", "赵静")
    people.add_post(account, "dept-civil", roles=["department_officer"], prefixes=[])
    return _at_department()


def _at_department(unit_id: str = "dept-civil") -> Principal:
    return people.principal(
        roles=("department_officer",),
        prefixes=(),
        unit_id=unit_id,
        kind="department",
        level="city",
        region_code="9901",
    )


def _clerk(code: str = "990102001001") -> Principal:
    return people.principal(prefixes=(code,), unit_id=f"com-{code}", region_code=code)


def _asking(**over: Any) -> Asking:
    values: dict[str, Any] = {
        "subject_id": SUBJECT,
        "subject_hash": "h" * 64,
        "person": "才**玛",
        "region_code": "990102001001",
        "system_id": "a",
        "system_name": "低保系统",
        "owner": OWNER,
        "field": "phone",
        "label": "联系电话",
        "seen": OLD,
        "proposed": NEW,
        "seen_shown": "138****8000",
        "proposed_shown": "139****9000",
        "source": "养老系统",
        "ground": "told",
        "remark": "",
        "simulated": True,
    }
    return Asking(**{**values, **over})


@pytest.fixture
def tasks() -> Tasks:
    ours = CorrectionTasks()
    return Tasks(registry=Registry([]), platform={ours.id: ours})


def _only(tasks: Tasks, who: Principal, box: Any = "待办") -> Any:
    (row,) = tasks.inbox(who, box).rows
    return row


def test_what_is_asked_waits_in_the_owners_inbox_and_in_nobody_elses(
    tasks: Tasks, officer: Principal
) -> None:
    made = desk.ask(_clerk(), _asking())
    assert (made.number, made.joined, made.due_on) == (
        "JH-20261123-0001",
        False,
        date(2026, 11, 30),
    )
    row = _only(tasks, officer)
    assert (row.system_name, row.kind, row.title, row.person, row.due_on) == (
        "数据校核",
        "校核申请",
        "核实“联系电话”（低保系统）",
        "才**玛",
        date(2026, 11, 30),
    )
    assert row.simulated
    city = people.principal(roles=("city_officer",), prefixes=("9901",), unit_id="gov-9901",
                            kind="government", level="city", region_code="9901")  # fmt: skip
    for other in (_clerk(), city, _at_department("dept-other")):
        assert tasks.inbox(other).rows == ()
        with pytest.raises(TaskError, match="没有找到"):
            tasks.open_task(other, row.id)


def test_the_owner_sees_both_values_in_full_and_the_opening_is_recorded(
    tasks: Tasks, officer: Principal
) -> None:
    desk.ask(_clerk(), _asking(remark="本人电话告知"))
    opened = tasks.open_task(officer, _only(tasks, officer).id)
    told = dict(opened.details)
    assert (told["该系统现值"], told["建议更正为"], told["建议依据"]) == (OLD, NEW, "养老系统")
    assert (told["校核理由"], told["说明"]) == ("居民本人反映有误", "本人电话告知")
    assert [one.id for one in opened.actions] == ["TAKE", "CORRECTED", "REFUSED"]
    with begin() as connection:
        row = connection.execute(select(audit_entry).order_by(audit_entry.c.seq.desc())).first()
    assert row is not None
    assert (row.action, row.subject_hash) == ("corrections.open", "h" * 64)
    assert OLD not in str(row.detail)


def test_who_asked_sees_it_masked_and_a_bystander_in_the_scope_sees_no_value(
    officer: Principal,
) -> None:
    made = desk.ask(_clerk(), _asking())
    mine = queries.opened(_clerk(), str(made.id))
    assert (mine.seen, mine.proposed, mine.mine) == ("138****8000", "139****9000", True)
    street = people.principal(prefixes=("990102001",), unit_id="gov-990102001")
    seen = queries.opened(street, str(made.id))
    assert (seen.seen, seen.proposed, seen.remark, seen.mine) == ("***", "***", "", False)
    with pytest.raises(CorrectionError, match="没有找到"):
        queries.opened(_clerk("990103100001"), str(made.id))


def test_the_result_comes_back_to_who_asked_and_is_read_once(
    tasks: Tasks, officer: Principal
) -> None:
    made = desk.ask(_clerk(), _asking())
    row = _only(tasks, officer)
    tasks.act(officer, row.id, "TAKE", {}, row.version)
    row = _only(tasks, officer)
    assert [one.id for one in tasks.open_task(officer, row.id).actions] == ["CORRECTED", "REFUSED"]
    tasks.act(officer, row.id, "CORRECTED", {"words": "已联系本人核实"}, row.version)
    assert tasks.inbox(officer).rows == ()
    assert _only(tasks, officer, "已办").state == "已办"
    back = _only(tasks, _clerk(), "待阅")
    assert (back.kind, back.title) == ("校核结果", "已更正：联系电话（低保系统）")
    assert dict(tasks.open_task(_clerk(), back.id).details)["答复"] == "已联系本人核实"
    tasks.act(_clerk(), back.id, "READ", {}, back.version)
    assert tasks.inbox(_clerk(), "待阅").rows == ()
    (beside,) = queries.about(_clerk(), SUBJECT)
    assert (beside.system_id, beside.field, beside.state) == ("a", "phone", "已更正")
    words = [one.words for one in queries.opened(_clerk(), str(made.id)).events]
    assert words == ["已更正", "受理", "提出校核：居民本人反映有误"]


def test_a_refusal_has_its_reason_or_is_not_made(tasks: Tasks, officer: Principal) -> None:
    desk.ask(_clerk(), _asking())
    row = _only(tasks, officer)
    for words in ("", "不"):
        with pytest.raises(TaskError):
            tasks.act(officer, row.id, "REFUSED", {"why": words}, row.version)
    assert _only(tasks, officer).state == "待办"
    tasks.act(officer, row.id, "REFUSED", {"why": "经与本人核对，登记无误"}, row.version)
    (beside,) = queries.about(_clerk(), SUBJECT)
    assert beside.state == "不予更正"


def test_two_desks_that_ask_the_same_become_one_request(tasks: Tasks, officer: Principal) -> None:
    first = desk.ask(_clerk(), _asking())
    again = desk.ask(_clerk(), _asking())
    other = desk.ask(_clerk("990103100001"), _asking())
    assert {first.id} == {again.id, other.id}
    assert (first.joined, again.joined, other.joined) == (False, True, True)
    assert len(tasks.inbox(officer).rows) == 1
    assert len(queries.opened(officer, str(first.id)).askers) == 2
    desk.decide(officer, first.id, rules.CORRECTED, "")
    for code in ("990102001001", "990103100001"):
        assert _only(tasks, _clerk(code), "待阅").kind == "校核结果"
    anew = desk.ask(_clerk(), _asking(seen=NEW, proposed="13700137000"))
    assert not anew.joined and anew.number == "JH-20261123-0002"


def test_the_database_itself_holds_a_value_open_only_once(
    database: TestDatabase, officer: Principal
) -> None:
    made = desk.ask(_clerk(), _asking())
    engine = create_engine(driver_url(database.owner_url))
    copy = text(
        "INSERT INTO correction SELECT (jsonb_populate_record(c, jsonb_build_object("
        "'id', cast(:fresh AS text), 'number', 'JH-X'))).* FROM correction c WHERE id = :id"
    )
    with pytest.raises(Exception, match="uq_correction_open"), engine.begin() as connection:
        connection.execute(copy, {"fresh": str(uuid4()), "id": made.id})
    engine.dispose()


def test_a_withdrawal_leaves_open_what_another_unit_asked(tasks: Tasks, officer: Principal) -> None:
    made = desk.ask(_clerk(), _asking())
    desk.ask(_clerk("990103100001"), _asking())
    desk.withdraw(_clerk(), made.id)
    assert len(tasks.inbox(officer).rows) == 1
    with pytest.raises(CorrectionError, match="不是本单位提出"):
        desk.withdraw(_clerk(), made.id)
    desk.withdraw(_clerk("990103100001"), made.id)
    assert tasks.inbox(officer).rows == ()
    assert queries.about(_clerk(), SUBJECT) == ()
    with pytest.raises(CorrectionError, match="已撤回"):
        desk.decide(officer, made.id, rules.CORRECTED, "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ground": "because"}, "理由"),
        ({"proposed": "  "}, "更正"),
        ({"proposed": OLD}, "现值相同"),
        ({"remark": "字" * 301}, "说明"),
    ],
)
def test_a_request_that_says_nothing_is_not_taken(change: dict[str, Any], words: str) -> None:
    with pytest.raises(CorrectionError, match=words):
        desk.ask(_clerk(), _asking(**change))
    assert queries.listed(_clerk(), "本单位提出").total == 0


def test_only_the_owners_unit_decides_and_only_who_may_asks(officer: Principal) -> None:
    made = desk.ask(_clerk(), _asking())
    for who in (_at_department("dept-other"),):
        with pytest.raises(CorrectionError, match="不由本单位"):
            desk.decide(who, made.id, rules.CORRECTED, "")
    with pytest.raises(Denied):
        desk.decide(_clerk(), made.id, rules.CORRECTED, "")
    reader = people.principal(roles=("reader",))
    with pytest.raises(Denied):
        desk.ask(reader, _asking())
    with pytest.raises(Denied):
        queries.listed(reader, "本单位提出")


def test_an_owner_without_a_post_here_is_reached_through_who_runs_the_platform() -> None:
    assert queries.owner_unit("海陵市没有的局") == ("dept-civil", OWNER)


def test_a_limit_that_passes_is_said_and_the_request_can_still_be_answered(
    tasks: Tasks, officer: Principal, frozen: clock.FrozenClock
) -> None:
    made = desk.ask(_clerk(), _asking())
    frozen.advance(timedelta(days=7))  # the last day
    assert desk.sweep() == 0
    frozen.advance(timedelta(days=1))
    assert desk.sweep() == 1
    assert desk.sweep() == 0
    assert queries.about(_clerk(), SUBJECT)[0].state == "超期"
    row = _only(tasks, officer)
    assert row.overdue
    assert [one.id for one in tasks.open_task(officer, row.id).actions] == ["CORRECTED", "REFUSED"]
    assert tasks.inbox(officer, "待办", Filters(due="逾期")).overdue == 1
    desk.decide(officer, made.id, rules.CORRECTED, "")
    assert queries.about(_clerk(), SUBJECT)[0].state == "已更正"


def test_a_limit_is_counted_anew_when_a_year_is_published(
    tasks: Tasks, officer: Principal, monkeypatch: pytest.MonkeyPatch, hailing: CityPack
) -> None:
    from portal.store.work_texts import HolidayYear

    desk.ask(_clerk(), _asking())
    off = frozenset({date(2026, 11, 24), date(2026, 11, 25)})
    city = hailing.model_copy(update={"holidays": (HolidayYear(year=2026, off=off),)})
    monkeypatch.setattr(desk, "pack", lambda: city)
    assert desk.sweep() == 0
    assert queries.about(_clerk(), SUBJECT)[0].due_on == date(2026, 12, 2)
    assert _only(tasks, officer).due_on == date(2026, 12, 2)


@pytest.mark.parametrize(
    "reach",
    [
        NOTHING,
        Reach(prefixes=(), unit_id="", actor="someone"),
        Reach(prefixes=("990103",), unit_id="com-990103100001", actor="someone"),
    ],
)
def test_the_database_shows_a_request_to_nobody_else(reach: Reach, officer: Principal) -> None:
    desk.ask(_clerk(), _asking())
    for _ in range(2):  # also on a connection that was used before
        with scoped(reach) as connection:
            assert connection.execute(select(correction)).all() == []


def test_no_value_lies_in_the_open(database: TestDatabase, officer: Principal) -> None:
    desk.ask(_clerk(), _asking(remark="打这个：13600136000"))
    engine = create_engine(driver_url(database.owner_url))
    with engine.begin() as connection:
        rows = [
            str(connection.execute(text(f"SELECT * FROM {table}")).all())
            for table in ("correction", "correction_event", "task", "task_history", "audit_entry")
        ]
    engine.dispose()
    for value in (OLD, NEW, "138****8000", "13600136000", "才让"):
        assert value not in "".join(rows)


def test_a_second_answer_is_told_that_somebody_was_faster(tasks: Tasks, officer: Principal) -> None:
    made = desk.ask(_clerk(), _asking())
    row = _only(tasks, officer)
    desk.decide(officer, made.id, rules.CORRECTED, "")
    with pytest.raises(TaskError, match="已由"):
        tasks.act(officer, row.id, "CORRECTED", {}, row.version)
