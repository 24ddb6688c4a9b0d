"""One matter opened: conditions, materials, limit; for a resident the application, filled in."""

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal import wiring
from portal.functions import city
from portal.functions.matters import Matter, MatterError, Prefilled
from portal.functions.records import Purpose
from portal.look import matters as look
from portal.look import notice, states, tables
from portal.look.markup import tag, text
from portal.look.today import link
from portal.pages.background import POLL_SECONDS, Gathering
from portal.pages.guards import guarded
from portal.pages.parts import applying, finder, memory, policies, redraw
from portal.pages.parts.finder import Leads, Picked

APPLY, VIEW = "matters.apply", "entry.jump"
_KEY, _SLIP = "prefilled", "slip"
_LAST = "last"
_ALL = link("返回全部事项", "/entry")


class Filling(Gathering[Prefilled]):
    """The application of a tab, filled in further with every answer."""

    def __init__(self, matter_id: str, picked: Picked) -> None:
        super().__init__()
        self.of = (matter_id, picked)
        self.looking = False

    def ask(self, who: Principal) -> None:
        """Ask the systems."""
        matter_id, picked = self.of
        prefill = wiring.app().matters.prefill
        self.start(
            lambda: prefill(who, matter_id, picked.subject_id, picked.purpose), lambda _: _LAST
        )

    @property
    def last(self) -> Prefilled | None:
        """The application as it stands."""
        return self.answers.get(_LAST)


def filling(who: Principal, matter_id: str, picked: Picked) -> Filling:
    """The application of this resident, asked for once; on every later run only admitted anew."""
    held = memory.recall(who, _KEY)
    if isinstance(held, Filling) and held.of == (matter_id, picked):
        wiring.app().records.admit(who, picked.subject_id, picked.purpose)
        return held
    made = Filling(matter_id, picked)
    memory.keep(who, _KEY, made)
    memory.keep(who, _SLIP, None)
    applying.forget(who)
    made.ask(who)
    made.wait_a_moment()
    return made


def _about(who: Principal, matter: Matter) -> None:
    with st.container(key="card-matter"):
        note = text(city.default_note()) if matter.default else ""
        back = link("返回可享政策", "/entry?view=policies") if policies.shown(who) else _ALL
        st.html(tables.head(matter.name, " · ".join(filter(None, (note, back)))))
        if matter.about:
            st.html(tag("p", text(matter.about), class_="default"))
        left, right = st.columns(2, gap="medium")
        function = wiring.app().matters
        left.html(
            tag(
                "div",
                tag("h3", "办理条件")
                + look.conditions(matter.conditions)
                + tag("h3", "所需材料")
                + look.materials(function.materials(matter)),
                class_="matter",
            )
        )
        right.html(tables.pairs(look.facts(matter)))
        _way(who, matter)


def _way(who: Principal, matter: Matter) -> None:
    """Where it is handled, and the paper to take away."""
    way = wiring.app().matters.way(who, matter)
    with st.container(key="matter-acts", horizontal=True, vertical_alignment="center"):
        st.html(tag("span", text(f"责任系统：{way.name}"), class_="mode"), width="content")
        if not way.open:
            st.html(tag("span", text(way.closed_why), class_="default"), width="content")
        elif not way.numbered and not way.takes:
            address = wiring.app().entry.way(who, way.system_id, way.link or None)
            st.link_button("进入系统办理", address)
        if way.simulated:
            st.html(states.mock(), width="content")
        st.button("一次性告知单", key="slip_make", on_click=_make_slip, args=(matter.id,))


@guarded(VIEW)
def _make_slip(who: Principal, matter_id: str) -> None:
    function = wiring.app().matters
    try:
        matter = function.find(who, matter_id)
    except MatterError:
        return
    held = memory.recall(who, _KEY)
    mine = isinstance(held, Filling) and held.of[0] == matter_id
    if mine and finder.picked(who) == held.of[1]:
        memory.keep(who, _SLIP, function.slip(who, matter, held.last))
    else:
        memory.keep(who, _SLIP, function.slip(who, matter))


def _slip(who: Principal, matter: Matter) -> None:
    held = memory.recall(who, _SLIP)
    if held is None or held.matter.id != matter.id:
        return
    with st.container(key="card-slip"):
        st.html(tables.head("一次性告知单", "打印：按 Ctrl+P，纸张选 A4；平台不留存此单"))
        st.html(look.slip(held))


@guarded(APPLY)
def _leave(who: Principal) -> None:
    for name in (finder.PICKED, _KEY, _SLIP):
        memory.keep(who, name, None)
    applying.forget(who)


@guarded(APPLY)
def _filled(who: Principal, matter_id: str) -> None:
    picked = finder.picked(who)
    if picked is None:
        return
    held = filling(who, matter_id, picked)
    done = held.done
    if held.looking and done:
        held.looking = False  # this is the last look
        redraw.stop()
    if held.problem:
        notice.error("申请没有填完", held.problem)
    if held.last is None:
        notice.empty("正在向各系统调取", "返回后自动填入，其他操作不受影响。")
    else:
        _application(held.last, picked.purpose, done=done)
        if done:
            way = wiring.app().matters.way(who, held.last.matter)
            applying.form(who, held.last, picked, way)


def _application(filled: Prefilled, purpose: Purpose, *, done: bool) -> None:
    mark = " " + states.mock() if filled.simulated else ""
    waiting = "" if done else "，正在调取"
    words = f"为 {filled.resident}（{filled.id_number}）办理，目的：{purpose.name}{waiting}"
    st.html(tag("p", text(words) + mark, role="status"))
    left, right = st.columns([3, 2], gap="medium")
    left.html(look.lines(filled.lines))
    right.html(
        tag(
            "div",
            tag("h3", "条件核对")
            + look.checked(filled.result.conditions)
            + tag("h3", "材料")
            + look.materials(filled.materials),
            class_="matter",
        )
    )
    if filled.unanswered:
        missing = f"未返回的系统：{'、'.join(filled.unanswered)}；所缺栏目请手工填写。"
        st.html(tag("p", text(missing), class_="default"))


def _resident(who: Principal, matter: Matter) -> None:
    """The application for a resident; nothing for a post that may not."""
    if not permissions.allowed(who, APPLY):
        return
    picked = finder.picked(who)
    with st.container(key="noprint-resident"):
        if picked is None:
            leads = Leads(label="为其办理", page="entry", query=(("matter", matter.id),))
            finder.card(who, leads)
            return
        with st.container(key="card-application"):
            st.html(tables.head("预填申请", "各系统已有的内容自动填入，敏感信息已遮盖；调取留痕"))
            held = filling(who, matter.id, picked)
            held.looking = not held.done
            st.fragment(_filled, run_every=POLL_SECONDS if held.looking else None)(matter.id)
            st.button("更换居民", key="matter_leave", on_click=_leave)


def draw(who: Principal, matter_id: str) -> None:
    """The matter."""
    try:
        matter = wiring.app().matters.find(who, matter_id)
    except MatterError as problem:
        notice.error("没有打开", problem.message)
        st.html(_ALL)
        return
    with st.container(key="noprint-matter"):
        _about(who, matter)
    _resident(who, matter)
    _slip(who, matter)
