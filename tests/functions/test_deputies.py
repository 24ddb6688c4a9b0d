"""A deputy acts for a holder: in the named matters, until the second it ends, and by name."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from auth import audit, permissions, sessions
from auth.permissions import Denied
from auth.principal import Principal
from auth.tables import audit_entry, deputy
from portal.functions import identity
from portal.functions.people import deputies
from portal.functions.people.model import Refused
from portal.store import clock
from portal.store.clock import FrozenClock
from portal.store.engine import begin
from tests import people
from tests.functions import staff
from tests.functions.staff import CITY, EAST, LOTUS, WILLOW

pytestmark = pytest.mark.usefixtures("hailing")
HOUR = timedelta(hours=1)


class Office:
    """Wang holds the post, Li is a colleague of the same community."""

    def __init__(self) -> None:
        self.wang, self.post = staff.staff("wang", WILLOW, "community_clerk", name="王小梅")
        self.li, self.own = staff.staff(
            "li", WILLOW, "reader", name="李国强", title="网格员", prefixes=[]
        )

    def appoint(self, who: Principal | None = None, **over: Any) -> str:
        given: dict[str, Any] = {
            "items": ["records.search"],
            "starts": clock.now(),
            "ends": clock.now() + HOUR,
            "reason": "外出培训",
            **over,
        }
        deputy_id = str(given.pop("deputy_id", self.li))
        return deputies.appoint(who or staff.acting(self.wang), str(self.post), deputy_id, **given)

    def li_for_wang(self) -> Principal:
        return staff.acting(self.li, self.post)


@pytest.fixture
def office(hailing: object, frozen: FrozenClock) -> Office:
    return Office()


def test_a_deputy_switches_into_the_post_and_acts_in_what_was_given(office: Office) -> None:
    office.appoint()
    own = staff.acting(office.li)
    assert own.acting_for is None and own.roles == ("reader",)
    assert [one.label for one in identity.my_posts(own)] == [
        "网格员（柳岸社区）",
        "代 王小梅：工作人员（柳岸社区）",
    ]
    acting = office.li_for_wang()
    assert (acting.name, acting.acting_for, acting.post_id) == ("李国强", "王小梅", office.post)
    assert permissions.allowed(acting, "records.search", WILLOW)
    assert permissions.allowed(acting, "home.community")
    assert not permissions.allowed(acting, "records.open", WILLOW)
    assert "委托事项不包括" in permissions.explain(acting, "records.open").reasons[0]
    assert not permissions.allowed(acting, "records.search", LOTUS)


def test_every_audit_row_of_a_deputy_says_for_whom(office: Office) -> None:
    office.appoint()
    acting = office.li_for_wang()
    audit.append(action="x", actor=acting.login, detail={"a": 1})
    with pytest.raises(Denied):
        permissions.check(acting, "records.unmask")
    with begin() as connection:
        rows = connection.execute(select(audit_entry).order_by(audit_entry.c.seq.desc())).all()
    assert [row.detail["代理"] for row in rows[:2]] == ["李国强 代 王小梅"] * 2
    assert {row.actor for row in rows[:2]} == {"li"}
    assert audit.verify() == []


def test_it_ends_with_the_second_it_was_meant_to(office: Office, frozen: FrozenClock) -> None:
    office.appoint(starts=frozen.now() + HOUR, ends=frozen.now() + 2 * HOUR)
    assert office.li_for_wang().acting_for is None
    frozen.advance(HOUR)
    assert office.li_for_wang().acting_for == "王小梅"
    frozen.advance(HOUR - timedelta(seconds=1))
    assert office.li_for_wang().acting_for == "王小梅"
    frozen.advance(timedelta(seconds=1))
    assert office.li_for_wang().acting_for is None
    assert deputies.mine(staff.acting(office.li))[0].state == "已到期"


def test_the_holder_takes_it_back_and_the_deputys_tabs_in_it_close(
    office: Office, frozen: FrozenClock
) -> None:
    made = office.appoint()
    live = sessions.open_session({"sub": "li", "iat": int(frozen.now().timestamp())})
    assert live is not None
    identity.switch_post(staff.acting(office.li, session=live.id), str(office.post))
    heard: list[frozenset[str]] = []
    stop = sessions.on_revoked(heard.append)
    deputies.revoke(staff.acting(office.wang), made)
    stop()
    assert heard == [frozenset({live.id})]
    assert office.li_for_wang().acting_for is None
    with pytest.raises(Refused, match="已经撤销"):
        deputies.revoke(staff.acting(office.wang), made)


@pytest.mark.parametrize("leaves", ["wang", "li"])
def test_who_left_neither_acts_nor_is_acted_for(
    office: Office, frozen: FrozenClock, leaves: str
) -> None:
    from auth.tables import post

    office.appoint()
    gone = office.post if leaves == "wang" else office.own
    with begin() as connection:
        connection.execute(post.update().where(post.c.id == gone).values(ended_at=frozen.now()))
    if leaves == "wang":
        assert office.li_for_wang().acting_for is None
    else:
        from auth import posts

        assert posts.posts_of(office.li) == ()


def test_a_deputy_passes_nothing_on(office: Office) -> None:
    office.appoint(items=["records.search"])
    zhao, _ = staff.staff("zhao", WILLOW, "reader", name="赵六", prefixes=[])
    acting = office.li_for_wang()
    with pytest.raises(Denied):
        office.appoint(acting, deputy_id=zhao)
    assert "deputies.appoint" not in deputies.delegable(["community_clerk"])
    with pytest.raises(Refused, match="可委托的事项"):
        office.appoint(items=["deputies.appoint"], deputy_id=zhao)


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"items": []}, "至少选择一项"),
        ({"items": ["home.city"]}, "至少选择一项"),
        ({"items": ["people.manage"]}, "至少选择一项"),
        ({"ends": timedelta(0)}, "结束时间"),
        ({"ends": -HOUR}, "结束时间"),
        ({"ends": timedelta(days=181)}, "最长"),
    ],
)
def test_what_makes_no_sense_is_refused(office: Office, over: dict[str, Any], says: str) -> None:
    if "ends" in over:
        over = {"ends": clock.now() + over["ends"]}
    with pytest.raises(Refused, match=says):
        office.appoint(**over)
    with begin() as connection:
        assert connection.execute(select(deputy)).first() is None


def test_only_a_colleague_of_the_same_unit_acts(office: Office) -> None:
    stranger, _ = staff.staff("stranger", LOTUS, "community_clerk")
    names = [one.name for one in deputies.colleagues(staff.acting(office.wang), str(office.post))]
    assert names == ["李国强"]
    for other in (stranger, office.wang):
        with pytest.raises(Refused, match="同一单位"):
            office.appoint(deputy_id=other)


def test_the_same_person_twice_at_the_same_time_is_refused(office: Office) -> None:
    office.appoint()
    with pytest.raises(Refused, match="已代理此岗位"):
        office.appoint()


def test_an_administrator_appoints_in_the_own_scope_only(office: Office) -> None:
    office.appoint(staff.administrator(EAST))
    assert office.li_for_wang().acting_for == "王小梅"
    next_door = staff.administrator(LOTUS)
    zhao, _ = staff.staff("zhao", WILLOW, "reader", prefixes=[])
    with pytest.raises(Refused):
        office.appoint(next_door, deputy_id=zhao)
    assert deputies.of_scope(next_door) == ()


def test_a_colleague_appoints_nobody_for_another(office: Office) -> None:
    with pytest.raises(Denied):
        office.appoint(staff.acting(office.li))


def test_two_of_the_three_administrators_do_not_meet_in_a_deputy(hailing: object) -> None:
    _, post = staff.staff("sys", EAST, "system_admin", name="韩志远")
    auditor = people.add_account("aud", "孙立")
    people.add_post(auditor, staff.UNIT[EAST], roles=["audit_admin"], prefixes=[])
    city = staff.administrator(CITY)
    with pytest.raises(Refused, match="三员分立"):
        deputies.appoint(
            city,
            str(post),
            str(auditor),
            items=["people.view"],
            starts=clock.now(),
            ends=clock.now() + HOUR,
            reason="",
        )


def test_a_made_up_post_is_refused(office: Office) -> None:
    with pytest.raises(Refused):
        deputies.appoint(
            staff.acting(office.wang),
            str(UUID(int=1)),
            str(office.li),
            items=["records.search"],
            starts=clock.now(),
            ends=clock.now() + HOUR,
            reason="",
        )
