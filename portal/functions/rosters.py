"""一键调取 of a list (名册): what systems hold of its persons, for the post that fills it.

Each person is asked for alone, in the acting post's own scope, for the stated purpose, and of each
system only the fields that are still empty. Which person was asked for stands in the audit before
the first question. Nothing is kept here: what comes is handed over, row by row.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

from auth import audit, permissions
from auth.principal import Principal
from portal.connectors.contract import Answer, Asker, Capability, Field, Mask, State
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
        self, principal: Principal, number: str, wishes: Sequence[Wish]
    ) -> Iterator[dict[str, Value]]:
        """For each person, in the order of the wishes, what came by ``system.field``."""
        permissions.check(principal, PERMISSION)
        if not self.may(principal):
            permissions.refuse(principal, PERMISSION, "当前岗位不能以填报名册为目的调取信息。")
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="roster") as pool:
            yield from pool.map(lambda one: self._one(principal, number, one), wishes)

    def _one(self, principal: Principal, number: str, wish: Wish) -> dict[str, Value]:
        with scoped(principal.reach) as connection:
            found = search.one(connection, UUID(wish.subject))
        if found is None or found.region_code is None:
            return _all(wish, _OUTSIDE)
        purpose = Purpose(id=PURPOSE, name=pack().forms.purpose, case_id=number)
        asker = self.records.asker(principal, purpose, found, wish.wanted)
        self._audit(principal, number, found, asker)
        came = _all(wish, _NOT_MINE)
        gateway = self.records.gateway
        unsigned = set(gateway.unauthorised(asker))
        for system in gateway.registry.serving(Capability.RECORDS):
            if system.name in unsigned:
                came |= _of(wish, system.id, "未取得本人或家庭授权，未查询")
        for answer in gateway.stream(asker, self.records.subject(found)):
            came |= self._told(answer, asker.readable.get(answer.system_id, frozenset()))
        return came

    def _told(self, answer: Answer, names: frozenset[str]) -> dict[str, Value]:
        """The first value of each field; a system that gave none leaves its reason."""
        mark = "（模拟）" if answer.simulated else ""
        system = f"{answer.system_name}{mark}"
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

    def _audit(self, principal: Principal, number: str, found: Found, asker: Asker) -> None:
        audit.append(
            action="forms.person",
            actor=principal.login,
            unit_id=principal.unit.id,
            region_code=principal.unit.region_code,
            subject_hash=found.id_hash,
            purpose=PURPOSE,
            case_id=number,
            detail={"fields": {one: sorted(names) for one, names in asker.readable.items()}},
        )


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
