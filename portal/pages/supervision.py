"""督办评价: warnings, 督办单, consultations, appeals, marks and like demands, each in a tab.

The address says what is shown (``tab``, ``box``, ``order``, ``print``), so every number is a link
and what one sees can be sent to a colleague.
"""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.supervision import turn
from portal.functions import city
from portal.look import supervision as look
from portal.look import tables
from portal.look.markup import text
from portal.look.supervision import Choice
from portal.pages.guards import require
from portal.pages.parts import clusterlist, ordermatters, saying, sheetprint
from portal.pages.parts import supervisionlists as lists

PERMISSION, HANDLE, DISPATCH = turn.SUPERVISE, turn.HANDLE, turn.DISPATCH
PAGE = lists.PAGE


@dataclass(frozen=True, kw_only=True)
class Tab:
    """One tab: who has it, and what draws it."""

    id: str
    name: str
    rights: tuple[str, ...]
    draw: Callable[[Principal, str], None]


TABS = (
    Tab(id="urged", name="预警", rights=(PERMISSION, HANDLE), draw=lists.urged),
    Tab(id="sheets", name="督办单", rights=(PERMISSION, HANDLE), draw=lists.sheets),
    Tab(id="consult", name="会商", rights=(HANDLE, DISPATCH), draw=lists.consult),
    Tab(id="appeals", name="考核申诉", rights=(PERMISSION, HANDLE), draw=lists.appeals),
    Tab(id="marks", name="不合理诉求认定", rights=(PERMISSION,), draw=lists.to_mark),
    Tab(id="clusters", name="同类诉求", rights=(PERMISSION, DISPATCH), draw=clusterlist.draw),
)


def _mine(who: Principal) -> list[Tab]:
    return [one for one in TABS if any(permissions.allowed(who, right) for right in one.rights)]


def _list(who: Principal) -> None:
    shown, waiting = _mine(who), turn.waiting(who)
    wanted = st.query_params.get("tab", "")
    busy = next((one for one in shown if waiting.get(one.id)), shown[0])
    chosen = next((one for one in shown if one.id == wanted), busy)
    tabs = [
        Choice(
            name=one.name,
            href=f"{PAGE}?tab={one.id}",
            count=waiting.get(one.id) or None,
            chosen=one is chosen,
        )
        for one in shown
    ]
    with st.container(key="card-supervision"):
        st.html(tables.head("督办评价", text(f"数字为等待本单位办理的；{city.default_note()}")))
        st.html(look.choices("tabs", "督办评价", tabs))
        chosen.draw(who, st.query_params.get("box", ""))


def page() -> None:
    """Draw the page."""
    who = require(PERMISSION, HANDLE, DISPATCH)
    if sheet := st.query_params.get("print"):
        sheetprint.card(who, sheet)
        return
    saying.draw()
    if order := st.query_params.get("order"):
        ordermatters.card(who, order)
        return
    _list(who)
