"""The line that leads from orders to what waits in 督办评价; nothing waits, nothing is drawn."""

from uuid import UUID

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.supervision import turn
from portal.look.markup import Html, join, tag, text
from portal.look.today import link
from portal.pages.parts import orderview

PAGE = "/supervision"
NAMES = {"sheets": "督办单", "consult": "会商", "appeals": "考核申诉", "marks": "不合理诉求认定"}
_OPENS = (turn.SUPERVISE, turn.HANDLE, turn.DISPATCH)


@st.cache_data(max_entries=2000, ttl=10, show_spinner=False)
def _waiting(
    unit_id: str, prefixes: tuple[str, ...], roles: tuple[str, ...], step: str, _who: Principal
) -> dict[str, int]:
    """Some seconds old at most, and new after every step of one's own (``step``)."""
    return turn.waiting(_who)


def draw(who: Principal) -> None:
    """How many of each wait for the own unit; each number opens them."""
    found = _waiting(who.unit.id, who.prefixes, who.roles, orderview.turn(who), who)
    counts = {name: count for name, count in found.items() if count}
    if counts:
        words = [link(f"{NAMES[one]} {count:,}", f"{PAGE}?tab={one}")
                 for one, count in counts.items()]  # fmt: skip
        st.html(tag("div", text("等待本单位：") + join(f"{one}　" for one in words),
                    class_="default", role="status"))  # fmt: skip


def of_order(who: Principal, order_id: UUID) -> Html:
    """The way from an opened order, for who may go it."""
    if not any(permissions.allowed(who, one) for one in _OPENS):
        return ""
    return link("督办评价", f"{PAGE}?order={order_id}")
