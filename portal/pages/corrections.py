"""数据校核: requests to put a value right: those that wait here, those asked from here."""

from uuid import UUID

import streamlit as st

from auth.principal import Principal
from portal.affairs.corrections import desk, queries, rules
from portal.affairs.corrections.queries import BOXES, Box, CorrectionRow, OpenedCorrection
from portal.affairs.corrections.rules import CorrectionError
from portal.functions import city
from portal.look import notice, states, tables
from portal.look.markup import Html, join, tag, text
from portal.pages.going import go
from portal.pages.guards import guarded, require

PERMISSION, ASK = queries.VIEW, queries.ASK
_TOLD = "correction_told"
_EMPTY = {
    "待本单位核实": "其他单位对本单位主管系统的数据提出校核后，出现在这里和“统一办理”。",
    "本单位提出": "在一人一档中点“校核”即可提出；结果回到这里、“统一办理”和档案中对应信息旁。",
    "辖区内全部": "辖区内居民信息的校核申请会列在这里。",
}


def _due(row: CorrectionRow) -> Html:
    if row.state not in rules.OPEN:
        return tag("span", f"{row.due_on:%m-%d}", class_="num")
    if row.overdue:
        return tag("span", f"▲ 超期 {row.due_on:%m-%d}", class_="due")
    return tag("span", f"{row.due_on:%m-%d}", class_="num")


def _cells(who: Principal, row: CorrectionRow) -> list[tuple[str, Html]]:
    return [
        ("信息项", text(row.label)),
        ("系统", tag("span", text(row.system_name), title=row.system_name)),
        ("当事人", text(row.person)),
        ("地点", text(city.place_within(who, row.region_name))),
        ("编号", text(row.number)),
        ("时限", _due(row)),
        ("状态", states.chip(row.state)),
    ]


def _first_page() -> None:
    st.session_state.pop("corrections_page", None)


@guarded(PERMISSION)
def _list(who: Principal) -> None:
    with st.container(key="correctionbar", horizontal=True, vertical_alignment="center"):
        box: Box = st.segmented_control(
            "范围",
            list(BOXES),
            default=_begin(who),
            key="corrections_box",
            label_visibility="collapsed",
            on_change=_first_page,
        ) or _begin(who)
        state = st.selectbox(
            "状态",
            ["", *rules.STATES],
            format_func=lambda one: one or "全部状态",
            key="corrections_state",
            label_visibility="collapsed",
            filter_mode=None,
            on_change=_first_page,
            width=168,
        )
    page = queries.listed(who, box, state or "", int(st.session_state.get("corrections_page") or 1))
    if not page.rows:
        notice.empty("没有校核申请", _EMPTY[box])
        return
    with st.container(key="rows-corrections", horizontal=True, wrap=False):
        st.html(tables.rows("corrections", "校核申请", [_cells(who, one) for one in page.rows]))
        with st.container(key="acts-corrections", width=72):
            for one in page.rows:
                if st.button("查看", key=f"correction-{one.id}", width="stretch"):
                    go("corrections", id=one.id)
    if page.pages > 1:
        st.pagination(page.pages, key="corrections_page")


def _begin(who: Principal) -> Box:
    return "待本单位核实" if who.unit.kind == "department" else "本单位提出"


def _item(name: str, value: str) -> Html:
    return tag("div", tag("dt", text(name)) + tag("dd", text(value)))


def _about(found: OpenedCorrection) -> Html:
    row = found.row
    limit = f"{row.due_on:%Y-%m-%d}"
    limit += f"（{found.limit_note}）" if found.limit_note else ""
    pairs = [
        ("当事人", row.person),
        ("所在社区（村）", row.region_name),
        ("系统", row.system_name),
        ("信息项", row.label),
        ("该系统现值", found.seen),
        ("建议更正为", found.proposed),
        ("建议依据", found.source),
        ("校核理由", found.ground),
        ("说明", found.remark),
        ("核实单位", f"{row.unit_name}（主管：{found.owner}）"),
        ("办理时限", limit),
        ("提出单位", "、".join(found.askers)),
        ("答复", found.reason),
    ]
    items = [_item(name, value) for name, value in pairs if value]
    items.append(tag("div", tag("dt", "状态") + tag("dd", states.chip(row.state))))
    return tag("dl", join(items), class_="person")


@guarded(ASK)
def _withdraw(who: Principal, correction_id: str) -> None:
    try:
        desk.withdraw(who, UUID(correction_id))
    except CorrectionError as problem:
        st.session_state[_TOLD] = problem.message


def _opened(who: Principal, correction_id: str) -> None:
    with notice.place():
        if told := st.session_state.pop(_TOLD, None):
            notice.error("没有撤回", told)
    found = queries.opened(who, correction_id)
    mark = states.mock() + " " if found.row.simulated else ""
    with st.container(key="card-correction"):
        st.html(tables.head(f"校核“{found.row.label}”", mark + text(found.row.number)))
        st.html(_about(found))
        with st.container(key="correctionbuttons", horizontal=True):
            if found.to_answer and st.button("去办理", type="primary", key="correction_task"):
                go("tasks")
            if found.mine:
                st.button("撤回", key="correction_back", on_click=_withdraw, args=(correction_id,))
            if st.button("返回列表", key="correction_list"):
                go("corrections")
    with st.container(key="card-correction-events"):
        columns = (
            tables.Column(head="时间"),
            tables.Column(head="单位"),
            tables.Column(head="经办人"),
            tables.Column(head="内容", kind="wrap"),
        )
        rows = [
            tuple(
                map(text, (states.moment(one.at), one.unit_name, one.actor_name or "—", one.words))
            )
            for one in found.events
        ]
        st.html(tables.head("办理经过", "新的在前"))
        st.html(tables.table("办理经过", columns, rows))


def page() -> None:
    """Draw the page."""
    who = require(PERMISSION)
    correction_id = st.query_params.get("id")
    if correction_id:
        try:
            _opened(who, correction_id)
        except CorrectionError as problem:
            notice.error("没有打开校核申请", problem.message)
            if st.button("返回列表", key="correction_list"):
                go("corrections")
        return
    with st.container(key="card-corrections"):
        st.html(tables.head("数据校核", f"办理时限为工作日，{text(city.default_note())}"))
        st.fragment(_list)()
