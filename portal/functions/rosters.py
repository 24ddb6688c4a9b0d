"""一键调取 of a list (名册): what systems hold of its persons, for the post that fills it.

Each person is asked for alone, in the acting post's own scope, for the stated purpose, and of each
system only the fields that are still empty. Which person was asked for stands in the audit before
the first question. Nothing is kept here: what comes is handed over, row by row.

A system that has told everybody it knows a short while ago (``index_hours``) is not asked about
somebody who was not among them: the cell says so, with the time, and a clerk may have it asked all
the same. Only to a post that might have asked is told that somebody is in no such roster.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from auth import audit, permissions
from auth.principal import Principal
from portal.connectors.contract import Answer, Asker, Capability, Field, Mask, State
from portal.connectors.recorder import last_walks
from portal.functions.records import Purpose, Records
from portal.store import clock, search
from portal.store.citypack import pack
from portal.store.scope import scoped
from portal.store.search import Found

PURPOSE = "roster"
PERMISSION = "records.open"
AT_ONCE = 20  # persons per turn: between two turns a clerk may stop
_THREADS = 8  # as many as a system takes at once unless it says less, which its channel holds to
_LAST = 4  # characters of an account that a list may hold
_OUTSIDE = "此人已不在本单位管辖范围，未查询"
ABSENT = "的名册中没有此人，未调取"
_NOT_MINE = "本岗位不能以此目的调取该项，未查询"
_USABLE = (State.RETURNED, State.STALE)


@dataclass(frozen=True, kw_only=True)
class Value:
    """A field as a system told it; without a value, why there is none."""

    value: str = ""
    source: str = ""
    as_of: str = ""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A person of a list and what is asked of them: system -> fields."""

    subject: str
    wanted: Mapping[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class Rosters:
    """Asks for persons of a list, through the gateway and under the rules of a dossier."""

    records: Records

    def may(self, principal: Principal) -> bool:
        """Whether this post may ask for this purpose at all."""
        return permissions.allowed(principal, PERMISSION) and (
            PURPOSE in permissions.purposes(principal)
        )

    def ask(
        self,
        principal: Principal,
        number: str,
        wishes: Sequence[Wish],
        *,
        everybody: bool = False,
    ) -> Iterator[dict[str, Value]]:
        """For each person, in the order of the wishes, what came by ``system.field``.

        ``everybody``: whatever the rosters of the night said, each system is asked.
        """
        permissions.check(principal, PERMISSION)
        if not self.may(principal):
            permissions.refuse(principal, PERMISSION, "当前岗位不能以填报名册为目的调取信息。")
        walks = {} if everybody else _walks({name for one in wishes for name in one.wanted})
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="roster") as pool:
            yield from pool.map(lambda one: self._one(principal, number, one, walks), wishes)

    def _one(
        self, principal: Principal, number: str, wish: Wish, walks: Mapping[str, datetime]
    ) -> dict[str, Value]:
        with scoped(principal.reach) as connection:
            found = search.one(connection, UUID(wish.subject))
        if found is None or found.region_code is None:
            return _all(wish, _OUTSIDE)
        purpose = Purpose(id=PURPOSE, name=pack().forms.purpose, case_id=number)
        asker = self.records.asker(principal, purpose, found, wish.wanted)
        gateway = self.records.gateway
        unsigned = set(gateway.unauthorised(asker))
        systems = {one.id: one for one in gateway.registry.serving(Capability.RECORDS)}
        closed = {one.id for one in systems.values() if one.name in unsigned}
        absent = {
            one: walks[one]
            for one in asker.readable
            if one in walks and one in systems and one not in closed | set(found.systems)
        }
        if absent:
            rest = {one: names for one, names in wish.wanted.items() if one not in absent}
            asker = self.records.asker(principal, purpose, found, rest)
        self._audit(principal, number, found, asker, absent)
        came = _all(wish, _NOT_MINE)
        for system_id in closed:
            came |= _of(wish, system_id, "未取得本人或家庭授权，未查询")
        for system_id, at in absent.items():
            system = systems[system_id]
            name = f"{system.name}{_mark(simulated=system.mark is not None)}"
            came |= _of(wish, system_id, f"{name}：{clock.local(at):%m-%d %H:%M} {ABSENT}")
        if not asker.readable:
            return came
        for answer in gateway.stream(asker, self.records.subject(found)):
            came |= self._told(answer, asker.readable.get(answer.system_id, frozenset()))
        return came

    def _told(self, answer: Answer, names: frozenset[str]) -> dict[str, Value]:
        """The first value of each field; a system that gave none leaves its reason."""
        system = f"{answer.system_name}{_mark(simulated=answer.simulated)}"
        day = clock.local(answer.as_of).date().isoformat() if answer.as_of else ""
        values: dict[str, Value] = {}
        if answer.state in _USABLE:
            for record in answer.records:
                for one in record.fields:
                    if one.value and one.name in names:
                        values.setdefault(
                            one.name,
                            Value(value=_cut(one), source=f"{system}·{one.label}", as_of=day),
                        )
        why = f"{system}：{'没有此项' if answer.state in _USABLE else answer.state.value}"
        empty = Value(source=why)
        return {f"{answer.system_id}.{name}": values.get(name, empty) for name in names}

    def _audit(
        self, principal: Principal, number: str, found: Found, asker: Asker, absent: Iterable[str]
    ) -> None:
        fields = {one: sorted(names) for one, names in asker.readable.items()}
        told = {"absent": sorted(absent)} if absent else {}
        audit.append(
            action="forms.person",
            actor=principal.login,
            unit_id=principal.unit.id,
            region_code=principal.unit.region_code,
            subject_hash=found.id_hash,
            purpose=PURPOSE,
            case_id=number,
            detail={"fields": fields, **told},
        )


def _walks(system_ids: Iterable[str]) -> dict[str, datetime]:
    """The systems whose rosters are young enough to be believed, and from when they are."""
    hours = pack().forms.index_hours
    return last_walks(system_ids, clock.now() - timedelta(hours=hours)) if hours else {}


def _mark(*, simulated: bool) -> str:
    return "（模拟）" if simulated else ""


def _cut(one: Field) -> str:
    """Of an account only its end leaves this function, however the form is written."""
    value = one.value or ""
    return value[-_LAST:] if one.mask is Mask.ACCOUNT else value


def _of(wish: Wish, system_id: str, words: str) -> dict[str, Value]:
    names = wish.wanted.get(system_id, frozenset())
    return {f"{system_id}.{name}": Value(source=words) for name in names}


def _all(wish: Wish, words: str) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for system_id in wish.wanted:
        found |= _of(wish, system_id, words)
    return found
