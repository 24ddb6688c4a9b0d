"""Forms in the one inbox: they lie at the unit whose turn it is, and leave it with the answer."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from portal.affairs.forms import desk, held, papers
from portal.affairs.forms.desk import Change
from portal.affairs.forms.offer import FormTasks
from portal.affairs.forms.words import Held
from portal.connectors.contract import TurnedDown
from portal.store import clock
from portal.store.scope import scoped
from portal.store.task_tables import task
from tests.forms import world
from tests.forms.world import PLACE, STREET, clerk, street

pytestmark = pytest.mark.usefixtures("hailing")


@pytest.fixture(autouse=True)
def _world(frozen: clock.FrozenClock, hailing: object) -> Iterator[None]:
    world.use()
    yield
    held.comes_from(Held)


def _waiting(who: Any) -> list[tuple[str, str, str]]:
    query = select(task).where(task.c.system_id == papers.SOURCE).order_by(task.c.foreign_id)
    with scoped(who.reach) as connection:
        rows = connection.execute(query).all()
    return sorted((row.kind, row.unit_id, row.state) for row in rows)


def test_an_answer_lies_where_it_waits_and_leaves_with_its_state() -> None:
    answer = world.answer(world.sent())
    here, office = f"com-{PLACE}", f"gov-{STREET}"
    fill, check = papers.FILL, papers.CHECK
    assert _waiting(clerk()) == [(fill, here, "待办")]  # not the neighbour's
    with scoped(clerk().reach) as connection:
        (row,) = connection.execute(select(task).where(task.c.system_id == papers.SOURCE)).all()
    assert row.due_on == answer.due_on and row.title == "人口情况表（2026-11-01 起一期）"

    given = FormTasks()
    assert given.page(clerk(), row.foreign_id) == ("打开报表", "forms", str(answer.id))
    details = dict(given.details(clerk(), row.foreign_id))
    assert details["表单编号"] == answer.paper_no and details["状态"] == "待填报"
    assert given.details(clerk("丙", world.OTHER), row.foreign_id) == ()
    with pytest.raises(TurnedDown):
        given.act(clerk(), row.foreign_id, "hand_in", {})

    desk.save(clerk(), answer.id, [Change(row=0, field="teams", value="6", base=0)])
    desk.move(clerk(), answer.id, "hand_in")
    assert _waiting(clerk()) == [(fill, here, "已办")]
    assert _waiting(street()) == [(check, office, "待办")]
    desk.move(street(), answer.id, "return", {"reason": "请核对小组数"})
    assert _waiting(clerk()) == [(fill, here, "待办")]  # the same line, open again
    assert _waiting(street()) == [(check, office, "已办")]
    desk.move(clerk(), answer.id, "hand_in")
    desk.move(street(), answer.id, "pass")
    assert _waiting(clerk()) == [(fill, here, "已办")]
    assert _waiting(street()) == [(check, office, "已办")]  # locking is no line of an inbox
