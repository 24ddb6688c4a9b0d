"""The list of work orders: boxes with counts, filters, one table whose rows open beside it."""

from collections.abc import Sequence

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders import addresses, boxes, classtree, queries, spots
from portal.affairs.orders.book import flow
from portal.affairs.orders.boxes import NAMES, BoxId, View
from portal.affairs.orders.queries import COUNTED, OrderRow
from portal.affairs.orders.rules import OrderError
from portal.affairs.orders.spots import Spot
from portal.functions import city, keepsakes
from portal.look import notice, states, tables
from portal.look import orders as look
from portal.look.markup import Html, tag, text
from portal.look.today import Tile
from portal.pages.guards import guarded
from portal.pages.parts import memory, orderbatch, orderclasses
from portal.pages.parts import orderview as views

SIZE = 15
_LOOK_AGAIN_SECONDS = 15.0
_MAP, _SAVING = "orders_map", "orders_saving"
_BELOW = {"city": 6, "district": 9, "street": 12}
_EMPTY: dict[BoxId, tuple[str, str]] = {
    "sign": ("没有待签收的工单", "派给本单位的工单会自动出现在这里，请在时限内签收。"),
    "doing": ("没有办理中的工单", "签收后的工单列在这里，直到办结。"),
    "review": ("没有待本单位审核的工单", "下级提交答复、退单、延期后，会自动出现在这里。"),
    "helping": ("没有需要协办的工单", "其他单位请本单位协办的工单会列在这里。"),
    "done": ("还没有已办的工单", "本单位承办的工单办结后列在这里。"),
    "all": ("辖区内还没有工单", "收到诉求后会自动出现在这里。"),
}


def limit_of(row: OrderRow) -> Html:
    """The deadline of a row."""
    state = flow().states.get(row.state)
    return look.limit(
        look.Limit(
            deadline=row.deadline_at,
            overdue=row.overdue,
            near=row.near,
            closed=state is not None and state.group == "done",
            on_account=row.on_account,
        )
    )


def state_of(row: OrderRow) -> Html:
    """The state of a row."""
    known = flow().states.get(row.state)
    supervised = known is not None and known.link == "督"
    return look.state(row.state, known.group if known else "", supervised=supervised)


def _opens(row: OrderRow, words: Html, current: str, page: str) -> Html:
    here = {"aria_current": "true"} if str(row.id) == current else {}
    title = f"{row.order_no} {row.title}　{row.place or row.region_name}"
    return tag("a", words, href=f"{page}?id={row.id}", class_="go row", title=title, **here)


def _place(who: Principal, row: OrderRow) -> Html:
    near = row.place or city.place_within(who, row.region_name)
    return tag("span", text(near), title=f"{row.region_name} {row.place}".strip())


def cells(
    who: Principal, row: OrderRow, current: str = "", page: str = addresses.PAGE
) -> list[tuple[str, Html]]:
    """One order as a row of the wide table."""
    secret = tag("span", "密", class_="mark", title="保密工单") if row.confidential else ""
    urgent = tag("span", "急", class_="mark", title=row.urgency_name) if row.urgency == 1 else ""
    return [
        ("编号", _opens(row, tag("span", text(row.order_no), class_="number"), current, page)),
        ("标题", urgent + secret + tag("span", text(row.title), title=row.title)),
        ("来源", text(row.source)),
        ("类型", text(row.kind)),
        ("地点", _place(who, row)),
        ("时限", limit_of(row)),
        ("状态", state_of(row)),
        ("承办", tag("span", text(row.unit_name), title=row.unit_name)),
    ]


def narrow_cells(
    row: OrderRow, current: str = "", page: str = addresses.PAGE
) -> list[tuple[str, Html]]:
    """The same beside an opened order."""
    urgent = tag("span", "急", class_="mark", title=row.urgency_name) if row.urgency == 1 else ""
    return [
        ("标题", _opens(row, urgent + text(row.title), current, page)),
        ("时限", limit_of(row)),
        ("状态", state_of(row)),
    ]


# -- above the table -------------------------------------------------------------------------------


@st.cache_data(max_entries=2000, ttl=10, show_spinner=False)
def _counted(
    unit_id: str, prefixes: tuple[str, ...], roles: tuple[str, ...], turn: str, _who: Principal
) -> dict[BoxId, int]:
    """Some seconds old at most, and new after every step of one's own (``turn``)."""
    return boxes.counts(_who)


def _counts(who: Principal) -> dict[BoxId, int]:
    return _counted(who.unit.id, who.prefixes, who.roles, views.turn(who), who)


def _many(number: int) -> str:
    return f"{COUNTED}+" if number > COUNTED else str(number)


def _boxes(chosen: BoxId, counts: dict[BoxId, int]) -> None:
    for box, name in NAMES.items():
        st.button(
            f"{name} {_many(counts[box])}",
            key=f"orders-box-{box}",
            type="primary" if box == chosen else "secondary",
            on_click=views.to_box,
            args=(box,),
        )


