"""社区预警: what a street is told, privately, about its communities; nobody else reads it.

No community has a zone, a score or a place: a warning is a list of reasons, in the order of the
codes, for the one street whose the community is. The city, the district and other streets are
refused, and so is every ranking.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from auth import permissions
from auth.principal import Principal
from portal.affairs.rates import figures
from portal.affairs.rates.counts import Counts, shares
from portal.affairs.rates.entrants import today
from portal.affairs.rates.schemes import VIEW, holding
from portal.affairs.rates.spans import Span
from portal.store import divisions
from portal.store.scheme_texts import WarningRules
from portal.store.scope import scoped


@dataclass(frozen=True, kw_only=True)
class Warned:
    """A community with the reasons to look after it."""

    region_code: str
    name: str
    reasons: tuple[str, ...]


def reasons(
    now: Counts, before: int, late: int, classes: Mapping[str, int], rules: WarningRules
) -> tuple[str, ...]:
    """Why a street should look after a community; pure, and none of it a comparison with others."""
    found = []
    rise = now.received * 100 >= before * (100 + rules.rise_percent)
    if before and rise and now.received >= rules.least_orders:
        found.append(f"受理{now.received}件，上期同样天数{before}件，升幅达到{rules.rise_percent}%")
    if late:
        found.append(f"逾期未办结{late}件")
    share = shares(now, Decimal(0))["resolved"]
    enough = now.visited >= rules.least_orders
    if enough and share.percent is not None and share.percent < rules.resolved_below:
        found.append(f"解决率{share.percent}%（{share.behind}），低于{rules.resolved_below}%")
    for code, number in sorted(classes.items()):
        if "." in code and number >= rules.same_class_least:
            found.append(f"同类诉求集中：{code} {number}件")
    return tuple(found)


def may_read(principal: Principal) -> bool:
    """Whether this post is a street's own."""
    street = principal.unit.level == "street" and principal.unit.kind == "government"
    return street and permissions.allowed(principal, VIEW)


def warned(principal: Principal, month: date) -> tuple[Warned, ...]:
    """The communities of one's own street that there is a reason to look after, by their codes."""
    permissions.check(principal, VIEW, principal.unit.region_code)
    if not may_read(principal):
        permissions.refuse(principal, VIEW, "社区（村）预警只告知其所在乡镇（街道）。")
    below = [
        one for one in divisions.children(principal.unit.region_code) if not one.statistics_only
    ]
    span = Span(kind="月", starts=month)
    with scoped(principal.reach) as connection:
        return tuple(_look(connection, span, sorted(below, key=lambda one: one.code)))


def _look(connection: Connection, span: Span, below: list[divisions.Division]) -> list[Warned]:
    codes, day = [one.code for one in below], today()
    if not codes:
        return []
    rules = holding(connection, span.starts).scheme.warnings
    now = figures.of_places(connection, codes, span.days)
    before = figures.received(connection, codes, span.alongside(span.before, day))
    late = figures.standing_at(connection, [figures.OVERDUE], codes, span.so_far(day).ends)
    found = []
    for one in below:
        said = reasons(
            now.get(one.code, Counts()),
            before.get(one.code, 0),
            late.get((figures.OVERDUE, one.code), 0),
            figures.parts(connection, "orders_received_class", one.code, span.days),
            rules,
        )
        if said:
            found.append(Warned(region_code=one.code, name=one.name, reasons=said))
    return found
