"""The forms of 接诉登记: by telephone, by file, and the answers kept ready."""

from collections.abc import Sequence

import streamlit as st

from auth.principal import Principal
from portal.affairs.orders import choices, knowledge, registering, related
from portal.affairs.orders.drafting import MOST_CONTENT, MOST_NAME, MOST_PLACE, MOST_TITLE, Draft
from portal.affairs.orders.intake import Taken
from portal.affairs.orders.knowledge import Known
from portal.affairs.orders.referrals import Advice
from portal.affairs.orders.related import Like
from portal.affairs.orders.rules import OrderError
from portal.affairs.orders.sheet import COLUMNS, Preview
from portal.affairs.workflow.flow import FlowError
from portal.look import notice, states, tables
from portal.look.markup import Html, join, tag, text
from portal.pages.guards import guarded
from portal.pages.parts import draft as drafts
from portal.store import clock, divisions
from portal.store.citypack import pack
from portal.store.listings import Page, write
from portal.store.sheets import SheetRefusedError
from portal.store.workbooks import MEDIA_TYPE

REGISTER = "orders.register"
_DONE, _TURN = "register.done", "register.turn"
MOST_PHONE = 30  # as it is written, with spaces and hyphens
_HEAR = "先听清事由和地点，再问怎么称呼；要求保密的请勾选，承办单位将看不到来电人。"


def _key(name: str) -> str:
    """The key of what is chosen beside the form: a new turn has chosen nothing."""
    turn = int(st.session_state.get(_TURN, 0))
    return f"register-{name}-{turn}"


# -- by telephone ---------------------------------------------------------------------------------


@st.fragment
@guarded(REGISTER)
def phone(who: Principal) -> None:
    """The form, and beside it what may spare it: answers, like orders, where it belongs."""
    with notice.place():
        if done := st.session_state.pop(_DONE, None):
            notice.hint("已登记", done)
    left, right = st.columns([3, 2], gap="medium")
    with left, st.container(key="card-register-form"):
        st.html(tables.head("登记诉求", _HEAR))
        # A new turn is a new form: a second click on what was just sent finds it empty.
        where = f"-{turn}" if (turn := st.session_state.get(_TURN)) else ""
        paper = drafts.paper(who, "orders.register", "", "接诉登记", where=where)
        given = _form(who, paper)
    with right:
        answer, advice = _beside(who, given)
    with left:
        _buttons(who, paper, given, answer, advice)


def _form(who: Principal, paper: drafts.Paper) -> Draft:
    texts = pack().orders
    with st.container(key="registerkind", horizontal=True, vertical_alignment="bottom"):
        kind = paper.selectbox("诉求类型", "kind", texts.kinds, index=1)
        levels = {one.level: f"{one.level} {one.name}（{one.days} 日）" for one in texts.urgency}
        urgency = paper.selectbox(
            "紧急程度", "urgency", list(levels), index=1, format_func=levels.__getitem__
        )
        secret = paper.checkbox("要求保密", "secret")
    title = paper.text_input("标题", "title", max_chars=MOST_TITLE,
                             placeholder="例如：三号楼前路灯不亮")  # fmt: skip
    content = paper.text_area(
        "诉求内容", "content", max_chars=MOST_CONTENT,
        placeholder="发生了什么、在哪里、从什么时候开始、希望怎样处理",
    )  # fmt: skip
    first, second = st.columns(2)
    places = _places(who.unit.region_code)
    region = paper.selectbox("所在地", "region", list(places), on=first,
                             format_func=places.__getitem__,
                             placeholder="输入社区、街道名称查找")  # fmt: skip
    place = paper.text_input("详细地址", "place", on=second, max_chars=MOST_PLACE)
    first, second, third = st.columns(3)
    name = paper.text_input("来电人", "name", on=first, max_chars=MOST_NAME)
    number = paper.text_input("联系电话", "phone", on=second, max_chars=MOST_PHONE)
    named = _units(who.unit.region_code, who.prefixes, who)
    against = paper.selectbox("被反映单位", "against", list(named), on=third,
                              format_func=named.__getitem__,
                              placeholder="反映某单位时输入名称查找")  # fmt: skip
    return Draft(
        kind=kind or "",
        title=title,
        content=content,
        region_code=region or "",
        place=place,
        urgency=urgency or 0,
        confidential=secret,
        against_unit=against,
        caller_name=name,
        caller_phone=number,
        source_no=paper.token("number", registering.begun),
    )


