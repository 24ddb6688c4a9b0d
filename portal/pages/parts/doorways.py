"""A door as it looks: what it is called, whose it is, how it fares, and what it will ask for.

All doors of a field are one element: what a click costs goes with the number of elements, and there
are 37 of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from portal.functions.entry import WallDoor
from portal.functions.entry.wall import LOGINS, MARKS
from portal.look import states
from portal.look.markup import Html, join, tag, text
from portal.store import clock

_WELL = "已返回"
WAY_IN = "进入系统"


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


def _link(words: str, address: str, look: str) -> Html:
    return tag("a", text(words), href=address, target="_blank", rel="noopener", class_=look)


def door(one: WallDoor, state: Knocked, ways: Mapping[str, str]) -> Html:
    """The words on a door and the ways through it; ``ways`` has the front under an empty name."""
    mock = states.mock() if one.simulated else ""
    name = tag("b", text(one.name), title=one.name) + mock + _chip(one, state)
    kind = "once" if one.unified else "again"
    needs = [one.network, *one.client_requires]
    about = [
        f"需 {'、'.join(needs)}",
        one.owner,
        one.mode,
        f"名称{MARKS.get(one.mark, '未注明')}",
        _checked(state),
        f"上次进入 {states.moment(one.last_used)}" if one.last_used else "",
        one.account,
    ]
    words = join(tag("span", text(word)) for word in about if word)
    login = tag("span", text(one.login), class_=f"login {kind}", title=LOGINS[one.login])
    links = _link(WAY_IN, ways[""], "in") if "" in ways else ""
    links += join(_link(link.name, ways[link.id], "deep") for link in one.links)
    return tag(
        "li",
        tag("div", name, class_="door-name")
        + tag(
            "p", login + words + (tag("em", links, class_="ways") if links else ""), class_="about"
        )
        + _said(one, state),
        class_="door",
        data_system=one.system_id,
    )


def doors(given: Iterable[Html]) -> Html:
    """The doors of one field."""
    return tag("ul", join(given), class_="wall")


def recent(given: Iterable[tuple[WallDoor, str]]) -> Html:
    """The doors used last in this post, whatever their field; nothing before the first."""
    links = [_link(one.name, way, "deep") for one, way in given]
    if not links:
        return ""
    return tag("p", tag("span", "最近使用") + join(links), class_="recent")


def legend() -> Html:
    """What a click does and what the ways to sign in mean, said once."""
    kinds = join(
        tag("span", text(word), class_=f"login {'once' if first else 'again'}")
        + text(LOGINS[word] + "。")
        for first, word in zip((True, False, False), LOGINS, strict=True)
    )
    return tag(
        "p",
        kinds + "“进入系统”在新标签页打开；平台票据 60 秒内有效、只能用一次，请勿转发网址。"
        "状态为实际检测结果，至多 30 秒前。",
        class_="default legend",
    )
