"""What is around every page: which page is open, the band on top, the pages one may go to."""

import secrets
from collections.abc import Callable, Mapping
from uuid import UUID

import streamlit as st
from streamlit.navigation.page import Page
from structlog.contextvars import bind_contextvars

from auth import permissions
from auth.principal import Principal
from portal.affairs.findings import choices
from portal.functions import city, identity
from portal.look import frame
from portal.pages import turns
from portal.pages.catalogue import FALLBACKS, HOMES, PAGES, PageSpec, spec
from portal.pages.going import as_page
from portal.pages.guards import acting, guarded
from portal.pages.parts import feedback, memory

_RUN = "run"
# Pages of what is not run everywhere: where it is not, they are not in the navigation.
_WHERE: Mapping[str, Callable[[Principal], bool]] = {"findings": choices.reached}


def landing(who: Principal) -> PageSpec:
    """The page a post begins at: its own home, another home it may open, or the fallback."""
    own = spec(who.home)
    homes = [own, *(one for one in PAGES if one.path in HOMES), *map(spec, FALLBACKS)]
    last = spec(FALLBACKS[-1])
    return next((one for one in homes if permissions.allowed(who, one.permission)), last)


def _opens(who: Principal, one: PageSpec) -> bool:
    return any(permissions.allowed(who, right) for right in (one.permission, *one.also))


def menu(who: Principal, home: PageSpec) -> list[PageSpec]:
    """The pages beside the home that the post may open."""
    return [
        one
        for one in PAGES
        if one.listed
        and one is not home
        and _opens(who, one)
        and (one.path not in _WHERE or _WHERE[one.path](who))
    ]


@st.cache_data(max_entries=2000, ttl=60, show_spinner=False)
def _posts(account_id: UUID, post_id: UUID, _who: Principal) -> dict[str, str]:
    """The posts to choose from, a minute old at most; choosing one asks the database again."""
    return {str(one.id): one.label for one in identity.my_posts(_who)}


@guarded(None)
def _switch(who: Principal) -> None:
    chosen = str(st.session_state.get(frame.POST_KEY, ""))
    if chosen and chosen != str(who.post_id):
        identity.switch_post(who, chosen)
        memory.forget()


@guarded(None)
def _sign_out(who: Principal) -> None:
    memory.forget()
    identity.sign_out(who)
    st.logout()


def _new_run() -> str:
    """Number this run, for the log and for a fault; gives the number of the one before."""
    before = str(st.session_state.get(_RUN, ""))
    st.session_state[_RUN] = secrets.token_hex(4)
    bind_contextvars(run=st.session_state[_RUN])
    return before


def _draw_band(who: Principal) -> bool:
    level = who.unit.level_text
    return frame.draw_band(
        frame.Band(
            platform=city.platform_name(),
            level=who.unit.level,
            level_name=level.name,
            person=who.name,
            unit=who.unit.name,
            post=f"{who.post_title}（代 {who.acting_for}）" if who.acting_for else who.post_title,
            scope=city.scope_name(who),
        ),
        posts=_posts(account_id=who.account_id, post_id=who.post_id, _who=who),
        acting=str(who.post_id),
        on_switch=_switch,
        on_sign_out=_sign_out,
    )


def run(who: Principal) -> None:
    """Draw the frame and the page, when it is this run's turn."""
    with turns.turn(), acting(who):
        _draw(who)


def _draw(who: Principal) -> None:
    """Every address is a page, so that each refuses for itself."""
    before = _new_run()
    begin = landing(who)
    pages = {one.path: as_page(one) for one in PAGES}
    home = st.Page(begin.show, title=begin.title, url_path="home", default=True)
    current: Page = st.navigation([home, *pages.values()], position="hidden")
    title = current.title
    st.set_page_config(page_title=f"{title} · {city.platform_name()}", layout="wide")
    if _draw_band(who) and current.url_path != "feedback":
        # The run that the person looked at is the one before this click.
        feedback.ask(current.url_path or begin.path, before)
    links = [(begin.path, "首页", home)]
    links += [(one.path, one.title, pages[one.path]) for one in menu(who, begin)]
    frame.draw_navigation(links, current.url_path or begin.path, city.scope_name(who))
    current.run()
