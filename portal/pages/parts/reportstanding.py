"""定期报表: let a report come each week or month, and take the files that came."""

import streamlit as st

from auth import permissions
from auth.permissions import Denied
from auth.principal import Principal
from portal import wiring
from portal.functions.reports import shared, standing, xlsx
from portal.functions.reports.sketch import BadSketch
from portal.functions.reports.standing import Delivery, NotOrdered
from portal.look import notice, states
from portal.look.markup import tag, text
from portal.pages.guards import guarded
from portal.pages.parts import memory, reportown

PERMISSION = "reports.view"
_SAID = "standing_said"
WHAT, EVERY, GOES_TO, HELD = (f"standing_{one}" for one in ("what", "every", "goes_to", "held"))
_OWN = ""  # instead of a template of the library: what was put together below
SHOWN = 12


def draw(who: Principal, template: str) -> None:
    """Closed until it is wanted; how many files lie there stands on it."""
    came = standing.delivered(who)
    with st.expander(f"定期报表（已收 {len(came)} 份）", key="report-standing"):
        said = memory.recall(who, _SAID)
        with notice.place():
            if said is not None:
                memory.keep(who, _SAID, None)
                (notice.hint if said[0] else notice.error)(*said[1:])
        _form(who, template)
        _held(who)
        for one in came[:SHOWN]:
            with st.container(
                key=f"came-{_key(one)}", horizontal=True, vertical_alignment="center"
            ):
                _file(who, one)
        if len(came) > SHOWN:
            st.html(tag("p", text(f"另有较早的 {len(came) - SHOWN} 份未列出。"), class_="quiet"))


def _form(who: Principal, template: str) -> None:
    names = {one.id: one.name for one in wiring.app().reports.templates(who)}
    what = {template: names.get(template, template)}
    if (own := reportown.on_show(who)) is not None:
        what[_OWN] = f"自组报表：{own.name}"
    may = permissions.allowed(who, shared.SHARE, who.unit.region_code)
    goes_to = list(standing.GOES_TO) if may else ["me"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("报表", list(what), key=f"{WHAT}-{template}", filter_mode=None, width=300,
                     format_func=what.__getitem__)  # fmt: skip
        st.selectbox("周期", list(standing.EVERY), key=EVERY, filter_mode=None, width=110,
                     format_func=standing.EVERY.__getitem__)  # fmt: skip
        st.selectbox("发给", goes_to, key=GOES_TO, filter_mode=None, width=150,
                     format_func=standing.GOES_TO.__getitem__)  # fmt: skip
        st.button("设置", key="standing_order", on_click=_order, args=(template,))
    st.html(
        tag("p", text("每位接收人只收到本岗位范围的数；离任、停用或无权限的不再收到。"),
            class_="quiet")
    )  # fmt: skip


def _held(who: Principal) -> None:
    found = standing.ordered(who)
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("已设置的", list(found), key=HELD, filter_mode=None, width=420,
                     format_func=lambda one: found[one].words)  # fmt: skip
        st.button("停止", key="standing_cancel", on_click=_cancel)


def _key(one: Delivery) -> str:
    """A file's own name: another one that comes meanwhile does not take its button."""
    return f"{one.standing_id}-{one.period}"


def _file(who: Principal, one: Delivery) -> None:
    made = f"{one.by_whom}设置，{states.moment(one.made_at)}生成"
    st.html(tag("span", text(f"{one.title}　{one.why or made}")))
    if one.why:
        return
    st.download_button("下载", lambda: standing.file(who, one) or b"", one.file_name,
                       xlsx.MEDIA_TYPE, key=f"came_file-{_key(one)}",
                       on_click="ignore")  # fmt: skip


@guarded(PERMISSION)
def _order(who: Principal, template: str) -> None:
    held = st.session_state
    own = reportown.on_show(who) if held.get(f"{WHAT}-{template}") == _OWN else None
    try:
        standing.order(
            wiring.app().reports, who, own or template, str(held.get(EVERY)), str(held.get(GOES_TO))
        )
    except (NotOrdered, BadSketch, Denied) as refusal:
        memory.keep(who, _SAID, (False, "没有设置", refusal.message))
        return
    memory.keep(who, _SAID, (True, "已设置", "每期结束后自动生成，在这里下载；可随时停止。"))


@guarded(PERMISSION)
def _cancel(who: Principal) -> None:
    try:
        standing.cancel(who, str(st.session_state.get(HELD)))
    except NotOrdered as refusal:
        memory.keep(who, _SAID, (False, "没有停止", refusal.message))
        return
    memory.keep(who, _SAID, (True, "已停止", "不再生成；已收到的保留到期满。"))
