"""可享政策: at the resident's request, which matters they meet the conditions of. Not kept."""

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.functions.matters import MatterResult, Verdict
from portal.look import matters as look
from portal.look import notice, tables
from portal.look.markup import tag, text
from portal.pages.background import POLL_SECONDS, Gathering
from portal.pages.guards import guarded
from portal.pages.parts import finder, memory, redraw
from portal.pages.parts.finder import Leads, Picked

PERMISSION = "matters.apply"
_KEY = "policies"
SAID = (
    "只在居民本人到场并提出要求时核对。结果由各系统此刻的记录得出，只作提示，不作为审批结论；"
    "平台不保存结果，不给居民打分、贴标签；改看其他内容或退出后即清除。"
    "没有系统可核对条件的事项不在此列，见“按事项”。"
)
_ORDER = (Verdict.YES, Verdict.UNKNOWN, Verdict.NO)
_TITLES = {
    Verdict.YES: "条件均符合",
    Verdict.UNKNOWN: "还需核实",
    Verdict.NO: "有条件不符合",
}


class Checking(Gathering[MatterResult]):
    """What is found for one resident, in this tab only."""

    def __init__(self, picked: Picked) -> None:
        super().__init__()
        self.of = picked
        self.looking = False

    def ask(self, who: Principal) -> None:
        """Ask the systems."""
        check, picked = wiring.app().matters.check, self.of
        self.start(lambda: check(who, picked.subject_id, picked.purpose), lambda one: one.matter_id)


@guarded(PERMISSION)
def _leave(who: Principal) -> None:
    memory.keep(who, finder.PICKED, None)
    forget(who)


def forget(who: Principal) -> None:
    """Nothing of a result outlives the page that shows it."""
    memory.keep(who, _KEY, None)


def shown(who: Principal) -> bool:
    """Whether this tab shows a result now."""
    return memory.recall(who, _KEY) is not None


@guarded(PERMISSION)
def _begin(who: Principal) -> None:
    picked = finder.picked(who)
    if picked is not None:
        made = Checking(picked)
        memory.keep(who, _KEY, made)
        made.ask(who)
        made.wait_a_moment()


@guarded(PERMISSION)
def _body(who: Principal) -> None:
    held = memory.recall(who, _KEY)
    if not isinstance(held, Checking):
        return
    wiring.app().records.admit(who, held.of.subject_id, held.of.purpose)
    if held.looking and held.done:
        held.looking = False  # this is the last look
        redraw.stop()
    if held.problem:
        notice.error("没有核对", held.problem)
    elif held.looking:
        st.html(tag("p", "正在向各系统核对，返回一项显示一项。", role="status", class_="default"))
    for verdict in _ORDER:
        found = [one for one in held.answers.values() if one.verdict is verdict]
        if found:
            title = tag("h3", text(f"{_TITLES[verdict]}（{len(found)} 项）"))
            st.html(tag("div", title + look.results(found), class_="matter"))


def _acts(who: Principal, picked: Picked) -> None:
    held = memory.recall(who, _KEY)
    if isinstance(held, Checking) and held.of != picked:
        memory.keep(who, _KEY, None)
        held = None
    with st.container(key="policies-acts", horizontal=True, vertical_alignment="center"):
        if held is None:
            st.button("居民已提出要求，开始核对", type="primary", key="policies_ask",
                      on_click=_begin)  # fmt: skip
        st.button("更换居民" if held is None else "清除结果", key="policies_leave", on_click=_leave)


def draw(who: Principal) -> None:
    """The check."""
    picked = finder.picked(who)
    with st.container(key="card-policies"):
        st.html(tables.head("可享政策", "由居民本人提出"))
        st.html(tag("p", text(SAID), class_="default"))
        if picked is not None:
            _acts(who, picked)
        held = memory.recall(who, _KEY)
        if isinstance(held, Checking):
            held.looking = not held.done
            st.fragment(_body, run_every=POLL_SECONDS if held.looking else None)()
    if picked is None:
        finder.card(who, Leads(label="选定", page="entry", query=(("view", "policies"),)))
