"""Simulated findings for the demonstration, made by the desk itself with a clock moved by hand."""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from auth.principal import Principal
from portal.affairs.findings import daily, desk, rules
from portal.affairs.findings.book import FLOW
from portal.affairs.findings.desk import Draft
from portal.affairs.findings.rules import FindingError
from portal.affairs.workflow.flow import FlowError
from portal.commands import actors
from portal.store import clock, divisions
from portal.store.citypack import DemoPost, pack
from portal.store.finding_texts import OFF

DAYS = 30
# Class, title, what was seen.
TOPICS = (
    ("环境卫生", "楼后堆积建筑垃圾", "3 号楼后堆积建筑垃圾约两车，需要清运。"),
    ("消防隐患", "楼道飞线充电", "二单元楼道有电动自行车飞线充电。"),
    ("市政设施", "井盖松动", "小区门前井盖松动，夜间行人易绊倒。"),
    ("物业服务", "单元门禁损坏", "四单元门禁损坏一周，物业未修。"),
    ("占道经营", "早市占用盲道", "早市摊点占用盲道，行人绕行。"),
    ("供暖供水", "暖气管道渗水", "地下室暖气管道渗水，地面结冰。"),
    ("民生求助", "独居老人家中灯不亮", "独居老人家中线路老化，需要检修。"),
    ("违法建设", "楼顶搭建彩钢棚", "楼顶搭建彩钢棚，大风时有响动。"),
)
_WORDS = {
    "text": "已到现场查看，正在协调",
    "answer": "已到现场处理完毕，并请社区查看。",
    "reason": "社区没有执法权限，需要协调解决",
    "words": "请尽快办理",
}
_OFTEN = {"keep": 4, "report": 4, "done": 8, "lead": 5, "raise": 2, "dispatch": 6, "reply": 9,
          "confirm": 12, "table": 0.6}  # fmt: skip
_NEVER = {"attach", "urge", "decide", "to_order", "hand_back", "return", "lower"}


def add_findings(posts: tuple[DemoPost, ...], count: int = 40) -> int:
    """Findings in many states around the communities of the pilot; gives how many."""
    if pack().flow(FLOW) is None:
        return 0
    end = clock.now()
    today, texts = clock.local(end).date(), pack().findings
    codes = sorted({one.unit.partition("-")[2] for one in posts if one.unit.startswith("com-")})
    places = [one for one in codes if rules.stage_at(one, today, texts) != OFF]
    made, moved = 0, actors.Moved(end)
    with clock.use(moved):
        for number in range(count if places else 0):
            place, dice = places[number % len(places)], random.Random(number)
            came = end - timedelta(days=DAYS * (1 - number / count), minutes=dice.randint(0, 600))
            moved.put(min(came, end))
            try:
                one = _found(number, place, dice)
            except FindingError:  # before the pilot began
                continue
            made += 1
            _live(one, actors.around(place), dice, moved, end)
        moved.put(end)
        daily.make_due()
    return made


def _found(number: int, place: str, dice: random.Random) -> UUID:
    known = [one for one in TOPICS if one[0] in pack().findings.classes]
    class_, title, content = dice.choice(known)
    name = divisions.full_name(place).rpartition(" · ")[2]
    finder = next(one for one in actors.around(place) if one.unit.id == f"com-{place}")
    return desk.found(
        finder,
        Draft(
            form_no=f"演示-{number:04d}",
            class_=class_,
            title=title,
            content=content,
            place=f"{name} {dice.randint(1, 20)} 号楼",
            region_code=place,
            source=dice.choice(rules.SOURCES[:3]),
        ),
    )


def _live(
    one: UUID, people: list[Principal], dice: random.Random, moved: actors.Moved, end: datetime
) -> None:
    """Let it be handled until now, or until nothing more is to be done."""
    for _ in range(dice.randint(1, 9)):
        then = clock.now() + timedelta(minutes=dice.choice((40, 300, 900, 1500)))
        if then >= end:
            return
        moved.put(then)
        offered = [
            (who, move)
            for who in people
            for move in desk.offered(who, one)
            if move.id not in _NEVER
        ]
        if not offered:
            return
        weights = [_OFTEN.get(move.id, 0.2) for _, move in offered]
        ((who, move),) = dice.choices(offered, weights)
        departments = [
            each.unit.id
            for each in people
            if each.unit.kind == "department" and each.unit.level == "district"
        ]
        form: dict[str, Any] = {**_WORDS, "unit": dice.choice(departments or [who.unit.id])}
        form["units"] = dice.sample(departments, min(len(departments), dice.randint(0, 2)))
        wanted = {*move.needs, *move.takes} - {"until"}
        try:
            desk.act(who, one, move.id, {k: v for k, v in form.items() if k in wanted})
        except FlowError:
            continue
