"""Simulated orders for the demonstration, made by the desk itself with a clock moved by hand."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

from auth.principal import Principal
from portal.affairs.orders import desk, intake, sweep, tally
from portal.affairs.orders.intake import Incoming
from portal.affairs.workflow.flow import FlowError
from portal.commands import actors
from portal.store import clock, divisions
from portal.store.citypack import DemoPost, pack

DAYS = 60
# Topic, class, kind, and what the caller says.
TOPICS = (
    ("楼道堆放杂物", "07.01.02", "投诉", "单元楼道长期堆放杂物，存在消防隐患，请清理。"),
    ("暖气不热", "03.01.01", "求助", "家中室温不足 16 度，已报修两次，请协调供热单位。"),
    ("路灯不亮", "01.04.03", "求助", "小区门前路灯已有一周不亮，夜间出行不便。"),
    ("垃圾清运不及时", "01.02.01", "投诉", "垃圾桶满溢，两天没有清运。"),
    ("高龄津贴如何申请", "09.02.01", "咨询", "家中老人已满 70 岁，想了解申请材料。"),
    ("夜间施工噪声", "05.01.01", "投诉", "工地夜间十一点以后仍在施工，影响休息。"),
    ("增设充电桩", "19.02.01", "建议", "建议在小区增设电动自行车充电桩。"),
    ("物业服务好", "19.01.01", "表扬", "物业工作人员冒雪清扫道路，特此表扬。"),
    ("水压不足", "03.02.02", "求助", "高层住户早晚水压不足。"),
    ("占道经营", "01.01.01", "举报", "人行道被摊点占用，行人只能走机动车道。"),
)
_WORDS = {
    "words": "已电话联系诉求人",
    "text": "已到现场查看，正在协调办理",
    "answer": "已到现场处理完毕，并向诉求人说明情况。",
    "reason": "情况复杂，需要进一步核实",
    "legal_basis": "本级部门职责清单",
    "suggested_unit": "dept-urban",
}
_OFTEN = {"dispatch": 9, "sign": 9, "contact": 4, "reply": 4, "approve": 7, "visit": 7}
_NEVER = {"merge", "split", "confide", "attach", "reclass", "co_reply", "co_add", "archive"}


def add_orders(posts: tuple[DemoPost, ...], count: int = 80) -> int:
    """Orders in every state around the demonstration's communities; gives how many."""
    places = sorted({one.unit.partition("-")[2] for one in posts if one.unit.startswith("com-")})
    if not places or pack().flow("order") is None:
        return 0
    end = clock.now()
    around = {place: actors.around(place) for place in places}
    moved = actors.Moved(end)
    with clock.use(moved):
        for number in range(count):
            place, dice = places[number % len(places)], random.Random(number)
            came = end - timedelta(days=DAYS * (1 - number / count), minutes=dice.randint(0, 600))
            moved.put(min(came, end))
            (taken,) = intake.take([_incoming(number, place, dice)])
            if taken.order_id is not None and taken.outcome == "新收":
                _live(taken.order_id, around[place], dice, moved, end)
        moved.put(end)
        sweep.sweep()
        tally.drain()
    return count


def _incoming(number: int, place: str, dice: random.Random) -> Incoming:
    title, category, kind, content = TOPICS[dice.randrange(len(TOPICS))]
    name = divisions.full_name(place).rpartition(" · ")[2]
    return Incoming(
        source=dice.choice(("12345", "12345", "12345", "领导信箱", "邻里牵手", "110非警务")),
        source_no=f"演示-{number:04d}",
        kind=kind,
        category=category,
        title=title,
        content=content,
        place=f"{name} {dice.randint(1, 20)} 号楼",
        region_code=place,
        urgency=dice.choice((1, 2, 2, 2, 3, 4)),
        confidential=dice.random() < 0.05,
        caller_name="模拟诉求人",
        caller_phone=f"1390000{number:04d}",
        received_at=clock.now(),
        simulated="demo",
    )


def _live(
    order: UUID, people: list[Principal], dice: random.Random, moved: actors.Moved, end: Any
) -> None:
    """Let it be handled, some of it badly, until now or until nothing more is to be done."""
    for _ in range(dice.randint(1, 14)):
        then = clock.now() + timedelta(minutes=dice.choice((10, 40, 120, 600, 1500)))
        if then >= end:
            return
        moved.put(then)
        if not _move(order, people, dice):
            return


def _move(order: UUID, people: list[Principal], dice: random.Random) -> bool:
    offered = [
        (who, one)
        for who, moves in desk.offered_to(people, order)
        for one in moves
        if one.id not in _NEVER
    ]
    if not offered:
        return False
    weights = [_OFTEN.get(one.id, 0.25) for _, one in offered]
    ((who, move),) = dice.choices(offered, weights)
    units = [one.unit.id for one in people if one.unit.level != "city"] or [people[0].unit.id]
    form: dict[str, Any] = {
        **_WORDS,
        "unit": dice.choice(units),
        "until": clock.local(clock.now()).date() + timedelta(days=dice.randint(2, 6)),
        "visit_answers": {
            "resolved": dice.choice(("已解决", "已解决", "已解决", "部分解决", "未解决")),
            "satisfied": dice.choice(("满意", "满意", "满意", "基本满意", "不满意")),
        },
    }
    wanted = {*move.needs, *move.takes}
    try:
        desk.act(who, order, move.id, {k: v for k, v in form.items() if k in wanted})
    except FlowError:  # asked for too late, or once too often: as it happens
        return True
    return True
