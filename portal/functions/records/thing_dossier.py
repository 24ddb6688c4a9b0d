"""一户一档, 一房一档, 一企一档: fan-out, purposes, masks, audit and restraint as with a person."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection

from auth import audit, permissions
from auth.principal import Principal
from portal.connectors.children import is_child
from portal.connectors.contract import ABOUT, Asker, Subject, SubjectKind
from portal.connectors.gateway import Gateway
from portal.functions.records import compare, mask, thing_words, usage
from portal.functions.records.dossier import Records
from portal.functions.records.people import about
from portal.functions.records.single import value_of
from portal.functions.records.words import (
    BadQueryError,
    CaseRef,
    MaskedAnswer,
    Purpose,
    ThingDossier,
    Tied,
    Unmasked,
)
from portal.settings import settings
from portal.store import clock, crypto, divisions, things
from portal.store.scope import scoped
from portal.store.things import Dweller, Thing

_NOT_HERE = "该户（房屋、企业）不在当前岗位可查看的范围内，或事项已办结。"
_LEAST_REASON = 4
CHILD = "未满十四周岁"
IN_SCOPE = "仅列出本辖区内登记的人员；在外地的成员不在此列。"
ON_PAPER = "家庭经济状况核对须凭授权书，在本人的一人一档中办理，不在此调取。"


@dataclass
class Things:
    """Dossiers of households, houses and enterprises; purposes and cases are those of persons."""

    records: Records

    @property
    def gateway(self) -> Gateway:
        """The way to the systems."""
        return self.records.gateway

    def open(self, principal: Principal, thing_id: str, purpose: Purpose) -> ThingDossier:
        """The head of a dossier and the plan of systems to ask; recorded in the audit."""
        one, case = self._admit(principal, thing_id, purpose)
        usage.count(principal, "open", one.region_code)
        self._record(principal, "records.open", one, purpose, {})
        kind = SubjectKind(one.kind)
        with scoped(principal.reach) as connection:
            people = self._people(connection, one)
            near = [two for two in things.at(connection, one.place_key) if two.id != one.id]
        asker = self.asker(principal, purpose, kind)
        return ThingDossier(
            thing_id=str(one.id),
            kind=one.kind,
            kind_name=thing_words.KINDS[one.kind],
            title=thing_words.title(one),
            address=thing_words.address(one),
            region_name=divisions.full_name(one.region_code),
            code=crypto.decrypt(one.code_cipher) if one.code_cipher else "",
            simulated=one.simulated,
            purpose=purpose,
            planned=tuple(self.gateway.planned(asker, kind)),
            people=tuple(self._tied(two, case) for two in people),
            linked=tuple(map(thing_words.ref, near)),
            notes=self._notes(one),
            case=case,
            switched_off=self._switched_off(principal, purpose, kind),
        )

    def stream(
        self, principal: Principal, thing_id: str, purpose: Purpose
    ) -> Iterator[MaskedAnswer]:
        """The answers as they come, for a page's thread; masked, and recorded before the first."""
        subject, asker = self._begin(principal, thing_id, purpose)
        for answer in self.gateway.stream(asker, subject):
            yield mask.masked_answer(answer, (), compare.digest)

    async def find(
        self, principal: Principal, thing_id: str, purpose: Purpose
    ) -> AsyncIterator[MaskedAnswer]:
        """The same for an event loop."""
        subject, asker = await asyncio.to_thread(self._begin, principal, thing_id, purpose)
        async for answer in self.gateway.ask_all(asker, subject):
            yield mask.masked_answer(answer, (), compare.digest)

    def unmask(
        self,
        principal: Principal,
        thing_id: str,
        purpose: Purpose,
        *,
        system_id: str,
        record_no: int,
        field_name: str,
        reason: str,
    ) -> Unmasked:
        """One masked value in full for a short while; the reason is recorded first."""
        permissions.check(principal, "records.unmask")
        why = " ".join(reason.split())
        if not _LEAST_REASON <= len(why) <= 200:
            raise BadQueryError("请写明查看原值的理由（4 至 200 个字），内容已保留。")
        one, _ = self._admit(principal, thing_id, purpose)
        usage.count(principal, "unmask")
        label = self.gateway.registry.label(system_id, field_name)
        detail = {"system": system_id, "record": record_no, "field": field_name, "label": label,
                  "reason": why}  # fmt: skip
        self._record(principal, "records.unmask", one, purpose, detail)
        value = self._value(principal, one, purpose, system_id, record_no, field_name)
        until = clock.now() + timedelta(minutes=settings().unmask_minutes)
        return Unmasked(value=value, until=until)

    def admit(self, principal: Principal, thing_id: str, purpose: Purpose) -> None:
        """Ask again whether this may be shown: for a page that draws answers it already has."""
        self._admit(principal, thing_id, purpose)

    # -- the guard ------------------------------------------------------------------------------

    def _admit(
        self, principal: Principal, thing_id: str, purpose: Purpose
    ) -> tuple[Thing, CaseRef | None]:
        """Permission, purpose, case and scope; a case opens what its own resident belongs to."""
        case = self.records.admit_purpose(principal, purpose)
        one = self._found(principal, thing_id, case)
        if one is None:
            permissions.refuse(principal, "records.open", _NOT_HERE)
        return one, case

    def _found(self, principal: Principal, thing_id: str, case: CaseRef | None) -> Thing | None:
        try:
            key = UUID(thing_id)
        except ValueError:
            return None
        with scoped(principal.reach) as connection:
            if case is None:
                return things.one(connection, key)
            mine = things.of_person(connection, case.subject_id)
        return next((one for one in mine if one.id == key), None)

    def _begin(
        self, principal: Principal, thing_id: str, purpose: Purpose
    ) -> tuple[Subject, Asker]:
        one, _ = self._admit(principal, thing_id, purpose)
        kind = SubjectKind(one.kind)
        asker = self.asker(principal, purpose, kind)
        systems = [two.system_id for two in self.gateway.planned(asker, kind)]
        self._record(principal, "records.view", one, purpose, {"systems": systems})
        return self.subject(principal, one), asker

    def asker(self, principal: Principal, purpose: Purpose, kind: SubjectKind) -> Asker:
        """What this post may read of such a thing for this purpose, system by system.

        Nobody's paper is on file here: what needs a family's authorisation is not asked.
        """
        fields = self.gateway.registry.readable(principal.roles, purpose.id, kind)
        asked = permissions.readable_systems(principal, purpose.id, fields)
        readable = {system_id: fields[system_id] for system_id in sorted(asked)}
        told = repr(
            (principal.roles, purpose.id, kind.value,
             [(name, sorted(names)) for name, names in readable.items()])
        )  # fmt: skip
        return Asker(
            actor=principal.login,
            unit=principal.unit.id,
            prefixes=principal.prefixes,
            permission_digest=hashlib.sha256(told.encode()).hexdigest()[:32],
            purpose=purpose.id,
            case_id=purpose.case_id,
            readable=readable,
        )

    def subject(self, principal: Principal, one: Thing) -> Subject:
        """A thing as the systems are asked about it, with their own numbers for it."""
        numbers: dict[str, tuple[str, ...]] = {}
        with scoped(principal.reach) as connection:
            for system_id, cipher in things.numbers(connection, one):
                known = numbers.get(system_id, ())
                numbers[system_id] = (*known, crypto.decrypt(cipher))
        return Subject(
            id=str(one.id),
            kind=SubjectKind(one.kind),
            name=one.name,
            region_code=one.region_code,
            address=one.address,
            credit_code=crypto.decrypt(one.code_cipher) if one.code_cipher else "",
            numbers=numbers,
        )

    # -- what is shown ----------------------------------------------------------------------------

    def _people(self, connection: Connection, one: Thing) -> list[Dweller]:
        if one.kind == "household":
            return things.members(connection, one)
        return things.residents(connection, one) if one.kind == "house" else []

    def _tied(self, one: Dweller, case: CaseRef | None) -> Tied:
        number = crypto.decrypt(one.id_cipher)
        child = is_child(number, clock.local(clock.now()).date())
        return Tied(
            subject_id=str(one.id),
            name=mask.name(one.name),
            about=CHILD if child else about(number),
            relation="、".join(kind for kind in (*things.LIVING, "就业") if kind in one.kinds),
            head=one.head,
            opens=case is None or case.subject_id == one.id,
        )

    def _notes(self, one: Thing) -> tuple[str, ...]:
        if one.kind == "household":
            return (IN_SCOPE, ON_PAPER)
        return (IN_SCOPE,) if one.kind == "house" else ()

    def _switched_off(
        self, principal: Principal, purpose: Purpose, kind: SubjectKind
    ) -> tuple[str, ...]:
        off = {one.id: one for one in self.gateway.registry.switched_off(ABOUT[kind])}
        mine = permissions.readable_systems(principal, purpose.id, off)
        return tuple(
            off[name].name
            for name in sorted(mine)
            if off[name].readable(principal.roles, purpose.id, kind)
        )

    def _value(
        self,
        principal: Principal,
        one: Thing,
        purpose: Purpose,
        system_id: str,
        record_no: int,
        field_name: str,
    ) -> str:
        asker = self.asker(principal, purpose, SubjectKind(one.kind))
        subject = self.subject(principal, one)
        held = value_of(self.gateway, asker, subject, system_id, record_no, field_name)
        return held.value or ""

    def _record(
        self,
        principal: Principal,
        action: str,
        one: Thing,
        purpose: Purpose,
        detail: dict[str, object],
    ) -> None:
        audit.append(
            action=action,
            actor=principal.login,
            unit_id=principal.unit.id,
            region_code=principal.unit.region_code,
            subject_hash=one.key_hash,
            purpose=purpose.id,
            case_id=purpose.case_id,
            detail={"subject": one.kind, **detail},
        )
