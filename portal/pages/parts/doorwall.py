"""按系统: the systems of one's post as doors, each with its live health and a way in."""

from collections.abc import Mapping, Sequence

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.connectors.contract import Health
from portal.functions import city
from portal.functions.entry import WallDoor
from portal.functions.entry.wall import grouped, matches
from portal.look import notice, tables
from portal.look.markup import text
from portal.pages.guards import guarded
from portal.pages.parts import doorways, knocking
from portal.pages.parts.knocking import Knock

PERMISSION = "entry.jump"
_SEARCH = "entry_search"


def _draw_door(who: Principal, door: WallDoor, health: Health | None, knock: Knock) -> None:
    with st.container(key=f"door-{door.system_id}", horizontal=True, vertical_alignment="center"):
        state = doorways.Knocked(
            word=health.state.value if health else "",
            message=health.message if health else "",
            at=health.checked_at if health else None,
            waiting=not knock.done,
            failed=bool(knock.problem),
        )
        st.html(doorways.door(door, state), width="stretch")
        with st.container(key=f"in-{door.system_id}", width="content"):
            if not door.open:
                return
            function = wiring.app().entry
            st.link_button("进入系统", function.way(who, door.system_id))
            for link in door.links:
                way = function.way(who, door.system_id, link.id)
                st.link_button(link.name, way, type="tertiary")


def _draw_field(
    who: Principal,
    title: str,
    found: Sequence[WallDoor],
    health: Mapping[str, Health],
    knock: Knock,
) -> None:
    with st.container(key=f"card-field-{found[0].field}"):
        unified = sum(one.unified for one in found)
        aside = f"{len(found)} 个系统，其中 {unified} 个一次登录即可进入"
        st.html(tables.head(title, text(aside)))
        with st.container(key=f"doors-{found[0].field}"):
            for door in found:
                _draw_door(who, door, health.get(door.system_id), knock)


@guarded(PERMISSION)
def _body(who: Principal) -> None:
    wall = wiring.app().entry.wall(who)
    if not wall:
        notice.empty("当前岗位没有可使用的业务系统", "如确需使用，请联系本单位管理员。")
        return
    typed = str(st.session_state.get(_SEARCH, ""))
    found = [one for one in wall if matches(one.name, typed)]
    knock = knocking.knocked(who)
    if not found:
        notice.empty("没有找到这个系统", "请换用系统名称、全拼或拼音首字母，或清空查找框。")
    for title, group in grouped(found).items():
        _draw_field(who, title, group, knock.answers, knock)
    if st.button("重新检测", key="entry_again", disabled=not knock.done):
        knock.ask(who, anew=True)
        st.rerun()
    knocking.stop_looking(knock)


def draw(who: Principal) -> None:
    """The doors."""
    with st.container(key="card-entry"):
        st.html(tables.head("业务系统", text(f"系统名称为{city.default_note()}")))
        st.text_input(
            "查找系统",
            key=_SEARCH,
            placeholder="系统名称、全拼或拼音首字母，例如 wgh",
            max_chars=40,
            label_visibility="collapsed",
        )
        st.html(doorways.legend())
    knocking.watched(_body, knocking.knocked(who))
