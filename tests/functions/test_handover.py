"""工作交接: one act; the old rights end that second, the work moves, and a 交接单 says so."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Uuid, column, insert, select, table, text, update

from auth import permissions, posts, sessions
from auth.permissions import Denied
from auth.tables import audit_entry
from portal.functions.people import apply, deputies, handover, listing
from portal.functions.people.handover import Slip
from portal.functions.people.model import Refused
from portal.store import clock
from portal.store.clock import FrozenClock
from portal.store.engine import begin
from portal.store.scope import NOTHING, scoped
from tests.conftest import TestDatabase
from tests.functions import staff
from tests.functions.staff import CITY, EAST, LOTUS, UNIT, WILLOW, file, person_row

pytestmark = pytest.mark.usefixtures("hailing")
THINGS = table("carried", column("id", Uuid), column("post_id", Uuid))


def carry(connection: Connection, old: UUID, new: UUID) -> int:
    """Moves the things of a post: what tasks and drafts bring of their own."""
    moved = update(THINGS).where(THINGS.c.post_id == old).values(post_id=new)
    return connection.execute(moved).rowcount


CARRIERS = {"待办任务": carry}


class Office:
    """A holder with three things to do, a successor, and the city's administrator."""

    def __init__(self) -> None:
        self.wang, self.post = staff.staff("wang", WILLOW, "community_clerk", name="王小梅")
        self.li, _ = staff.staff("li", WILLOW, "reader", name="李国强", prefixes=[])
        self.admin = staff.administrator(CITY)
        with begin() as connection:
            rows = [{"id": uuid4(), "post_id": self.post} for _ in range(3)]
            connection.execute(insert(THINGS), rows)

    def hand_over(self, **over: str) -> Slip:
        given = {"kind": "离任", "successor": "li", "reason": "退休", **over}
        return handover.make(self.admin, str(self.post), carriers=CARRIERS, **given)  # type: ignore[arg-type]

    def things(self, post: UUID) -> int:
        with begin() as connection:
            return len(connection.execute(select(THINGS).where(THINGS.c.post_id == post)).all())


@pytest.fixture
def office(hailing: object, database: TestDatabase, frozen: FrozenClock) -> Office:
    from sqlalchemy import create_engine

    from portal.store.engine import driver_url

    owner = create_engine(driver_url(database.owner_url))
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE carried (id uuid, post_id uuid)"))
        connection.execute(text("GRANT ALL ON carried TO portal_app"))
    owner.dispose()
    return Office()


def test_the_old_holder_is_refused_in_the_same_second(office: Office, frozen: FrozenClock) -> None:
    claims = {"sub": "wang", "iat": int(frozen.now().timestamp())}
    live = sessions.open_session(claims)
    assert live is not None
    before = staff.acting(office.wang)
    assert permissions.allowed(before, "records.search")
    heard: list[frozenset[str]] = []
    stop = sessions.on_revoked(heard.append)
    slip = office.hand_over()
    stop()
    assert slip.at == frozen.now(), "the clock has not moved since"
    assert heard[0] == frozenset({live.id}), "open tabs close"
    assert sessions.check(live.id) is None, "the next click has no session"
    assert sessions.open_session(claims) is None, "nor does its cookie come back"
    assert posts.posts_of(office.wang) == (), "and no function finds a post"
    assert posts.principal_for(
        account_id=office.wang, post_id=office.post, session_id="s", factors=()
    ) is None  # fmt: skip
    found = posts.account_by_login("wang")
    assert found is not None and found.status == "disabled"


def test_the_successor_has_the_post_and_the_work_at_once(office: Office) -> None:
    slip = office.hand_over()
    new = [one for one in posts.posts_of(office.li) if "community_clerk" in one.roles]
    assert len(new) == 1
    assert (office.things(office.post), office.things(new[0].id)) == (0, 3)
    assert slip.moved == (("待办任务", 3),)
    assert (slip.holder, slip.successor, slip.number) == (
        "王小梅",
        "李国强",
        "交接-20261123-0001",
    )
    with begin() as connection:
        row = connection.execute(
            select(audit_entry).where(audit_entry.c.action == "handover.make")
        ).one()
    assert row.detail["moved"] == {"待办任务": 3}
    assert handover.find(office.admin, slip.number) == slip


def test_where_nobody_takes_over_the_work_waits_at_the_post(office: Office) -> None:
    slip = office.hand_over(successor="")
    assert slip.waits and office.things(office.post) == 3
    vacant = listing.vacancies(office.admin)
    assert [(one.title, one.open) for one in vacant] == [("工作人员", 1)]
    data = file(people=[person_row("zhang.sf", slip.position_id)])
    plan = apply.preview(office.admin, data)
    assert not plan.problems
    apply.apply(office.admin, data, plan.digest, CARRIERS)
    assert office.things(office.post) == 0
    done = handover.find(office.admin, slip.number)
    assert done is not None
    assert (done.successor, done.moved) == ("张三丰", (("待办任务", 3),))
    assert listing.vacancies(office.admin) == ()


