"""One system for its operator: figures, alarms, the way over, off and back, grade, samples."""

from __future__ import annotations

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.functions.systems import PERMISSION, Detail, Item, Standing, SwitchError, Verdict, Way
from portal.look import notice, states, tables
from portal.look import systems as look
from portal.look.markup import Html, join, tag, text
from portal.look.today import link
from portal.pages.guards import guarded
from portal.pages.parts.operating import alarm_words, refusals

_TOLD = "systems_told"
_VERDICTS = {
    Verdict.DONE: "已返回",
    Verdict.EXEMPT: "数据时间(旧)",
    Verdict.IRRELEVANT: "未检测",
    Verdict.OPEN: "故障",
}


def _head(one: Detail) -> None:
    row = one.row
    mock = " " + states.mock() if row.simulated else ""
    back = link("全部业务系统", "/systems")
    st.html(tables.head(row.name, back))
    facts = [
        ("责任单位", row.owner),
        ("领域", row.field or "—"),
        ("共享依据", one.legal_basis or "未填写"),
        ("应答时限", f"{one.timeout_seconds:g} 秒" if one.timeout_seconds else "—"),
        (
            "旧数据",
            f"{row.stale_minutes} 分钟内可用" if row.stale_minutes is not None else "不适用",
        ),
        ("告警时限", f"连续故障满 {row.down_minutes} 分钟"),
        ("最近应答", states.moment(row.last_good) if row.last_good else "无"),
    ]
    st.html(tag("p", look.running(row) + mock + " " + look.resting(row)) + tables.pairs(facts))
    st.html(look.windows(dict(one.windows)))


def _decided(standing: Standing) -> Html:
    if standing.decision is None:
        return tag("p", text(f"现为{standing.mode}，按城市包的登记。"))
    it = standing.decision
    return tag(
        "p",
        text(
            f"现为{it.mode}：{it.actor_name} {states.moment(it.at)} 由{it.before}转入，"
            f"原因：{it.reason}。（城市包登记为{standing.said_by_pack}，以此决定为准）"
        ),
    )


@guarded(PERMISSION)
def _switch(who: Principal, system_id: str, way: Way) -> None:
    if not way.open:
        st.html(notice.html("hint", f"还不能{way.label}", "；".join(way.missing)))
        return
    reason = st.text_input(
        "原因", key=f"why-{way.mode}", max_chars=200, placeholder="例如：对方系统升级，约定暂停"
    )
    if st.button(f"确认{way.label}", type="primary", key=f"do-{way.mode}"):
        _act(lambda: wiring.app().systems.switch(who, system_id, way.mode, reason or ""),
             f"已{way.label}，各进程随即生效。")  # fmt: skip


@st.dialog("切换业务系统")
def _ask(system_id: str, way: Way) -> None:
    st.html(tag("p", text(f"{way.label}：须写明原因，留痕可查。")))
    _switch(system_id, way)


def _act(work: object, words: str) -> None:
    try:
        work()  # type: ignore[operator]
    except SwitchError as problem:
        notice.error("没有改动", problem.message)
        return
    st.session_state[_TOLD] = words
    st.rerun()


def _item(item: Item) -> tuple[Html, ...]:
    step = item.step
    done = states.chip("已返回", "完成") if item.done else states.chip("未检测", item.missing)
    if step is None or not step.evidence:
        return text(item.label), done, look.NOTHING, look.NOTHING, look.NOTHING
    until = f"，有效期至 {step.until:%Y-%m-%d}" if step.until else ""
    return (
        text(item.label),
        done,
        text(step.evidence + until),
        text(step.actor_name),
        text(states.moment(step.at)),
    )


def _checklist(standing: Standing) -> Html:
    columns = (
        tables.Column(head="转正式前核对"),
        tables.Column(head="结果"),
        tables.Column(head="依据", kind="wrap"),
        tables.Column(head="办理人"),
        tables.Column(head="时间"),
    )
    return tables.table("转正式前核对", columns, map(_item, standing.items))


