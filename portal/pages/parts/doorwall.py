"""按系统: the systems of one's post as doors, each with its live health and a way in."""

from collections.abc import Sequence

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.connectors.contract import Health
from portal.functions import city
from portal.functions.entry import WallDoor
from portal.functions.entry.wall import grouped, matches, used_last
from portal.look import notice, tables
from portal.look.markup import Html, text
from portal.look.today import link
from portal.pages.guards import guarded
from portal.pages.parts import doorways, knocking
from portal.pages.parts.knocking import Knock

PERMISSION = "entry.jump"
_SEARCH = "entry_search"


def _ways(who: Principal, door: WallDoor) -> dict[str, str]:
    """The links through a door, each good in this sign-in and post only."""
    if not door.open:
        return {}
    way = wiring.app().entry.way
    ways = {one.id: way(who, door.system_id, one.id) for one in door.links}
    return {"": way(who, door.system_id), **ways}


def _door(who: Principal, door: WallDoor, health: Health | None, knock: Knock) -> Html:
    state = doorways.Knocked(
        word=health.state.value if health else "",
        message=health.message if health else "",
        at=health.checked_at if health else None,
        waiting=not knock.done,
        failed=bool(knock.problem),
    )
    return doorways.door(door, state, _ways(who, door))


def _field(who: Principal, title: str, found: Sequence[WallDoor], knock: Knock) -> None:
    unified = sum(one.unified for one in found)
    aside = f"{len(found)} 个系统，其中 {unified} 个一次登录即可进入"
    with st.container(key=f"card-field-{found[0].field}"):
        health = knock.answers
        drawn = [_door(who, one, health.get(one.system_id), knock) for one in found]
        st.html(tables.head(title, text(aside)) + doorways.doors(drawn))


@guarded(PERMISSION)
def _body(who: Principal) -> None:
    wall = wiring.app().entry.wall(who)
    if not wall:
        notice.empty("当前岗位没有可使用的业务系统", "如确需使用，请联系本单位管理员。")
        return
    typed = str(st.session_state.get(_SEARCH, ""))
    found = [one for one in wall if matches(one.name, typed)]
    knock = knocking.knocked(who)
    knocking.stop_looking(knock)
    if not found:
        notice.empty("没有找到这个系统", "请换用系统名称、全拼或拼音首字母，或清空查找框。")
    if not typed.strip():
        way = wiring.app().entry.way
        last = [(one, way(who, one.system_id)) for one in used_last(wall)]
        if last:
            st.html(doorways.recent(last))
    for title, group in grouped(found).items():
        _field(who, title, group, knock)
    if st.button("重新检测", key="entry_again", disabled=not knock.done):
        knock.ask(who, anew=True)
        st.rerun()


def draw(who: Principal) -> None:
    """The doors."""
    with st.container(key="card-entry"):
        note = text(f"系统名称为{city.default_note()}") + " · " + link("我的系统账号", "/accounts")
        st.html(tables.head("业务系统", note))
        st.text_input(
            "查找系统",
            key=_SEARCH,
            placeholder="系统名称、全拼或拼音首字母，例如 wgh",
            max_chars=40,
            label_visibility="collapsed",
        )
        st.html(doorways.legend())
    knocking.watched(_body, knocking.knocked(who))
