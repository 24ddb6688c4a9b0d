"""宣: what is shown is masked, released by a second person, and taken back at any time."""

import re
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import select, text

from auth.permissions import Denied
from auth.principal import Principal
from auth.tables import audit_entry
from portal.affairs.orders import desk as orders
from portal.affairs.rates import bulletin, masking, showcases
from portal.affairs.rates.schemes import RatesError
from portal.affairs.rates.spans import parse
from portal.store import clock
from portal.store.citypack import CityPack
from portal.store.engine import begin
from portal.store.scope import NOTHING, Reach, scoped
from tests.orders import world
from tests.rates import desk

STORY = "接到诉求后，街道当天到现场查看，会同物业三日内清理完毕，并装上提示牌。"
NOVEMBER = parse("2026-11")


@pytest.fixture(autouse=True)
def _clock(hailing: CityPack, frozen: clock.FrozenClock) -> None:
    """Monday 23 November 2026."""


def _closed(number: str = "1", **over: object) -> UUID:
    order = world.taken(number, **over)
    world.sent(order)
    world.handled(order, world.street())
    orders.act(world.command(), order, "approve")
    orders.visit(world.command(), order, resolved="已解决", satisfied="满意")
    return order


def _second() -> Principal:
    return replace(world.command(), login="second", account_id=uuid4())


# -- masking ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("电话13800138000联系", "电话（电话略）联系"),
        ("电话 138 0013 8000。", "电话 （电话略）。"),
        ("座机0971-8230001", "座机（电话略）"),
        ("身份证63010219900101123X", "身份证（证件号略）"),
        ("张先生、李女士和王师傅反映", "某先生、某女士和某师傅反映"),
        ("一位先生反映", "一位先生反映"),
        ("独居老人反映", "独居老人反映"),
        ("诉求人：马小军来电", "诉求人：某"),
        ("家住3号楼2单元501室", "家住某号"),
        ("12-3-501室漏水", "某号漏水"),
        ("青A12345堵路", "（车牌略）堵路"),
        ("发到a.b@c.com", "发到（邮箱略）"),
        ("2026-11-23 清理3处", "2026-11-23 清理3处"),
    ],
)
def test_what_points_at_somebody_is_masked(given_text: str, shown: str) -> None:
    masked = masking.mask(given_text)
    assert masked.startswith(shown)
    assert masking.leaks(masked) == ()


@given(st.text("0123456789 -", min_size=6, max_size=30))
def test_no_long_number_gets_through_unnoticed(number: str) -> None:
    assume(not re.search(r"(19|20)\d\d-\d", number))  # days are not hidden
    masked = masking.mask(f"号码是{number}。")
    left = re.split("（[^）]*）", masked)  # what stands on either side of a mask is no one number
    longest = max(sum(map(str.isdigit, one)) for one in left)
    assert longest < 9 or masking.leaks(masked)


def test_what_is_left_on_either_side_of_a_masked_number_is_no_number() -> None:
    masked = masking.mask("号码是0000-000000000000000-00000。")
    assert masked == "号码是0000-（证件号略）-00000。" and masking.leaks(masked) == ()


# -- two persons --------------------------------------------------------------------------------


def test_a_case_is_proposed_by_one_released_by_another_and_taken_back() -> None:
    case = showcases.propose(world.command(), _closed(), "楼道杂物清理", STORY + "马先生致谢。")
    with pytest.raises(RatesError, match="不能审核同一案例"):
        showcases.decide(world_command_again(), case, "已发布")
    assert showcases.listed(desk.officer("990103", "district")) == ()
    showcases.decide(_second(), case, "已发布")
    (seen,) = showcases.listed(desk.officer("990103", "district"))
    assert "某先生致谢" in seen.story and seen.unit_name == "湖滨街道"
    made = bulletin.build(desk.officer(), "9901", NOVEMBER)
    assert seen.title in made.part("典型案例").lines[0]
    showcases.withdraw(world.command(), case, "居民不愿公开")
    assert showcases.listed(desk.officer("990103", "district")) == ()
    assert (
        "没有已发布的案例"
        in bulletin.build(desk.officer(), "9901", NOVEMBER).part("典型案例").lines[0]
    )
    with pytest.raises(RatesError, match="现为“已撤下”"):
        showcases.decide(_second(), case, "已发布")
    with begin() as connection:
        kept = connection.execute(
            select(audit_entry.c.detail).where(audit_entry.c.action == "rates.showcase")
        ).scalars()
        assert [one["decision"] for one in kept] == ["待审核", "已发布", "已撤下"]


FIRST = uuid4()


def world_command_again() -> Principal:
    """Whoever stands in for the proposer: the same person under another login."""
    return replace(_second(), holder_id=FIRST)


@pytest.fixture(autouse=True)
def _one_commander(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commander is one person, however often asked for."""
    made = world.command
    monkeypatch.setattr(world, "command", lambda: replace(made(), account_id=FIRST))


def test_a_case_is_handed_back_with_a_reason_and_may_be_proposed_anew() -> None:
    order = _closed()
    case = showcases.propose(world.command(), order, "楼道杂物清理", STORY)
    with pytest.raises(RatesError, match="已有待审核或已发布"):
        showcases.propose(_second(), order, "楼道杂物清理", STORY)
    with pytest.raises(RatesError, match="请写明原因"):
        showcases.decide(_second(), case, "已退回", "")
    showcases.decide(_second(), case, "已退回", "请写明结果")
    showcases.propose(world.command(), order, "楼道杂物清理", STORY)


@pytest.mark.parametrize(
    ("over", "said"),
    [({"confidential": True}, "不作案例"), ({"kind": "举报"}, "不作案例")],
)
def test_what_is_never_shown(over: dict[str, object], said: str) -> None:
    with pytest.raises(RatesError, match=said):
        showcases.propose(world.command(), _closed(**over), "楼道杂物清理", STORY)


def test_an_open_order_or_somebody_elses_is_no_case() -> None:
    order = world.taken()
    with pytest.raises(RatesError, match="尚未办结"):
        showcases.propose(world.command(), order, "楼道杂物清理", STORY)
    with pytest.raises(RatesError, match="没有找到"):
        showcases.propose(desk.officer("990103", "district"), order, "楼道杂物清理", STORY)
    with pytest.raises(Denied):
        showcases.propose(world.community(), order, "楼道杂物清理", STORY)


def test_a_number_that_is_left_keeps_a_case_back() -> None:
    with pytest.raises(RatesError, match="含较长的号码“6320261123”"):
        showcases.propose(world.command(), _closed(), "楼道杂物清理", STORY + "单号6320261123。")


def test_nobody_without_a_post_sees_a_case_and_a_draft_only_its_place() -> None:
    case = showcases.propose(world.command(), _closed(), "楼道杂物清理", STORY)
    query = text("SELECT count(*) FROM showcase")
    elsewhere = Reach(prefixes=("990103",), unit_id="gov-990103", actor="x")
    for state, seen in (("待审核", 0), ("已发布", 1)):
        if state == "已发布":
            showcases.decide(_second(), case, "已发布")
        with scoped(NOTHING) as connection:
            assert connection.execute(query).scalar_one() == 0
        with scoped(elsewhere) as connection:
            assert connection.execute(query).scalar_one() == seen
    with scoped(elsewhere) as connection:
        changed = connection.execute(text("UPDATE showcase SET title = '改'"))
        assert changed.rowcount == 0
