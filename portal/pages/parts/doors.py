"""The connected systems as doors: name, owner, mode, and what the last live check found."""

import time
from collections.abc import Callable, Sequence

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal import wiring
from portal.functions import city
from portal.functions.entry import Door
from portal.functions.entry.wall import MARKS
from portal.look import notice, states, tables
from portal.look.markup import Html, join, tag, text
from portal.look.tables import Column
from portal.look.today import link
from portal.pages.background import POLL_SECONDS, Gathering
from portal.pages.guards import guarded
from portal.pages.parts import memory, redraw

PERMISSION = "systems.view"
TALLY = "doors_tally"  # the piece of a home that counts the doors
_FRESH_SECONDS = 60.0
_KEY = "doors"


class DoorCheck(Gathering[Door]):
    """The doors as last checked, and when that was asked for."""

    asked_at = float("-inf")
    looking = False

    def ask(self, who: Principal) -> None:
        self.asked_at = time.monotonic()
        self.start(lambda: iter(wiring.app().entry.doors(who)), lambda door: door.system_id)


def checked(who: Principal) -> DoorCheck:
    """The doors as this tab last saw them; an old look is renewed beside the page."""
    check = memory.recall(who, _KEY)
    if not isinstance(check, DoorCheck):
        check = DoorCheck()
        memory.keep(who, _KEY, check)
    if time.monotonic() - check.asked_at > _FRESH_SECONDS:
        check.ask(who)
        check.wait_a_moment()
    return check


_WELL = "已返回"


def tally(check: DoorCheck) -> tuple[int, int]:
    """How many systems are well, of how many that were checked."""
    found = [one.state for one in check.answers.values() if one.state is not None]
    return sum(one == _WELL for one in found), len(found)


def health(door: Door) -> Html:
    """What the last live check found; a check that was answered is called 正常."""
    return states.chip(door.state or "未检测", "正常" if door.state == _WELL else "")


def _line(door: Door) -> Html:
    when = states.moment(door.checked_at) if door.checked_at else door.message
    about = " · ".join((door.owner, door.mode, when))
    mock = " " + states.mock() if door.simulated else ""
    ill = "" if door.state in (None, _WELL) else tag("p", text(door.message))
    return tag(
        "li",
        tag("div", tag("b", text(door.name), title=door.name) + health(door))
        + tag("p", text(about) + mock)
        + ill,
    )


def _head() -> Html:
    more = link("全部系统", "/systems")
    return tables.head("业务系统", text(f"系统名称为{city.default_note()}　") + more)


def _wall(doors: Sequence[Door]) -> Html:
    """Those that are not well; the others are a number, and the whole list is a page of its own."""
    ill = [one for one in doors if one.state != _WELL]
    seen = [one.checked_at for one in doors if one.state == _WELL and one.checked_at]
    said = f"{len(doors) - len(ill)} 个检测正常"
    if seen:
        said += f" · {states.moment(min(seen))}"
    mock = " " + states.mock() if any(one.simulated for one in doors) else ""
    well = tag("p", text(said) + mock, class_="doors-well")
    return well + tag("ul", join(map(_line, ill)), class_="doors") if ill else well


@guarded(PERMISSION)
def _body(who: Principal) -> None:
    check = checked(who)
    stop_looking(check)
    if check.problem:
        notice.error("系统状态没有取到", "其他内容不受影响，一分钟后会自动重新检测。")
    elif check.answers:
        st.html(_head() + _wall(list(check.answers.values())))
    elif check.done:
        notice.empty("尚未接入业务系统", "接入业务系统后，这里显示各系统的实时状态。")
    else:
        notice.empty("正在检测各业务系统", "检测完成后自动显示，其他操作不受影响。")


def wall(who: Principal) -> None:
    """The card with all doors; nothing for a post that may not see them."""
    if not permissions.allowed(who, PERMISSION):
        return
    with st.container(key="card-doors"):
        watched(_body, checked(who))


def watched(body: Callable[[], None], check: DoorCheck) -> None:
    """Draw a piece that looks again by itself until the check is done.

    A piece of its own also afterwards: what stands below it keeps its place when the looking ends.
    """
    check.looking = not check.done
    st.fragment(body, run_every=POLL_SECONDS if check.looking else None)()


def stop_looking(check: DoorCheck) -> None:
    """Before the last look is drawn: it is the last one, and the day's line may tell the tally."""
    if check.looking and check.done:
        check.looking = False
        redraw.stop()
        redraw.fragment(TALLY)


def table(doors: Sequence[Door]) -> Html:
    """All that is known of every connected system."""
    columns = (
        Column(head="业务系统"),
        Column(head="责任单位"),
        Column(head="层级"),
        Column(head="接入方式"),
        Column(head="状态"),
        Column(head="检测时间"),
        Column(head="说明", kind="wrap"),
        Column(head="名称依据"),
    )
    return tables.table("业务系统接入情况", columns, map(_row, doors))


def _row(door: Door) -> Sequence[Html]:
    return (
        text(door.name) + (" " + states.mock() if door.simulated else ""),
        text(door.owner),
        text(door.level),
        text(door.mode),
        health(door),
        text(states.moment(door.checked_at) if door.checked_at else "—"),
        text((door.message or "检测正常。") + door.files),
        text(MARKS.get(door.mark, "未注明").removeprefix("为")),
    )
