"""Automatic cells of a list that a clerk changes: their owners are asked, person by person."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row, select

from portal.affairs.corrections import desk as owners
from portal.affairs.corrections.tables import correction
from portal.affairs.forms import desk, held, queries, roster
from portal.affairs.forms.roster import Brought, Came
from portal.affairs.forms.words import AUTO, CHANGED, Held, HeldField
from portal.connectors.contract import Mask
from portal.functions.records import mask
from portal.store import clock, crypto
from portal.store.scope import acting_as, scoped
from portal.store.search import INDEXER
from portal.store.subjects import subject_relation
from tests import people as hands
from tests.forms import world
from tests.forms.world import OTHER, PLACE

pytestmark = pytest.mark.usefixtures("hailing")
FIELDS = {
    "grid.phone": HeldField(
        id="grid.phone", label="联系电话", system_name="网格系统", owner="海陵市民政局",
        mask=Mask.PHONE,
    ),
    "grid.alone": HeldField(
        id="grid.alone", label="是否独居", system_name="网格系统", owner="海陵市民政局"
    ),
}  # fmt: skip
RIGHT, WRONG = "13900000001", "13900000002"


@pytest.fixture(autouse=True)
def _world(frozen: clock.FrozenClock, hailing: object) -> Iterator[None]:
    """Monday 23 November 2026."""
    world.use()
    held.comes_from(lambda: Held(fields=FIELDS, masked=mask.masked))
    yield
    held.comes_from(Held)


def _brought() -> tuple[UUID, list[UUID]]:
    """A list of two old persons whose telephone and living the grid has told."""
    names = (("630102193505051234", "才让卓玛"), ("630102193001010029", "马占海"))
    persons = [hands.add_person(number, name, name, [("居住", PLACE)]) for number, name in names]
    name = world.field("name", "姓名", kind="text", source="person", bind="name")
    asked = [
        world.field(one, title, kind="text", source="field", bind=f"grid.{one}", required=False)
        for one, title in (("phone", "联系电话"), ("alone", "是否独居"))
    ]
    note = world.field("note", "备注", kind="text", required=False)
    made = world.written(name, *asked, note, layout="名册", rows="aged", from_age=80)
    answer = world.answer(world.sent(made)).id
    came = {
        f"grid.{one}": Came(value=value, source=f"网格系统·{one}", as_of="2026-11-22")
        for one, value in (("phone", WRONG), ("alone", "是"))
    }
    wanted = roster.wanted(world.clerk(), answer).lacking
    told = [Brought(row=one.row, subject=one.subject, came=came) for one in wanted]
    assert roster.put(world.clerk(), answer, told) == 4
    return answer, persons


def _save(answer: UUID, *changes: tuple[int, str, str], who: Any = None) -> tuple[str, ...]:
    cells = queries.opened(world.clerk(), answer).cells
    told = [
        desk.Change(row=row, field=name, value=value, base=cells[f"{row}.{name}"].version)
        for row, name, value in changes
    ]
    return desk.save(who or world.clerk(), answer, told).told


def _asked() -> Sequence[Row[Any]]:
    with (
        scoped(world.clerk().reach) as connection,
        acting_as(connection, owners.SERVICE.actor),
    ):
        return connection.execute(select(correction).order_by(correction.c.number)).all()


def test_a_changed_automatic_cell_of_a_person_is_put_to_its_owner_and_taken_back_with_it() -> None:
    answer, persons = _brought()
    _save(answer, (1, "phone", RIGHT), (1, "note", "已核对"), (2, "name", "马占河"))
    assert _asked() == []  # not at every keystroke
    said = desk.move(world.clerk(), answer, "hand_in")
    assert said == (
        "第 1 行“联系电话”已提出数据校核 JH-20261123-0001",
        "第 2 行“姓名”来自居民索引，不属于某一个系统，请在一人一档中提出数据校核",
    )
    (asked,) = _asked()
    assert asked.subject_id == persons[0]
    assert asked.subject_hash == crypto.keyed_hash("630102193505051234")
    where = (asked.system_id, asked.field, asked.label, asked.owner, asked.region_code)
    assert where == ("grid", "phone", "联系电话", "海陵市民政局", PLACE)
    assert (crypto.decrypt(asked.seen), crypto.decrypt(asked.proposed)) == (WRONG, RIGHT)
    assert asked.person == "才**玛"
    assert crypto.decrypt(asked.shown) == '["139****0002", "139****0001"]'
    assert WRONG not in str(asked) and RIGHT not in str(asked)

    # Given back and handed in again it is not asked twice; put back, the request goes with it.
    desk.move(world.street(), answer, "return", {"reason": "请补备注"})
    assert desk.move(world.clerk(), answer, "hand_in")[0].startswith("第 2 行")
    desk.move(world.street(), answer, "return", {"reason": "电话不对"})
    assert _save(answer, (1, "note", "再核对")) == ()
    assert _save(answer, (1, "phone", WRONG)) == ("已撤回 1 份数据校核申请。",)
    assert [one.state for one in _asked()] == ["已撤回"]
    cell = queries.opened(world.clerk(), answer).cells["1.phone"]
    assert (cell.state, cell.auto, cell.asked) == (AUTO, "", "")

    # Another value is another request; one that was decided says so, and nothing is lost.
    _save(answer, (1, "alone", "否"), (2, "alone", "不详"))
    said = desk.move(world.clerk(), answer, "hand_in")
    assert "第 1 行“是否独居”已提出" in said[0] and len(said) == 3
    with scoped(world.clerk().reach) as connection:
        number = connection.execute(
            select(correction.c.number).where(correction.c.subject_id == persons[0],
                                              correction.c.field == "alone")
        ).scalar_one()  # fmt: skip
    assert number in said[0]
    desk.move(world.street(), answer, "return", {"reason": "请补说明"})
    stranger = _save(answer, (1, "alone", "偶尔"), who=world.street())
    assert "没有撤回" in stranger[0] and "当前岗位不能提出数据校核" in stranger[0]
    cell = queries.opened(world.clerk(), answer).cells["1.alone"]
    assert (cell.value, cell.state, cell.auto) == ("偶尔", CHANGED, "是")


def test_nobody_is_asked_about_a_person_who_is_out_of_reach_or_a_system_that_left() -> None:
    answer, persons = _brought()
    _save(answer, (1, "phone", RIGHT), (2, "alone", "否"))
    with scoped(INDEXER) as connection:
        place = subject_relation.c
        moved = subject_relation.update().where(place.subject_id == persons[0])
        connection.execute(moved.values(region_code=OTHER))
    held.comes_from(lambda: Held(fields={"grid.phone": FIELDS["grid.phone"]}))
    said = desk.move(world.clerk(), answer, "hand_in")
    assert said == ("第 1 行“联系电话”未能提出数据校核：此人已不在本单位管辖范围",)
    assert _asked() == []
    assert queries.opened(world.clerk(), answer).row.state == "待审核"
