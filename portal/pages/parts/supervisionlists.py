"""The lists of 督办评价: each line is an order, opened with what may be done about it."""

from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.dispatch import consultations
from portal.affairs.evaluation import appealed, marks, rules
from portal.affairs.supervision import queries, turn, urging
from portal.affairs.supervision.queries import Box
from portal.look import notice, orders, states, tables
from portal.look import supervision as look
from portal.look.markup import Html, tag, text
from portal.look.supervision import Choice
from portal.pages.parts import marking
from portal.store.dispatch_texts import Colour

PAGE = "/supervision"
Cells = list[tuple[str, Html]]
_URGED_PAGE = "supervision_urged_page"
_FIRST: tuple[Box, ...] = ("待反馈", "待签发", "待销号", "督办中")  # what waits before what runs
_SIDES: tuple[Box, ...] = ("待签发", "督办中")  # what only who supervises has
_MEANS: Mapping[Colour, str] = {"红": "到期或超期", "黄": "当日到期", "蓝": "临近时限"}
_EMPTY: Mapping[Box, tuple[str, str]] = {
    "待反馈": ("没有等待本单位反馈的督办单", "上级签发后列在这里，请在反馈时限内答复。"),
    "待签发": ("没有拟发的督办单", "超期报到本级的工单自动拟单；也可在工单页“督办评价”中发起。"),
    "督办中": ("没有督办中的督办单", "签发后列在这里，直到承办单位反馈。"),
    "待销号": ("没有等待销号的督办单", "承办单位反馈后列在这里，由督办单位销号或退回补充。"),
    "已结束": ("还没有结束的督办单", "销号或不发的督办单列在这里。"),
}


def _opens(order_id: UUID, order_no: str) -> Html:
    words = tag("span", text(order_no), class_="number")
    return tag("a", words, href=f"{PAGE}?order={order_id}", class_="go row", title=order_no)


def _titled(words: str, *, simulated: bool) -> Html:
    mark = states.mock() + " " if simulated else ""
    return mark + tag("span", text(words or "（工单不在本岗位管辖范围）"), title=words)


def _wide(words: str) -> Html:
    return tag("span", text(words), title=words)


def _listed(kind: str, caption: str, rows: Sequence[Cells], total: int) -> None:
    """The rows, and that there are more than can be listed."""
    st.html(tables.rows(kind, caption, rows))
    if total > len(rows):
        st.html(tag("div", text(f"共 {total:,} 份，只列出前 {len(rows)} 份。"), class_="default"))


# -- 预警 ------------------------------------------------------------------------------------------


