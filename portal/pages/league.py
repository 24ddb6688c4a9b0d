"""一比三率: units beside each other, why each stands there, the scheme, the bulletins."""

from datetime import date
from urllib.parse import urlencode

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.rates import behind, bulletin, early, league, schemes, spans, standings
from portal.affairs.rates.counts import change, change_words, per_10k
from portal.affairs.rates.entrants import LEAGUES, today
from portal.affairs.rates.league import Table
from portal.affairs.rates.schemes import RatesError
from portal.affairs.rates.standings import Standing
from portal.functions import city
from portal.look import league as look
from portal.look import notice, states, tables
from portal.look.markup import Html, join, tag, text
from portal.pages.guards import guarded, require
from portal.pages.parts import memory, scheming, showing
from portal.store.scheme_texts import League

PERMISSION = schemes.VIEW
_UNIT, _WHAT = "league_unit", "league_what"
_MONTHS = 24


@guarded(PERMISSION)
def _open(who: Principal, unit_id: str) -> None:
    memory.keep(who, _UNIT, None if memory.recall(who, _UNIT) == unit_id else unit_id)
    memory.keep(who, _WHAT, None)


@guarded(PERMISSION)
def _show(who: Principal, what: str) -> None:
    memory.keep(who, _WHAT, what)


def _choose() -> tuple[League, date]:
    months = [one.starts for one in spans.recent("月", today(), _MONTHS)]
    with st.container(key="leaguebar", horizontal=True, vertical_alignment="center"):
        kinds: list[League] = list(LEAGUES)
        name = (
            st.segmented_control(
                "单位类别",
                kinds,
                default="street",
                format_func=lambda one: LEAGUES[one],
                key="league_kind",
                label_visibility="collapsed",
            )
            or "street"
        )
        month = st.selectbox(
            "月份",
            months,
            index=1,
            format_func=lambda one: f"{one.year}年{one.month}月",
            key="league_month",
            label_visibility="collapsed",
            filter_mode=None,
            width=150,
        )
    return name, month


# -- the table ------------------------------------------------------------------------------------


def _cells(one: Standing, made: Table) -> list[tuple[str, Html]]:
    entrant, place = one.entrant, "—" if one.place is None else str(one.place)
    scheme = made.scheme.scheme
    cells = [("单位", text(entrant.name)), ("位次", text(place))]
    cells.append(("得分", look.value(one.score)))
    zone = look.zone(one.zone, one.flag) if made.closed or one.flag else look.zone(None, "未结账")
    cells.append(("分区", zone))
    cells += [(rate.name, text(one.rates[rate.id].words)) for rate in scheme.scoring]
    if made.of_places:
        ratio = per_10k(entrant.counts.received, entrant.population)
        cells.append(("万人诉求比", look.value(ratio, "无人口数")))
        moved = change(entrant.counts.received, entrant.received_before)
        cells.append(("受理环比", text(change_words(moved))))
    else:
        cells.append(("派单量", look.value(entrant.counts.dispatched)))
        cells.append(("超期", look.value(entrant.counts.overdue)))
    return cells


def _stamp(made: Table) -> Html:
    state = "已结账" if made.closed else "未结账，仅供参考"
    at = f"数据时间 {states.moment(made.as_of)}" if made.as_of else "还没有数据"
    version = f"考评方案（{made.scheme.named}）"
    mark = " " + states.mock() if city.simulated() else ""
    return text(f"{made.span.name} · {state} · {at} · {version}") + mark


def _table(who: Principal, made: Table) -> None:
    with st.container(key="card-league"):
        st.html(tables.head(f"{made.name}点评榜", _stamp(made)))
        if not made.standings:
            notice.empty(
                "这里还没有单位",
                "本期没有派给这类单位的工单，或不在本岗位的管辖范围。可换一类单位或月份查看。",
            )
            return
        if not made.whole:
            notice.hint("只含本岗位管辖范围", "本月尚未结账，位次在结账后对全市公布。")
        rows = [_cells(one, made) for one in made.standings]
        with st.container(key="rows-league", horizontal=True, wrap=False):
            st.html(tables.rows("league", f"{made.name}点评榜", rows))
            with st.container(key="acts-league", width=72):
                for one in made.standings:
                    st.button("缘由", key=f"why-{one.entrant.id}", on_click=_open,
                              args=(one.entrant.id,), width="stretch")  # fmt: skip
        _below(made)


