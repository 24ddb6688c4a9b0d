"""The platform's own affairs as measures: followed move by move, they are what the rows say.

Matters, 数据校核, notices, 查询核验 and 一表通: whatever was done in whatever order, saying the
measures anew from the rows moves nothing; and what was spoilt or lost comes back as it was.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from portal import plugs
from portal.affairs.corrections import desk as corrections
from portal.affairs.corrections.rules import CorrectionError
from portal.affairs.corrections.tables import correction
from portal.affairs.forms import desk as forms
from portal.affairs.forms.desk import Change
from portal.affairs.forms.words import FormError
from portal.affairs.matters import desk as matters
from portal.affairs.matters import tally as case_tally
from portal.affairs.matters.tables import matter_case
from portal.affairs.notices import desk as notices
from portal.affairs.notices.rules import NoticeError
from portal.affairs.notices.tables import notice
from portal.affairs.workflow.flow import FlowError
from portal.connectors.registry import Registry
from portal.functions.reports import Reports
from portal.store import clock, measure_notes, measures, verify
from portal.store import measure_words as words
from portal.store.citypack import CityPack, ReportColumn, ReportTemplate, pack
from portal.store.clock import FrozenClock
from portal.store.measure_tables import measure_change, measure_rollup
from portal.store.scope import Reach, scoped
from tests import people
from tests.corrections import test_desk as asking
from tests.forms import world
from tests.forms.world import OTHER, PLACE
from tests.functions.test_reach import _id_number
from tests.notices import test_desk as sending

CITY = Reach(prefixes=("9901",), unit_id=None, actor="service:test")
IDS = tuple(one.id for count in plugs.own_counts() for one in count.definitions)
REFUSED = (CorrectionError, FormError, FlowError, NoticeError)


def numbers() -> tuple["Counter[tuple[Any, ...]]", ...]:
    """Every number of these affairs that there is, and every roll-up."""
    with scoped(measures.WRITER) as connection:
        return tuple(
            Counter(
                tuple(row)
                for row in connection.execute(
                    select(*[one for one in table.c if one.name != "as_of"]).where(
                        table.c.measure.in_(IDS)
                    )
                )
            )
            for table in (measure_change, measure_rollup)
        )


def moved() -> dict[str, int]:
    """What saying each affair anew moves."""
    return {one.name: one.restate().moved for one in plugs.own_counts()}


class Acts:
    """A few people doing their work; what the rules refuse is left undone."""

    def __init__(self) -> None:
        self._serial = 0
        account = people.add_account("minzheng", "赵静")
        people.add_post(account, "dept-civil", roles=["department_officer"], prefixes=[])
        self._city = people.principal(
            roles=("city_officer",), prefixes=("9901",), unit_id="gov-9901",
            kind="government", level="city", region_code="9901",
        )  # fmt: skip
        world.use()
        self.form: UUID | None = None

    def _next(self) -> int:
        self._serial += 1
        return self._serial

    def _any(self, table: Any, reach: Reach, nth: int) -> Any:
        with scoped(reach) as connection:
            rows = connection.execute(select(table)).all()
        return sorted(rows, key=lambda row: str(row.number))[nth % len(rows)] if rows else None

    def case(self, nth: int) -> None:
        serial, place = self._next(), (PLACE, OTHER)[nth % 2]
        person = people.add_person(_id_number(serial), places=[("居住", place)])
        due = clock.local(clock.now()).date() + timedelta(days=nth % 3)
        matters.take_in(CITY, [{
            "id": UUID(int=serial), "matter": ("高龄津贴申请", "等级津贴")[nth % 2],
            "source": "本人申请", "subject_id": person, "region_code": place,
            "unit_id": f"com-{PLACE}", "opened_at": clock.now(), "due_on": due,
        }])  # fmt: skip

    def close(self, nth: int) -> None:
        row = self._any(matter_case, CITY, nth)
        if row is not None and row.state == "办理中":
            matters.close_case(people.principal(), str(row.id), "已办结，材料齐全。")

    def finish(self, nth: int) -> None:
        row = self._any(matter_case, CITY, nth)
        if row is not None:
            matters.finish_case(row.id, row.unit_id, "对方已办结")

    def late(self, nth: int) -> None:
        matters.sweep()
        corrections.sweep()

    def ask(self, nth: int) -> None:
        corrections.ask(asking._clerk(), asking._asking(subject_id=UUID(int=900 + self._next())))

    def decide(self, nth: int) -> None:
        row = self._any(correction, corrections.SERVICE, nth)
        if row is not None:
            to: Any = ("已更正", "不予更正")[nth % 2]
            corrections.decide(asking._at_department(), row.id, to, "原始凭证如此")

    def take_back(self, nth: int) -> None:
        row = self._any(correction, corrections.SERVICE, nth)
        if row is not None:
            corrections.withdraw(asking._clerk(), row.id)

    def send(self, nth: int) -> None:
        due = clock.local(clock.now()).date() + timedelta(days=1)
        asked = nth % 3 > 0
        notices.send(self._city, sending.draft(receipt=asked, due_on=due if asked else None))

    def read(self, nth: int) -> None:
        row = self._any(notice, notices.SERVICE, nth)
        if row is not None:
            notices.read(sending.clerk((PLACE, OTHER)[nth % 2]), str(row.id))

    def recall(self, nth: int) -> None:
        row = self._any(notice, notices.SERVICE, nth)
        if row is not None:
            notices.withdraw(self._city, str(row.id), "发错了单位")

    def verify(self, nth: int) -> None:
        job, now = uuid4(), clock.now()
        who = people.principal()
        with scoped(verify.SERVICE) as connection, verify.acting_as(connection, who.login):
            verify.add(
                connection,
                {"id": job, "number": f"HY-{self._next()}", "owner": who.login,
                 "account_id": uuid4(), "post_id": uuid4(), "factors": [], "actor_name": "王",
                 "unit_id": who.unit.id, "unit_name": who.unit.name, "level": "community",
                 "region_code": PLACE, "reason": "复核", "wanted": {}, "persons": 3,
                 "state": "核验中", "asked_at": now, "expires_at": now},
                [{"job_id": job, "number": n, "owner": who.login, "person": "x", "state": "待核验"}
                 for n in range(3)],
            )  # fmt: skip
        with scoped(verify.SERVICE) as connection:
            lease = timedelta(minutes=1)
            for row in verify.claim(connection, state="核验中", now=now, lease=lease, most=9):
                outcome = "姓名与证件号不符" if row.number < nth % 3 else "已核验"
                verify.settle(connection, row, "核验中", outcome=outcome, done_at=now)
            given = {"running": "核验中", "differs": "姓名与证件号不符"}
            end = {"state": "已完成", "finished_at": now}
            assert verify.finish(connection, job, **given, **end)
            assert not verify.finish(connection, job, **given, **end), "counted once"
            if nth % 2:  # who was in it goes, the numbers stay
                verify.forget_rows(connection, job)

    def out(self, nth: int) -> None:
        if self.form is None:
            ends = clock.local(clock.now()).date() + timedelta(days=15)
            self.form = world.sent(world.written(valid_until=ends))

    def _answer(self, nth: int) -> Any:
        return world.answer(self.form, (PLACE, OTHER)[nth % 2]) if self.form else None

    def hand_in(self, nth: int) -> None:
        row = self._answer(nth)
        if row is not None:
            who = world.clerk(place=row.region_code)
            given = [
                Change(row=0, field=one, value=str(nth + 50), base=99) for one in ("teams", "all")
            ]
            forms.save(who, row.id, given)
            forms.move(who, row.id, "hand_in")

    def give_back(self, nth: int) -> None:
        row = self._answer(nth)
        if row is not None:
            forms.move(world.street(), row.id, "return", {"reason": "请核对小组数"})

    def turn_away(self, nth: int) -> None:
        if self.form is not None:
            third = "990103100001"
            row = world.answer(self.form, third)
            forms.move(world.clerk(place=third), row.id, "refuse", {"reason": "报表已过有效期"})

    def refuse_fields(self, nth: int) -> None:
        doubled = world.written(world.field("n", "户数"), title=f"电话表{nth}")
        made = forms.draft(world.department(), doubled)
        forms.act(world.department(), made, "submit", {"words": "确需制发"})


ACTS = tuple(one for one in vars(Acts) if not one.startswith("_"))
DEEDS = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 5), st.integers(0, 2)),
                 min_size=6, max_size=14)  # fmt: skip
EVERYTHING = [
    *[(one, n, 0) for one in ("case", "ask", "send") for n in range(4)],
    ("out", 0, 0), ("hand_in", 0, 1), ("give_back", 0, 0), ("hand_in", 0, 0),
    ("refuse_fields", 1, 0), ("verify", 1, 0), ("verify", 5, 0), ("close", 0, 0),
    ("decide", 0, 2), ("decide", 1, 0), ("take_back", 2, 0), ("read", 1, 0), ("read", 2, 2),
    ("recall", 1, 0), ("late", 0, 0), ("finish", 1, 0), ("finish", 1, 25), ("hand_in", 1, 0),
    ("turn_away", 0, 9),
]  # fmt: skip


@pytest.fixture
def acts(hailing: CityPack, frozen: FrozenClock) -> Acts:
    return Acts()


def test_followed_move_by_move_or_said_anew_the_numbers_are_the_same(
    acts: Acts, frozen: FrozenClock
) -> None:
    met: Counter[str] = Counter()

    @settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(deeds=DEEDS)
    @example(deeds=EVERYTHING)
    def holds_for(deeds: list[tuple[str, int, int]]) -> None:
        for name, nth, days in deeds:
            act: Callable[[int], None] = getattr(acts, name)
            try:
                act(nth)
            except REFUSED:
                met["refused"] += 1
            frozen.advance(timedelta(days=days))
        assert not any(moved().values()), "what lies ready for the job is said already"
        measure_notes.drain()
        followed = numbers()
        assert not any(moved().values())
        met.update(one[1] for one in followed[0])

    holds_for()
    assert set(IDS) <= set(met), set(IDS) - set(met)
    # As when the affairs are older than the measures, or somebody has spoilt a number.
    before = numbers()
    with scoped(measures.WRITER) as connection:
        for table in (measure_change, measure_rollup):
            connection.execute(delete(table).where(table.c.measure.in_(IDS[::2])))
        spoilt = words.Change(measure=IDS[1], system_id=measure_notes.system_of(IDS[1]),
                              region_code=PLACE, day=clock.now().date(), numerator=5)  # fmt: skip
        measures.add(connection, [spoilt], clock.now())
    assert any(moved().values())
    assert numbers() == before


def test_the_numbers_are_those_that_one_counts_by_hand(acts: Acts, frozen: FrozenClock) -> None:
    for nth in (0, 0, 1):  # two here, one there; due today, today, tomorrow
        acts.case(nth)
    acts.send(1)
    acts.read(0)
    acts.out(0)
    frozen.advance(timedelta(days=1))
    acts.late(0)
    acts.close(0)
    acts.hand_in(0)
    frozen.advance(timedelta(days=30))
    acts.read(1)
    acts.hand_in(1)
    measure_notes.drain()
    reports = Reports(registry=Registry([]), own=plugs.own_measures(pack()))
    names = [
        "matters_opened", "matters_closed", "matters_closed_late", "matters_open",
        "matters_overdue_open", "notices_sent", "notices_receipts_asked",
        "notices_receipts_given", "notices_receipts_open", "forms_answered",
        "forms_answered_late", "forms_cells_asked", "forms_cells_typed",
    ]  # fmt: skip
    columns = tuple(ReportColumn(head=one, measure=one) for one in names)
    template = ReportTemplate(id="own", name="表", columns=columns)
    who = people.principal(roles=("city_officer",), prefixes=("9901",), unit_id="gov-9901",
                           kind="government", level="city", region_code="9901")  # fmt: skip
    table = reports.of_template(who, template, "9901", "2026-11")
    assert [one.value for one in table.total.cells] == [
        3, 1, 1, 2, 1, 1, 2, 1, 1, 1, 0, 8, 1,
    ]  # fmt: skip
    later = reports.of_template(who, template, "9901", "2026-12")
    found = {
        one.head: cell.value for one, cell in zip(later.columns, later.total.cells, strict=True)
    }
    assert (found["matters_open"], found["matters_opened"]) == (2, 0)
    assert (found["notices_receipts_given"], found["notices_receipts_open"]) == (0, 0), "too late"
    assert (found["forms_answered"], found["forms_answered_late"]) == (1, 1)
    assert {one.owner for one in table.meanings} == {"海陵市"}
    assert all(one.about and one.source for one in table.meanings)


def test_fields_in_which_a_small_number_would_tell_are_counted_together(hailing: CityPack) -> None:
    texts = hailing.matters.model_copy(update={"apart": ("养老服务",)})
    assert texts.fields == ("养老服务", "其他事项")
    assert texts.field_of("等级津贴") == "其他事项", "社会救助 is not told apart"
    row = {"region_code": PLACE, "matter": "等级津贴", "opened_at": clock.now(), "due_on": None,
           "closed_at": None, "overdue_on": None}  # fmt: skip
    assert {one[2] for one in case_tally.counted(row)} == {"其他事项"}
