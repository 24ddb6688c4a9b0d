"""委托代理: the holder of a post lets a colleague act for it, for a while, in some matters."""

import streamlit as st

from auth.principal import Principal
from portal.functions.people import deputies
from portal.look import tables
from portal.look.markup import tag, text
from portal.pages.guards import guarded, require
from portal.pages.parts import appointing

PERMISSION = "deputies.appoint"


@guarded(PERMISSION)
def _form(who: Principal) -> None:
    appointing.form(who, str(who.post_id), who.roles)


@guarded(PERMISSION)
def _list(who: Principal) -> None:
    appointing.show(deputies.mine(who), mine=frozenset({str(who.post_id)}))


def page() -> None:
    """Draw the page."""
    who = require(PERMISSION)
    with st.container(key="card-deputies"):
        st.html(tables.head("委托他人代理本岗位", text(who.post_title)))
        _form()
        words = f"一次最长 {deputies.MAX_DAYS} 天；到期或撤销即刻失效；代理人不能再委托他人。"
        st.html(tag("div", text(words), class_="default"))
    with st.container(key="card-deputies-list"):
        st.html(tables.head("与本人有关的委托"))
        _list()
