"""The rules of 统一办理: back-off, what a fresh look changes, forms, masked titles."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.connectors import contract
from portal.connectors.contract import (
    ForeignTask,
    FormField,
    NotFound,
    OurMistake,
    RateLimited,
    SignInAgain,
    SystemFault,
    TaskAction,
    TaskState,
    TheirFault,
    TimedOut,
    TurnedDown,
    Unreachable,
)
from portal.functions.tasks import rules
from portal.functions.tasks.rules import Change, Mirror, TaskError
from tests.connectors.test_contract import FAULTS

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SOON, LATER = NOON + timedelta(minutes=1), NOON + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("attempts", "asked", "seconds"),
    [
        (1, None, 5),
        (2, None, 15),
        (3, None, 45),
        (4, None, 120),
        (5, None, 300),
        (7, None, 1800),
        (40, None, 1800),
        (0, None, 5),
        (1, 60.0, 60),
        (7, 60.0, 1800),
    ],
)
def test_the_pause_grows_and_never_undercuts_what_was_asked(
    attempts: int, asked: float | None, seconds: int
) -> None:
    assert rules.pause(attempts, asked) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("fault", "attempts", "hours", "state"),
    [
        (TimedOut(), 1, 0, "待发送"),
        (Unreachable(), 7, 0, "待发送"),
        (Unreachable(), 8, 0, "滞留"),
        (TheirFault(), 2, 5.9, "待发送"),
        (TheirFault(), 2, 6, "滞留"),
        (SignInAgain(), 1, 0, "待发送"),
        (OurMistake(), 1, 0, "滞留"),
        (TurnedDown(reason="须填写意见"), 1, 0, "被拒绝"),
        (NotFound(), 1, 0, "被拒绝"),
    ],
)
def test_a_refusal_ends_and_a_fault_is_tried_until_it_is_stuck(
    fault: SystemFault, attempts: int, hours: float, state: str
) -> None:
    then = rules.after(fault, attempts=attempts, since=NOON, now=NOON + timedelta(hours=hours))
    assert then.state == state
    assert then.error


def test_a_system_that_names_a_time_is_not_asked_before() -> None:
    then = rules.after(RateLimited(retry_after=90.0), attempts=1, since=NOON, now=NOON)
    assert then.at == NOON + timedelta(seconds=90)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_has_words(fault: type[SystemFault]) -> None:
    said = rules.words(fault())
    assert said and not said.isascii()


def mirror(**changes: Any) -> Mirror:
    values: dict[str, Any] = {
        "state": "待办",
        "kind": "核查",
        "title": "入户核查",
        "due": "2026-11-30",
        "region_code": "990102001001",
        "changed_at": NOON,
    }
    return Mirror(**{**values, **changes})


def seen(state: TaskState, at: datetime, **changes: Any) -> ForeignTask:
    values: dict[str, Any] = {
        "foreign_id": "1",
        "kind": "核查",
        "title": "入户核查",
        "region_code": "990102001001",
        "state": state,
        "changed_at": at,
        "due_on": datetime(2026, 11, 30).date(),
    }
    return ForeignTask(**{**values, **changes})


OPEN, DONE = TaskState.OPEN, TaskState.DONE
SENT = {"entry": "已送达", "sent_at": SOON}


@pytest.mark.parametrize(
    ("known", "look", "change"),
    [
        (mirror(), seen(OPEN, NOON), None),
        (mirror(), seen(OPEN, LATER), Change()),
        (mirror(due=""), seen(OPEN, NOON), Change()),
        (mirror(changed_at=LATER), seen(OPEN, SOON), None),
        (mirror(changed_at=LATER, state="已办"), seen(OPEN, SOON), None),
        (mirror(state="已办"), seen(OPEN, NOON), None),
        (mirror(state="已办"), seen(OPEN, LATER), Change(said="对方系统退回重办")),
        (mirror(state="已办"), seen(DONE, NOON), None),
        (mirror(), seen(DONE, NOON, handler="李某"), Change(said="对方系统已由李某办结")),
        (mirror(entry="待发送"), seen(DONE, SOON), Change(said="对方系统已由经办人办结")),
        (mirror(entry="滞留"), seen(OPEN, SOON), Change()),
        (mirror(**SENT), seen(DONE, NOON), Change(release=True, said="对方系统确认已办")),
        (mirror(**SENT), seen(OPEN, NOON), None),
        (mirror(**SENT), seen(OPEN, SOON), Change()),
        (mirror(**SENT), seen(OPEN, LATER), Change(release=True, said="对方系统退回重办")),
    ],
)
def test_what_a_fresh_look_changes(known: Mirror, look: ForeignTask, change: Change | None) -> None:
    assert rules.merged(known, look, look.title, look.region_code) == change


@given(
    st.lists(st.tuples(st.sampled_from([OPEN, DONE]), st.integers(0, 5)), min_size=1, max_size=6),
    st.randoms(),
)
def test_late_and_repeated_pages_end_in_the_newest_state(
    looks: list[tuple[TaskState, int]], dice: Any
) -> None:
    """One state per moment; delivered in any order, some of them twice."""
    by_time = {minute: state for state, minute in looks}
    order = [*by_time.items(), *list(by_time.items())[:2]]
    dice.shuffle(order)
    held = mirror(changed_at=NOON - timedelta(days=1))
    for minute, state in order:
        at = NOON + timedelta(minutes=minute)
        look = seen(state, at)
        if rules.merged(held, look, look.title, look.region_code) is not None:
            held = mirror(state=state.value, changed_at=at)
    newest = max(by_time)
    assert (held.state, held.changed_at) == (
        by_time[newest].value,
        NOON + timedelta(minutes=newest),
    )


FORM = TaskAction(
    id="BJ",
    label="办结",
    form=(
        FormField(name="result", label="结果", kind="choice", required=True, choices={"1": "符合"}),
        FormField(name="note", label="意见", kind="text", most=5),
    ),
)


@pytest.mark.parametrize(
    ("form", "names"),
    [
        ({}, "结果"),
        ({"result": " "}, "结果"),
        ({"result": "9"}, "结果"),
        ({"result": "1", "note": "六个字太长了"}, "意见"),
        ({"result": "1", "other": "x"}, "表单"),
    ],
)
def test_a_wrong_form_names_the_field(form: dict[str, str], names: str) -> None:
    with pytest.raises(TaskError, match=names):
        rules.checked_form(FORM, form)


def test_a_form_is_tidied() -> None:
    assert rules.checked_form(FORM, {"result": "1", "note": " 情况\n属实 "}) == {
        "result": "1",
        "note": "情况 属实",
    }


@pytest.mark.parametrize(
    ("title", "person", "masked"),
    [
        ("才让卓玛家庭低保入户核查", "才让卓玛", "才**玛家庭低保入户核查"),
        ("核查630102195304129822", None, "核查6****************2"),
        ("入户核查", "张三", "入户核查"),
        ("张三入户核查", "张三", "张*入户核查"),
    ],
)
def test_a_title_names_nobody(title: str, person: str | None, masked: str) -> None:
    assert rules.masked_title(title, person) == masked


def test_the_lease_outlasts_a_claim() -> None:
    from portal.connectors.registry import read_manifests
    from portal.functions.tasks.post import AT_ONCE

    slowest = max(one.limits.timeout_seconds for one in read_manifests().values())
    assert timedelta(seconds=AT_ONCE * 2 * slowest) <= rules.LEASE
    assert contract.TaskState.DONE == "已办"
