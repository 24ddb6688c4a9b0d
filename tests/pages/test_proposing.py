"""宣 from an opened order: proposed with the masked text in view, released by a second person."""

from dataclasses import replace
from uuid import uuid4

import pytest

from portal.affairs.orders import desk as orders
from portal.affairs.rates import showcases
from tests.orders import world
from tests.pages.conftest import Office, shown
from tests.pages.test_orders import seated

pytestmark = pytest.mark.usefixtures("hailing", "frozen")
STORY = "王先生（电话13800138000）反映楼道堆物，街道当天到场，三日内清理完毕。"


def _send(tab: object) -> list[object]:
    return [one for one in tab.button if (one.key or "").startswith("propose_send")]  # type: ignore[attr-defined]


def test_a_closed_order_is_proposed_masked_and_released_by_another(office: Office) -> None:
    order = world.IN_STATE["已办结"]("1")
    proposer = office.who = seated(world.command())
    for other in ("办理中", "待回访"):
        tab = office.open("orders", id=str(world.IN_STATE[other](other)))
        assert "提出为典型案例" not in str(tab.expander), "what is open is no case"
    tab = office.open("orders", id=str(order))
    assert any("提出为典型案例" in one.label for one in tab.expander)
    story = f"draft-rates-propose-{order}-story"
    tab.text_area(key=story).set_value("太短").run()
    assert "还不能提交" in shown(tab) and not _send(tab)
    tab.text_area(key=story).set_value(STORY).run()
    again = office.open("orders", id=str(order))
    assert again.text_area(key=story).value == STORY, "what was written is there in another tab"
    assert "某先生（电话（电话略））反映" in shown(tab) and "13800138000" not in shown(tab)
    tab.button(key=f"propose_send_{order}").click().run()
    assert "已提出，等待第二人审核" in shown(tab)
    (case,) = showcases.listed(world.command())
    assert (case.state, "13800138000" in case.story) == ("待审核", False)
    # It is not offered twice, and not to whoever may not publish.
    assert not [one for one in office.open("orders", id=str(order)).expander]
    office.who = seated(world.community())
    assert not [one for one in office.open("orders", id=str(order)).expander]
    with pytest.raises(Exception, match="提出人本人"):
        showcases.decide(proposer, case.id, "已发布")
    showcases.decide(replace(world.command(), login="b", account_id=uuid4()), case.id, "已发布")
    assert showcases.listed(world.command())[0].state == "已发布"


def test_what_must_never_be_shown_is_not_offered() -> None:
    who = world.command()
    for over in ({"confidential": True}, {"kind": "举报"}):
        order = world.taken(str(over), **over)
        orders.act(who, order, "answer", {"answer": "已电话答复来信人"})
        assert showcases.fit(who, order) is False
    plain = world.taken("plain")
    orders.act(who, plain, "answer", {"answer": "已电话答复来信人"})
    assert showcases.fit(who, plain) is True
    assert showcases.fit(world.community(), plain) is False, "without the right"
    assert showcases.fit(who, uuid4()) is False
