"""从一件到一类: what many demands of a place have in common, why, and the orders behind it."""

import streamlit as st

from auth import permissions
from auth.principal import Principal
from portal.affairs.dispatch import clusters
from portal.affairs.dispatch.clusters import Cluster, Clusters
from portal.affairs.orders import addresses
from portal.functions import city
from portal.look import notice, states, tables
from portal.look import supervision as look
from portal.look.markup import Html, join, tag, text
from portal.look.today import link

PERMISSION = clusters.VIEW
_SECONDS = 300
_MOST_LINKS = 60


@st.cache_data(max_entries=100, ttl=_SECONDS, show_spinner="正在归类近期诉求")
def _found(scope: tuple[str, ...], _who: Principal) -> tuple[Clusters, str]:
    """Some minutes old at most, for one post; a failure is not kept."""
    return clusters.clusters(_who), states.moment(states.now())


def _behind(one: Cluster) -> Html:
    pairs = list(zip(one.order_ids, one.order_nos, strict=True))
    links = [link(no, f"{addresses.PAGE}?id={order_id}") for order_id, no in pairs[:_MOST_LINKS]]
    rest = len(pairs) - len(links)
    more = tag("span", text(f"另有 {rest} 件，见按条件打开的清单")) if rest > 0 else ""
    inside = tag("div", join(links) + more, class_="behind")
    return tag("details", tag("summary", text(f"本类 {one.count} 件工单")) + inside)


def _card(who: Principal, one: Cluster, since: Clusters) -> Html:
    address = addresses.of(
        category=one.code, region=one.region_code, since=states.local_day(since.since)
    )
    head = tag(
        "h3",
        text(one.title) + look.trend(one.trend) + tag("span", f"{one.count} 件", class_="num"),
    )
    where = f"{city.place_within(who, one.region_name)} · {one.class_name}"
    ways = link("同地方、同分类的全部工单", address)
    return tag(
        "section",
        head + tag("p", text(f"{where}。{one.reason}。")) + tag("p", ways) + _behind(one),
        class_="cluster",
    )


def draw(who: Principal, box: str) -> None:
    """The clusters of one's scope, the largest first."""
    found, at = _found((str(who.post_id), who.unit.id, *who.prefixes), who)
    mark = " " + states.mock() if city.simulated() else ""
    said = f"{states.local_day(found.since):%m-%d} 起收到的 {found.looked_at:,} 件诉求，{at} 归类"
    st.html(tables.head("同类诉求", text(said) + mark))
    if not found.complete:
        notice.hint(
            "诉求较多，没有全部归类",
            f"只归类了最近的 {found.looked_at:,} 件；下级单位可看到本辖区全部。",
        )
    if not found.found:
        notice.empty(
            "近期没有成类的诉求",
            "同一地方、同一分类、说法相近的诉求达到规定件数时列在这里（系统默认，可修改）。",
        )
        return
    if permissions.allowed(who, "findings.report"):
        st.html(tag("p", link("可在“未诉先办”中作为问题登记", "findings")))
    for one in found.found:
        st.html(_card(who, one, found))
