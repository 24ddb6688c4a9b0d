"""晨报: at its hour, once per post, by the post's own scope, one page; an empty day has none."""

from datetime import date, time, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import ProgrammingError

from auth import posts
from auth.principal import Principal
from auth.tables import account, audit_entry, position
from auth.tables import post as holding
from portal.affairs.briefing import desk, queries, rules
from portal.affairs.briefing.rules import Figure
from portal.affairs.briefing.tables import morning_paper
from portal.affairs.orders import tally
from portal.store import clock, papers
from portal.store.engine import begin
from portal.store.scope import scoped
from tests.orders import world

pytestmark = pytest.mark.usefixtures("hailing")
OTHER = "990103100001"


def figure(top: int = 0, bottom: int = 0, *, rate: bool = False) -> Figure:
    return Figure(name="数", unit="%" if rate else "件", top=top, bottom=bottom, before_top=0,
                  before_bottom=0, rate=rate, beside="前一日")  # fmt: skip


def test_rules() -> None:
    assert [rules.due(time(7), one) for one in (time(6, 59), time(7), time(23))] == [0, 1, 1]
    assert rules.empty([figure(), figure(3, 4, rate=True)], 0)
    assert not rules.empty([figure()], 1)
    assert not rules.empty([figure(1)], 0)
    assert [figure(3, 4, rate=True).said, figure(0, 0, rate=True).said, figure(1200).said] == [
        "75.0%", "无样本", "1,200 件",
    ]  # fmt: skip
    assert figure(1).compared == "前一日 0 件"


def leads(unit: str, role: str, prefix: str) -> Principal:
    """Somebody who holds a post of a unit."""
    account_id, post_id = uuid4(), uuid4()
    with begin() as connection:
        connection.execute(insert(account).values(id=account_id, login=f"l-{unit}", name="李四"))
        connection.execute(
            insert(position).values(id=f"p-{unit}", unit_id=unit, title="主任", roles=[role],
                                    prefixes=[prefix])
        )  # fmt: skip
        connection.execute(
            insert(holding).values(id=post_id, account_id=account_id, position_id=f"p-{unit}",
                                   starts=date(2026, 1, 1))
        )  # fmt: skip
    who = posts.principal_for(account_id=account_id, post_id=post_id, session_id="t", factors=())
    assert who is not None
    return who


def words(who: Principal, day: date) -> str:
    content = queries.file(who, day)
    assert content is not None
    return "\n".join(papers.text_of(content))


def told() -> None:
    tally.define()
    tally.drain()


def test_each_level_has_its_own_numbers_and_cases(frozen: clock.FrozenClock) -> None:
    city = leads("gov-9901", "city_officer", "9901")
    district = leads("gov-990102", "district_officer", "990102")
    street = leads(f"gov-{world.STREET}", "street_officer", world.STREET)
    clerk = leads("gov-990103", "reader", "990103")
    for number in ("1", "2"):
        world.sent(world.taken(number, title=f"路灯不亮{number}"))
    world.sent(world.taken("3", region_code=OTHER, title="围墙倒塌"))
    told()
    frozen.advance(timedelta(hours=21))  # Tuesday, six in the morning
    assert desk.turn() == 0
    frozen.advance(timedelta(hours=1))
    assert desk.turn() == 3
    assert desk.turn() == 0
    today = clock.local(clock.now()).date()
    for who, number, own, foreign in (
        (city, "3 件", "围墙倒塌", "—"),
        (district, "2 件", "路灯不亮1", "围墙倒塌"),
        (street, "2 件", "路灯不亮2", "围墙倒塌"),
    ):
        said = words(who, today)
        assert f"昨日受理\n{number}\n前一日 0 件" in said
        assert own in said and foreign not in said
        for person in ("张三丰", "13800138000"):
            assert person not in said
        assert said.count("昨日") == 2 and "系统默认" in said and "模拟" in said
    assert queries.mine(clerk) == ()
    assert [one.day for one in queries.mine(city)] == [today]
    with begin() as connection:
        exported = select(audit_entry.c.actor).where(audit_entry.c.action == "briefing.export")
        assert set(connection.execute(exported).scalars()) == {
            city.login, district.login, street.login,
        }  # fmt: skip
    # Nobody reads another's paper, and nobody but the clock writes one.
    with scoped(street.reach) as connection:
        seen = connection.execute(select(morning_paper.c.login)).scalars().all()
        assert seen == [street.login]
    with scoped(street.reach) as connection, pytest.raises(ProgrammingError, match="row-level"):
        connection.execute(
            insert(morning_paper).values(post_id=UUID(int=1), day=today, login=street.login,
                                         region_code="9901", title="x", made_at=clock.now())
        )  # fmt: skip


def test_an_empty_day_has_no_paper_and_says_so_and_old_ones_go(frozen: clock.FrozenClock) -> None:
    who = leads("gov-9901", "city_officer", "9901")
    assert desk.turn() == 1
    (kept,) = queries.mine(who)
    assert "不出晨报" in kept.why
    assert queries.file(who, kept.day) is None
    frozen.advance(timedelta(days=91))
    assert desk.turn() == 1
    assert [one.day for one in queries.mine(who)] == [kept.day + timedelta(days=91)]