def _select(who: Principal, label: str, key: str, options: dict[str | int, str]) -> None:
    value = views.value_of(who, key)
    known = dict(options)
    if value not in (None, "") and value not in known:  # an address may name what no list offers
        known[value] = city.place_name(value) if key == "orders_region" else str(value)
    st.session_state[key] = value or ""
    st.selectbox(
        label,
        list(known),
        format_func=lambda one: known.get(one, str(one)),
        key=key,
        label_visibility="collapsed",
        filter_mode=None,
        on_change=views.narrowed,
        args=(key,),
        width=118,
    )


def _plain(whole: str, names: Sequence[str]) -> dict[str | int, str]:
    return {"": whole, **{one: one for one in names}}


def _plain_levels(names: dict[int, str]) -> dict[str | int, str]:
    return {"": "全部缓急", **dict(names.items())}


def _filters(who: Principal) -> None:
    offered = boxes.offered()
    _select(who, "时限", "orders_due", _plain("全部时限", offered.dues))
    _select(who, "类型", "orders_kind", _plain("全部类型", offered.kinds))
    _select(who, "来源", "orders_source", _plain("全部来源", offered.sources))
    _select(who, "紧急程度", "orders_urgency", _plain_levels(offered.urgencies))
    places = city.places_below(who.unit.region_code) if who.prefixes else ()
    if places:
        named: dict[str | int, str] = {one.code: city.everyday(one.name) for one in places}
        _select(who, "地点", "orders_region", {"": "全部地点", **named})
    st.session_state["orders_place"] = views.value_of(who, "orders_place")
    st.text_input(
        "编号或地址",
        key="orders_place",
        label_visibility="collapsed",
        placeholder="编号或地址",
        max_chars=40,
        on_change=views.narrowed,
        args=("orders_place",),
        width=130,
    )


@guarded(views.VIEW)
def _turn(who: Principal, what: str) -> None:
    memory.keep(who, what, not memory.recall(who, what) or None)


def _saved(who: Principal) -> None:
    names = list(keepsakes.kept(who, views.SAVED))
    if names:
        st.session_state["orders_saved"] = None
        st.selectbox("已存筛选", names, index=None, placeholder="已存筛选", key="orders_saved",
                     label_visibility="collapsed", filter_mode=None, on_change=views.take,
                     width=118)  # fmt: skip
    shown = bool(memory.recall(who, _SAVING))
    st.button(
        "收起保存" if shown else "保存筛选", key="orders_saving", on_click=_turn, args=(_SAVING,)
    )


def _saving(who: Principal) -> None:
    """Give what is shown a name, or forget a name."""
    if not memory.recall(who, _SAVING):
        return
    names = list(keepsakes.kept(who, views.SAVED))
    with st.container(key="ordersaving", horizontal=True, vertical_alignment="center"):
        st.text_input("给当前筛选起个名称", key="orders_save_name", max_chars=keepsakes.MOST_NAME,
                      placeholder="给当前筛选起个名称", label_visibility="collapsed",
                      autocomplete="off", width=200)  # fmt: skip
        st.button("保存", type="primary", key="orders_save", on_click=views.save)
        for name in names:
            st.button(f"删除“{name}”", key=f"orders_drop-{name}", on_click=views.drop,
                      args=(name,))  # fmt: skip


def _said(who: Principal, view: View) -> None:
    """What the list is narrowed by beyond what the fields show, and the way back."""
    pieces = [f"{name}：{words}" for name, words in views.hidden(view.narrow)]
    if code := view.narrow.category:
        names = orderclasses.names_of(who.unit.region_code, who)
        pieces.append(f"分类：{classtree.called(names, code)}")
    with st.container(key="ordersaid", horizontal=True, vertical_alignment="center"):
        if pieces:
            st.html(tag("span", text("已筛选　" + "　".join(pieces)), class_="default"),
                    width="content")  # fmt: skip
        st.button("清除筛选", key="orders_reset", on_click=views.reset)


# -- the map of tiles ------------------------------------------------------------------------------


@st.cache_data(max_entries=2000, ttl=60, show_spinner=False)
def _spots(region: str, digits: int, prefixes: tuple[str, ...], _who: Principal) -> dict[str, Spot]:
    """At most a minute old, and the same for everybody of that scope."""
    return spots.by_place(_who, region, digits)


def _map(who: Principal, view: View) -> None:
    digits = _BELOW.get(who.unit.level)
    if digits is None:
        return
    found = _spots(who.unit.region_code, digits, who.prefixes, who)
    places = city.places_below(who.unit.region_code)
    tiles = [
        look.TileOf(
            name=city.everyday(one.name),
            open=found.get(one.code, Spot()).open,
            overdue=found.get(one.code, Spot()).overdue,
            href=addresses.of(region=one.code, open=True),
            chosen=view.narrow.region == one.code,
        )
        for one in places
        if not one.statistics_only or one.code in found
    ]
    rest = [found[code] for code in found if code not in {one.code for one in places}]
    unplaced = sum(one.open for one in rest)
    said = f"另有 {unplaced} 件只登记到{city.place_name(who.unit.region_code)}" if unplaced else ""
    st.html(look.tiles("在办工单分布", tiles) + tag("span", text(said), class_="default"))


