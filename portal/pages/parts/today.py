"""今日提要: the first line of every home, and the card of what is new for one's open cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal import wiring
from portal.affairs.matters import rules
from portal.affairs.matters.queries import Case
from portal.functions import drafts
from portal.functions.changes import Changed
from portal.functions.morning import Morning, morning
from portal.functions.records import usage
from portal.functions.systems import PERMISSION as MANAGE
from portal.functions.tasks import Waiting
from portal.look import notice, states, tables
from portal.look import today as look
from portal.look.markup import Html
from portal.look.today import News, Tile
from portal.pages.guards import guarded
from portal.pages.parts import cases, doors, orderlist, places, reminding

MOST_NEWS, MOST_TASKS = 4, 4
TASKS = "tasks.view"
# How a home's address names what its list of cases is narrowed to.
DUE_QUERY: dict[str, rules.Due] = {"overdue": "逾期", "today": "今天到期", "week": "本周到期"}


def _on(at: datetime) -> str:
    here = states.local_day(at)
    return f"{here.month}月{here.day}日"


def case_tiles(found: Sequence[Case], today: date) -> list[Tile]:
    """How many of the own cases are due when."""
    count = dict.fromkeys(rules.DUE_SOON, 0)
    for one in found:
        due = rules.due(one.due_on, today)
        if due in count:
            count[due] += 1
    tiles = [
        Tile(name=f"事项{due}", value=count[due], href=f"/?due={key}",
             weight="urgent" if due == "逾期" else "plain")
        for key, due in DUE_QUERY.items()
    ]  # fmt: skip
    return [Tile(name="在办事项", value=len(found), href="/"), *tiles]


def news_tiles(changed: int, begun: int) -> list[Tile]:
    """What is new; nothing new takes no room."""
    tiles = []
    if changed:
        tiles.append(Tile(name="系统变动", value=changed, unit="项", weight="news"))
    if begun:
        tiles.append(Tile(name="未完成的填写", value=begun, unit="份", weight="news"))
    return tiles


def task_tile(waiting: Waiting) -> Tile:
    """The inbox of all systems: how much waits, and how much of it is late."""
    if not waiting.late:
        return Tile(name="待办任务", value=waiting.total, href="/tasks")
    said = f"{waiting.total:,} 件，逾期 {waiting.late:,}"
    return Tile(name="待办任务", value=waiting.total, href="/tasks", said=said, weight="urgent")


def unread_tile(waiting: Waiting) -> Tile:
    """What is to be read; a receipt that is overdue is said."""
    if not waiting.unread_late:
        return Tile(name="待阅", value=waiting.unread, href="/tasks?box=unread")
    said = f"{waiting.unread:,} 件，逾期 {waiting.unread_late:,}"
    return Tile(name="待阅", value=waiting.unread, href="/tasks?box=unread", said=said,
                weight="urgent")  # fmt: skip


def _systems(who: Principal) -> list[Tile]:
    if not permissions.allowed(who, doors.PERMISSION):
        return []
    well, checked = doors.tally(doors.checked(who))
    said = f"{well} / {checked} 正常" if checked else "正在检测"
    return [Tile(name="业务系统", value=checked, said=said, href="/systems")]


def _alarms(who: Principal) -> list[Tile]:
    """Alarms that nobody has acknowledged; none takes no room."""
    if not permissions.allowed(who, MANAGE):
        return []
    unseen = len(wiring.app().systems.alarms(who))
    if not unseen:
        return []
    return [Tile(name="系统告警", value=unseen, unit="条", href="/systems", weight="urgent")]


def _bulk(who: Principal) -> list[Tile]:
    """Alarms about look-ups in bulk that wait to be looked into; none takes no room."""
    waiting = usage.waiting(who)
    if not waiting:
        return []
    return [Tile(name="大量查询告警", value=waiting, unit="条", href="/bulk", weight="urgent")]


def _bar(
    who: Principal, found: Sequence[Case], fresh: Morning, changed: int, waiting: Waiting | None
) -> None:
    tiles = [task_tile(waiting), unread_tile(waiting)] if waiting is not None else []
    if permissions.allowed(who, cases.PERMISSION):
        tiles += case_tiles(found, states.today())
    total = places.total(who)
    if total is not None:
        over = f"{total.open:,} 件，逾期 {total.overdue:,}"
        tiles.append(Tile(name="辖区在办", value=total.open, said=over))
    tiles += orderlist.home_tile(who)
    tiles += news_tiles(changed, fresh.drafts)
    if fresh.accounts:
        said = f"{fresh.accounts} 个将到期"
        tiles.append(Tile(name="系统账号", value=fresh.accounts, said=said, href="/accounts",
                          weight="urgent"))  # fmt: skip
    tiles += _alarms(who) + _bulk(who)
    tiles += _systems(who)
    st.html(look.bar(tiles))


def _about_change(one: Changed, case: Case) -> News:
    return News(
        what=f"{one.system_name}：{'、'.join(one.labels)} 有变化",
        about=f"{case.subject_name_masked} {case.matter}",
        when=_on(one.found_at),
        label="打开",
        href=f"/records?case={case.id}",
    )


def _about_drafts(who: Principal) -> list[News]:
    found = []
    for one in drafts.mine(who):
        query = "&".join(f"{name}={value}" for name, value in one.query)
        found.append(
            News(
                what=one.title,
                about="没有提交，已保存",
                when=states.moment(one.saved_at),
                label="接着写",
                href=f"/{one.page}" + (f"?{query}" if query else ""),
            )
        )
    return found


def _news(who: Principal, found: Sequence[Case], fresh: Morning) -> list[News]:
    """Changes of cases that are still open here, then what was begun."""
    held = {one.id: one for one in found}
    changed = wiring.app().notices.shown(who, fresh.changes)
    news = [_about_change(one, held[one.case_id]) for one in changed if one.case_id in held]
    return news


@dataclass(frozen=True, kw_only=True)
class Day:
    """What is new and what waits, for the cards further down."""

    news: Sequence[News] = ()
    waiting: Waiting | None = None
    reminded: bool = False  # a digest of this half day is not put away yet


def draw(who: Principal, found: Sequence[Case]) -> Day:
    """The line; gives what is new and what waits."""
    fresh = morning(who)
    may = permissions.allowed(who, TASKS)
    waiting = wiring.app().tasks.waiting(who, MOST_TASKS) if may else None
    news = _news(who, found, fresh)

    @guarded(None)
    def bar(who: Principal) -> None:
        _bar(who, found, fresh, len(news), waiting)

    st.fragment(bar, key=doors.TALLY)()
    begun = _about_drafts(who) if fresh.drafts else []
    reminded = may and wiring.app().digests.shown(who) is not None
    return Day(news=[*news, *begun], waiting=waiting, reminded=reminded)


def _tasks(waiting: Waiting) -> Html:
    """The tasks due first, each opened by a click; the others are in the inbox."""
    today = states.today()
    lines = [
        look.Line(
            label=one.title,
            href=f"/tasks?task={one.id}",
            about=one.system_name,
            due="" if one.due_on is None else f"{one.due_on:%m-%d}",
            late=one.due_on is not None and one.due_on < today,
        )
        for one in waiting.first
    ]
    mark = states.mock() + " " if any(one.simulated for one in waiting.first) else ""
    aside = mark + look.link(f"全部 {waiting.total} 件", "/tasks")
    return tables.head("今日待办", aside) + look.lines(lines)


def card(day: Day) -> None:
    """What waits and what is new; no card when there is nothing of either."""
    with notice.place():
        if day.reminded:
            reminding.card()
    with notice.place():
        if day.waiting is not None and day.waiting.total:
            with st.container(key="card-tasks-first"):
                st.html(_tasks(day.waiting))
    with notice.place():
        if not day.news:
            return
        with st.container(key="card-news"):
            head = tables.head("系统变动与未完成的填写", "只提示哪项有变化")
            st.html(head + look.news(day.news, MOST_NEWS))
