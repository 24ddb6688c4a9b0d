"""The list of findings: boxes with counts, a line to look for words, one table."""

import streamlit as st

from auth.principal import Principal
from portal.affairs.findings import choices, queries
from portal.affairs.findings.queries import BOXES, VIEW, Box, FindingRow
from portal.functions import city
from portal.look import notice, states, tables, theme
from portal.look import orders as look
from portal.look.markup import Html, tag, text
from portal.pages.guards import guarded

_EMPTY: dict[Box, tuple[str, str]] = {
    "待本单位办": ("没有待本单位办的问题", "轮到本单位时，问题会出现在这里和“统一办理”中。"),
    "在办": ("没有在办的问题", "发现的问题办结之前都列在这里，写明现由哪个单位办理。"),
    "已办结": ("还没有办结的问题", "由发现单位确认解决后列在这里。"),
    "全部": ("还没有问题", "在“发现问题”中登记，或由网格员递交。"),
}


@guarded(VIEW)
def _first_page(who: Principal) -> None:
    st.session_state.pop("findings_page", None)


def state_of(row: FindingRow) -> Html:
    """The state of a finding, as a chip."""
    return look.state(row.state, row.group)


def due_of(row: FindingRow) -> Html:
    """By when, if a meeting or a desk said so."""
    if row.due_on is None:
        return text("—")
    if row.late:
        return look.chip(theme.FAILED, f"逾期 {row.due_on:%m-%d}")
    return tag("span", f"{row.due_on:%m-%d}", class_="num")


def _cells(who: Principal, row: FindingRow) -> list[tuple[str, Html]]:
    number = tag("span", text(row.number), class_="number")
    opens = tag("a", number, href=f"/findings?id={row.id}", class_="go row",
                title=f"{row.number} {row.title}")  # fmt: skip
    near = city.place_within(who, row.region_name)
    mark = " " + states.mock() if row.simulated else ""
    return [
        ("编号", opens),
        ("标题", tag("span", text(row.title), title=row.title) + mark),
        ("类别", text(row.class_)),
        ("所在", tag("span", text(near), title=f"{row.region_name} {row.place}")),
        ("现由", tag("span", text(row.unit_name), title=row.unit_name)),
        ("方式", text(row.way or "—")),
        ("期限", due_of(row)),
        ("状态", state_of(row)),
    ]


def draw(who: Principal) -> None:
    """The card."""
    counts = queries.counts(who)
    with st.container(key="card-findings"):
        aside = f"全程可查：现由谁办、办到哪一步；流程为{city.default_note()}"
        st.html(tables.head("未诉先办", text(aside)))
        with st.container(key="findingfilters", horizontal=True, vertical_alignment="center"):
            box: Box = (
                st.segmented_control(
                    "范围", list(BOXES), format_func=lambda one: f"{one} {counts[one]}",
                    default=BOXES[0] if counts[BOXES[0]] else BOXES[1], key="findings_box",
                    label_visibility="collapsed", on_change=_first_page,
                )
                or BOXES[1]
            )  # fmt: skip
            words = st.text_input(
                "查找", key="findings_words", placeholder="标题、地点、编号", max_chars=40,
                label_visibility="collapsed", autocomplete="off", width=200,
                on_change=_first_page,
            )  # fmt: skip
            class_ = st.selectbox(
                "类别", choices.classes(), index=None, placeholder="全部类别",
                key="findings_class", label_visibility="collapsed", filter_mode=None, width=140,
                on_change=_first_page,
            )  # fmt: skip
        page = queries.listed(
            who, box, words=words or "", class_=class_ or "",
            page=int(st.session_state.get("findings_page") or 1),
        )  # fmt: skip
        if not page.rows:
            if words or class_:
                notice.empty("没有符合条件的问题", "请更换查找的字或类别。")
            else:
                notice.empty(*_EMPTY[box])
            return
        st.html(tables.rows("findings", "问题", [_cells(who, one) for one in page.rows]))
        st.html(tag("span", text(f"共 {page.total} 件"), class_="default"))
        if page.pages > 1:
            st.pagination(page.pages, key="findings_page")