# -- the list --------------------------------------------------------------------------------------


def _table(who: Principal, rows: Sequence[OrderRow], current: str, *, narrow: bool) -> None:
    if narrow:
        st.html(tables.rows("orders narrow", "工单", [narrow_cells(one, current) for one in rows]))
        return
    table = tables.rows("orders", "工单", [cells(who, one, current) for one in rows])
    if not orderbatch.on(who):
        st.html(table)
        return
    with st.container(key="rows-orders", horizontal=True, wrap=False):
        st.html(table)
        with st.container(key="acts-orders", width=72):
            for one in rows:
                orderbatch.pick(who, one)


def _head(page: queries.Page, *, by_deadline: bool) -> Html:
    mark = states.mock() + " " if any(one.simulated for one in page.rows) else ""
    keys = tag("span", "J/K 上下 · 回车打开 · Esc 关闭", class_="keys")
    order = "时限近的在前" if by_deadline else "新收到的在前"
    return tables.head("诉求工单", f"{mark}共 {page.total} · {order} {keys}")


def _nothing(view: View) -> None:
    if boxes.narrowed(view.narrow):
        notice.empty("没有符合条件的工单", "请点“清除筛选”，或放宽上方的条件。")
    else:
        notice.empty(*_EMPTY[view.box])


def _bar(who: Principal, view: View, page: queries.Page, *, narrow: bool) -> None:
    with st.container(key="orderbar", horizontal=True, vertical_alignment="center"):
        _boxes(view.box, _counts(who))
        if not narrow:
            orderbatch.switch(who, page.rows)
    if narrow:
        return
    with st.container(key="orderfilters", horizontal=True, vertical_alignment="center"):
        _filters(who)
        _saved(who)
        orderclasses.switch(who)
        if who.prefixes and who.unit.level in _BELOW:
            shown = bool(memory.recall(who, _MAP))
            st.button(
                "收起示意图" if shown else "示意图", key="orders_map", on_click=_turn, args=(_MAP,)
            )
    _saving(who)
    orderclasses.draw(who)
    with notice.place():
        if told := views.told():
            notice.hint(told)
    if boxes.narrowed(view.narrow):
        _said(who, view)


def _list(who: Principal, current: str) -> None:
    if not views.begun(who):
        views.choose(who, View(box=views.first_box(_counts(who))))
    view = views.current(who)
    try:
        filters = boxes.filters_of(view, views.under(who))
        page = queries.listed(who, filters, int(st.session_state.get(views.PAGE) or 1), SIZE)
    except OrderError as problem:
        notice.error("没有按地址筛选", f"{problem.message}其他条件已保留。")
        st.button("清除筛选", key="orders_reset", on_click=views.reset)
        return
    narrow = bool(current)
    st.html(_head(page, by_deadline=bool(filters.open) and filters.sort == "时限"))
    _bar(who, view, page, narrow=narrow)
    if not narrow and memory.recall(who, _MAP):
        _map(who, view)
    if not narrow:
        orderbatch.bar(who, page.rows)
    if page.rows:
        _table(who, page.rows, current, narrow=narrow)
    else:
        _nothing(view)
    pages = -(-page.counted // SIZE)
    if pages > 1:
        st.pagination(pages, key=views.PAGE)
    if page.many:
        st.html(tag("div", f"只翻到前 {COUNTED} 件，请用筛选缩小范围。", class_="default"))


def card(who: Principal, current: str = "") -> None:
    """The card of the list; what changes in it shows by itself."""

    @guarded(views.VIEW)
    def body(who: Principal) -> None:
        _list(who, current)

    with st.container(key="card-orders-beside" if current else "card-orders"):
        st.fragment(body, run_every=_LOOK_AGAIN_SECONDS)()


@st.cache_data(max_entries=2000, ttl=15, show_spinner=False)
def _own(unit_id: str, prefixes: tuple[str, ...], _who: Principal) -> tuple[int, int, int]:
    """What the unit holds: open, due today, late; a few seconds old at most."""
    found = queries.counts(_who)
    return found["合计"], found["今天到期"], found["逾期"]


def home_tile(who: Principal) -> list[Tile]:
    """The line of a home; nothing for who does not handle orders."""
    if not permissions.allowed(who, orderbatch.HANDLE):
        return []
    open_, ends, late = _own(unit_id=who.unit.id, prefixes=who.prefixes, _who=who)
    said = f"{open_:,} 件，今天到期 {ends:,}，逾期 {late:,}" if open_ else ""
    href = addresses.of(box="doing", due="逾期") if late else addresses.PAGE
    return [Tile(name="诉求工单", value=open_, href=href, said=said,
                 weight="urgent" if late else "plain")]  # fmt: skip