@guarded(PERMISSION)
def _fill(who: Principal, system_id: str) -> None:
    """One item at a time; which one is chosen above, what it needs is asked below."""
    function = wiring.app().systems
    items = {one.item: one.label for one in function.standing(who, system_id).items}
    chosen = st.selectbox("核对项", list(items), format_func=items.__getitem__, key="step_item",
                          filter_mode=None)  # fmt: skip
    if chosen == "probe":
        if st.button("立即探测并记录", type="primary", key="step_probe"):
            _act(lambda: function.probe(who, system_id), "探测正常，已记录。")
        return
    if chosen == "approval":
        number = st.text_input("批准文号", key="step_number", max_chars=100)
        until = st.date_input("有效期至", value=None, key="step_until", format="YYYY-MM-DD")
        if st.button("登记", type="primary", key="step_approve", disabled=until is None):
            assert until is not None  # noqa: S101 - the button is shut without a day
            _act(lambda: function.approve(who, system_id, number or "", until), "已登记。")
        return
    words = st.text_area("依据", key=f"step_{chosen}", max_chars=400, height=70,
                         placeholder="例如：比对30人，30人一致；比对表存档编号……")  # fmt: skip
    if st.button("登记", type="primary", key=f"step_do_{chosen}"):
        _act(lambda: function.state(who, system_id, chosen or "", words or ""), "已登记。")


@guarded(PERMISSION)
def _take_back(who: Principal, system_id: str, item: str) -> None:
    wiring.app().systems.take_back(who, system_id, item)


@st.dialog("登记核对项")
def _fill_in(system_id: str) -> None:
    _fill(system_id)


def _life(who: Principal, one: Detail) -> None:
    standing = wiring.app().systems.standing(who, one.row.system_id)
    with st.container(key="card-life"):
        st.html(tables.head("接入状态", "以平台运维的决定为准，每一步留痕") + _decided(standing))
        with st.container(horizontal=True, key="life-ways"):
            for way in standing.ways:
                if st.button(way.label, key=f"way-{way.mode}"):
                    _ask(one.row.system_id, way)
        st.html(_checklist(standing))
        with st.container(horizontal=True, key="life-steps"):
            if st.button("登记核对项", key="step_open"):
                _fill_in(one.row.system_id)
            for item in standing.items:
                if item.step is not None and item.step.evidence:
                    st.button(f"撤回：{item.label}", key=f"back-{item.item}", on_click=_take_back,
                              args=(one.row.system_id, item.item))  # fmt: skip
        if standing.history:
            _history(standing)


def _history(standing: Standing) -> None:
    columns = (
        tables.Column(head="时间"),
        tables.Column(head="切换"),
        tables.Column(head="原因", kind="wrap"),
        tables.Column(head="办理人"),
    )
    rows = [
        (text(states.moment(it.at)), text(f"{it.before} → {it.mode}"), text(it.reason),
         text(it.actor_name))
        for it in standing.history
    ]  # fmt: skip
    st.html(tables.table("切换记录", columns, rows))


def _quality(one: Detail) -> None:
    columns = (
        tables.Column(head="规则"),
        tables.Column(head="级别"),
        tables.Column(head="核对方式"),
        tables.Column(head="结果"),
        tables.Column(head="说明", kind="wrap"),
    )
    ways = {"automatic": "自动", "statement": "填报"}
    rows = [
        (text(it.rule.words), text(("一级", "二级", "三级")[it.rule.level - 1]),
         text(ways[it.rule.how]), states.chip(_VERDICTS[it.verdict], it.verdict.value),
         text(it.reason or "—"))
        for it in one.quality
    ]  # fmt: skip
    with st.container(key="card-quality"):
        aside = text(f"现达{one.row.level}；清单申报：{one.claimed}")
        st.html(tables.head("接入质量", aside) + tables.table("接入质量", columns, rows))


def _past(one: Detail) -> None:
    if not one.alarms:
        return
    lines = join(
        tag("li", text(alarm_words(it) + (f"（{it.seen_by} 已确认）" if it.seen_by else "")))
        for it in one.alarms
    )
    with st.container(key="card-past"):
        st.html(tables.head("告警记录") + tag("ul", lines, class_="news"))


def _samples(one: Detail) -> None:
    if not one.samples:
        return
    with st.container(key="card-samples"):
        st.html(tables.head("格式不符的应答", "只留结构，各值以字数代替；最多 5 份"))
        for it in one.samples:
            head = tag("p", text(f"{states.moment(it.at)} · {it.call} · {it.why}"))
            st.html(head + tag("pre", text(it.shape), class_="shape", tabindex="0"))


def draw(who: Principal, system_id: str) -> None:
    """Draw one system."""
    one = wiring.app().systems.detail(who, system_id)
    if one is None:
        notice.empty("没有这个业务系统", "请从“业务系统”页重新选择。")
        return
    told = st.session_state.pop(_TOLD, "")
    if told:
        st.toast(told)
    with st.container(key="card-system"):
        _head(one)
    if one.refused:
        refusals(one.refused, "接入清单未被采用")
        return
    _life(who, one)
    _past(one)
    _quality(one)
    _samples(one)
