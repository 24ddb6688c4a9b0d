"""通知: what one's unit has sent and who has read it; what it was sent; sending to units below."""

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.notices import queries
from portal.affairs.notices.queries import BOXES, SEND, VIEW, Box, NoticeRow
from portal.affairs.notices.rules import NoticeError
from portal.functions import city
from portal.look import notice, states, tables
from portal.look.markup import Html, tag, text
from portal.pages.going import go
from portal.pages.guards import guarded, require
from portal.pages.parts import noticeopened, noticewriting

_EMPTY: dict[Box, tuple[str, str]] = {
    "本单位发出": ("还没有发出通知", "点“发送通知”写给下级单位；各单位是否已阅列在这里。"),
    "发给本单位": ("没有发给本单位的通知", "上级发来的通知出现在这里和“统一办理”的待阅中。"),
}


def _limit(row: NoticeRow) -> Html:
    if not row.receipt:
        return "不需回执"
    if row.due_on is None:
        return "—"
    open_ = row.state == "已发送" and (row.missing or not row.units) and row.read_here is None
    if open_ and row.due_on < states.today():
        return tag("span", f"▲ 逾期 {row.due_on:%m-%d}", class_="due")
    return tag("span", f"{row.due_on:%m-%d}", class_="num")


def _read(row: NoticeRow, box: Box) -> Html:
    if box == "本单位发出":
        return text(f"{row.read} / {row.units} 个单位")
    return text("已阅" if row.read_here is not None else "未阅")


def _cells(row: NoticeRow, box: Box) -> list[tuple[str, Html]]:
    return [
        ("标题", tag("span", text(row.title), title=row.title)),
        ("发文单位", tag("span", text(row.unit_name), title=row.unit_name)),
        ("编号", text(row.number)),
        ("回执截止", _limit(row)),
        ("阅知", _read(row, box)),
        ("发出", text(states.moment(row.sent_at))),
        ("状态", states.chip(row.state)),
    ]


def _first_page() -> None:
    st.session_state.pop("notices_page", None)


def _begin(who: Principal) -> Box:
    return BOXES[0] if permissions.allowed(who, SEND) else BOXES[1]


@guarded(VIEW)
def _list(who: Principal) -> None:
    may_send = permissions.allowed(who, SEND)
    box: Box = _begin(who)
    with st.container(key="noticebar", horizontal=True, vertical_alignment="center"):
        if may_send:
            box = (
                st.segmented_control(
                    "范围",
                    list(BOXES),
                    default=box,
                    key="notices_box",
                    label_visibility="collapsed",
                    on_change=_first_page,
                )
                or box
            )
            if st.button("发送通知", type="primary", key="notices_new"):
                go("notices", write="1")
    page = queries.listed(who, box, int(st.session_state.get("notices_page") or 1))
    if not page.rows:
        notice.empty(*_EMPTY[box])
        return
    with st.container(key="rows-notices", horizontal=True, wrap=False):
        st.html(tables.rows("notices", "通知", [_cells(one, box) for one in page.rows]))
        with st.container(key="acts-notices", width=72):
            for one in page.rows:
                if st.button("查看", key=f"notice-{one.id}", width="stretch"):
                    go("notices", id=one.id)
    if page.pages > 1:
        st.pagination(page.pages, key="notices_page")


def _one(who: Principal, notice_id: str) -> None:
    try:
        noticeopened.card(who, notice_id)
    except NoticeError as problem:
        notice.error("没有打开通知", problem.message)
        if st.button("返回列表", key="notice_list"):
            go("notices")


def page() -> None:
    """Draw the page."""
    who = require(VIEW)
    if notice_id := st.query_params.get("id"):
        _one(who, notice_id)
    elif st.query_params.get("write"):
        noticewriting.card()
    else:
        with st.container(key="card-notices"):
            aside = f"按单位回执，不计个人、不排名；期限和附件上限为{city.default_note()}"
            st.html(tables.head("通知", text(aside)))
            st.fragment(_list)()
