"""一表通: answers that wait here, all of them, forms, the table as it grows, and the burden."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.forms import burden, desk, queries, rules
from portal.affairs.forms.burden import Burden
from portal.affairs.forms.queries import AnswerRow, Behind, Box, What
from portal.affairs.workflow.flow import FlowError
from portal.functions import city
from portal.look import notice, states, tables
from portal.look.markup import Html, tag, text
from portal.look.today import link
from portal.pages.going import go
from portal.pages.guards import guarded, require
from portal.pages.parts import (
    burdenpanel,
    formanswer,
    formdraft,
    formtable,
    provinceforms,
    saying,
)
from portal.store import region_codes
from portal.store.citypack import pack

PERMISSION = desk.VIEW
WAITING, ALL, FORMS, NEW, TABLE, BURDEN = "waiting", "all", "forms", "new", "table", "burden"
PROVINCE = "province"
_NAMES: Mapping[str, str] = {
    WAITING: "待办",
    ALL: "全部填报",
    FORMS: "报表",
    PROVINCE: "省级",
    NEW: "起草",
    TABLE: "汇总",
    BURDEN: "减负",
}
_WAITS: Mapping[str, str] = {
    "community": "部门下发的报表自动取数后出现在这里，核对补充后上报。",
    "street": "社区（村）上报的填报在这里等待审核；进度见“汇总”。",
}
_TO_LOCK = "乡镇（街道）审核通过的填报在这里等待锁定；进度见“汇总”。"
_SHOWN, _CAME = 20, "forms_came"


def _parts(who: Principal) -> list[str]:
    inside = bool(who.prefixes)
    shown = {
        WAITING: inside,
        ALL: inside,
        NEW: permissions.allowed(who, desk.DRAFT) and pack().forms.issue_locally,
        PROVINCE: provinceforms.shown(who),
        TABLE: who.unit.level != "community" and (inside or permissions.allowed(who, desk.DRAFT)),
    }
    return [one for one in _NAMES if shown.get(one, True)]


def _due(row: AnswerRow) -> Html:
    words = f"▲ 逾期 {row.due_on:%m-%d}" if row.late else f"{row.due_on:%m-%d}"
    return tag("span", words, class_="due" if row.late else "num")


def _source(source: str) -> Html:
    """What did not arise here says so."""
    return " " + states.chip(source) if source == rules.PROVINCIAL else ""


def _place(who: Principal, full_name: str) -> str:
    """The place itself first: what stands behind it may be cut on a narrow screen."""
    *above, place = city.place_within(who, full_name).split(city.SEPARATOR)
    return f"{place}（{above[-1]}）" if above else place


def _cells(who: Principal, row: AnswerRow) -> list[tuple[str, Html]]:
    auto = f"{row.count.percent}%" if row.filled and row.count.percent is not None else "取数中"
    mark = states.mock() + " " if row.simulated else ""
    return [
        ("报表", mark + text(row.title)),
        ("来源", text(row.issuer) + _source(row.source)),
        ("地点", text(_place(who, row.region_name))),
        ("自动取数", text(auto)),
        ("时限", _due(row)),
        ("状态", states.chip(row.state)),
    ]


_COUNTED: Mapping[What, str] = {"sent": "下发", "answered": "上报", "refused": "拒收"}


def _behind(who: Principal) -> Behind | None:
    """What the address of a number names, inside the own scope; the list says so."""
    given = st.query_params
    region, what = given.get("region", ""), given.get("what", "")
    known = next((one for one in _COUNTED if one == what), None)
    try:
        month = date.fromisoformat(f"{given.get('month', '')}-01")
    except ValueError:
        return None
    if known is None or not region or not permissions.allowed(who, PERMISSION, region):
        return None
    words = f"{month.year}年{month.month}月{_COUNTED[known]}"
    name = tag("b", text(f"{city.place_name(region)} · {words}"))
    st.html(tag("p", text("只列出：") + name + " " + link("全部填报", f"/forms?part={ALL}")))
    return Behind(region=region, what=known, month=month)


def _answers(who: Principal, box: Box, empty: str) -> None:
    rows = queries.answers(who, box, _behind(who) if box == "全部" else None)
    if not rows:
        notice.empty("没有填报", empty)
        return
    pages = -(-len(rows) // _SHOWN)
    at = min(int(st.session_state.get("forms_page") or 1), pages)
    shown = rows[(at - 1) * _SHOWN : at * _SHOWN]
    with st.container(key="rows-forms", horizontal=True, wrap=False):
        st.html(tables.rows("forms", "填报", [_cells(who, one) for one in shown]))
        with st.container(key="acts-forms", width=72):
            for one in shown:
                if st.button("打开", key=f"form-open-{one.id}", width="stretch"):
                    go("forms", id=str(one.id))
    if pages > 1:
        st.pagination(pages, key="forms_page")
    if len(rows) >= queries.MOST:
        notice.hint(f"只列出前 {queries.MOST} 份", "请按报表在“汇总”中查看其余的。")


def _waiting(who: Principal) -> None:
    _answers(who, "待办", _WAITS.get(who.unit.level, _TO_LOCK))


def _by_number(who: Principal) -> None:
    """The number on a paper leads to its answer, whatever place it came from."""
    with st.container(key="form-number", horizontal=True, vertical_alignment="bottom"):
        number = st.text_input("纸面或文件上的编号", key="forms_number", width=260, max_chars=20,
                               placeholder="如 YB00000012", autocomplete="off")  # fmt: skip
        asked = st.button("按编号打开", key="forms_number_open")
    with notice.place():
        try:
            found = queries.numbered(who, number or "") if asked else None
        except FlowError as problem:
            found = None
            notice.error("没有打开", problem.message)
    if found is not None:
        go("forms", id=str(found))


def _everything(who: Principal) -> None:
    _by_number(who)
    _answers(who, "全部", "辖区内的填报会列在这里。")


def _forms(who: Principal) -> None:
    rows = queries.forms(who)
    if not rows:
        notice.empty("没有报表", "备案并下发的报表会列在这里。")
        return
    for one in rows:
        mark = states.mock() + " " if one.simulated else ""
        with st.container(key=f"formline-{one.id}", horizontal=True, vertical_alignment="center"):
            words = f"{one.number or '无表号'} · {one.issuer} · {one.cycle} · {one.state}"
            st.html(tables.head(one.title, mark + text(words) + _source(one.source)))
            if st.button("打开", key=f"form-see-{one.id}"):
                go("forms", form=str(one.id))


def _meter(title: str, rows: Sequence[Burden]) -> None:
    heads = ("报表", "份", "栏目格数", "自动", "人工修改", "人工填写", "拒绝重复采集", "原需工时",
             "现需工时", "节省工时")  # fmt: skip
    columns = [tables.Column(head="单位"), *(tables.Column(head=one, kind="num") for one in heads)]
    body = [
        tuple(
            map(text, (one.name, one.forms, one.answers, one.count.asked, one.count.auto,
                       one.count.changed, one.count.typed, one.refused, one.hours.before,
                       one.hours.after, one.hours.saved))
        )
        for one in rows
    ]  # fmt: skip
    st.html(tables.table(title, columns, body))


def _part_of(who: Principal) -> str | None:
    """The city's communities are read district by district: more than a thousand is no table."""
    own = who.unit.region_code
    if len(own) > region_codes.CITY or not permissions.allowed(who, PERMISSION, own):
        return None
    below = {one.code: one.name for one in city.places_below(own) if not one.statistics_only}
    return st.selectbox("区县", list(below), format_func=below.__getitem__, key="burden_district",
                        filter_mode=None, width=260)  # fmt: skip


