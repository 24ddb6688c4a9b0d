"""Look-ups in bulk stop at a limit and raise one alarm, which is looked into with a reason."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from auth.permissions import Denied
from auth.principal import Principal
from auth.tables import audit_entry
from portal.functions.records import BadQueryError, usage
from portal.store.citypack import CityPack
from portal.store.clock import FrozenClock
from portal.store.engine import begin
from portal.store.lookup_tables import lookup_use
from portal.store.lookup_texts import BulkUse, Window
from portal.store.lookups import COUNTER
from portal.store.scope import Reach, scoped
from tests import people

HERE = "990102001001"
LIMITS = BulkUse(
    search=Window(minutes=10, most=4),
    open=Window(minutes=60, most=6),
    unmask=Window(minutes=60, most=2),
    places=Window(minutes=30, most=3),
)


@pytest.fixture(autouse=True)
def small(hailing: CityPack, frozen: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "limits", lambda: LIMITS)


def security(prefixes: tuple[str, ...] = ("9901",)) -> Principal:
    return people.principal(
        roles=("security_admin",), prefixes=prefixes, unit_id="gov-9901", region_code="9901"
    )


def look(who: Principal, kind: usage.Kind, times: int, place: str | None = HERE) -> int:
    """Look up so often; gives how often it was let through."""
    through = 0
    for _ in range(times):
        try:
            usage.count(who, kind, place)
        except Denied:
            continue
        through += 1
    return through


@pytest.mark.parametrize(("kind", "most"), [("search", 4), ("open", 6), ("unmask", 2)])
def test_it_stops_at_the_limit_and_goes_on_after_the_window(
    kind: usage.Kind, most: int, frozen: FrozenClock
) -> None:
    who = people.principal()
    assert look(who, kind, most + 5) == most
    frozen.advance(timedelta(minutes=61))
    assert look(who, kind, 1) == 1


def test_the_refusal_says_what_and_how_long() -> None:
    who = people.principal()
    look(who, "unmask", 2)
    with pytest.raises(
        Denied, match=r"60 分钟内查看原值已超过 2 次.*已暂停查看原值并告警安全管理员"
    ):
        usage.count(who, "unmask")


def test_looking_into_many_communities_is_an_alarm_of_its_own() -> None:
    who = people.principal(prefixes=("9901",))
    places = ["990102001001", "990102001002", "990103100001", "990103100200"]
    assert [look(who, "open", 1, place) for place in places] == [1, 1, 1, 0]
    (alarm,) = usage.alarms(security())
    assert (alarm.kind, alarm.used, alarm.most, alarm.minutes) == ("places", 4, 3, 30)


def test_the_alarm_says_who_when_and_how_many_and_is_one_for_a_window(
    frozen: FrozenClock,
) -> None:
    who = people.principal()
    look(who, "search", 9)
    (alarm,) = usage.alarms(security())
    assert (alarm.login, alarm.who, alarm.post) == ("someone", "王小梅", "工作人员")
    assert (alarm.kind, alarm.used, alarm.most, alarm.minutes) == ("search", 5, 4, 10)
    assert alarm.at == frozen.now()
    assert usage.waiting(security()) == 1
    frozen.advance(timedelta(minutes=11))
    look(who, "search", 5)
    assert len(usage.alarms(security())) == 2


def test_others_are_counted_apart() -> None:
    first, second = people.principal(), people.principal()
    look(first, "search", 9)
    assert look(second, "search", 4) == 4
    assert len(usage.alarms(security())) == 1


def test_two_posts_of_one_person_have_no_more_than_one() -> None:
    from dataclasses import replace
    from uuid import uuid4

    who = people.principal()
    look(who, "search", 3)
    assert look(replace(who, post_id=uuid4()), "search", 3) == 1


def test_it_is_looked_into_once_with_a_reason_and_stays_on_record() -> None:
    look(people.principal(), "search", 9)
    (alarm,) = usage.alarms(security())
    with pytest.raises(BadQueryError, match="核实情况"):
        usage.acknowledge(security(), alarm.id, " 好 ")
    usage.acknowledge(security(), alarm.id, "集中走访前核对名单，已提醒")
    assert usage.alarms(security()) == () and usage.waiting(security()) == 0
    (seen,) = usage.alarms(security(), seen=True)
    assert (seen.seen_by, seen.reason) == ("王小梅", "集中走访前核对名单，已提醒")
    with pytest.raises(BadQueryError, match="已由他人核实"):
        usage.acknowledge(security(), alarm.id, "再核实一次")
    with begin() as connection:
        rows = connection.execute(select(audit_entry).order_by(audit_entry.c.seq)).all()
    told = [(row.action, row.outcome) for row in rows]
    assert told[0] == ("bulk.alarm", "refused")
    assert told[-1] == ("bulk.acknowledge", "ok")
    assert rows[-1].detail["reason"] == "集中走访前核对名单，已提醒"


@pytest.mark.parametrize("role", ["community_clerk", "audit_admin", "system_admin", "city_officer"])
def test_nobody_but_the_security_administrator_sees_alarms(role: str) -> None:
    look(people.principal(), "search", 9)
    other = people.principal(roles=(role,), prefixes=("9901",))
    assert usage.waiting(other) == 0
    with pytest.raises(Denied):
        usage.alarms(other)
    with pytest.raises(Denied):
        usage.acknowledge(other, 1, "与我无关的事")


def test_an_alarm_outside_the_scope_is_not_there() -> None:
    look(people.principal(), "search", 9)
    (alarm,) = usage.alarms(security())
    away = security(prefixes=("990103",))
    assert usage.alarms(away) == ()
    with pytest.raises(BadQueryError):
        usage.acknowledge(away, alarm.id, "不在我的辖区")


def test_what_was_counted_is_forgotten_after_the_longest_window(frozen: FrozenClock) -> None:
    who = people.principal()
    look(who, "search", 4)
    frozen.advance(timedelta(minutes=61))
    look(who, "search", 1)
    with scoped(COUNTER) as connection:
        left = connection.execute(select(func.count()).select_from(lookup_use)).scalar_one()
    assert left == 1


@pytest.mark.parametrize("prefixes", [(), ("9901",), (HERE,)])
def test_whoever_looks_up_cannot_read_what_is_counted(prefixes: tuple[str, ...]) -> None:
    look(people.principal(), "search", 2)
    with scoped(Reach(prefixes=prefixes, unit_id="com-1", actor="someone")) as connection:
        counted = connection.execute(text("SELECT count(*) FROM lookup_use")).scalar_one()
    assert counted == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15,
          deadline=None)  # fmt: skip
@given(st.lists(st.tuples(st.sampled_from(["search", "open", "unmask"]), st.integers(0, 20)),
                max_size=25))  # fmt: skip
def test_never_more_than_the_limit_within_any_window(
    frozen: FrozenClock, looks: list[tuple[usage.Kind, int]]
) -> None:
    who = people.principal()
    through: list[tuple[str, float]] = []
    for kind, pause in looks:
        frozen.advance(timedelta(minutes=pause))
        if look(who, kind, 1):
            through.append((kind, frozen.now().timestamp()))
    for kind, at in through:
        window: Window = getattr(LIMITS, kind)
        within = [
            one for name, one in through if name == kind and at - window.minutes * 60 < one <= at
        ]
        assert len(within) <= window.most
