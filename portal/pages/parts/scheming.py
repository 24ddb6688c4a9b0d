"""The evaluation scheme on the page: what holds, its versions, and for who decides it an editor.

Trying out shows what a draft would do and keeps nothing; only saving writes a version.
"""

from datetime import date
from typing import Any

import streamlit as st

from auth.principal import Principal
from portal.affairs.rates import closing, schemes
from portal.affairs.rates.closing import Trial
from portal.affairs.rates.entrants import LEAGUES, today
from portal.affairs.rates.league import Table
from portal.affairs.rates.schemes import RatesError, Version
from portal.affairs.rates.spans import around
from portal.look import league as look
from portal.look import notice, states, tables
from portal.look.markup import tag, text
from portal.pages.guards import guarded
from portal.pages.parts import memory
from portal.store.scheme_texts import League, Scheme

_TRIED, _TOLD = "scheme_tried", "scheme_told"


def draw(who: Principal, name: League, month: date, made: Table) -> None:
    """The versions for everybody, the editor for whoever decides."""
    with st.container(key="card-scheme"):
        st.html(tables.head("考评方案", "已结账的月份不受修改影响"))
        listing = st.container()
        if schemes.may_settle(who):
            with st.expander("修改方案、试算", key="scheme_editor"):
                _editor(who, name, month, schemes.history(who)[0])
        listing.html(look.listed(map(_said, schemes.history(who)[:5])))  # a new one among them
        _outcome(who)


def _said(one: Version) -> str:
    when = f"，{one.starts.year}年{one.starts.month}月起执行" if one.starts else ""
    made = f"，{states.moment(one.made_at)}" if one.made_at else ""
    scoring = "、".join(f"{rate.name}{rate.weight:g}" for rate in one.scheme.scoring)
    return f"{one.named}（{one.by}{made}{when}）：{scoring}；{one.words}"


def _number(label: str, value: Any, key: str, top: float = 100, step: float = 1) -> float:
    return float(
        st.number_input(
            label,
            min_value=0.0,
            max_value=float(top),
            value=float(value),
            step=float(step),
            format="%g",
            key=key,
        )
    )


def _given(base: Scheme) -> dict[str, Any]:
    """The draft as it stands in the fields."""
    st.html(tag("p", "权重（合计100；0为只显示不计分）", class_="said"))
    rates = []
    for column, one in zip(st.columns(len(base.rates)), base.rates, strict=True):
        with column:
            weight = _number(one.name, one.weight, f"scheme_weight_{one.id}")
        rates.append({**one.model_dump(), "weight": str(weight)})
    zones, first = base.zones, st.columns(4)
    with first[0]:
        blue = _number("蓝区下限", zones.blue_from, "scheme_blue", step=0.5)
    with first[1]:
        yellow = _number("黄区下限", zones.yellow_from, "scheme_yellow", step=0.5)
    with first[2]:
        low = _number("后百分之几为红区（0为不用）", zones.bottom_percent, "scheme_low", 50)
    with first[3]:
        falls = _number("连续几期下降为黄区（0为不用）", zones.falls_to_yellow, "scheme_falls", 12)
    second = st.columns(4)
    with second[0]:
        basically = _number("基本满意折算", base.basically_satisfied, "scheme_basic", 1, 0.05)
    with second[1]:
        small = _number("有效回访少于几件为样本不足", base.small_sample, "scheme_small", 1000)
    with second[2]:
        ranked = st.checkbox(
            "样本不足也参加排位", value=base.small_sample_ranked, key="scheme_ranked"
        )
        overdue = st.checkbox(
            "有超期不能为蓝区", value=zones.blue_without_overdue, key="scheme_overdue"
        )
    with second[3]:
        urgent = st.checkbox(
            "期末紧急工单逾期未办结为红区", value=zones.urgent_overdue_is_red, key="scheme_urgent"
        )
    return {
        **base.model_dump(),
        "rates": rates,
        "basically_satisfied": f"{basically:.2f}",
        "small_sample": int(small),
        "small_sample_ranked": ranked,
        "zones": {
            "blue_from": f"{blue:.2f}",
            "yellow_from": f"{yellow:.2f}",
            "blue_without_overdue": overdue,
            "falls_to_yellow": int(falls),
            "bottom_percent": int(low),
            "urgent_overdue_is_red": urgent,
        },
    }


def _months() -> list[date]:
    found = [around("月", today())]
    while len(found) < 6:
        found.append(around("月", found[-1].ends))
    return [one.starts for one in found]


def _editor(who: Principal, name: League, month: date, base: Version) -> None:
    with st.form("scheme", border=False):
        given = _given(base.scheme)
        starts = st.selectbox(
            "执行起始月",
            _months(),
            format_func=lambda one: f"{one.year}年{one.month}月",
            key="scheme_starts",
            filter_mode=None,
        )
        words = st.text_input("修改了什么、为什么（保存时必填）", key="scheme_words", max_chars=300)
        with st.container(horizontal=True):
            tried = st.form_submit_button("试算（不保存）", key="scheme_try")
            saved = st.form_submit_button("保存为新版", key="scheme_save", type="primary")
    if tried:
        _try(name, month, given)
    if saved:
        _save(given, starts, words, base.version)


@guarded(schemes.SETTINGS)
def _try(who: Principal, name: League, month: date, given: dict[str, Any]) -> None:
    memory.keep(who, _TOLD, None)
    try:
        memory.keep(who, _TRIED, closing.what_if(who, name, month, schemes.read(given)))
    except RatesError as error:
        memory.keep(who, _TRIED, None)
        notice.error("没有试算", error.message)


@guarded(schemes.SETTINGS)
def _save(who: Principal, given: dict[str, Any], starts: date, words: str, seen: int) -> None:
    try:
        version = schemes.edit(who, schemes.read(given), starts, words, seen)
    except RatesError as error:
        notice.error("没有保存", error.message)
        return
    memory.keep(who, _TRIED, None)
    memory.keep(who, _TOLD, f"已保存为第{version}版，{starts.year}年{starts.month}月起执行。")


def _outcome(who: Principal) -> None:
    if isinstance(told := memory.recall(who, _TOLD), str):
        notice.hint("考评方案已更新", told)
    trial = memory.recall(who, _TRIED)
    if isinstance(trial, Trial) and schemes.may_settle(who):
        _trial(trial)


def _trial(trial: Trial) -> None:
    table = trial.table
    title = f"试算：{LEAGUES[table.league]} {table.span.name}"
    st.html(tables.head(title, f"位次或分区有变动的单位{trial.changed}个；未保存，不作考评依据"))
    columns = [
        tables.Column(head="单位"),
        *(
            tables.Column(head=one, kind="num")
            for one in ("现得分", "试算得分", "现位次", "试算位次")
        ),
        tables.Column(head="现分区"),
        tables.Column(head="试算分区"),
    ]
    rows = [
        [
            text(one.then.entrant.name),
            look.value(one.now.score),
            look.value(one.then.score),
            look.value(one.now.place),
            look.value(one.then.place),
            look.zone(one.now.zone, one.now.flag),
            look.zone(one.then.zone, one.then.flag),
        ]
        for one in trial.moved
    ]
    st.html(tables.table(title, columns, rows))
