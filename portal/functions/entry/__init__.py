"""统一入口: the connected systems as doors with live health, and the facts of one's scope."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from auth import permissions
from auth.principal import Principal
from portal.connectors.contract import Health, State
from portal.connectors.gateway import Gateway
from portal.functions import drops
from portal.functions.entry import jump as jumping
from portal.functions.entry import links, tickets
from portal.functions.entry.jump import Jump, NoSuchDoor
from portal.functions.entry.links import LinkRefused, OwnAccount
from portal.functions.entry.tickets import Redeemed, TicketRefused
from portal.functions.entry.wall import WallDoor, wall
from portal.store import divisions, landing
from portal.store.citypack import SystemSite, pack
from portal.store.divisions import Division
from portal.store.landing import Arrival
from portal.store.scope import scoped

LIVE_MODES = ("试运行", "正式")
_FRESH_SECONDS = 60.0
_DOOR_FRESH_SECONDS = 30.0
_ANEW_SECONDS = 2.0

__all__ = [
    "LIVE_MODES",
    "Door",
    "Entry",
    "Jump",
    "LinkRefused",
    "NoSuchDoor",
    "OwnAccount",
    "PlaceFacts",
    "Redeemed",
    "ScopeFacts",
    "TicketRefused",
    "WallDoor",
    "scope_facts",
]


@dataclass(frozen=True, kw_only=True)
class Door:
    """A connected system as a clerk sees it; without a live check it is never called connected."""

    system_id: str
    name: str
    owner: str
    level: str
    mode: str
    simulated: bool
    mark: str
    state: State | None
    message: str
    checked_at: datetime | None
    files: str = ""  # of a system that puts out files: the last one and the one in use


@dataclass(frozen=True, kw_only=True)
class PlaceFacts:
    """One place below the scope, with what is known of it."""

    code: str
    name: str
    level: str
    communities: int
    villages: int
    streets: int
    population: int | None
    statistics_only: bool


@dataclass(frozen=True, kw_only=True)
class ScopeFacts:
    """What the registry of divisions says about a post's scope; nothing is guessed."""

    region_code: str
    name: str
    full_name: str
    districts: int
    streets: int
    communities: int
    villages: int
    statistics_only: int
    population: int | None
    places: tuple[PlaceFacts, ...]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The entry function of one process."""

    gateway: Gateway

    def doors(self, principal: Principal) -> tuple[Door, ...]:
        """The systems with the result of their last live check (at most a minute old)."""
        permissions.check(principal, "systems.view")
        sites = pack().systems
        modes = {one.id: self._mode(one) for one in sites}
        live = [one.id for one in sites if modes[one.id] in LIVE_MODES]
        checked = {one.system_id: one for one in self.gateway.probe_all(live, _FRESH_SECONDS)}
        with scoped(principal.reach) as connection:
            landed = landing.latest(connection)
        dropping = {one.id for one in drops.drop_systems(self.gateway)}
        return tuple(
            _door(
                one.model_copy(update={"mode": modes[one.id]}),
                checked.get(one.id),
                _files(landed.get(one.id)) if one.id in dropping else "",
            )
            for one in sites
        )

    def _mode(self, site: SystemSite) -> str:
        """The mode that holds; a system that was refused at start is not connected."""
        system = self.gateway.registry.systems.get(site.id)
        return system.mode if system else "未接入"

    def wall(self, principal: Principal) -> tuple[WallDoor, ...]:
        """The doors of the acting post, without waiting for anybody's health."""
        return wall(self.gateway.registry, principal)

    def health(self, principal: Principal, *, anew: bool = False) -> tuple[Health, ...]:
        """A live check of each open door of the acting post, at most half a minute old.

        ``anew`` is for who does not want to wait that long; a moment's old answer still counts.
        """
        ids = [one.system_id for one in self.wall(principal) if one.open]
        most = _ANEW_SECONDS if anew else _DOOR_FRESH_SECONDS
        return tuple(self.gateway.probe_all(ids, most)) if ids else ()

    def way(
        self,
        principal: Principal,
        system_id: str,
        target: str | None = None,
        values: Mapping[str, str] | None = None,
    ) -> str:
        """The address of a door for this person's own browser; jumping decides, not the link."""
        return jumping.way(principal, system_id, target, values)

    def jump(
        self,
        principal: Principal,
        system_id: str,
        target: str | None = None,
        values: Mapping[str, str] | None = None,
    ) -> Jump:
        """Let this person into that system; ``Denied`` or ``NoSuchDoor`` say why not."""
        return jumping.jump(self.gateway.registry, principal, system_id, target, values)

    def redeem(self, system_id: str, ticket: str) -> Redeemed:
        """Take in a ticket that a system was given; ``TicketRefused`` says why not."""
        return tickets.redeem(system_id, ticket)

    # -- accounts over there -----------------------------------------------------------------

    def accounts(self, principal: Principal) -> tuple[OwnAccount, ...]:
        """One's own account in each system, those that need something first."""
        return links.mine(self.gateway.registry, principal)

    def link_way(self, principal: Principal, system_id: str) -> str:
        """The address that begins a proof, for this person's own browser."""
        return jumping.link_way(principal, system_id)

    def begin_link(self, principal: Principal, system_id: str) -> str:
        """Where to sign in over there; ``LinkRefused`` when the system cannot prove anything."""
        return links.begin(self.gateway.registry, principal, system_id)

    def finish_link(self, principal: Principal, state: str, proof: str) -> str:
        """Take in what the system says; ``LinkRefused`` says why nothing was linked."""
        return links.finish(self.gateway.registry, principal, state, proof)

    def begin_code(self, principal: Principal, system_id: str) -> str:
        """The number to type in over there."""
        return links.begin_code(self.gateway.registry, principal, system_id)

    def finish_code(self, principal: Principal, system_id: str, account: str, code: str) -> str:
        """Take in the code shown for it."""
        return links.finish_code(self.gateway.registry, principal, system_id, account, code)

    def unlink(self, principal: Principal, system_id: str) -> None:
        """End one's own link."""
        links.unlink(principal, system_id)


