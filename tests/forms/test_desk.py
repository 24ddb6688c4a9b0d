"""A form from its draft to a locked answer: who may, what is filled, what two clerks keep."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from auth.permissions import Denied
from portal.affairs.corrections.tables import correction
from portal.affairs.forms import burden, desk, fill, growing, held, locking, queries
from portal.affairs.forms.desk import Change
from portal.affairs.forms.tables import form, form_answer, form_fact
from portal.affairs.forms.words import FormError, Held
from portal.affairs.workflow.flow import FlowError
from portal.store import clock, crypto
from portal.store.scope import NOTHING, Reach, scoped
from tests.forms import world
from tests.forms.world import OTHER, PLACE, city, clerk, department, district, street

pytestmark = pytest.mark.usefixtures("hailing")


@pytest.fixture(autouse=True)
def _world(frozen: clock.FrozenClock, hailing: object) -> Iterator[None]:
    """Monday 23 November 2026."""
    world.use()
    yield
    held.comes_from(Held)


def cells(answer_id: UUID, place: str = PLACE) -> dict[str, tuple[str, str, str]]:
    found = queries.opened(clerk(place=place), answer_id).cells
    return {name.split(".")[1]: (one.value, one.state, one.source) for name, one in found.items()}


def test_a_form_is_not_sent_before_it_is_registered_and_whole() -> None:
    twice = world.written(*world.FIELDS, world.field("phone", "联系电话", kind="text"))
    form_id = desk.draft(department(), twice)
    for _ in range(2):
        with pytest.raises(FormError, match="“网格系统”的信息项“联系电话”已有"):
            desk.act(department(), form_id, "submit")
    with pytest.raises(FlowError, match="现为“草稿”，不能“下发”"):
        desk.act(department(), form_id, "send")
    with pytest.raises(FormError, match="没有找到"):
        desk.draft(department("dept-other"), world.written(), form_id)
    with pytest.raises(Denied):
        desk.draft(clerk(), world.written())
    desk.draft(department(), world.written(approval=""), form_id)
    desk.act(department(), form_id, "submit")
    with pytest.raises(FlowError, match="须由审批单位办理"):
        desk.act(department(), form_id, "approve")
    with pytest.raises(FormError, match="不能备案：缺少批准（备案）文号"):
        desk.act(city(), form_id, "approve")
    desk.act(city(), form_id, "reject", {"reason": "请补文号"})
    desk.draft(department(), world.written(), form_id)
    desk.act(department(), form_id, "submit")
    desk.act(city(), form_id, "approve")
    with pytest.raises(FormError, match="现为“已备案”，不能修改"):
        desk.draft(department(), world.written(), form_id)

    again = desk.draft(department(), world.written(title="人口月报"))
    with pytest.raises(FormError, match="与已备案报表重合：《人口情况表》100%"):
        desk.act(department(), again, "submit")
    desk.act(department(), again, "submit", {"words": "口径不同"})
    (one,) = (one for one in queries.forms(city()) if one.id == again)
    assert (one.overlaps[0]["percent"], one.state) == (100, "待审批")

    (meter,) = burden.listed(department(), "issuer")
    assert (meter.name, meter.refused, meter.answers) == ("海陵市民政局", 1, 0)


def test_a_form_arrives_filled_goes_up_is_locked_and_serves_the_next(
    frozen: clock.FrozenClock,
) -> None:
    form_id = world.sent()
    row = world.answer(form_id)
    assert cells(row.id) == {
        "place": ("柳岸社区居民委员会", "自动", "行政区划"),
        "all": ("140", "自动", "网格系统·实有人口"),
        "old": ("40", "自动", "网格系统·实有人口"),
        "houses": ("56", "自动", "网格系统·户数"),
        "share": ("2.5", "自动", "按公式计算"),
        "teams": ("", "缺失", ""),
        "plan": ("", "缺失", ""),
        "who": ("", "缺失", ""),
    }
    assert (row.asked, row.auto, row.due_on) == (8, 5, date(2026, 12, 7))
    with pytest.raises(FormError, match="“居民小组数”：没有填写"):
        desk.move(clerk(), row.id, "hand_in")
    with pytest.raises(FormError, match="没有找到"):
        desk.save(clerk(place=OTHER), row.id, [Change(row=0, field="teams", value="9", base=0)])

    told = desk.save(
        clerk(),
        row.id,
        [
            Change(row=0, field="teams", value="６", base=0),
            Change(row=0, field="all", value="150", base=0),
            Change(row=0, field="houses", value="约六十", base=0),
            Change(row=0, field="gone", value="1", base=0),
        ],
    )
    assert told.stored == 2
    assert told.faults == ("“户数总计”“约六十”不是数字", "第 0 行没有栏目“gone”")
    now = cells(row.id)
    assert now["all"] == ("150", "人工修改", "网格系统·实有人口")
    assert (now["share"][0], now["teams"][:2], now["who"][0]) == (
        "2.68",
        ("6", "人工填写"),
        "甲",
    )

    # Two clerks at once: the same word is no conflict, another is kept beside the first.
    same = desk.save(clerk("乙"), row.id, [Change(row=0, field="teams", value="6", base=0)])
    other = desk.save(clerk("乙"), row.id, [Change(row=0, field="teams", value="7", base=0)])
    assert (same.conflicts, other.stored) == ((), 0)
    assert (other.conflicts[0].theirs, other.conflicts[0].mine) == ("6", "7")
    assert queries.opened(clerk(), row.id).cells["0.teams"].other == "乙：7"
    with pytest.raises(FormError, match="有 1 格由两人同时填写"):
        desk.move(clerk(), row.id, "hand_in")
    desk.save(clerk("乙"), row.id, [Change(row=0, field="teams", value="7", base=1)])

    (said,) = desk.move(clerk(), row.id, "hand_in")
    assert said == "“常住人口”已提出数据校核 JH-20261123-0001"
    with scoped(clerk().reach) as connection:
        asked = connection.execute(select(correction)).one()
    assert (asked.person, asked.label) == ("柳岸社区居民委员会", "常住人口")
    assert (crypto.decrypt(asked.seen), crypto.decrypt(asked.proposed)) == ("140", "150")
    with pytest.raises(FormError, match="现为“待审核”"):
        desk.save(clerk(), row.id, [Change(row=0, field="teams", value="8", base=2)])
    with pytest.raises(FlowError, match="须由审核单位办理"):
        desk.move(clerk(), row.id, "pass")

    desk.move(street(), row.id, "return", {"reason": "请核对小组数"})
    desk.move(clerk(), row.id, "hand_in")
    desk.move(street(), row.id, "pass")
    with pytest.raises(FlowError, match="须由锁定单位办理"):
        desk.move(street(), row.id, "lock")
    desk.move(district(), row.id, "lock")
    desk.move(district(), row.id, "reopen", {"reason": "补充新建小组"})
    desk.save(clerk(), row.id, [Change(row=0, field="teams", value="8", base=2)])
    for who, step in ((clerk(), "hand_in"), (street(), "pass"), (district(), "lock")):
        desk.move(who, row.id, step)

    grown = growing.table(city(), form_id, date(2026, 11, 1))
    assert (grown.sent, grown.handed, grown.percent) == (4, 1, "25.0%")
    assert grown.heads == ("常住人口", "60岁及以上", "户数总计", "户均", "居民小组数")
    assert grown.totals == ("150", "40", "56", "2.68", "8")

    # The next period comes by itself, with the last one's fact in it.
    frozen.advance(timedelta(days=14))
    world.count({"residents": {(PLACE, ""): 141}}, date(2026, 12, 6))
    assert desk.renew() == 1
    assert desk.renew() == 0
    while fill.turn():
        pass
    later = world.answer(form_id)
    assert later.period_from == date(2026, 12, 1)
    assert cells(later.id)["teams"] == ("8", "自动", "上期填报")
    (meter,) = burden.listed(department(), "issuer")
    assert (meter.forms, meter.answers, meter.refused) == (1, 8, 0)
    assert meter.hours.before - meter.hours.after == meter.hours.saved > 0


def test_a_town_fills_for_its_village_and_an_expired_form_may_be_refused(
    frozen: clock.FrozenClock,
) -> None:
    village = "990103100200"
    form_id = world.sent(world.written(valid_until=date(2026, 12, 20)))
    row = world.answer(form_id, village)
    town = street("990103100")
    desk.save(town, row.id, [
        Change(row=0, field=name, value=value, base=0)
        for name, value in (("teams", "3"), ("houses", "10"), ("all", "30"), ("old", "31"))
    ])  # fmt: skip
    with pytest.raises(FormError, match="“60岁及以上”：不符合校验 old <= all"):
        desk.move(town, row.id, "hand_in")
    desk.save(town, row.id, [Change(row=0, field="old", value="9", base=1)])
    frozen.advance(timedelta(days=30))
    (listed,) = (one for one in queries.answers(town, "全部") if one.id == row.id)
    assert not listed.late  # marked as without network
    (other,) = (one for one in queries.answers(street(), "全部") if one.region_code == PLACE)
    assert other.late
    desk.move(town, row.id, "hand_in")
    assert queries.opened(town, row.id).row.filled_by == "测试单位"

    mine = world.answer(form_id)
    with pytest.raises(FlowError, match="请填写“原因”"):
        desk.move(clerk(), mine.id, "refuse")
    desk.move(clerk(), mine.id, "refuse", {"reason": "报表已过有效期"})
    assert queries.opened(clerk(), mine.id).row.state == "已拒收"
    assert desk.renew() == 0  # expired forms are not sent again

    fresh = world.sent(world.written(title="另一张表", matter="population"))
    with pytest.raises(FormError, match="不能拒收"):
        desk.move(clerk(), world.answer(fresh).id, "refuse", {"reason": "不想填报了"})


def test_the_table_grows_place_by_place_and_what_is_checked_is_locked_at_once() -> None:
    optional = world.field("teams", "居民小组数", fact="teams", required=False)
    fields = tuple(optional if one.name == "teams" else one for one in world.FIELDS)
    form_id, november = world.sent(world.written(*fields)), date(2026, 11, 1)
    assert growing.periods(city(), form_id) == (november,)
    nothing = growing.table(city(), form_id, november)
    assert nothing.totals == ("",) * 5 and not nothing.lockable  # nobody has said nought
    for place, teams in ((PLACE, "6"), (OTHER, "")):
        row = world.answer(form_id, place)
        who = clerk(place=place)
        given = [Change(row=0, field="teams", value=teams, base=0)] if teams else []
        desk.save(who, row.id, given)
        desk.move(who, row.id, "hand_in")

    # City: a line for each district, the same numbers as the sum below it, step by step.
    grown = growing.table(city(), form_id, november)
    assert [(one.code, one.sent, one.handed, one.percent) for one in grown.lines] == [
        ("990102", 2, 2, "100.0%"), ("990103", 2, 0, "0.0%"),
    ]  # fmt: skip
    assert grown.totals == ("190", "40", "81", "2.35", "6")  # the mean is formed of the sums
    assert grown.empty == (("居民小组数", 1),)  # a sum says what it is without
    street_ = growing.table(city(), form_id, november, "990102001")
    assert [one for one, _ in street_.path] == ["9901", "990102", "990102001"]
    assert [(one.name, one.values[0]) for one in street_.lines] == [
        ("柳岸社区居民委员会", "140"), ("荷塘社区居委会", "50"),
    ]  # fmt: skip
    assert all(one.answer for one in street_.lines) and street_.totals == grown.lines[0].values
    # Nobody looks beside the own scope, and who issued the form sees how far it is.
    own = growing.table(district(), form_id, november, "990103")
    assert own.code == "990102" and own.sent == 2
    assert growing.table(department(), form_id, november).totals == grown.totals
    with pytest.raises(FormError, match="没有这一期"):
        growing.table(department("dept-other"), form_id, november)

    desk.move(street(), world.answer(form_id).id, "pass")
    assert growing.table(district(), form_id, november).lockable == 1
    with pytest.raises(Denied):
        locking.lock(street(), form_id, november, "990102")
    assert locking.lock(district("990103"), form_id, november, "990102").done == 0
    assert locking.lock(district(), form_id, november, "990102") == locking.Locked(done=1)
    states = [world.answer(form_id, place).state for place in (PLACE, OTHER)]
    assert states == ["已锁定", "待审核"]
    # The number on the paper leads to its row, and to nobody else's.
    paper = world.answer(form_id)
    assert queries.numbered(street(), f" ｙｂ{int(paper.paper_no[2:])} ") == paper.id
    for who, number, words in ((street("990103100"), paper.paper_no, "可能不在本岗位"),
                               (street(), "第十二号", "“YB”开头")):  # fmt: skip
        with pytest.raises(FormError, match=words):
            queries.numbered(who, number)


def test_facts_that_two_forms_leave_are_kept_in_soft_and_hard_conflict() -> None:
    first = world.sent()
    second = world.sent(world.written(title="小组情况表"))
    third = world.sent(world.written(title="社区概况表"))
    for form_id, teams in ((first, "6"), (second, "6"), (third, "7")):
        row = world.answer(form_id)
        desk.save(clerk(), row.id, [Change(row=0, field="teams", value=teams, base=0)])
        for who, step in ((clerk(), "hand_in"), (street(), "pass"), (district(), "lock")):
            desk.move(who, row.id, step)
    with scoped(held.SERVICE) as connection:
        facts = connection.execute(select(form_fact).order_by(form_fact.c.version)).all()
    assert [(one.version, one.conflict, crypto.decrypt(one.value)) for one in facts] == [
        (1, None, "6"),
        (2, "soft", "6"),
        (3, "hard", "7"),
    ]
    row = world.answer(world.sent(world.written(title="再一张表")))
    assert cells(row.id)["teams"][0] == "6"  # what is in hard conflict does not count


def test_answers_are_seen_in_their_scope_and_written_by_the_service_alone() -> None:
    form_id = world.sent()
    for table in (form, form_answer):
        for reach in (NOTHING, Reach(prefixes=("990103",), unit_id="dept-other", actor="")):
            with scoped(reach) as connection:
                seen = connection.execute(select(table.c.region_code)).scalars().all()
                places = [one for one in seen if len(one) == 12]
                assert all(one.startswith("990103") for one in places)
                assert reach is not NOTHING or not seen
    write = text(
        "INSERT INTO form_refusal (issuer_unit, region_code, form_title, field_title, held_by, at)"
        " VALUES ('a', '9901', 'b', 'c', 'd', now())"
    )
    with pytest.raises(ProgrammingError, match="row-level"), scoped(city().reach) as connection:
        connection.execute(write)
    with scoped(city().reach) as connection:
        changed = connection.execute(text("UPDATE form_answer SET state = '已锁定'"))
        assert changed.rowcount == 0
    row = world.answer(form_id)
    with pytest.raises(FormError, match="尚未上报"):
        queries.opened(department(), row.id)
    with pytest.raises(FormError, match="没有找到"):
        queries.opened(department("dept-other"), row.id)
    leader = world._who("领导", "gov-9901", "government", "city", "9901", "order_manager")
    with pytest.raises(Denied):
        queries.forms(leader)