@st.cache_data(max_entries=200, ttl=3600, show_spinner=False)
def _places(region: str) -> dict[str, str]:
    """The places that a demand may be about, by their whole names; the widest first."""
    levels = ("city", "district", "street", "community")
    found = [one for level in levels for one in divisions.below(region, level)]
    return {one.code: divisions.full_name(one.code) for one in found if not one.statistics_only}


@st.cache_data(max_entries=50, ttl=600, show_spinner=False)
def _units(region: str, prefixes: tuple[str, ...], _who: Principal) -> dict[str, str]:
    """The units that a demand may be against, by the names that tell them apart."""
    return choices.units_to_name(_who)


def _beside(who: Principal, given: Draft) -> tuple[Known | None, Advice | None]:
    """What is found while it is written; nothing is decided by it."""
    words = f"{given.title} {given.content}".strip()
    advice = next(iter(registering.advised(who, given.title, given.content)), None)
    with notice.place():
        if advice:
            with st.container(key="card-register-advice"):
                st.html(_advice(advice))
    found = knowledge.search(who, given.title or given.content) if words else ()
    with st.container(key="card-register-answers"):
        st.html(tables.head("可直接答复", "来自常见问题，有依据和有效期"))
        chosen = _choose(found) if found else None
        if not found:
            notice.empty("没有找到现成的答复", "写出标题后自动查找。")
    with st.container(key="card-register-like"):
        st.html(tables.head("相似工单", "同一来电人，或同地同事；可先告知来电人已在办理"))
        like = related.similar(who, given) if words else ()
        if like:
            st.html(join(_like(one) for one in like))
        else:
            notice.empty("没有相似工单", "写出标题和所在地后自动查找。")
    return chosen, advice


def _choose(found: Sequence[Known]) -> Known | None:
    known = {one.code: one for one in found}
    code = st.radio(
        "可直接答复", list(known), index=None, format_func=lambda one: known[one].question,
        key=_key("answer"), label_visibility="collapsed",
    )  # fmt: skip
    if code is None:
        return None
    one = known[code]
    about = f"依据：{one.basis}　{one.department}　有效至 {one.valid_until:%Y-%m-%d}"
    st.html(tag("p", text(one.answer), class_="words") + tag("small", text(about)))
    return one


def _advice(one: Advice) -> Html:
    head = tables.head(f"可能属于{one.name}", f"因为提到：{'、'.join(one.words)}")
    return head + tag("p", text(f"建议转{one.to}。{one.basis}。可以这样告知：“{one.say}”"))


def _like(one: Like) -> Html:
    about = f"{one.order_no}　{one.state}　{states.moment(one.received_at)}　{'、'.join(one.why)}"
    return tag(
        "div",
        tag("b", text(one.title)) + tag("div", text(about), class_="about"),
        class_="feedback",
    )


def _buttons(
    who: Principal,
    paper: drafts.Paper,
    given: Draft,
    answer: Known | None,
    advice: Advice | None,
) -> None:
    """Three ends: on to the desk, answered at once, or sent elsewhere."""
    first, second, third = st.columns(3)
    if first.button("登记", type="primary", key="register.send", width="stretch"):
        _take(who, paper, given)
    if second.button("登记并直接答复", key="register.answered", disabled=answer is None,
                     width="stretch"):  # fmt: skip
        _take(who, paper, given, answer=answer)
    if third.button("登记并转出", key="register.elsewhere", disabled=advice is None,
                    width="stretch"):  # fmt: skip
        _take(who, paper, given, advice=advice)


def _take(
    who: Principal,
    paper: drafts.Paper,
    given: Draft,
    *,
    answer: Known | None = None,
    advice: Advice | None = None,
) -> None:
    try:
        taken = registering.register(who, given)
    except registering.TakenBeforeError as problem:
        paper.renumber("number", registering.begun())
        notice.error("还没有登记", problem.message)
        return
    except FlowError as problem:
        notice.error("还没有登记", problem.message)
        return
    st.session_state[_DONE] = _finish(who, taken, answer, advice)
    paper.done()
    st.session_state[_TURN] = int(st.session_state.get(_TURN, 0)) + 1
    st.rerun()