def _files(landed: tuple[Arrival, Arrival | None] | None) -> str:
    """Which file came last and what became of it, and from when the data in use is."""
    if landed is None:
        return "尚未收到文件。"
    last, current = landed
    why = f"：{last.message}" if last.message else "。"
    used = f"在用数据截至 {current.period:%Y-%m-%d}。" if current else "尚无可用数据。"
    which = f"{last.period:%Y-%m-%d} 第 {last.sequence} 次"
    return f"最近文件（{which}）{last.state}{why}{used}"


def _door(site: SystemSite, health: Health | None, files: str) -> Door:
    return Door(
        system_id=site.id,
        name=site.name,
        owner=site.owner,
        level=site.level,
        mode=site.mode,
        simulated=site.simulated,
        mark=site.mark,
        state=health.state if health else None,
        message=health.message if health else f"{site.mode}，不作检测",
        checked_at=health.checked_at if health else None,
        files=files,
    )


def _is_village(one: Division) -> bool:
    """By the official rule villages' committees are numbered from 200, residents' from 001."""
    return one.code[9:12] >= "200"


def _tally(prefix: str) -> tuple[int, int, int]:
    committees = [one for one in divisions.below(prefix, "community") if not one.statistics_only]
    villages = sum(_is_village(one) for one in committees)
    streets = sum(not one.statistics_only for one in divisions.below(prefix, "street"))
    return streets, len(committees) - villages, villages


def _place(one: Division) -> PlaceFacts:
    streets, communities, villages = _tally(one.code)
    return PlaceFacts(
        code=one.code,
        name=one.name,
        level=one.level,
        streets=streets,
        communities=communities,
        villages=villages,
        population=one.population,
        statistics_only=one.statistics_only,
    )


def scope_facts(principal: Principal) -> ScopeFacts:
    """The places of the unit's own region, one level down, with counts and census figures."""
    code = principal.unit.region_code
    own = divisions.find(code)
    streets, communities, villages = _tally(code)
    return ScopeFacts(
        region_code=code,
        name=own.name if own else code,
        full_name=divisions.full_name(code),
        districts=len(divisions.below(code, "district")) if own and own.level == "city" else 0,
        streets=streets if own and own.level in ("city", "district") else 0,
        communities=communities,
        villages=villages,
        statistics_only=sum(
            one.statistics_only
            for level in ("street", "community")
            for one in divisions.below(code, level)
        ),
        population=own.population if own else None,
        places=tuple(_place(one) for one in divisions.children(code)),
    )