def test_a_transfer_ends_one_post_and_opens_the_next(office: Office, frozen: FrozenClock) -> None:
    posts.put_positions(
        [{"id": "L-1", "unit_id": UNIT[LOTUS], "title": "社区工作人员",
          "roles": ["community_clerk"], "prefixes": [LOTUS]}]
    )  # fmt: skip
    live = sessions.open_session({"sub": "wang", "iat": int(frozen.now().timestamp())})
    assert live is not None
    office.hand_over(kind="调动", next_position="L-1")
    assert [(one.position_id, one.prefixes) for one in posts.posts_of(office.wang)] == [
        ("L-1", (LOTUS,))
    ]
    assert sessions.check(live.id) is None
    found = posts.account_by_login("wang")
    assert found is not None and found.status == "active"
    with pytest.raises(Refused, match="没有空缺"):
        handover.make(
            office.admin,
            str(_post_of(office.li)),
            kind="调动",
            next_position="L-1",
            carriers=CARRIERS,
        )
    assert len(posts.posts_of(office.li)) == 2, "what was refused ended nothing"


def _post_of(account: UUID) -> UUID:
    return next(one.id for one in posts.posts_of(account) if one.roles == ("reader",))


def test_a_carrier_that_fails_leaves_everything_as_it_was(
    office: Office, frozen: FrozenClock
) -> None:
    live = sessions.open_session({"sub": "wang", "iat": int(frozen.now().timestamp())})
    assert live is not None

    def broken(*_: object) -> int:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        handover.make(
            office.admin,
            str(office.post),
            kind="离任",
            successor="li",
            carriers={"待办任务": carry, "草稿": broken},
        )
    assert sessions.check(live.id) is not None
    assert len(posts.posts_of(office.wang)) == 1
    assert office.things(office.post) == 3
    assert handover.slips(office.admin) == ()


def test_of_two_handovers_of_the_same_post_one_wins(office: Office) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def go(_: int) -> str:
        try:
            return office.hand_over().number
        except Refused as refusal:
            return refusal.message

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(go, range(2)))
    assert [one.startswith("交接-") for one in told] == [True, False]
    assert "已不在此岗位" in told[1]


def test_deputies_end_with_the_post(office: Office, frozen: FrozenClock) -> None:
    from datetime import timedelta

    deputies.appoint(
        staff.acting(office.wang),
        str(office.post),
        str(office.li),
        items=["records.search"],
        starts=clock.now(),
        ends=clock.now() + timedelta(hours=1),
        reason="",
    )
    slip = office.hand_over(successor="")
    assert slip.deputies == 1
    assert [one.acting_for for one in posts.posts_of(office.li)] == [None]


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"successor": "nobody"}, "没有账号"),
        ({"successor": "wang"}, "本人"),
        ({"kind": "休假"}, "交接类型"),
    ],
)
def test_what_makes_no_sense_is_refused(office: Office, over: dict[str, str], says: str) -> None:
    with pytest.raises(Refused, match=says):
        office.hand_over(**over)
    assert len(posts.posts_of(office.wang)) == 1


def test_who_may_not_administer_the_post_hands_nothing_over(office: Office) -> None:
    next_door = staff.administrator(LOTUS)
    with pytest.raises(Refused, match="已不在此岗位"):
        handover.make(next_door, str(office.post), kind="离任", carriers={})
    with pytest.raises(Denied):
        handover.make(staff.acting(office.wang), str(office.post), kind="离任", carriers={})
    mine = posts.posts_of(office.admin.account_id)[0]
    with pytest.raises(Denied, match="自己"):
        handover.make(office.admin, str(mine.id), kind="离任", carriers={})


# -- rows of a scope -----------------------------------------------------------------------------


@pytest.mark.parametrize("relation", ["staff_member", "staff_position", "handover"])
def test_straight_sql_shows_only_the_scope(office: Office, relation: str) -> None:
    staff.staff("lotus", LOTUS, "community_clerk")
    office.hand_over(successor="")
    column_name = "region_code"
    query = text(f"SELECT {column_name} FROM {relation}")
    with scoped(NOTHING) as connection:
        assert connection.execute(query).all() == []
    with begin() as connection:
        assert connection.execute(query).all() == []
    for code in (WILLOW, EAST):
        with scoped(staff.administrator(code).reach) as connection:
            found = connection.execute(query).scalars().all()
        assert found and all(one.startswith(code) for one in found)


def test_lists_and_files_stay_within_the_scope(office: Office) -> None:
    from io import BytesIO

    from openpyxl import load_workbook

    from portal.functions.people import matrix

    staff.staff("lotus", LOTUS, "community_clerk", name="赵六")
    here = staff.administrator(WILLOW)
    assert {one.login for one in listing.members(here)} == {
        "wang", "li", f"system-admin.{WILLOW}"
    }  # fmt: skip
    assert [one.login for one in listing.members(here, "王小 柳岸")] == ["wang"]
    assert listing.members(here, "赵六") == ()
    for data in (matrix.file(here), listing.export(here)):
        book = load_workbook(BytesIO(data))
        cells = [str(cell.value) for page in book for row in page.iter_rows() for cell in row]
        assert "王小梅" in cells and "赵六" not in cells
        assert not any(
            cell.data_type == "f" for page in book for row in page.iter_rows() for cell in row
        )
    assert matrix.roles_page().head[0] == "角色"
    with pytest.raises(Denied):
        matrix.file(staff.acting(office.wang))
