"""A door as it looks: what it is called, whose it is, how it fares, and what it will ask for."""

from dataclasses import dataclass
from datetime import datetime

from portal.functions.entry import WallDoor
from portal.functions.entry.wall import LOGINS
from portal.look import states
from portal.look.markup import Html, join, tag, text
from portal.store import clock

_WELL = "已返回"


@dataclass(frozen=True, kw_only=True)
class Knocked:
    """What is known of a door's health at this moment."""

    word: str = ""
    message: str = ""
    at: datetime | None = None
    waiting: bool = False
    failed: bool = False


def _chip(door: WallDoor, state: Knocked) -> Html:
    if not door.open:
        return states.chip("未检测", door.mode)
    if state.word:
        return states.chip(state.word, "正常" if state.word == _WELL else "")
    return states.chip("正在调取", "正在检测") if state.waiting else states.chip("未检测")


def _said(door: WallDoor, state: Knocked) -> Html:
    """What to know about a door that is shut or does not answer; it may still be tried."""
    if not door.open:
        return tag("p", text(door.closed_why), class_="ill")
    if state.failed and not state.word:
        return tag("p", "状态没有取到，可直接尝试进入。", class_="ill")
    if state.word and state.word != _WELL:
        return tag("p", text(f"{state.message}仍可尝试进入。"), class_="ill")
    return ""


def _checked(state: Knocked) -> str:
    return f"检测于 {clock.local(state.at):%H:%M:%S}" if state.at else ""


def door(one: WallDoor, state: Knocked) -> Html:
    """The words on a door; the way in is drawn beside it."""
    mock = states.mock() if one.simulated else ""
    name = tag("b", text(one.name)) + mock + _chip(one, state)
    needs = [one.network, *one.client_requires]
    about = [one.owner, one.mode, f"需 {'、'.join(needs)}", _checked(state)]
    if one.last_used:
        about.append(f"上次进入 {states.moment(one.last_used)}")
    words = join(tag("span", text(word)) for word in about if word)
    kind = "once" if one.unified else "again"
    login = tag("span", text(one.login), class_=f"login {kind}") + text(LOGINS[one.login])
    return tag(
        "div",
        tag("div", name, class_="door-name")
        + tag("p", words, class_="about")
        + tag("p", login, class_="door-login")
        + _said(one, state),
        class_="door",
    )


def legend() -> Html:
    """What a click does, said once."""
    return tag(
        "p",
        "“进入系统”在新标签页打开。平台票据 60 秒内有效、只能用一次，请勿转发网址；"
        "状态为实际检测结果，至多 30 秒前。",
        class_="default",
    )
