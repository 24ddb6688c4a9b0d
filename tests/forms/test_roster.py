"""一键调取: the cells of a list that systems hold of persons, asked for as the clerk filling it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from auth.permissions import Denied
from auth.principal import Principal
from auth.tables import audit_entry
from portal.affairs.forms import desk, held, masking, queries, roster
from portal.affairs.forms.roster import Brought, Came
from portal.affairs.forms.words import AUTO, MISSING, TYPED, FormError, Held, HeldField
from portal.connectors.contract import Capability, Mask, State, TimedOut
from portal.connectors.gateway import Gateway
from portal.connectors.recorder import row, write_rows
from portal.connectors.survey import by_the_platform
from portal.connectors.transport import Trace
from portal.functions.records import Records, mask
from portal.functions.rosters import PURPOSE, Rosters, Value, Wish
from portal.store import citypack, clock, crypto, search
from portal.store.engine import begin
from portal.store.scope import scoped
from tests import people
from tests.connectors import support
from tests.connectors.support import FakeTransport
from tests.forms import world
from tests.forms.world import OTHER
from tests.verify import world as persons

pytestmark = pytest.mark.usefixtures("hailing")
ACCOUNT = "6228480012345678901"
FIELDS = {
    "a.grade": HeldField(id="a.grade", label="等级", system_name="系统a"),
    "a.account": HeldField(
        id="a.account", label="银行账号", system_name="系统a", mask=Mask.ACCOUNT
    ),
    "b.grade": HeldField(id="b.grade", label="等级", system_name="系统b"),
    "b.phone": HeldField(id="b.phone", label="电话", system_name="系统b", mask=Mask.PHONE),
}


def _with_account(text: str) -> str:
    text = text.replace(
        "[fields]",
        '[fields]\naccount = { label = "银行账号", sensitivity = "sensitive", mask = "account" }',
        1,
    )
    text = text.replace("failures = 3", "failures = 9")  # no rest: it is asked again at once
    return text.replace('grade = "grade"', 'grade = "grade"\naccount = "account"')


class _Answers:
    """Systems that know everybody; one of them may be down."""

    def __init__(self) -> None:
        self.down = {"b"}

    def of(self, name: str) -> Any:
        async def behave(_call: Any, values: Any) -> Any:
            if name in self.down:
                raise TimedOut
            row = {"no": "1", "id": values["id_number"], "name": "张三", "grade": "甲"}
            return {"code": "0", "rows": [{**row, "account": ACCOUNT}]}

        return behave


@pytest.fixture
def answers() -> _Answers:
    return _Answers()


@pytest.fixture
def transports(answers: _Answers) -> dict[str, FakeTransport]:
    return {one: FakeTransport(answers.of(one)) for one in ("a", "b")}


@pytest.fixture
def function(
    tmp_path: Path,
    transports: dict[str, FakeTransport],
    frozen: clock.FrozenClock,
    hailing: object,
) -> Iterator[Rosters]:
    world.use()
    held.comes_from(lambda: Held(fields=FIELDS))
    registry = support.load(tmp_path / "systems", list(transports), _with_account)
    gateway = Gateway(registry, transports=lambda system: transports[system.id])
    gateway.start()
    yield Rosters(records=Records(gateway=gateway))
    gateway.stop()
    held.comes_from(Held)


def _list() -> Any:
    """Two old persons of a community in a list, with what two systems hold of them."""
    binds = {"grade": "a.grade", "end": "a.account", "other": "b.grade"}
    fields = [
        world.field(name, f"栏目{name}", kind="text", source="field", bind=bind, required=False)
        for name, bind in binds.items()
    ]
    name = world.field("name", "姓名", kind="text", source="person", bind="name")
    made = world.written(name, *fields, layout="名册", rows="aged", from_age=60)
    return world.answer(world.sent(made))


def _ask(function: Rosters, who: Principal, answer_id: Any, most: int = 99) -> int:
    wanted = roster.wanted(who, answer_id)
    some = wanted.lacking[:most]
    wishes = [Wish(subject=one.subject, wanted=one.wanted) for one in some]
    told = function.ask(who, wanted.number, wishes)
    return roster.put(
        who,
        answer_id,
        [
            Brought(
                row=one.row,
                subject=one.subject,
                came={bind: Came(**_said(value)) for bind, value in values.items()},
            )
            for one, values in zip(some, told, strict=True)
        ],
    )


def _said(value: Any) -> dict[str, str]:
    return {"value": value.value, "source": value.source, "as_of": value.as_of}


def _cells(who: Principal, answer_id: Any, name: str) -> list[tuple[str, str, str]]:
    cells = queries.opened(who, answer_id).cells
    found = [cells[f"{row}.{name}"] for row in (1, 2)]
    return [(one.value, one.state, one.source) for one in found]


def test_a_list_is_filled_by_a_click_and_asking_again_fills_only_what_is_missing(
    function: Rosters, answers: _Answers, transports: dict[str, FakeTransport]
) -> None:
    numbers = [number for _, number in persons.persons(2)]
    who, answer = persons.clerk("wang"), _list()
    before = roster.wanted(who, answer.id)
    assert before.number == answer.paper_no and len(before.lacking) == 2 and not before.reasons

    # One person, then the process dies: what was kept stays, and the next asking goes on.
    assert _ask(function, who, answer.id, most=1) == 2
    assert len(transports["a"].calls) == 1
    assert _cells(who, answer.id, "grade") == [
        ("甲", AUTO, "系统a（模拟）·等级"),
        ("", MISSING, ""),
    ]
    desk.save(who, answer.id, [desk.Change(row=2, field="grade", value="乙", base=0)])
    assert _ask(function, who, answer.id) == 1  # what a person wrote stands and is not asked for
    assert _cells(who, answer.id, "grade")[1][:2] == ("乙", TYPED)
    assert len(transports["a"].calls) == 2

    # Of an account no more than its end came out of the function.
    assert [one[0] for one in _cells(who, answer.id, "end")] == [ACCOUNT[-4:]] * 2
    assert ACCOUNT not in crypto.decrypt(world.answer(answer.form_id).payload)

    # The system that is down left its reason; afterwards it alone is asked.
    assert _cells(who, answer.id, "other") == [("", MISSING, "系统b（模拟）：超时")] * 2
    assert roster.wanted(who, answer.id).reasons == (("系统b（模拟）：超时", 2),)
    answers.down.clear()
    assert _ask(function, who, answer.id) == 2
    assert len(transports["a"].calls) == 2
    assert not roster.wanted(who, answer.id).lacking

    with begin() as connection:
        query = select(audit_entry).where(audit_entry.c.action == "forms.person")
        noted = connection.execute(query.order_by(audit_entry.c.seq)).all()
    assert {one.subject_hash for one in noted} == {crypto.keyed_hash(one) for one in numbers}
    assert {(one.actor, one.purpose, one.case_id) for one in noted} == {
        ("wang", PURPOSE, answer.paper_no)
    }
    assert noted[0].detail["fields"] == {"a": ["account", "grade"], "b": ["grade"]}
    assert noted[-1].detail["fields"] == {"b": ["grade"]}


def test_a_system_whose_young_roster_lacks_a_person_is_not_asked_and_the_cell_says_so(
    function: Rosters,
    answers: _Answers,
    transports: dict[str, FakeTransport],
    frozen: clock.FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers.down.clear()
    texts = citypack.pack().forms.model_copy(update={"index_hours": 30})
    pack = citypack.pack().model_copy(update={"forms": texts})
    monkeypatch.setattr("portal.functions.rosters.pack", lambda: pack)
    persons.persons(2)
    who, answer = persons.clerk("wang"), _list()
    first, second = roster.wanted(who, answer.id).lacking
    with scoped(search.INDEXER) as connection:  # a knows the first of the two, b neither
        known = {"person": UUID(first.subject), "system": "a", "phone": None}
        search.mark_known(connection, [known])

    def calls() -> tuple[int, int]:
        return len(transports["a"].calls), len(transports["b"].calls)

    def ask(**how: bool) -> list[dict[str, Value]]:
        frozen.advance(timedelta(minutes=10))  # what was answered is not kept that long
        wishes = [Wish(subject=one.subject, wanted=one.wanted) for one in (first, second)]
        return list(function.ask(who, answer.paper_no, wishes, **how))

    def walk(system: str, capability: Capability, outcome: State) -> None:
        made = function.records.gateway.registry.systems[system]
        told = row(by_the_platform("roster"), made, capability, Trace(), asked_at=clock.now(),
                   delivered_at=clock.now(), outcome=outcome.name, fault=None)  # fmt: skip
        write_rows([told])

    # Only a whole roster counts: not a broken walk, not another list.
    walk("a", Capability.ROSTER, State.FAULT)
    walk("b", Capability.REPORTS, State.RETURNED)
    ask()
    assert calls() == (2, 2)
    at = f"{clock.local(clock.now()):%m-%d %H:%M}"
    walk("a", Capability.ROSTER, State.RETURNED)
    told = ask()
    assert calls() == (3, 4)
    assert told[0]["a.grade"].value == "甲"
    assert told[1]["a.grade"] == Value(source=f"系统a（模拟）：{at} 的名册中没有此人，未调取")
    with begin() as connection:
        query = select(audit_entry.c.detail).where(audit_entry.c.action == "forms.person")
        noted = connection.execute(query.order_by(audit_entry.c.seq.desc()).limit(2)).scalars()
        assert [one.get("absent") for one in noted].count(["a"]) == 1

    # It is in the list as the reason, a click may ask all the same, and a day later all are asked.
    brought = [
        Brought(row=one.row, subject=one.subject,
                came={bind: Came(**_said(value)) for bind, value in values.items()})
        for one, values in zip((first, second), told, strict=True)
    ]  # fmt: skip
    roster.put(who, answer.id, brought)
    assert (f"系统a（模拟）：{at} 的名册中没有此人，未调取", 2) in roster.wanted(
        who, answer.id
    ).reasons
    assert ask(everybody=True)[1]["a.grade"].value == "甲" and calls() == (5, 6)
    frozen.advance(timedelta(hours=31))
    assert ask()[1]["a.grade"].value == "甲" and calls() == (7, 8)

    # Who may not ask is not told either who is in no roster.
    walk("a", Capability.ROSTER, State.RETURNED)
    monkeypatch.setattr("auth.permissions.readable_systems", lambda *_: frozenset())
    assert "本岗位不能" in ask()[1]["a.grade"].source and calls() == (7, 8)


def test_nobody_else_asks_and_nobody_outside_is_asked_for(
    function: Rosters, transports: dict[str, FakeTransport]
) -> None:
    persons.persons(1)
    far = people.add_person(persons.id_number(500), places=[("居住", OTHER)])
    answer, wang = _list(), persons.clerk("wang")
    (told,) = function.ask(
        wang, answer.paper_no, [Wish(subject=str(far), wanted={"a": frozenset({"grade"})})]
    )
    assert told["a.grade"].value == "" and "管辖范围" in told["a.grade"].source
    with pytest.raises(FormError):
        roster.wanted(persons.clerk("zhao", OTHER), answer.id)
    lacking = roster.wanted(wang, answer.id).lacking[0]
    strange = Brought(row=1, subject=str(far), came={"a.grade": Came(value="甲", source="系统a")})
    assert roster.put(wang, answer.id, [strange]) == 0  # the row is about somebody else
    reader = persons.clerk("li", role="reader")
    assert not function.may(reader)
    with pytest.raises(Denied):
        list(function.ask(reader, answer.paper_no, [Wish(subject=lacking.subject, wanted={})]))
    assert transports["a"].calls == []


def test_a_screen_shows_a_list_masked_and_takes_no_mask_for_a_value() -> None:
    held.comes_from(lambda: Held(fields=FIELDS, masked=mask.masked))
    number = world.field("n", "身份证号", kind="text", source="person", bind="id_number")
    phone = world.field("p", "电话", kind="text", source="field", bind="b.phone")
    plain = world.field("g", "等级", kind="text", source="field", bind="a.grade")
    assert masking.shown(number, "630102193001010029") == "6" + "*" * 16 + "9"
    assert masking.shown(phone, "13897001234") == "138****1234"
    assert masking.shown(plain, "甲") == "甲" and masking.shown(phone, "") == ""
    told = world.field("r", "监护人电话", kind="text", fact="guardian", mask="phone")
    assert masking.shown(told, "13897001234") == "138****1234"
    assert masking.half_masked(phone, "139****1234")
    assert masking.half_masked(told, "139****1234")
    assert not masking.half_masked(phone, "13900001234")
    assert not masking.half_masked(plain, "甲*")
    held.comes_from(Held)
