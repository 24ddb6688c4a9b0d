"""分拨台: what a command centre has to decide, what is suggested, how loaded the units are."""

from collections.abc import Mapping

import streamlit as st

from auth.principal import Principal
from portal.affairs.orders import addresses, classes, queries, triage
from portal.affairs.orders.queries import COUNTED
from portal.affairs.orders.triage import NAMES, TriageId
from portal.look import notice, states, tables
from portal.look.markup import Html, tag, text
from portal.look.tables import Column
from portal.look.today import link
from portal.pages.guards import guarded, require
from portal.pages.parts import memory, orderlist, orderopened, orderview, triageadvice, turnline

PERMISSION, PAGE = triage.PERMISSION, triageadvice.PAGE
SIZE = 15
_BOX, _PAGE = "triage_box", "triage_page"
_LOOK_AGAIN_SECONDS = 15.0
_EMPTY: dict[TriageId, str] = {
    "unsent": "收到的诉求在这里等待派单。",
    "disputed": "承办单位提出争议的工单在这里等待决定。",
    "returned": "承办单位申请退单的工单在这里等待决定。",
    "late": "本单位派出的工单都在时限内。",
    "longer": "下级申请延期的工单在这里等待决定。",
}


def _box(who: Principal, counts: Mapping[TriageId, int]) -> TriageId:
    kept = memory.recall(who, _BOX)
    known: list[TriageId] = list(NAMES)
    first = next((one for one in known if counts[one]), known[0])
    return next((one for one in known if one == kept), first)


@guarded(PERMISSION)
def _choose(who: Principal, box: TriageId) -> None:
    memory.keep(who, _BOX, box)
    st.session_state.pop(_PAGE, None)


def _many(number: int) -> str:
    return f"{COUNTED}+" if number > COUNTED else str(number)


def _list(who: Principal, current: str) -> None:
    counts = triage.counts(who)
    box = _box(who, counts)
    filters = triage.filters_of(box, orderview.under(who))
    page = queries.listed(who, filters, int(st.session_state.get(_PAGE) or 1), SIZE)
    mark = states.mock() + " " if any(one.simulated for one in page.rows) else ""
    st.html(tables.head("分拨台", f"{mark}{NAMES[box]} {page.total} · 时限近的在前"))
    with st.container(key="orderbar", horizontal=True):
        for one, name in NAMES.items():
            st.button(f"{name} {_many(counts[one])}", key=f"triage-box-{one}",
                      type="primary" if one == box else "secondary",
                      on_click=_choose, args=(one,))  # fmt: skip
    if not page.rows:
        notice.empty(f"没有{NAMES[box]}的工单", _EMPTY[box])
    elif current:
        cells = [orderlist.narrow_cells(one, current, PAGE) for one in page.rows]
        st.html(tables.rows("orders narrow", "工单", cells))
    else:
        rows = [orderlist.cells(who, one, "", PAGE)[:-1] for one in page.rows]
        st.html(tables.rows("orders triage", "工单", rows))
    pages = -(-page.counted // SIZE)
    if pages > 1:
        st.pagination(pages, key=_PAGE)
    if page.many:
        st.html(tag("div", f"只翻到前 {COUNTED} 件。", class_="default"))


def _number(value: int, href: str, *, late: bool = False) -> Html:
    if not value:
        return "0"
    words = link(f"▲ {value:,}" if late else f"{value:,}", href)
    return tag("span", words, class_="due") if late else words


def _loads(who: Principal) -> Html:
    found = triage.loads(who)
    head = tables.head("各单位在办", "本单位派出的工单，按区划排列")
    if not found:
        return head + notice.html("empty", "没有派出的在办工单", "派单后，各单位的在办数列在这里。")
    columns = [Column(head="单位"), *(Column(head=one, kind="num") for one in
               ("在办", "今天到期", "逾期"))]  # fmt: skip
    rows = [
        (
            text(one.unit_name),
            _number(one.open, addresses.of(unit=one.unit_id, open=True)),
            _number(one.today, addresses.of(unit=one.unit_id, open=True, due="今天到期")),
            _number(one.overdue, addresses.of(unit=one.unit_id, open=True, due="逾期"), late=True),
        )
        for one in found[: triage.MOST_UNITS]
    ]
    rest = len(found) - triage.MOST_UNITS
    more = tag("div", text(f"另有 {rest} 个单位未列出"), class_="default") if rest > 0 else ""
    return head + tables.table("各单位在办", columns, rows) + more


def _gaps(who: Principal) -> Html:
    """Class codes of other systems that stand for none of ours yet; nothing where there is none."""
    found = classes.gaps(who)  # the newest are enough: what is mapped makes room for the others
    if not found:
        return ""
    opens = addresses.of(tag=classes.OPEN, open=True)
    columns = [Column(head="来源"), Column(head="代码"), Column(head="件数", kind="num"),
               Column(head="最近")]  # fmt: skip
    rows = [
        (
            text(one.source),
            text(one.code),
            text(f"{one.orders:,}"),
            text(states.moment(one.last_at)),
        )
        for one in found
    ]
    note = (
        "这些代码没有对应本市分类，工单照常接收、分类待定。"
        "请派单时选定分类，并由平台管理员在城市包中补上对应。"
    )
    return (
        tables.head("来源分类待对应", "")
        + tables.table("来源分类待对应", columns, rows)
        + tag("div", text(note) + link("查看分类待定的工单", opens), class_="default")
    )


def page() -> None:
    """Draw the page."""
    who = require(PERMISSION)
    opened = st.query_params.get("id", "")
    current = opened.partition(":")[0]

    @guarded(PERMISSION)
    def body(who: Principal) -> None:
        _list(who, current)

    @guarded(PERMISSION)
    def load(who: Principal) -> None:
        st.html(_loads(who))
        if gaps := _gaps(who):
            st.html(gaps)

    with notice.place():
        if not opened:
            turnline.draw(who)
    left, right = st.columns([0.4, 0.6] if opened else [0.68, 0.32], gap="small")
    with left, st.container(key="card-orders-beside" if opened else "card-orders"):
        st.fragment(body, run_every=_LOOK_AGAIN_SECONDS)()
    with right:
        if opened:
            orderopened.card(who, opened, PAGE, triageadvice.before)
            return
        with st.container(key="card-loads"):
            st.fragment(load, run_every=_LOOK_AGAIN_SECONDS)()