def _below(made: Table) -> None:
    pieces: list[Html] = []
    if made.closed:
        pieces.append(tag("p", look.counts([one.zone for one in made.standings]), class_="said"))
    rules = list(standings.rule_words(made.scheme.scheme))
    rules.append(f"考评规则为{city.default_note()}；只比单位，不比个人和社区（村）")
    if made.idle:
        rules.append(f"另有{made.idle}个部门本期没有工单，未列出")
    st.html(join(pieces) + look.listed(rules))


# -- why ------------------------------------------------------------------------------------------


def _why(who: Principal, name: League, month: date) -> None:
    unit_id = memory.recall(who, _UNIT)
    if not isinstance(unit_id, str):
        return
    try:
        found = league.why(who, name, month, unit_id)
    except RatesError:
        return  # another kind of unit is shown now
    one = found.standing
    with st.container(key="card-why"):
        place = f"第{one.place}位 · " if one.place else ""
        score = f"{one.score}分" if one.score is not None else one.flag
        st.html(tables.head(f"{one.entrant.name}：为什么", text(place + score)))
        if one.reasons:
            st.html(look.listed(one.reasons, "said"))
        st.html(look.lines(found.lines))
        earlier = "、".join(f"{span.name}{value}分" for span, value in found.earlier)
        st.html(
            tag("p", text(f"退单率 {found.returned}；此前得分：{earlier or '无'}"), class_="about")
        )
        with st.container(key="behind", horizontal=True, vertical_alignment="center"):
            st.html(tag("span", "失分的工单：", class_="quiet"), width="content")
            for what, words in behind.WHAT.items():
                st.button(words, key=f"what-{what}", on_click=_show, args=(what,))
        _orders(who, name, month, unit_id)


def _orders(who: Principal, name: League, month: date, unit_id: str) -> None:
    what = memory.recall(who, _WHAT)
    if not isinstance(what, str):
        return
    found = behind.orders(who, name, month, unit_id, what)
    if not found:
        notice.empty(f"没有“{behind.WHAT[what]}”的工单", "只列出本岗位可见的工单。")
        return
    columns = [tables.Column(head=one) for one in ("编号", "标题", "地点", "状态", "受理时间")]
    rows = [
        [text(one.order_no), text(one.title), text(one.place), text(one.state),
         text(states.moment(one.received_at))]
        for one in found
    ]  # fmt: skip
    st.html(tables.table(f"{behind.WHAT[what]}的工单", columns, rows))
    st.html(tag("p", text(f"最多列出{behind.MOST}件，只含本岗位可见的工单"), class_="default"))


# -- beside it ------------------------------------------------------------------------------------


def _warnings(who: Principal, month: date) -> None:
    """Only for a street, and only about its own communities."""
    if not early.may_read(who):
        return
    found = early.warned(who, month)
    with st.container(key="card-early"):
        st.html(tables.head("社区（村）提醒", "只有本乡镇（街道）可见，不排名、不分区"))
        if not found:
            notice.empty("没有需要留意的社区（村）", "出现诉求骤增、逾期或同类集中时会列在这里。")
            return
        st.html(look.listed((f"{one.name}：{'；'.join(one.reasons)}" for one in found), "said"))


def _bulletins(who: Principal, month: date) -> None:
    region = who.unit.region_code
    if not permissions.allowed(who, bulletin.BULLETIN, region):
        return
    chosen = [spans.around("月", month), *(spans.around(one, today()) for one in ("周", "日"))]
    links = []
    for span in chosen:
        for form, words in (("docx", "文字"), ("xlsx", "表格")):
            address = f"/api/v1/bulletins/{span.text}.{form}?{urlencode({'region': region})}"
            links.append(tag("a", text(f"{span.title} {span.name}（{words}）"), href=address,
                             class_="download", download=""))  # fmt: skip
    with st.container(key="card-bulletin"):
        st.html(tables.head("通报", text(f"{who.unit.name} · 一键生成，数字与点评榜同源")))
        st.html(tag("div", join(links), class_="downloads"))


def _quoted() -> None:
    rows = city.published_rates()
    if not rows:
        return
    with st.container(key="card-quoted"):
        st.html(tables.head("公开报道的数字", "原样引用，与本系统测得的并列，口径不尽相同"))
        st.html(look.quoted(rows))


@guarded(PERMISSION)
def _body(who: Principal) -> None:
    name, month = _choose()
    try:
        made = league.table(who, name, month)
        _table(who, made)
        _why(who, name, month)
        _warnings(who, month)
        _bulletins(who, month)
        showing.draw(who)
        scheming.draw(who, name, month, made)
    except RatesError as error:
        notice.error("没有完成", error.message)
    _quoted()


def page() -> None:
    """Draw the page."""
    require(PERMISSION)
    st.fragment(_body)()