def _finish(who: Principal, taken: Taken, answer: Known | None, advice: Advice | None) -> str:
    """What became of it. It is registered, whatever the second step says."""
    number = f"编号 {taken.order_no}"
    try:
        if answer is not None:
            registering.answer_at_once(who, taken, answer)
            return f"{number}，已直接答复并办结。"
        if advice is not None:
            registering.send_elsewhere(who, taken, advice)
            return f"{number}，已按“{advice.name}”处理，依据已记入经过。"
    except FlowError as problem:
        step = "直接答复" if answer is not None else "转出"
        return f"{number}，但没有{step}：{problem.message}请在“诉求工单”中接着办理。"
    return f"{number}，已交派单单位。请把编号告诉来电人。"


# -- by file --------------------------------------------------------------------------------------


@st.fragment
@guarded(REGISTER)
def file(who: Principal) -> None:
    """A file is looked at first; good rows are taken on a second word, bad ones go back."""
    with notice.place():
        if done := st.session_state.pop("registerfile.done", None):
            notice.hint("已导入", done)
    with st.container(key="card-register-file"):
        st.html(
            tables.head("表格导入", "先预览，确认后才导入；有问题的行不影响其他行，可下载改后再传")
        )
        st.download_button("下载模板", _template(who), "诉求导入模板.xlsx", MEDIA_TYPE,
                           key="registerfile.template")  # fmt: skip
        given = st.file_uploader("选择 .xlsx 表格", type=["xlsx"], key="registerfile.file")
        if given is None:
            return
        try:
            found = registering.preview(who, given.getvalue(), given.name)
        except SheetRefusedError as problem:
            notice.error("没有读取", problem.message)
            return
        _previewed(who, found)


def _template(who: Principal) -> bytes:
    pages = [Page(title="诉求", head=list(COLUMNS.values()), rows=[])]
    return write(pages, author=who.unit.name)


def _previewed(who: Principal, found: Preview) -> None:
    st.html(tag("p", tag("b", text(found.said))))
    if found.bad:
        rows = join(
            tag("div", text(f"第 {one.number} 行：{'；'.join(one.reasons)}"), class_="about")
            for one in found.bad[:20]
        )
        st.html(rows)
        head, lines = found.returned()
        data = write([Page(title="诉求", head=head, rows=lines)], author=who.unit.name)
        st.download_button(f"下载有问题的 {len(found.bad)} 行", data, "诉求导入-待修改.xlsx",
                           MEDIA_TYPE, key="registerfile.bad")  # fmt: skip
    label = f"导入 {len(found.good)} 件"
    if st.button(label, type="primary", disabled=not found.good, key="registerfile.go"):
        _import(who, found)


def _import(who: Principal, found: Preview) -> None:
    try:
        done = registering.import_all(who, found)
    except OrderError as problem:
        notice.error("没有导入", problem.message)
        return
    new = sum(one.taken.outcome == "新收" for one in done)
    known = sum(one.taken.outcome == "已有" for one in done)
    refused = [one for one in done if one.taken.outcome == "拒收"]
    words = f"新收 {new} 件，此前已有 {known} 件"
    if refused:
        told = "；".join(f"第 {one.number} 行：{one.taken.reason}" for one in refused[:10])
        words += f"，未接收 {len(refused)} 件（{told}）"
    st.session_state["registerfile.done"] = f"{words}。"
    st.session_state.pop("registerfile.file", None)
    st.rerun()


# -- answers --------------------------------------------------------------------------------------


@guarded(REGISTER)
def answers(who: Principal) -> None:
    """Everything that is kept ready."""
    found = knowledge.current(who)
    if not found:
        notice.empty("还没有常见问题", "由有工单设置权限的岗位维护。")
        return
    today = clock.local(clock.now()).date()
    for one in found:
        late = one.valid_until < today
        with st.expander(f"{'（已过期，不再提供）' if late else ''}{one.question}"):
            about = f"{one.department}　依据：{one.basis}　有效至 {one.valid_until:%Y-%m-%d}　"
            about += f"第 {one.version} 版，{one.made_by}"
            st.html(tag("p", text(one.answer), class_="words") + tag("small", text(about)))