def urged(who: Principal, box: str) -> None:
    """What the unit was warned of: each open order once, by colour."""
    counts = urging.counts(who)
    colour = next((one for one in urging.COLOURS if one == box), None)
    total = sum(counts.values()) if colour is None else counts[colour]
    given = [Choice(name="全部", href=f"{PAGE}?tab=urged", count=sum(counts.values()),
                    chosen=colour is None)]  # fmt: skip
    given += [
        Choice(name=f"{one}（{_MEANS[one]}）", href=f"{PAGE}?tab=urged&box={one}",
               count=counts[one], chosen=one == colour)
        for one in urging.COLOURS
    ]  # fmt: skip
    st.html(look.choices("boxes", "预警颜色", given))
    if not total:
        notice.empty("没有预警的工单", "工单临近、到达或超过时限时，每个阶段提醒一次，列在这里。")
        return
    page = int(st.session_state.get(_URGED_PAGE) or 1)
    found = urging.listed(who, colour, page) or urging.listed(who, colour, 1)
    rows: list[Cells] = [
        [
            ("编号", _opens(one.order_id, one.order_no)),
            ("诉求", _titled(one.title, simulated=one.simulated)),
            ("预警", look.colour(one.colour, one.stage)),
            ("时限", text(orders.until(one.deadline_at))),
            ("承办", _wide(one.unit_name)),
            ("提醒", text(states.moment(one.at))),
        ]
        for one in found
    ]
    st.html(tables.rows("urged", "预警工单", rows))
    if total > urging.PAGE:
        st.pagination(-(-total // urging.PAGE), key=_URGED_PAGE)


# -- 督办单 ----------------------------------------------------------------------------------------


def _box(box: str, shown: Sequence[Box], counts: Mapping[Box, int]) -> Box:
    """The box of the address, else the first that has something to be done in it."""
    if box in shown:
        return cast(Box, box)
    return next((one for one in _FIRST if one in shown and counts[one]), shown[0])


def sheets(who: Principal, box: str) -> None:
    """The 督办单 that the unit has to answer, sends, waits for and has done with."""
    counts = queries.counts(who)
    supervises = permissions.allowed(who, turn.SUPERVISE)
    shown = [one for one in queries.BOXES if supervises or one not in _SIDES]
    chosen = _box(box, shown, counts)
    given = [Choice(name=one, href=f"{PAGE}?tab=sheets&box={one}", count=counts[one],
                    chosen=one == chosen) for one in shown]  # fmt: skip
    st.html(look.choices("boxes", "督办单", given))
    found = queries.sheets(who, chosen)
    if not found:
        notice.empty(*_EMPTY[chosen])
        return
    rows: list[Cells] = [
        [
            ("编号", _opens(one.order_id, one.number or one.order_no)),
            ("诉求", _titled(one.title, simulated=one.simulated)),
            ("承办单位" if one.from_unit == who.unit.id else "督办单位",
             _wide(one.to_name if one.from_unit == who.unit.id else one.from_name)),
            ("督办理由", _wide(one.reason)),
            ("反馈时限", text(states.moment(one.answer_due_at) if one.answer_due_at else "—")),
            ("状态", look.state(one.state)),
        ]
        for one in found
    ]  # fmt: skip
    _listed("matters-of", "督办单", rows, counts[chosen])


# -- 会商 ------------------------------------------------------------------------------------------


def consult(who: Principal, box: str) -> None:
    """What the unit is asked and what it asked, the nearest hour first."""
    found = consultations.waiting(who)
    if not found:
        notice.empty(
            "没有进行中的会商",
            "派单单位在有争议的工单上提请会商后，被征求意见的单位和派单单位都能在这里看到。",
        )
        return
    mine = who.unit.id
    rows: list[Cells] = []
    for one in found:
        said = {each.unit_id for each in one.answers}
        asked = mine in dict(one.asked)
        word = f"{len(said)}/{len(one.asked)} 已答复"
        if asked and mine not in said:
            word = "待本单位答复"
        due = states.moment(one.due_at)
        limit = tag("span", text(f"▲ 已过 {due}"), class_="due") if one.late else text(due)
        rows.append(
            [
                ("编号", _opens(one.order_id, one.order_no)),
                ("诉求", _titled(one.title, simulated=one.simulated)),
                ("会商单位", _wide("、".join(name for _, name in one.asked))),
                ("事由", _wide(one.reason)),
                ("时限", limit),
                ("进展", text(word)),
            ]
        )
    st.html(tables.rows("matters-of", "进行中的会商", rows))
    if len(found) == consultations.MOST:
        st.html(tag("div", f"只列出时限最近的 {consultations.MOST} 件。", class_="default"))


# -- 申诉、认定 ------------------------------------------------------------------------------------


def appeals(who: Principal, box: str) -> None:
    """The appeals the unit made or decides, by their state."""
    counts = appealed.counts(who)
    known = (rules.ASKED, rules.UPHELD, rules.TURNED_DOWN)
    chosen = box if box in known else rules.ASKED
    given = [Choice(name=one, href=f"{PAGE}?tab=appeals&box={one}", count=counts.get(one, 0),
                    chosen=one == chosen) for one in known]  # fmt: skip
    st.html(look.choices("boxes", "申诉状态", given))
    words = "申诉成立的，本件从所列指标的分子、分母中同时减去，其他指标不变，工单办理经过保留。"
    st.html(tag("div", text(words), class_="default"))
    found = appealed.listed(who, chosen)
    if not found:
        notice.empty(
            f"没有{chosen}的申诉",
            "承办单位在工单办结后，可从工单页“督办评价”提出申诉，由派单单位审核。",
        )
        return
    rows: list[Cells] = [
        [
            ("编号", _opens(one.order_id, one.order_no)),
            ("诉求", _titled(one.title, simulated=one.simulated)),
            ("申诉单位", _wide(one.unit_name)),
            ("指标和理由", _wide(f"{'、'.join(one.rates)}：{one.ground}")),
            ("提出", text(states.moment(one.asked_at))),
            ("状态", look.state(one.state)),
        ]
        for one in found
    ]
    _listed("matters-of", "考核申诉", rows, counts.get(chosen, 0))


def to_mark(who: Principal, box: str) -> None:
    """What waits for a second person; there is no other list of marks, and none of callers."""
    st.html(tag("div", text(f"{marking.ABOUT}只列等待复核的。"), class_="default"))
    found, total = marks.to_decide(who), marks.waiting(who)
    if not found:
        notice.empty(
            "没有等待复核的认定",
            "承办单位在工单页“督办评价”提出后，由其他单位的另一人在这里复核。",
        )
        return
    rows: list[Cells] = [
        [
            ("编号", _opens(one.order_id, one.order_no)),
            ("理由和依据", _wide(one.words)),
            ("提出人", text(one.proposed_by_name)),
            ("认定情形", _wide(one.ground)),
            ("提出", text(states.moment(one.proposed_at))),
            ("状态", look.state(one.state)),
        ]
        for one in found
    ]
    _listed("matters-of", "等待复核的认定", rows, total)
