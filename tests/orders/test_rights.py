"""A button is shown only where its function accepts; no function takes it from strangers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from auth import permissions
from auth.permissions import Denied
from auth.principal import Principal
from portal.affairs.dispatch import clusters, consult
from portal.affairs.dispatch import desk as lists
from portal.affairs.dispatch.words import CATALOGUE
from portal.affairs.evaluation import appealed, appeals, marks, visits
from portal.affairs.findings import daily, figures, measures, meetings
from portal.affairs.findings import desk as findings
from portal.affairs.orders import (
    boxes,
    classes,
    desk,
    knowledge,
    panel,
    reading,
    registering,
    related,
    triage,
)
from portal.affairs.orders.book import flow
from portal.affairs.orders.drafting import Draft
from portal.affairs.rates import bulletin, league, schemes, showcases
from portal.affairs.rates.spans import parse
from portal.affairs.supervision import desk as sheets
from portal.affairs.supervision import turn, urging
from portal.affairs.workflow.flow import FlowError
from portal.store import citypack
from tests.findings import world as finding_world
from tests.orders import world
from tests.orders.test_moves import FORM

pytestmark = pytest.mark.usefixtures("hailing", "frozen")

PEOPLE: dict[str, Callable[[], Principal]] = {
    "市指挥中心": world.command, "区指挥中心": world.district, "区部门": world.urban,
    "市部门": world.civil, "回访": world.visitor, "街道": world.street, "社区": world.community,
}  # fmt: skip


def test_of_every_state_each_desk_is_shown_what_it_may_do_and_nothing_else() -> None:
    """Who is shown a move passes its check; who is not is refused although the form is whole."""
    offered: dict[str, set[str]] = {name: set() for name in PEOPLE}
    for state, begin in world.IN_STATE.items():
        order = begin(state)
        before = world.row(order)
        moves = flow().moves_from(state)
        for name, make in PEOPLE.items():
            who = make()
            shown = {one.id for one in desk.offered(who, order)}
            offered[name] |= shown
            assert shown <= {one.id for one in moves}, (state, name)
            for move in moves:
                if move.id in shown:
                    continue
                with pytest.raises((FlowError, Denied)):
                    desk.act(who, order, move.id, dict(FORM))
        assert world.row(order) == before, (state, "a refused move leaves no trace")
    # Every move that a person may make is shown to somebody, or nobody could ever make it.
    by_persons = {one.id for one in flow().moves.values() if set(one.who) != {"平台"}}
    assert by_persons - set().union(*offered.values()) <= {"co_reply"}  # a helper has to be there
    assert "dispatch" not in offered["社区"] and "visit" not in offered["街道"]


NONE, SOME = uuid4(), "说明原因和依据"
MONTH = date(2026, 11, 1)
DRAFT = Draft(kind="投诉", title=SOME, content=SOME, region_code=world.PLACE)
# Every way to change or read something on the pages of issue 5: with what right, asked by nobody.
ASKED: dict[str, Callable[[Principal], object]] = {
    "派单目录·预览": lambda who: lists.preview(who, CATALOGUE, b"", "a.xlsx", "增量更新"),
    "派单目录·存草稿": lambda who: lists.draft(who, CATALOGUE, b"", "a.xlsx", how="增量更新",
                                        digest=""),
    "派单目录·发布": lambda who: lists.publish(who, NONE, MONTH),
    "派单目录·作废": lambda who: lists.discard(who, NONE),
    "会商·提请": lambda who: consult.start(who, NONE, ["a", "b"], SOME, None),
    "会商·答复": lambda who: consult.answer(who, NONE, "认领", SOME),
    "会商·定办": lambda who: consult.settle(who, NONE, words=SOME, version=None),
    "回访·列表": visits.waiting,
    "回访·未接通": lambda who: visits.no_answer(who, NONE, None),
    "申诉·提出资格": lambda who: appealed.may_ask(who, NONE),
    "申诉·决定": lambda who: appeals.decide(who, NONE, uphold=True, reason=SOME),
    "认定·提出": lambda who: marks.propose(who, NONE, ground="重复", words=SOME),
    "认定·决定": lambda who: marks.decide(who, NONE, confirm=True, words=SOME),
    "认定·撤销": lambda who: marks.lift(who, NONE, SOME),
    "督办单·拟": lambda who: sheets.propose(who, NONE, SOME),
    "督办单·签发": lambda who: sheets.issue(who, NONE),
    "督办单·答复": lambda who: sheets.answer(who, NONE, SOME),
    "督办单·退回": lambda who: sheets.send_back(who, NONE, SOME),
    "督办单·销号": lambda who: sheets.end(who, NONE, SOME),
    "预警": urging.counts,
    "同类诉求": clusters.clusters,
    "常见问题·保存": lambda who: knowledge.publish(
        who, knowledge.answer_of(None, {"question": SOME, "answer": SOME, "basis": SOME,
                                        "department": SOME, "valid_until": date(2030, 1, 1)})
    ),
    "常见问题·停用": lambda who: knowledge.withdraw(who, "subsistence", SOME),
    "常见问题·查": knowledge.current,
    "登记": lambda who: registering.register(who, DRAFT),
    "登记·导入": lambda who: registering.preview(who, b"", "a.xlsx"),
    "登记·相似": lambda who: related.similar(who, DRAFT),
    "并单": related.groups,
    "分拨台": triage.counts,
    "分拨台·各单位在办": triage.loads,
    "来源分类待对应": classes.gaps,
    "工单列表": boxes.counts,
    "打开工单": lambda who: reading.opened(who, NONE),
    "诉求态势": lambda who: panel.read(who, world.CITY),
    "案例·提出": lambda who: showcases.propose(who, NONE, SOME, SOME * 4),
    "案例·审核": lambda who: showcases.decide(who, str(NONE), "已发布"),
    "案例·撤下": lambda who: showcases.withdraw(who, str(NONE), SOME),
    "点评榜": lambda who: league.table(who, "street", MONTH),
    "考评方案": schemes.history,
    "月报": lambda who: bulletin.build(who, world.CITY, parse("2026-11")),
    "问题·发现": lambda who: findings.found(who, finding_world.draft()),
    "问题·办理": lambda who: findings.act(who, NONE, "keep"),
    "问题·情况表": lambda who: figures.table(who, MONTH, MONTH),
    "问题·日报": daily.listed,
    "联席会议·召集": lambda who: meetings.call(who, title=SOME, held_on=MONTH, place=SOME,
                                         attending=SOME),
    "联席会议·结束": lambda who: meetings.close(who, NONE),
    "十条措施": lambda who: measures.say(who, "m1", "已开展", SOME),
}  # fmt: skip


def test_no_function_takes_it_from_who_has_no_right_whatever_the_page_shows() -> None:
    nobody = replace(world.command(), roles=("security_admin",))
    for name, ask in ASKED.items():
        with pytest.raises(Denied):
            ask(nobody)
            pytest.fail(f"{name}：没有权限也办理了")
    assert turn.waiting(nobody) == {}, "what waits is counted for nobody without the right"


def test_each_page_asks_for_a_right_that_somebody_has_and_somebody_has_not() -> None:
    pages = ("orders.view", "orders.dispatch", "orders.register", "orders.visit", "orders.settings",
             "orders.supervise", "orders.bulletin", "findings.view")  # fmt: skip
    for right in pages:
        holders = {
            role.id
            for role in citypack.pack().roles
            if permissions.allowed(replace(world.command(), roles=(role.id,)), right)
        }
        assert holders and holders < {role.id for role in citypack.pack().roles}, right
