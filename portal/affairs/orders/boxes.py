"""What a desk has before it, in boxes: to sign, in hand, to decide, helping, done, everything."""

from dataclasses import dataclass, field, fields, replace
from typing import Literal

from sqlalchemy import func, select

from auth import permissions
from auth.principal import Principal
from portal.affairs.orders import units
from portal.affairs.orders.book import flow
from portal.affairs.orders.filters import Box as Part
from portal.affairs.orders.filters import Filters
from portal.affairs.orders.queries import VIEW, some_of
from portal.store.citypack import pack
from portal.store.scope import scoped

BoxId = Literal["sign", "doing", "review", "helping", "done", "all"]
NAMES: dict[BoxId, str] = {
    "sign": "待签收",
    "doing": "办理中",
    "review": "待我审核",
    "helping": "协办",
    "done": "已办",
    "all": "全部",
}
_PARTS: dict[BoxId, tuple[Part, bool | None]] = {
    "sign": ("本单位承办", True),
    "doing": ("本单位承办", True),
    "review": ("待本单位审核", True),
    "helping": ("本单位协办", True),
    "done": ("本单位承办", False),
    "all": ("辖区内全部", None),
}
ANY = Filters(open=None)
_IMPOSSIBLE = ("",)  # no state has this name: such a list is empty


@dataclass(frozen=True, kw_only=True)
class View:
    """What a list shows: one box, and what it is narrowed to."""

    box: BoxId = "all"
    narrow: Filters = field(default=ANY)


def _states(box: BoxId) -> tuple[str, ...]:
    """The states that belong into a box; empty: any."""
    known = flow()
    sign = known.moves.get("sign")
    to_sign = known.sources(sign) if sign else ()
    if box == "sign":
        return to_sign or _IMPOSSIBLE
    if box == "doing":
        return tuple(one for one in known.open if one not in to_sign)
    return ()


def _both(box: tuple[str, ...], chosen: tuple[str, ...]) -> tuple[str, ...]:
    if not box or not chosen:
        return box or chosen
    return tuple(one for one in chosen if one in box) or _IMPOSSIBLE


def filters_of(view: View, under: tuple[str, ...] = ()) -> Filters:
    """The filters of a list; ``under`` are the units whose own dispatching one decides on."""
    part, open_ = _PARTS[view.box]
    return replace(
        view.narrow,
        box=part,
        open=view.narrow.open if open_ is None else open_,
        states=_both(_states(view.box), view.narrow.states),
        under=under,
    )


def under(principal: Principal) -> tuple[str, ...]:
    """The units that stand directly below one's own, for who decides on what they ask."""
    if not permissions.allowed(principal, "orders.dispatch"):
        return ()
    with scoped(principal.reach) as connection:
        return units.directly_below(connection, principal.unit.id, principal.unit.region_code)


def counts(principal: Principal, narrow: Filters = ANY) -> dict[BoxId, int]:
    """How many orders lie in each box, as far as counting is worth while ."""
    permissions.check(principal, VIEW)
    below = under(principal)
    numbers = []
    for box in NAMES:
        some = some_of(principal, filters_of(View(box=box, narrow=narrow), below))
        numbers.append(select(func.count()).select_from(some).scalar_subquery().label(box))
    with scoped(principal.reach) as connection:
        row = connection.execute(select(*numbers)).one()
    return {box: getattr(row, box) for box in NAMES}


def narrowed(filters: Filters) -> bool:
    """Whether anything but the order of the list was chosen."""
    plain = replace(ANY, sort=filters.sort)
    return any(getattr(filters, one.name) != getattr(plain, one.name) for one in fields(filters))


@dataclass(frozen=True, kw_only=True)
class Offered:
    """What a list can be narrowed to, in the words of the city."""

    dues: tuple[str, ...]
    kinds: tuple[str, ...]
    sources: tuple[str, ...]
    urgencies: dict[int, str]


def offered() -> Offered:
    """The choices of the filters."""
    texts = pack().orders
    return Offered(
        dues=("逾期", "今天到期", "临期"),
        kinds=texts.kinds,
        sources=tuple(one.id for one in texts.source),
        urgencies={one.level: one.name for one in texts.urgency},
    )
