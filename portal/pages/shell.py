"""What is around every page: which page is open, the band on top, the pages one may go to."""

import streamlit as st
from streamlit.navigation.page import Page

from auth import permissions
from auth.principal import Principal
from portal.functions import city, identity
from portal.look import frame
from portal.pages import turns
from portal.pages.catalogue import FALLBACKS, HOMES, PAGES, PageSpec, spec
from portal.pages.going import as_page
from portal.pages.guards import acting, guarded
from portal.pages.parts import memory


def landing(who: Principal) -> PageSpec:
    """The page a post begins at: its own home, another home it may open, or the fallback."""
    own = spec(who.home)
    homes = [own, *(one for one in PAGES if one.path in HOMES), *map(spec, FALLBACKS)]
    last = spec(FALLBACKS[-1])
    return next((one for one in homes if permissions.allowed(who, one.permission)), last)


def menu(who: Principal, home: PageSpec) -> list[PageSpec]:
    """The pages beside the home that the post may open."""
    return [one for one in PAGES if one is not home and permissions.allowed(who, one.permission)]


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


def _draw_band(who: Principal) -> None:
    level = who.unit.level_text
    frame.draw_band(
        frame.Band(
            platform=city.platform_name(),
            level=who.unit.level,
            level_name=level.name,
            person=who.name,
            unit=who.unit.name,
            post=f"{who.post_title}（代 {who.acting_for}）" if who.acting_for else who.post_title,
            scope=city.scope_name(who),
        ),
        posts={str(one.id): one.label for one in identity.my_posts(who)},
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
    begin = landing(who)
    pages = {one.path: as_page(one) for one in PAGES}
    home = st.Page(begin.show, title=begin.title, url_path="home", default=True)
    current: Page = st.navigation([home, *pages.values()], position="hidden")
    title = current.title
    st.set_page_config(page_title=f"{title} · {city.platform_name()}", layout="wide")
    _draw_band(who)
    links = [(begin.path, "首页", home)]
    links += [(one.path, one.title, pages[one.path]) for one in menu(who, begin)]
    frame.draw_navigation(links, current.url_path or begin.path, city.scope_name(who))
    current.run()