def _burden(who: Principal) -> None:
    st.html(tables.head("减负计量", text(burdenpanel.formula())))
    by = st.segmented_control("口径", ["按部门", "按社区（村）"], default="按部门", key="forms_by",
                              label_visibility="collapsed")  # fmt: skip
    if by == "按社区（村）":
        rows = burden.listed(who, "community", _part_of(who))
    else:
        rows = burden.listed(who, "issuer")
    if not rows:
        notice.empty("还没有计量", "报表下发并自动取数后开始计量。")
        return
    _meter("减负计量", rows)


_DRAWN: Mapping[str, Callable[[Principal], None]] = {
    WAITING: _waiting,
    ALL: _everything,
    FORMS: _forms,
    PROVINCE: provinceforms.draw,
    NEW: formdraft.new,
    TABLE: formtable.draw,
    BURDEN: _burden,
}


def _arrive(parts: Sequence[str]) -> None:
    """An address that names a part shows it, once: what is chosen afterwards stands."""
    came = st.query_params.get("part", "")
    if came in parts and came != st.session_state.get(_CAME):
        st.session_state["forms_part"] = came
    st.session_state[_CAME] = came


@guarded(PERMISSION)
def _body(who: Principal) -> None:
    parts = _parts(who)
    _arrive(parts)
    with st.container(key="formbar", horizontal=True, vertical_alignment="center"):
        part = (
            st.segmented_control(
                "内容", parts, format_func=_NAMES.__getitem__, key="forms_part",
                default=parts[0], label_visibility="collapsed",
            )
            or parts[0]
        )  # fmt: skip
    saying.draw()
    _DRAWN[part](who)


def page() -> None:
    """Draw the page."""
    who = require(PERMISSION)
    answer, form = st.query_params.get("id"), st.query_params.get("form")
    if not (answer or form):
        with st.container(key="card-forms"):
            st.html(tables.head("一表通", text(f"流程、表样为{city.default_note()}")))
            st.fragment(_body)()
        return
    try:
        if answer:
            formanswer.card(who, answer)
        else:
            formdraft.card(who, str(form))
    except FlowError as problem:
        notice.error("没有打开", problem.message)
        if st.button("返回一表通", key="form_back"):
            go("forms")
