"""定时提醒 on a home: what is due, late and to be read in this half day, until it is put away."""

import streamlit as st

from auth.principal import Principal
from portal import wiring
from portal.functions.digest import Shown
from portal.look import states, tables
from portal.look.markup import Html, join, tag, text
from portal.look.today import link
from portal.pages.guards import guarded
from portal.store.digests import Line

PERMISSION = "tasks.view"
_MOST = 6


@guarded(PERMISSION)
def _put_away(who: Principal) -> None:
    wiring.app().digests.put_away(who)


def _words(line: Line) -> str:
    parts = (("逾期", line.late), ("今日到期", line.due), ("待阅", line.unread))
    return "、".join(f"{name} {count} 件" for name, count in parts if count)


def _lines(shown: Shown) -> Html:
    rows = [
        tag("li", tag("div", text(one.name)) + tag("div", text(_words(one))))
        for one in shown.lines[:_MOST]
    ]
    if len(shown.lines) > _MOST:
        rows.append(tag("li", text(f"另有 {len(shown.lines) - _MOST} 类，见“统一办理”。")))
    return tag("ul", join(rows), class_="news")


@guarded(PERMISSION)
def _body(who: Principal) -> None:
    shown = wiring.app().digests.shown(who)
    if shown is None:
        return
    with st.container(key="card-digest"):
        when = f"{states.moment(shown.made_at)} · 每半日至多一次 "
        aside = text(when) + link("统一办理", "/tasks")
        st.html(tables.head("定时提醒", aside) + _lines(shown))
        st.button("知道了", key="digest_seen", on_click=_put_away)


def card() -> None:
    """The card, on its own: putting it away draws nothing else anew."""
    st.fragment(_body)()
